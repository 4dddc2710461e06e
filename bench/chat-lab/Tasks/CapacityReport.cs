using GaryMesh.Cli.Pictures;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>How many pairs each arm holds, against how many numbers it carries along: a table in Markdown and a figure.</summary>
internal static class CapacityReport
{
    private const int Width = 420, Height = 300;

    private static readonly double _chance = 1.0 / new PairsTask().Answers;

    /// <summary>Pairs that are known at best: of how many told, times the share that is answered beyond guessing.</summary>
    /// <remarks>Only where training told as many: a share at random of many pairs would look like some that are known.</remarks>
    internal static double Known(TaskRun run) =>
        run.Gaps.TakeWhile(pairs => pairs <= run.Plan.Most).Select((pairs, i) => pairs * Math.Max(0, run.Accuracy[i] - _chance) / (1 - _chance)).Max();

    public static void Tabulate(TextWriter output, TaskRun[][] arms)
    {
        var asked = arms[0][0].Gaps;
        output.WriteLine($"| arm | parameters | numbers carried | seconds | holds, by seed | known, median | known, worst | {string.Join(" | ", asked)} |");
        output.WriteLine($"|---|---:|---:|---:|---|---:|---:|{string.Concat(asked.Select(_ => "---:|"))}");

        foreach (var runs in arms)
        {
            var first = runs[0];
            double[] known = [.. runs.Select(Known)];
            output.WriteLine(
                $"| {first.Plan.Arm} | {first.Parameters:N0} | {Carried(first.Plan.Arm)} | {Median(runs.Select(run => run.Seconds)):F0} | "
                + $"{TasksReportCommand.Listed(runs.Select(run => TasksReportCommand.Held(run.Gaps, run.Accuracy)))} | {Median(known):F1} | {known.Min():F1} | "
                + $"{string.Join(" | ", asked.Select((_, i) => $"{Median(runs.Select(run => run.Accuracy[i])):F2}"))} |");
        }
    }

    public static void Draw(TaskRun[][] arms, string path)
    {
        var canvas = new PngCanvas(2 * Width, Height);
        var cells = Of("cells", arms);
        var most = cells.Concat(Of("wide", arms)).Max(runs => Carried(runs[0].Plan.Arm)!.Value);
        var least = cells.Min(runs => Carried(runs[0].Plan.Arm)!.Value);
        Series[] held =
        [
            new("cells", Points(cells, Median), Ink.First),
            new("worst", Points(cells, known => known.Min()), Ink.First, Dotted: true),
            new("wide", Points(Of("wide", arms), Median), Ink.Second),
            new("gru", Points(Of("gru", arms), Median), Ink.Third, Dotted: true),
        ];
        new Chart("pairs known at best", new Axis("numbers carried", Log: true, Min: least, Max: most), new Axis("pairs", Min: 0), held)
            .Draw(canvas, 0, 0, Width, Height);
        Ink[] inks = [Ink.First, Ink.Second, Ink.Third, Ink.Text];
        Series[] shares =
        [
            .. cells.Select((runs, i) => new Series(
                runs[0].Plan.Arm, [.. runs[0].Gaps.Select((pairs, at) => new Place(pairs, Median(runs.Select(run => run.Accuracy[at]))))], inks[i % inks.Length])),
        ];
        new Chart("the share answered", new Axis("pairs told", Log: true, Min: 1), new Axis("answered", Min: 0, Max: 1), shares).Draw(canvas, Width, 0, Width, Height);
        PngCanvas.Write(path, canvas.Pixels);
    }

    private static TaskRun[][] Of(string kind, TaskRun[][] arms) => [.. arms.Where(runs => runs[0].Plan.Arm.Split('-')[0] == kind)];

    private static Place[] Points(TaskRun[][] arms, Func<IEnumerable<double>, double> of) =>
        [.. arms.Select(runs => new Place(Carried(runs[0].Plan.Arm)!.Value, of(runs.Select(Known))))];

    private static double Median(IEnumerable<double> values)
    {
        double[] ordered = [.. values.Order()];
        return 0.5 * (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]);
    }

    private static int? Carried(string arm) => TaskArm.Create(arm, TaskCortex.Width, seed: 0) switch
    {
        CarriedMeshGraft carried => carried.Population * carried.Channels,
        GruGraft gru => gru.Units,
        _ => null,
    };
}
