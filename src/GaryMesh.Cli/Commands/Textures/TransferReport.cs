using System.Net;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Reports;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>What a transfer report tells: the rule, what it is compared with or null, the loss where it was trained, and the trials.</summary>
internal sealed record TransferFigures(string Rule, string? Exemplar, Automaton Automaton, double Home, int Seeds, TrialResult[] Results);

/// <summary>The page of a transfer: what a rule was tried on, how much of its look is left, and how it looks.</summary>
internal static class TransferReport
{
    /// <summary>States of a rule that is bounded leave this only where it fails.</summary>
    private const float Bound = 2;

    public static void Write(string path, TransferFigures figures)
    {
        var rule = Path.GetFileNameWithoutExtension(figures.Rule);
        var page = new Page($"GaryMesh: {rule} on what it never saw");
        var groups = figures.Results.GroupBy(result => result.Trial.Group).ToArray();
        var unseen = figures.Results.Where(result => result.Trial.Group != groups[0].Key).ToArray();
        page.Raw(
            $"""
            <header>
            <h1>{WebUtility.HtmlEncode(rule)} on what it never saw</h1>
            <p>A rule of {figures.Automaton.Rule.ParameterCount:N0} numbers, tried with one thing changed at a time. Each figure is the loss over that on
            the graphs of its training after 96 steps, {figures.Home:G3}: the median of {figures.Seeds} runs, and the worst. {(figures.Exemplar is null
                ? "It is compared with its own look: this says how well it transfers, and not how good it is."
                : $"It is compared with {WebUtility.HtmlEncode(figures.Exemplar)}.")}</p>
            </header>
            <section class="wide figures">
            <div><b>{unseen.Count(result => Verdict(result, figures.Home) is "holds" or "fair")} of {unseen.Length}</b>trials within 1.5 at their last step</div>
            <div><b>{unseen.Max(result => result.Largest):G3}</b>largest absolute value of any state</div>
            </section>

            """);

        foreach (var group in groups)
        {
            var rows = string.Concat(group.Select(result => Row(result, figures)));
            page.Section("wide numbers", $"<h2>{WebUtility.HtmlEncode(group.Key)}</h2>\n<table>\n<tr><th></th><th>cells</th><th>loss ratio after steps: median (worst)</th><th>largest</th><th></th><th></th></tr>\n{rows}</table>\n");
        }

        var life = figures.Results.Where(result => result.Trial.Group == "life").Take(3).ToArray();

        if (life.Length > 0 && life[0].Trial.Steps.Length > 1)
        {
            var chart = new Chart(
                "Loss ratio over a life",
                new Axis("steps", Log: true),
                new Axis("loss ratio", Min: 0),
                [.. life.Select((result, i) => new Series(result.Trial.Name, [.. result.Trial.Steps.Select((step, at) => new Place(step, result.Median(at) / figures.Home))], (Ink)((int)Ink.First + i)))]);
            page.Section("wide", Page.Drawing(900, 380, "Life", chart.Draw));
        }

        page.Write(path);
    }

    /// <summary>What is left of the look at the last step, in the worst run.</summary>
    public static string Verdict(TrialResult result, double home) =>
        result.Largest > Bound * 1.001f ? "leaves its bounds" : (result.Worst(result.Trial.Steps.Length - 1) / home) switch
        {
            <= 1.25 => "holds",
            <= 1.5 => "fair",
            <= 2 => "fades",
            _ => "fails",
        };

    private static string Row(TrialResult result, TransferFigures figures)
    {
        var moments = result.Trial.Steps.Select((step, at) => $"{step:N0}: {Ratio(result.Median(at))} ({Ratio(result.Worst(at))})");
        var picture = result.Last.IsFinite && result.Trial.World.Drawn
            ? Page.Picture(result.Trial.World.Draw(TextureWorld.ColoursOf(figures.Automaton.Palette!, result.Last), 160)!, 160, $"{result.Trial.Group} {result.Trial.Name}")
            : "";
        return $"<tr><td>{WebUtility.HtmlEncode(result.Trial.Name)}</td><td>{result.Trial.World.Graph.Cells:N0}</td><td>{string.Join("<br>", moments)}</td>"
            + $"<td>{result.Largest:F2}</td><td>{Verdict(result, figures.Home)}</td><td>{picture}</td></tr>\n";

        string Ratio(double loss) => double.IsFinite(loss) ? $"{loss / figures.Home:F2}" : "overflow";
    }
}
