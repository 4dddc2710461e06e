using System.Globalization;

namespace GaryMesh.Cli.Pictures;

/// <summary>The trajectory of one channel: cells from left to right, steps downwards, and perhaps the target beneath.</summary>
internal sealed record SpaceTime(string Title, int Cells, float[][] Rows, int[] Steps, float[]? Target)
{
    private const double Left = 62, Right = 74, Top = 34, Bottom = 46, Small = 11.5, Strip = 16;

    /// <summary>More columns than this are averaged.</summary>
    private const int MaxColumns = 2048;

    public void Draw(ICanvas canvas, double x, double y, double width, double height)
    {
        var (left, top) = (x + Left, y + Top);
        var (across, down) = (width - Left - Right, height - Top - Bottom - (Target is null ? 0 : Strip + 26));
        var max = Heat.Max(Target is null ? Rows : [.. Rows, Target]);

        canvas.Text(new Place(left, y + 20), Title, Ink.Text, 15, Anchor.Start);
        canvas.Image(left, top, across, down, Heat.Image([.. Rows.Select(Narrow)], max));

        foreach (var row in Marks(Rows.Length, 7))
        {
            var at = top + (down * (row + 0.5) / Rows.Length);
            canvas.Line([new Place(left - 4, at), new Place(left, at)], Ink.Muted, 1);
            canvas.Text(new Place(left - 8, at + 4), Number(Steps[row]), Ink.Muted, Small, Anchor.End);
        }

        canvas.Text(new Place(x + 14, top + (0.5 * down)), "step", Ink.Text, Small, Anchor.Middle, true);
        var bottom = top + down;

        if (Target is not null)
        {
            canvas.Text(new Place(left, bottom + 20), "target", Ink.Text, Small, Anchor.Start);
            bottom += 26;
            canvas.Image(left, bottom, across, Strip, Heat.Image([Narrow(Target)], max));
            bottom += Strip;
        }

        foreach (var cell in Marks(Cells, 8))
        {
            var at = left + (across * (cell + 0.5) / Cells);
            canvas.Line([new Place(at, bottom), new Place(at, bottom + 4)], Ink.Muted, 1);
            canvas.Text(new Place(at, bottom + 18), Number(cell), Ink.Muted, Small, Anchor.Middle);
        }

        canvas.Text(new Place(left + (0.5 * across), bottom + 38), "cell", Ink.Text, Small, Anchor.Middle);

        Heat.DrawScale(canvas, left + across + 16, top, down, max);
    }

    private static string Number(int value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>Round positions among 0 .. count - 1.</summary>
    private static IEnumerable<int> Marks(int count, int about)
    {
        var rough = Math.Max(1.0, (double)count / about);
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = (int)(power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
        return Enumerable.Range(0, ((count - 1) / step) + 1).Select(k => k * step);
    }

    /// <summary>Means over neighbouring columns, where there are too many to see.</summary>
    public static float[] Narrow(float[] row) =>
        row.Length <= MaxColumns
            ? row
            : [.. Enumerable.Range(0, MaxColumns).Select(column =>
            {
                var from = (int)((long)column * row.Length / MaxColumns);
                var to = (int)((column + 1L) * row.Length / MaxColumns);
                return row[from..to].Average();
            })];
}
