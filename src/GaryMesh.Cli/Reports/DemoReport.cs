using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using GaryMesh.Cli.Pictures;

namespace GaryMesh.Cli.Reports;

/// <summary>The demo's report: one page without anything from elsewhere, light or dark as the reader's screen is.</summary>
internal static class DemoReport
{
    private const string Head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>GaryMesh: a trained ring</title>
        <style>
        :root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1f2328; --muted: #656d76; --grid: #e1e4e8;
          --first: #1f66b0; --second: #d6601e; --third: #408c50; }
        @media (prefers-color-scheme: dark) { :root { --page: #0f1318; --card: #181d24; --text: #e4e8ee; --muted: #98a2ad;
          --grid: #2c333c; --first: #62a8ee; --second: #f08c4c; --third: #70c080; } }
        * { box-sizing: border-box; }
        body { margin: 0; padding: 2rem 1rem 3rem; background: var(--page); color: var(--text);
          font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 68rem; margin: 0 auto; display: grid; gap: 1.2rem; grid-template-columns: repeat(2, minmax(0, 1fr)); }
        header, .wide { grid-column: 1 / -1; }
        h1 { margin: 0 0 .3rem; font-size: 1.9rem; }
        h2 { margin: 0 0 .6rem; font-size: 1.1rem; }
        p { margin: 0; max-width: 52rem; }
        section { background: var(--card); border: 1px solid var(--grid); border-radius: 12px; padding: 1rem 1.2rem; }
        svg { display: block; width: 100%; height: auto; font-family: system-ui, sans-serif; }
        polyline { fill: none; stroke-linejoin: round; stroke-linecap: round; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--grid); text-align: left; font-weight: 400; }
        th { color: var(--muted); }
        .numbers { overflow-x: auto; }
        .numbers th, .numbers td { text-align: right; }
        .figures { display: flex; flex-wrap: wrap; gap: 1rem 2.6rem; }
        .figures div { color: var(--muted); font-size: .9rem; }
        .figures b { display: block; color: var(--text); font-size: 1.7rem; font-weight: 600; line-height: 1.2; }
        code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
        @media (max-width: 46rem) { main { grid-template-columns: minmax(0, 1fr); } }
        </style>
        </head>
        <body>
        <main>

        """;

    public static void Write(string path, DemoFigures figures)
    {
        var page = Page(figures);
        SafeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(page)));
    }

    private static string Page(DemoFigures figures)
    {
        var page = new StringBuilder(Head);
        var reference = figures.Agreement.Reference;
        var shape = figures.Automaton.Rule.Shape;

        page.Append(
            $"""
            <header>
            <h1>A ring that knows its place</h1>
            <p>{figures.Graph.Cells} cells on a circle start at zero. Each sees its two neighbours only, fires at half of the
            steps, and changes by the same small rule of {figures.Automaton.Rule.ParameterCount:N0} numbers. After
            {figures.Steps} steps one of its channels is the curve that the rule was trained for.</p>
            </header>
            <section class="wide figures">
            <div><b>{figures.Correlation:F5}</b>correlation, median of {figures.Once.Length} rollouts</div>
            <div><b>{Measurement.Median(figures.Twice):F5}</b>the same at {2 * figures.Steps} steps</div>
            <div><b>{figures.Trained.Seconds:F2} s</b>training, {figures.Trained.Training.Iteration:N0} iterations</div>
            <div><b>{reference.ComplexStep:0.0E+00}</b>gradient error, complex step</div>
            <div><b>{figures.Scaling[^1].NsPerCellStep:F1} ns</b>per cell-step at {figures.Scaling[^1].Cells:N0} cells</div>
            </section>

            """);

        Section(page, "wide", Drawing(900, 400, "Target and pattern", DemoPictures.PatternChart(figures).Draw));
        Section(page, "wide", Drawing(900, 560, "Space-time picture", DemoPictures.TrajectoryChart(figures).Draw));
        Section(page, "", Drawing(560, 380, "Loss curve", DemoPictures.LossChart(figures.Trained.Training).Draw));
        Section(page, "", Drawing(560, 380, "Scaling", DemoPictures.ScalingChart(figures).Draw));

        page.Append("<section class=\"wide numbers\">\n<h2>Scaling: parameters and time per cell stay constant</h2>\n<table>\n")
            .Append("<tr><th>cells</th><th>parameters</th><th>ns per cell-step</th>")
            .Append($"<th>µs per cell-rollout ({figures.Steps} steps)</th></tr>\n");

        foreach (var scale in figures.Scaling)
        {
            page.Append($"<tr><td>{scale.Cells:N0}</td><td>{scale.Parameters:N0}</td>")
                .Append($"<td>{scale.NsPerCellStep:F2}</td><td>{1e3 * scale.MsPerCellRollout:F3}</td></tr>\n");
        }

        page.Append("</table>\n</section>\n");

        Facts(
            page,
            $"The gradient, by every parameter, through {figures.Agreement.Steps} asynchronous steps",
            ("reference against the complex step", $"{reference.ComplexStep:0.0E+00} of the largest derivative"),
            ("reference against central differences of 1e-6", $"{reference.Central:0.0E+00}"),
            ("left out there, across a kink of the ReLU", $"{reference.CentralExcluded:P2}"),
            ("engine (single precision) against the reference", $"{figures.Agreement.Engine:0.0E+00}"));
        Facts(
            page,
            "What was trained",
            ("rule", $"{shape.Text}, {figures.Automaton.Rule.ParameterCount:N0} parameters"),
            ("perception", string.Join(", ", figures.Automaton.Perception.Operators.Select(one => one.Text))),
            ("fire rate", $"{figures.Automaton.FireRate}"),
            ("start", figures.Automaton.Start.Text),
            ("steps in training", $"{figures.Automaton.MinSteps} to {figures.Automaton.MaxSteps}"),
            ("minimum correlation of the rollouts", $"{figures.Once[0]:F5}"));
        Facts(
            page,
            "How to make it again",
            ("command", $"gary-mesh demo --seed {figures.Seed}"
                + (figures.Trained.Training.Iteration == TrainingSettings.Iterations
                    ? ""
                    : $" --iterations {figures.Trained.Training.Iteration}")),
            ("run the rule on", $"gary-mesh run --rule rule.npz --graph ring:256 --steps {figures.Steps} --out state.npz"),
            ("machine", $"{RuntimeInformation.ProcessArchitecture}, {figures.Processors} processors, "
                + RuntimeInformation.FrameworkDescription));

        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static string Drawing(
        double width, double height, string title, Action<ICanvas, double, double, double, double> draw)
    {
        var canvas = new SvgCanvas(width, height);
        draw(canvas, 0, 0, width, height);
        return canvas.Element(title);
    }

    private static void Section(StringBuilder page, string kind, string content) =>
        page.Append($"<section class=\"{kind}\">\n{content}</section>\n");

    private static void Facts(StringBuilder page, string title, params (string Name, string Value)[] facts)
    {
        page.Append($"<section class=\"wide\">\n<h2>{WebUtility.HtmlEncode(title)}</h2>\n<table>\n");

        foreach (var (name, value) in facts)
        {
            page.Append(
                $"<tr><th>{WebUtility.HtmlEncode(name)}</th><td><code>{WebUtility.HtmlEncode(value)}</code></td></tr>\n");
        }

        page.Append("</table>\n</section>\n");
    }
}
