using System.Globalization;

namespace GaryMesh.Cli.Pictures;

/// <summary>The trajectory of a lattice: the state after each chosen step as a picture, side by side.</summary>
internal static class Frames
{
    private const double Margin = 16, Caption = 22;

    public static Pixels Draw(IReadOnlyList<Pixels> frames, IReadOnlyList<int> steps)
    {
        var (width, height) = (frames[0].Width, frames[0].Height);
        var scale = Math.Max(0.5, Math.Floor(160.0 / Math.Max(width, height)));
        var columns = Math.Clamp((int)(1400 / ((scale * width) + Margin)), 1, frames.Count);
        var rows = (frames.Count + columns - 1) / columns;
        var canvas = new PngCanvas(
            Margin + (columns * ((scale * width) + Margin)), Margin + (rows * ((scale * height) + Caption + Margin)));

        for (var i = 0; i < frames.Count; i++)
        {
            var x = Margin + (i % columns * ((scale * width) + Margin));
            var y = Margin + (i / columns * ((scale * height) + Caption + Margin));
            canvas.Image(x, y, scale * width, scale * height, frames[i]);
            var caption = "step " + steps[i].ToString("#,0", CultureInfo.InvariantCulture);
            canvas.Text(new Place(x, y + (scale * height) + 16), caption, Ink.Muted, 11.5, Anchor.Start);
        }

        return canvas.Pixels;
    }
}
