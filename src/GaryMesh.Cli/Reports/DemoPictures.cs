using GaryMesh.Cli.Pictures;

namespace GaryMesh.Cli.Reports;

/// <summary>The demo's charts, each for a PNG and for the report alike.</summary>
internal static class DemoPictures
{
    public static Pixels Pattern(DemoFigures figures)
    {
        var canvas = new PngCanvas(760, 400);
        PatternChart(figures).Draw(canvas, 0, 0, 760, 400);
        return canvas.Pixels;
    }

    public static Pixels Trajectory(DemoFigures figures)
    {
        var canvas = new PngCanvas(760, 520);
        TrajectoryChart(figures).Draw(canvas, 0, 0, 760, 520);
        return canvas.Pixels;
    }

    public static Chart PatternChart(DemoFigures figures) =>
        new(
            $"Target and pattern after {figures.Steps} steps",
            new Axis($"cell of the ring ({figures.Graph.Cells})", Min: 0, Max: figures.Graph.Cells - 1),
            new Axis($"channel {figures.Channel}"),
            [
                new Series("target", Points(figures.Target), Ink.First, Width: 3.2),
                new Series("pattern", Points(figures.Pattern), Ink.Second, Dotted: true),
            ]);

    public static SpaceTime TrajectoryChart(DemoFigures figures) =>
        new(
            $"Channel {figures.Channel} from zero, {2 * figures.Steps} steps",
            figures.Graph.Cells,
            [.. figures.Trajectory.Select(state => state.Channel(figures.Channel))],
            [.. Enumerable.Range(0, figures.Trajectory.Length)],
            figures.Target);

    public static Chart LossChart(Training training) =>
        new(
            "Loss",
            new Axis("iteration", Min: 0),
            new Axis("mean squared error", Log: true),
            [
                new Series("batch", [.. training.Losses.Select((loss, i) => new Place(i + 1, loss))], Ink.First, Width: 1),
                new Series(
                    "validation loss (held-out rollouts)",
                    [.. training.ValidationLosses.Select(point => new Place(point.Item1, point.Item2))],
                    Ink.Second,
                    Dotted: true),
            ]);

    public static Chart ScalingChart(DemoFigures figures) =>
        Scaling("cells of the ring", [.. figures.Scaling.Select(scale => new Place(scale.Cells, scale.NsPerCellStep))]);

    /// <summary>Nanoseconds per cell and step over the number of cells.</summary>
    public static Chart Scaling(string cells, Place[] points) =>
        new(
            "Time per cell and step",
            new Axis(cells, Log: true),
            new Axis("ns per cell-step", Min: 0, Max: 1.2 * points.Max(point => point.Y)),
            [new Series("", points, Ink.First), new Series("", points, Ink.First, Dotted: true)]);

    private static Place[] Points(float[] values) => [.. values.Select((value, i) => new Place(i, value))];
}
