using System.Runtime.InteropServices;
using GaryMesh.Cli.Measuring;

namespace GaryMesh.Cli.Reports;

/// <summary>The demo's report.</summary>
internal static class DemoReport
{
    public static void Write(string path, DemoFigures figures)
    {
        var page = new Page("GaryMesh: a trained ring");
        var reference = figures.Agreement.Reference;
        var shape = figures.Automaton.Rule.Shape;

        page.Raw(
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

        page.Section("wide", Page.Drawing(900, 400, "Target and pattern", DemoPictures.PatternChart(figures).Draw));
        page.Section("wide", Page.Drawing(900, 560, "Space-time picture", DemoPictures.TrajectoryChart(figures).Draw));
        page.Section("", Page.Drawing(560, 380, "Loss curve", DemoPictures.LossChart(figures.Trained.Training).Draw));
        page.Section("", Page.Drawing(560, 380, "Scaling", DemoPictures.ScalingChart(figures).Draw));

        var rows = figures.Scaling.Select(scale =>
            $"<tr><td>{scale.Cells:N0}</td><td>{scale.Parameters:N0}</td><td>{scale.NsPerCellStep:F2}</td><td>{1e3 * scale.MsPerCellRollout:F3}</td></tr>\n");
        page.Section(
            "wide numbers",
            "<h2>Scaling: parameters and time per cell stay constant</h2>\n<table>\n<tr><th>cells</th><th>parameters</th><th>ns per cell-step</th>"
            + $"<th>µs per cell-rollout ({figures.Steps} steps)</th></tr>\n{string.Concat(rows)}</table>\n");

        page.Facts(
            $"The gradient, by every parameter, through {figures.Agreement.Steps} asynchronous steps",
            ("reference against the complex step", $"{reference.ComplexStep:0.0E+00} of the largest derivative"),
            ("reference against central differences of 1e-6", $"{reference.Central:0.0E+00}"),
            ("left out there, across a kink of the ReLU", $"{reference.CentralExcluded:P2}"),
            ("engine (single precision) against the reference", $"{figures.Agreement.Engine:0.0E+00}"));
        page.Facts(
            "What was trained",
            ("rule", $"{shape.Text}, {figures.Automaton.Rule.ParameterCount:N0} parameters"),
            ("perception", string.Join(", ", figures.Automaton.Perception.Operators.Select(one => one.Text))),
            ("fire rate", $"{figures.Automaton.FireRate}"),
            ("start", figures.Automaton.Start.Text),
            ("steps in training", $"{figures.Automaton.MinSteps} to {figures.Automaton.MaxSteps}"),
            ("minimum correlation of the rollouts", $"{figures.Once[0]:F5}"));
        page.Facts(
            "How to make it again",
            ("command", $"gary-mesh demo --seed {figures.Seed}"
                + (figures.Trained.Training.Iteration == TrainingSettings.Iterations
                    ? ""
                    : $" --iterations {figures.Trained.Training.Iteration}")),
            ("run the rule on", $"gary-mesh run --rule rule.npz --graph ring:256 --steps {figures.Steps} --out state.npz"),
            ("machine", $"{RuntimeInformation.ProcessArchitecture}, {figures.Processors} processors, "
                + RuntimeInformation.FrameworkDescription));

        page.Write(path);
    }
}
