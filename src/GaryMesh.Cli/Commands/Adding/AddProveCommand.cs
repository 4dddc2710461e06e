using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>`gary-mesh add prove`: whether a rule adds numbers of any length.</summary>
internal static class AddProveCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var rule = Options.File("--rule", "The rule: a file (see the notes). [default: the one that ships]", "R.npz");
        var (json, quiet) = (Options.Json(), Options.Quiet());
        var command = new Command("prove", "Prove that a rule adds numbers of any length, or name what it gets wrong.") { rule, json, quiet };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            AdderWord.Read(parsed.GetValue(rule), null, 1)));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh add prove
            gary-mesh add prove --rule adder.npz --json
            """,
            $"""
            A cell reads two digits and hears one bit, or nobody: 300 contexts. In each of them it must give the right digit and the right bit
            after so and so many firings, whatever its state was, and for good. Then the first cell is right once it has fired so often,
            the second one once it has fired so often after that, and so on: a strip of any length is right, whatever it started from and
            in whichever order its cells fire. Exit code 0 where every context is right, otherwise 1.

            {AdderWord.Note}
            """);
        return command;
    }

    private static int Run(Terminal terminal, Adder adder)
    {
        if (adder.Proof is not { } proof)
            throw new UserErrorException("A proof needs cells that hear bits alone, but those of the published shape hear all of their neighbours' states.");

        var carry = -Closure.Says(adder.Automaton, [0], Addends.Told(0, 0))[0];
        string[] wrong = [.. proof.Wrong.Select(context => Name(context, carry))];

        terminal.WriteJson(new JsonObject
        {
            ["proved"] = proof.IsProved,
            ["contexts"] = proof.Contexts,
            ["wrong"] = new JsonArray([.. wrong.Select(text => (JsonNode)text)]),
            ["firings"] = proof.Firings,
            ["least_margin"] = Measurement.Finite(proof.Margin),
            ["least_bit"] = Measurement.Finite(proof.Voice),
            ["parameters"] = adder.Automaton.Rule.ParameterCount,
        });

        if (proof.IsProved)
        {
            terminal.Write($"Proved: all {proof.Contexts} contexts are right after {Counted.Of(proof.Firings, "firing")}, from any finite state.");
            terminal.Write($"The least lead of a right digit is {proof.Margin:G3}, the least distance of a bit from 0 {proof.Voice:G3}.");
        }
        else
        {
            terminal.Write($"Not proved: {wrong.Length} of {proof.Contexts} contexts are wrong or not certain, such as {string.Join("; ", wrong.Take(3))}.");
        }

        return proof.IsProved ? ExitCode.Done : ExitCode.Failed;
    }

    private static string Name(Context context, int carry)
    {
        var told = Enumerable.Range(0, 10).SelectMany(digit => Enumerable.Repeat(digit, (int)context.Told[digit])).ToArray();
        var heard = context.Hears[0] == 0 ? "hearing nobody" : context.Hears[0] == carry ? "hearing a carry" : "hearing none";
        return $"{told[0]} + {told[1]} {heard}";
    }
}
