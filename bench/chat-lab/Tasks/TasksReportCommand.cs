using System.CommandLine;
using GaryMesh.ChatGraft.Commands;
using GaryMesh.Cli.Pictures;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>`tasks report`: how far each arm holds, as a table in Markdown and a figure.</summary>
internal static class TasksReportCommand
{
    // An arm holds a gap where it answers so many of the questions over it and over all shorter ones.
    private const double Holding = 0.9;

    // The table shows these where they were asked, on both sides of what a mesh of 1, 2, 4, 8 or 16 steps sees; all where there are few.
    private static readonly int[] _shown = [0, 1, 3, 7, 8, 14, 16, 32, 64];

    private const int Across = 3, Width = 260, Height = 210;

    public static Command Create(TextWriter output)
    {
        var results = Options.Needed("--results", "What `tasks train` wrote.");
        var picture = Options.File("--out", "A file for the figure (.png).");
        var command = new Command("report", "How far each arm holds, and a figure of the share answered over each gap.") { results, picture };
        command.SetAction(parsed =>
        {
            var arms = JsonLines.Read<TaskRun>(parsed.GetValue(results)!).GroupBy(run => run.Plan).OrderBy(group => Place(group.Key.Arm)).ThenBy(group => group.Key.Most)
                .Select(group => group.ToArray()).ToArray();

            if (arms.Length == 0)
                throw new ArgumentException($"{parsed.GetValue(results)} holds no run of a task.");

            // Where pairs are told a gap is their number, not a distance.
            var capacity = arms[0][0].Plan.Task == new PairsTask().Name;

            if (capacity)
                CapacityReport.Tabulate(output, arms);
            else
                Tabulate(output, arms);

            if (parsed.GetValue(picture) is { } path)
                (capacity ? (Action<TaskRun[][], string>)CapacityReport.Draw : Draw)(arms, path);

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The longest gap that is held; -1 where none is.</summary>
    internal static int Held(int[] gaps, double[] accuracy) => gaps.TakeWhile((_, i) => accuracy[i] >= Holding).DefaultIfEmpty(-1).Last();

    private static int Place(string arm) => TaskArm.All.TakeWhile(one => one != arm).Count();

    private static void Tabulate(TextWriter output, TaskRun[][] arms)
    {
        var asked = arms[0][0].Gaps;
        int[] shown = asked.Length <= _shown.Length ? asked : [.. _shown.Intersect(asked)];
        output.WriteLine($"| task | arm | parameters | trained to | rate | steps | seconds | holds, by seed | with 8 T steps | {string.Join(" | ", shown.Select(gap => $"{gap:N0}"))} |");
        output.WriteLine($"|---|---|---:|---:|---:|---:|---:|---|---|{string.Concat(shown.Select(_ => "---:|"))}");

        foreach (var runs in arms)
        {
            var first = runs[0];
            var known = runs.Where(run => run.Longer is not null).ToArray();
            double[] At(int gap) => [.. runs.Select(run => run.Accuracy[Array.IndexOf(run.Gaps, gap)])];

            output.WriteLine(
                $"| {first.Plan.Task} | {first.Plan.Arm} | {first.Parameters:N0} | {first.Plan.Most} | {first.Plan.LearningRate} | {first.Plan.Steps:N0} | "
                + $"{runs.Select(run => run.Seconds).Order().ElementAt(runs.Length / 2):F0} | {Listed(runs.Select(run => Held(run.Gaps, run.Accuracy)))} | "
                + $"{Listed(known.Select(run => Held(run.Gaps, run.Longer!)))} | {string.Join(" | ", shown.Select(gap => $"{At(gap).Average():F2}"))} |");
        }
    }

    internal static string Listed(IEnumerable<int> gaps) => string.Join(", ", gaps.Select(gap => gap < 0 ? "none" : $"{gap:N0}"));

    private static void Draw(TaskRun[][] arms, string path)
    {
        var rows = (arms.Length + Across - 1) / Across;
        var canvas = new PngCanvas(Across * Width, rows * Height);

        foreach (var (runs, at) in arms.Select((runs, at) => (runs, at)))
        {
            var first = runs[0];
            List<Series> curves =
            [
                new("mean", Points(first.Gaps, i => runs.Average(run => run.Accuracy[i])), Ink.First),
                new("worst", Points(first.Gaps, i => runs.Min(run => run.Accuracy[i])), Ink.First, Dotted: true),
            ];

            if (first.Longer is not null)
                curves.Add(new("8 T", Points(first.Gaps, i => runs.Average(run => run.Longer![i])), Ink.Second));

            // The cells of a mesh see no further back than this.
            if (TaskArm.Reach(first.Plan.Arm) is { } reach && reach <= first.Gaps[^1] + 1)
                curves.Add(new("", [new(reach + 0.5, 0), new(reach + 0.5, 1)], Ink.Third));

            new Chart($"{first.Plan.Arm}, trained to {first.Plan.Most}", new Axis("tokens back to the answer", Log: true, Min: 1), new Axis("answered", Min: 0, Max: 1), [.. curves])
                .Draw(canvas, at % Across * Width, at / Across * Height, Width, Height);
        }

        PngCanvas.Write(path, canvas.Pixels);
    }

    private static Place[] Points(int[] gaps, Func<int, double> value) => [.. gaps.Select((gap, i) => new Place(gap + 1, value(i)))];
}
