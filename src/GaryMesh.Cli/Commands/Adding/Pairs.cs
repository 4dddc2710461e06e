using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>The sums of a file: lines A,B become lines A,B,ANSWER, many strips side by side at a time.</summary>
internal static class Pairs
{
    /// <summary>Cells that run side by side, unless one sum has more.</summary>
    private const int Together = 1 << 15;

    private const string Header = "a,b";

    public static int Run(
        Terminal terminal, Adder adder, SumRun run, string from, string to, string? rule, CancellationToken stop)
    {
        OutputFile.Check([from, rule], ("--out", "", to));
        string[] lines = [.. File.ReadLines(from)];
        var headers = lines.Length > 0 && lines[0].Trim() == Header ? 1 : 0;
        var strips = lines.Skip(headers).Select((line, i) => Read(from, line, headers + i + 1)).ToArray();
        var clock = Stopwatch.StartNew();
        var answers = new string[strips.Length];

        var (steps, settled, enough) = terminal.WithProgress(Counted.Of(strips.Length, "sum"), progress =>
        {
            // Strips of like length take like time.
            var order = Enumerable.Range(0, strips.Length).OrderBy(i => strips[i].Cells).ToArray();
            var (done, most, all, sure) = (0, 0, true, true);

            while (done < order.Length)
            {
                stop.ThrowIfCancellationRequested();
                var (count, cells) = (0, 0L);

                while (done + count < order.Length && (count == 0 || cells + strips[order[done + count]].Cells <= Together))
                    cells += strips[order[done + count++]].Cells;

                var batch = order[done..(done + count)];
                var (addition, allowed) = run.Add(adder, [.. batch.Select(i => strips[i])]);

                foreach (var (i, digits) in batch.Zip(addition.Digits))
                    answers[i] = Addends.Text(digits);

                most = Math.Max(most, addition.Steps);
                all &= addition.Settled;
                sure &= addition.Settled || allowed >= adder.Steps(strips[batch[^1]].Cells);
                done += count;
                progress.Report((double)done / order.Length);
            }

            return (most, all, sure);
        });

        SafeFile.Write(to, stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };

            if (headers > 0)
                writer.WriteLine($"{Header},answer");

            foreach (var (line, answer) in lines.Skip(headers).Zip(answers))
                writer.WriteLine($"{string.Join(',', line.Split(',').Select(number => number.Trim()))},{answer}");
        });

        terminal.WriteJson(new JsonObject
        {
            ["sums"] = strips.Length,
            ["cells"] = strips.Sum(strip => (long)strip.Cells),
            ["longest"] = strips.Select(strip => strip.Cells - 1).DefaultIfEmpty().Max(),
            ["steps"] = steps,
            ["settled"] = settled,
            ["proved"] = adder.Proof is { IsProved: true },
            ["fire_rate"] = adder.Automaton.FireRate,
            ["votes"] = run.Votes,
            ["seed"] = run.Seed,
            ["seconds"] = clock.Elapsed.TotalSeconds,
            ["out"] = to,
        });
        terminal.Write($"{Counted.Of(strips.Length, "sum")} in {clock.Elapsed.TotalSeconds:F1} s, {Counted.Of(steps, "step")} at most, written to {to}");
        return SumRun.End(terminal, adder, enough, enough ? 1 : 0, 1);
    }

    private static Addends Read(string path, string line, int number)
    {
        var parts = line.Split(',');

        try
        {
            if (parts.Length == 2)
                return Addends.Read(parts[0].Trim(), parts[1].Trim());
        }
        catch (ArgumentException)
        {
            // Said below, with the line.
        }

        var shown = line.Length > 40 ? $"{line[..40]}..." : line;
        throw new UserErrorException($"Line {number:N0} of {path} must be two numbers in digits with a comma between them, but is '{shown}'.");
    }
}
