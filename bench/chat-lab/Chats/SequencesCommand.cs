using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Chats;

/// <summary>`sequences`: random sequences of calls, each of which must end with answers or refusals.</summary>
internal static class SequencesCommand
{
    // So many faults are told in full.
    private const int Told = 5;

    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var count = Options.Whole("--count", "How many sequences.", 100_000);
        var seed = Options.Number<ulong>("--seed", "Draws the calls.", 1, _ => true, "a whole number");
        var json = Options.Json();
        var command = new Command("sequences", "Call the public members of sessions and clients in random order, from several threads, and count crashes and hangs. Ctrl-C ends it early.") { count, seed, json };
        command.SetAction(parsed =>
        {
            var report = Run(parsed.GetValue(count), parsed.GetValue(seed), stop);
            if (parsed.GetValue(json))
                output.WriteLine(new JsonObject { ["sequences"] = report.Sequences, ["crashes"] = report.Crashes, ["hangs"] = report.Hangs }.ToJsonString());
            else output.WriteLine($"{report.Sequences:N0} sequences: {report.Crashes} crashes, {report.Hangs} hangs.");
            foreach (var fault in report.Faults) output.WriteLine(fault);
            return report.Crashes + report.Hangs == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>What came of it.</summary>
    internal sealed record Report(int Sequences, int Crashes, int Hangs, IReadOnlyList<string> Faults);

    internal static Report Run(int count, ulong seed, CancellationToken stop)
    {
        var (made, crashes, hangs) = (0, 0, 0);
        var faults = new List<string>();

        for (; made < count && !stop.IsCancellationRequested; made++)
        {
            var sequence = new CallSequence(seed, made);
            var (ending, fault) = sequence.Run();
            if (ending == Ending.Well) continue;
            if (ending == Ending.Crashed) crashes++;
            else hangs++;
            if (faults.Count < Told) faults.Add($"Sequence {made}: {fault}");
        }

        return new Report(made, crashes, hangs, faults);
    }
}
