using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>`gary-mesh add`: a strip of cells adds two numbers, or every pair of a file.</summary>
internal static class AddCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var numbers = new Argument<string[]>("NUMBERS")
        {
            Description = "Two numbers of any length, in decimal digits.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var pairs = Options.File("--pairs", "Lines A,B to add instead, numbers of any length; a first line a,b is a header.", "IN.csv");
        var file = Options.File("--out", "Where lines A,B,ANSWER go, in the same order.", "OUT.csv");
        var rule = Options.File("--rule", "The rule: a file (see the notes). [default: the one that ships]", "R.npz");
        var fire = Options.FireRate("Probability that a cell updates at a step; 1 for all. [default: the rule's, 0.5]");
        var steps = Options.WholeOrNone("--steps", "N", "Steps at most. [default: what the length and the fire rate ask for]");
        var vote = Options.Whole("--vote", "V", "Orders of firing that vote on every digit.", 1);
        var watch = new Option<bool>("--watch") { Description = "Print the cells at each step in which one of them changes." };
        var seed = Options.Seed();
        var threads = Options.Threads();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("add", "Add numbers of any length: a strip of cells, each with one digit of either, passes carries along.")
        {
            numbers, pairs, file, rule, fire, steps, vote, watch, seed, threads, json, quiet,
            AddTrainCommand.Create(output, error, stop),
            AddProveCommand.Create(output, error),
        };
        command.SetAction(parsed =>
        {
            var terminal = new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet));
            var run = new SumRun(parsed.GetValue(seed), parsed.GetValue(vote), parsed.GetValue(steps));
            var words = parsed.GetValue(numbers) ?? [];
            var (from, to, watched) = (parsed.GetValue(pairs), parsed.GetValue(file), parsed.GetValue(watch));

            if (from is null != to is null)
                throw new UserErrorException("--pairs names the file to read and --out the one to write: give both or neither.");

            if (words.Length != (from is null ? 2 : 0))
                throw new UserErrorException($"Give two numbers to add, or --pairs and --out without any, but there are {words.Length}.");

            if (watched && (from is not null || run.Votes > 1))
                throw new UserErrorException("--watch shows one sum in one order of firing: leave --pairs and --vote out.");

            var adder = AdderWord.Read(parsed.GetValue(rule), parsed.GetValue(fire), parsed.GetValue(threads));
            return from is null
                ? One(terminal, adder, run, words[0], words[1], watched, stop)
                : Pairs.Run(terminal, adder, run, from, to!, parsed.GetValue(rule), stop);
        });
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh add 9999999 1 --watch
            gary-mesh add 123456789123456789 987654321987654321 --fire-rate 0.1
            gary-mesh add --pairs sums.csv --out answers.csv --seed 7 --vote 9
            gary-mesh add 1234567 7654321 --rule published
            gary-mesh add prove
            """,
            $"""
            A cell hears one bit of the less significant cell next to it. A carry moves one cell each time the next one fires, so the steps
            that a sum may need follow from its length and the fire rate (all but one run in 1e9 are done by then); the run ends sooner
            once no cell that fires would change. Exit code 1 where it ends before that, or where the rule is not proved.

            {AdderWord.Note}
            """);
        return command;
    }

    private static int One(Terminal terminal, Adder adder, SumRun run, string a, string b, bool watch, CancellationToken stop)
    {
        var strip = Addends.Read(a, b);
        var needed = adder.Steps(strip.Cells);
        var most = run.Steps ?? needed;
        var addition = watch
            ? adder.Run([strip], Firing.Of(run.Seed, 0), null, most, new Ripple(terminal, adder, strip, stop).Show)
            : run.Add(adder, [strip]).Addition;
        var answer = Addends.Text(addition.Digits[0]);

        terminal.WriteJson(new JsonObject
        {
            ["a"] = a,
            ["b"] = b,
            ["answer"] = answer,
            ["cells"] = strip.Cells,
            ["steps"] = addition.Steps,
            ["steps_at_most"] = most,
            ["settled"] = addition.Settled,
            ["proved"] = adder.Proof is { IsProved: true },
            ["fire_rate"] = adder.Automaton.FireRate,
            ["votes"] = run.Votes,
            ["seed"] = run.Seed,
        });
        terminal.Write($"{a} + {b} = {answer}");
        terminal.Write(
            $"{Counted.Of(strip.Cells, "cell")}, {Counted.Of(addition.Steps, "step")} of at most {most:N0}"
            + (addition.Settled ? "; no cell that fires would change any more" : ""));
        return SumRun.End(terminal, adder, addition.Settled, most, needed);
    }
}
