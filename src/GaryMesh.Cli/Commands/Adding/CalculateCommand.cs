using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>`gary-mesh calculate`: a strip of cells adds, subtracts, compares or finds the maximum, by one rule that is told which.</summary>
internal static class CalculateCommand
{
    private const string Header = "a,operation,b";

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var words = new Argument<string[]>("A OPERATION B")
        {
            Description = "Two numbers of any length, and what to do with them: add, subtract, compare or maximum.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var tasks = Options.File("--tasks", "Lines A,OPERATION,B to calculate instead.", "IN.csv");
        var file = Options.File("--out", "Where lines A,OPERATION,B,ANSWER go, in the same order.", "OUT.csv");
        var rule = Options.File("--rule", "The rule: a file (see the notes). [default: the one that ships]", "R.npz");
        var fire = Options.FireRate("Probability that a cell updates at a step; 1 for all. [default: the rule's, 0.5]");
        var seed = Options.Seed();
        var threads = Options.Threads();
        var (json, quiet) = (Options.Json(), Options.Quiet());
        var command = new Command("calculate", "Add, subtract, compare or find the maximum: one rule, told the operation, that reads its own state.")
        {
            words, tasks, file, rule, fire, seed, threads, json, quiet,
            Train(output, error, stop),
            Prove(output, error),
        };
        command.SetAction(parsed =>
        {
            var terminal = new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet));
            var (from, to, given) = (parsed.GetValue(tasks), parsed.GetValue(file), parsed.GetValue(words) ?? []);

            if (from is null != to is null)
                throw new UserErrorException("--tasks names the file to read and --out the one to write: give both or neither.");

            if (given.Length != (from is null ? 3 : 0))
                throw new UserErrorException($"Give a number, an operation and a number, or --tasks and --out without any, but there are {Counted.Of(given.Length, "word")}.");

            var calculator = CalculatorWord.Read(parsed.GetValue(rule), parsed.GetValue(fire), parsed.GetValue(threads));
            return from is null
                ? One(terminal, calculator, given, parsed.GetValue(seed))
                : Many(terminal, calculator, from, to!, parsed.GetValue(rule), parsed.GetValue(seed), stop);
        });
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh calculate 1000000 subtract 1
            gary-mesh calculate 31415926 compare 31415927
            gary-mesh calculate 123456789123456789 maximum 987654321 --fire-rate 0.1
            gary-mesh calculate --tasks tasks.csv --out answers.csv
            gary-mesh calculate train --seed 3 --out mine.npz
            """,
            $"""
            A cell hears one bit of either neighbour. A carry, a borrow or the outcome of a comparison so far goes up, and, for the maximum, the
            verdict comes down again. The steps follow from the length, the operation and the fire rate: all but one run in 1e9 are done by then.
            A difference below 0 comes out as its ten's complement (-3 as ...97), which is told as a number. Exit code 1 where the rule is not proved.

            {CalculatorWord.Note}
            """);
        return command;
    }

    private static string[] Answers(Calculator calculator, Exercise[] exercises, ulong seed, out int steps)
    {
        steps = exercises.Length == 0 ? 0 : exercises.Max(calculator.Steps);
        var found = calculator.Run(exercises, Firing.Of(seed, 0), null, steps, null);
        return [.. exercises.Zip(found.Digits, (exercise, digits) => Calculator.Text(exercise.Operation, digits))];
    }

    private static int One(Terminal terminal, Calculator calculator, string[] words, ulong seed)
    {
        var exercise = Exercise.Read(words[0], CalculatorWord.Operation(words[1]), words[2]);
        var answer = Answers(calculator, [exercise], seed, out var steps)[0];
        terminal.WriteJson(new JsonObject
        {
            ["a"] = words[0],
            ["operation"] = exercise.Operation.ToString().ToLowerInvariant(),
            ["b"] = words[2],
            ["answer"] = answer,
            ["cells"] = exercise.Cells,
            ["steps"] = steps,
            ["proved"] = calculator.Proof.IsProved,
            ["fire_rate"] = calculator.Automaton.FireRate,
            ["seed"] = seed,
        });
        terminal.Write(exercise.Operation switch
        {
            Operation.Add => $"{words[0]} + {words[2]} = {answer}",
            Operation.Subtract => $"{words[0]} - {words[2]} = {answer}",
            Operation.Compare => $"{words[0]} is {(answer == "1" ? "" : "not ")}greater than {words[2]}",
            _ => $"the greater of {words[0]} and {words[2]} is {answer}",
        });
        terminal.Write($"{Counted.Of(exercise.Cells, "cell")}, {Counted.Of(steps, "step")}");
        return End(terminal, calculator);
    }

    private static int Many(
        Terminal terminal, Calculator calculator, string from, string to, string? rule, ulong seed, CancellationToken stop)
    {
        OutputFile.Check([from, rule], ("--out", "", to));
        string[] lines = [.. File.ReadLines(from)];
        var headers = lines.Length > 0 && lines[0].Trim() == Header ? 1 : 0;
        var exercises = lines.Skip(headers).Select((line, i) => Read(from, line, headers + i + 1)).ToArray();
        var answers = new string[exercises.Length];
        var most = 0;

        // Strips of like length take like time, and a thousand fit side by side.
        foreach (var batch in Enumerable.Range(0, exercises.Length).OrderBy(i => exercises[i].Cells).Chunk(1000))
        {
            stop.ThrowIfCancellationRequested();

            foreach (var (i, answer) in batch.Zip(Answers(calculator, [.. batch.Select(i => exercises[i])], seed, out var steps)))
                (answers[i], most) = (answer, Math.Max(most, steps));
        }

        SafeFile.Write(to, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };

            if (headers > 0)
                writer.WriteLine($"{Header},answer");

            foreach (var (line, answer) in lines.Skip(headers).Zip(answers))
                writer.WriteLine($"{string.Join(',', line.Split(',').Select(part => part.Trim()))},{answer}");
        });
        terminal.WriteJson(new JsonObject
        {
            ["tasks"] = exercises.Length,
            ["steps"] = most,
            ["proved"] = calculator.Proof.IsProved,
            ["fire_rate"] = calculator.Automaton.FireRate,
            ["seed"] = seed,
            ["out"] = to,
        });
        terminal.Write($"{Counted.Of(exercises.Length, "task")}, {Counted.Of(most, "step")} at most, written to {to}");
        return End(terminal, calculator);
    }

    private static Exercise Read(string path, string line, int number)
    {
        var parts = line.Split(',');

        try
        {
            if (parts.Length == 3)
                return Exercise.Read(parts[0].Trim(), CalculatorWord.Operation(parts[1].Trim()), parts[2].Trim());
        }
        catch (Exception error) when (error is ArgumentException or UserErrorException)
        {
            // Said below, with the line.
        }

        var shown = line.Length > 40 ? $"{line[..40]}..." : line;
        throw new UserErrorException($"Line {number:N0} of {path} must be a number, an operation (add, subtract, compare, maximum) and a number with commas between them, but is '{shown}'.");
    }

    private static int End(Terminal terminal, Calculator calculator)
    {
        if (calculator.Proof.IsProved)
            return ExitCode.Done;

        terminal.Warn(
            $"The rule is wrong or not certain in {calculator.Proof.Wrong.Length} of {calculator.Proof.Contexts} contexts (gary-mesh calculate prove), so an answer may be wrong.");
        return ExitCode.Failed;
    }

    private static Command Train(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var hidden = Options.Whole("--hidden", "H", "Hidden units of the rule; 78 make 3,990 parameters.", 78);
        var iterations = Options.Whole("--iterations", "N", "Optimiser steps.", 7000);
        var seed = Options.Seed();
        var file = Options.File("--out", "The rule file to write.", "R.npz");
        file.DefaultValueFactory = _ => "calculator.npz";
        var (json, quiet) = (Options.Json(), Options.Quiet());
        var command = new Command("train", "Learn four operations by one rule, until it is proved for numbers of any length.") { hidden, iterations, seed, file, json, quiet };
        command.SetAction(parsed =>
        {
            var target = new RuleTarget(parsed.GetValue(file)!, false);
            OutputFile.Check([], ("--out", ".npz", target.Path));
            var lesson = new ProvedTraining(
                "exercises of at most four digits",
                key => CalculatorRecipe.Automaton(parsed.GetValue(hidden), key),
                CalculatorRecipe.Learning,
                CalculatorRecipe.Graph,
                CalculatorRecipe.Task,
                CalculatorRecipe.Prove);
            return lesson.Run(
                new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)), parsed.GetValue(iterations), parsed.GetValue(seed), target, stop);
        });
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh calculate train --seed 3 --out mine.npz
            gary-mesh calculate 7 subtract 12 --rule mine.npz
            """,
            $"""
            The cells are shown the digits of results alone; what is handed on from cell to cell has no labels. Fifty times the rule is checked in its
            contexts (gary-mesh calculate prove); of those that are proved the one with the most room to spare is kept. A training that ends
            without a proof begins anew from other parameters, up to {ProvedTraining.Attempts} times. Exit code 0 where the rule is proved.
            """);
        return command;
    }

    private static Command Prove(TextWriter output, TextWriter error)
    {
        var rule = Options.File("--rule", "The rule: a file (see the notes). [default: the one that ships]", "R.npz");
        var (json, quiet) = (Options.Json(), Options.Quiet());
        var command = new Command("prove", "Prove that a rule calculates with numbers of any length, or name what it gets wrong.") { rule, json, quiet };
        command.SetAction(parsed =>
        {
            var terminal = new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet));
            var calculator = CalculatorWord.Read(parsed.GetValue(rule), null, 1);
            var proof = calculator.Proof;
            var wrong = Enum.GetValues<Operation>().ToDictionary(operation => operation, operation => proof.Wrong.Count(context => IsOf(context, operation)));
            terminal.WriteJson(new JsonObject
            {
                ["proved"] = proof.IsProved,
                ["contexts"] = proof.Contexts,
                ["wrong"] = new JsonObject(wrong.Select(pair => KeyValuePair.Create(pair.Key.ToString().ToLowerInvariant(), (JsonNode?)pair.Value))),
                ["firings"] = proof.Firings,
                ["parameters"] = calculator.Automaton.Rule.ParameterCount,
            });
            terminal.Write(proof.IsProved
                ? $"Proved: all {proof.Contexts:N0} contexts are right after {Counted.Of(proof.Firings, "firing")}, from any state."
                : $"Not proved: {proof.Wrong.Length:N0} of {proof.Contexts:N0} contexts are wrong or not certain ({string.Join(", ", wrong.Where(pair => pair.Value > 0).Select(pair => $"{pair.Key.ToString().ToLowerInvariant()} {pair.Value:N0}"))}).");
            return proof.IsProved ? ExitCode.Done : ExitCode.Failed;
        });
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh calculate prove
            gary-mesh calculate prove --rule mine.npz --json
            """,
            $"""
            First, whatever comes down: in each operation, for each pair of digits and whatever comes up, the right bit must go up, after so and so many
            firings, from any state, and for good; and the digit must be right, but for the maximum. So by induction all bits that go up are right from
            some step on. Then, with what comes down at rest, too: the maximum's digit and the bit that goes down. 2,100 contexts in all.

            {CalculatorWord.Note}
            """);
        return command;
    }

    private static bool IsOf(Context context, Operation operation) =>
        context.Told.AsSpan(20).SequenceEqual(Exercise.Told(0, operation, 0).AsSpan(20));
}
