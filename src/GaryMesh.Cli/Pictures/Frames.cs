using System.Globalization;

namespace GaryMesh.Cli.Pictures;

/// <summary>The trajectory of a lattice: the state after each chosen step as a picture, side by side.</summary>
internal static class Frames
{
    private const double Margin = 16, Caption = 22, Header = 34, Scale = 74;

    /// <summary>The frames under a title; `max` is what the strongest colour of <see cref="Heat" /> stands for, null where the
    /// frames have colours of their own.</summary>
    public static Pixels Draw(string title, IReadOnlyList<Pixels> frames, IReadOnlyList<int> steps, double? max)
    {
        var (width, height) = (frames[0].Width, frames[0].Height);
        var scale = Math.Max(0.5, Math.Floor(160.0 / Math.Max(width, height)));
        var columns = Math.Clamp((int)(1400 / ((scale * width) + Margin)), 1, frames.Count);
        var rows = (frames.Count + columns - 1) / columns;
        var across = Margin + (columns * ((scale * width) + Margin));
        var down = Header + (rows * ((scale * height) + Caption + Margin));
        var titled = (2 * Margin) + (15 / StrokeFont.Size * StrokeFont.Width(title));
        var canvas = new PngCanvas(Math.Max(across + (max is null ? 0 : Scale), titled), down);
        canvas.Text(new Place(Margin, 22), title, Ink.Text, 15, Anchor.Start);

        for (var i = 0; i < frames.Count; i++)
        {
            var x = Margin + (i % columns * ((scale * width) + Margin));
            var y = Header + (i / columns * ((scale * height) + Caption + Margin));
            canvas.Image(x, y, scale * width, scale * height, frames[i]);
            var caption = "step " + steps[i].ToString("#,0", CultureInfo.InvariantCulture);
            canvas.Text(new Place(x, y + (scale * height) + 16), caption, Ink.Muted, 11.5, Anchor.Start);
        }

        if (max is { } strongest)
            Heat.DrawScale(canvas, across, Header, Math.Min(down - Header - Caption - Margin, 320), strongest);

        return canvas.Pixels;
    }
}
