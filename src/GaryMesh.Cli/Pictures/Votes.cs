namespace GaryMesh.Cli.Pictures;

/// <summary>The votes of a picture's cells: each digit has a colour.</summary>
internal static class Votes
{
    private static readonly (byte Red, byte Green, byte Blue)[] _colours =
    [
        (78, 121, 167), (242, 142, 43), (225, 87, 89), (118, 183, 178), (60, 145, 60),
        (220, 185, 40), (176, 122, 161), (255, 140, 170), (156, 117, 95), (60, 60, 60),
    ];

    /// <summary>A picture's ink, dark on white, `zoom` pixels a cell.</summary>
    public static Pixels Ink(int height, int width, float[] ink, int zoom) =>
        Colours.Image(height, width, [.. ink.SelectMany(value => Enumerable.Repeat(1 - value, 3))], zoom);

    /// <summary>The cells of the first picture of a sheet in the colours of their votes, the darker the more ink.</summary>
    public static Pixels Of(InkSheet sheet, State state, int height, int width, int zoom)
    {
        var values = new float[3 * height * width];
        Array.Fill(values, 1);

        for (var cell = 0; cell < sheet.First(1); cell++)
        {
            var (red, green, blue) = _colours[DigitsRecipe.Vote(state, cell)];
            var cover = 0.4f + (0.6f * sheet.Inks[cell, InkSheet.Inputs / 2]);
            var at = 3 * sheet.Pixel(cell);
            (values[at], values[at + 1], values[at + 2]) = (Over(red), Over(green), Over(blue));

            float Over(byte colour) => 1 - (cover * (1 - (colour / 255f)));
        }

        return Colours.Image(height, width, values, zoom);
    }

    /// <summary>Pictures under a title, each with its caption, and what the colours mean.</summary>
    public static Pixels Sheet(string title, IReadOnlyList<Pixels> pictures, IReadOnlyList<string> captions)
    {
        const double Margin = 16, Header = 34, Caption = 22, Swatch = 12;
        var (width, height) = (pictures[0].Width / 2.0, pictures[0].Height / 2.0);
        var columns = Math.Clamp((int)(1450 / (width + Margin)), 1, pictures.Count);
        var rows = (pictures.Count + columns - 1) / columns;
        var across = Math.Max(Margin + (columns * (width + Margin)), Math.Max(360, (2 * Margin) + (1.5 * StrokeFont.Width(title))));
        var canvas = new PngCanvas(across, Header + (rows * (height + Caption + Margin)) + Caption);
        canvas.Text(new Place(Margin, 22), title, Pictures.Ink.Text, 15, Anchor.Start);

        for (var i = 0; i < pictures.Count; i++)
        {
            var (x, y) = (Margin + (i % columns * (width + Margin)), Header + (i / columns * (height + Caption + Margin)));
            canvas.Image(x, y, width, height, pictures[i]);
            canvas.Text(new Place(x, y + height + 16), captions[i], Pictures.Ink.Muted, 11.5, Anchor.Start);
        }

        for (var digit = 0; digit < _colours.Length; digit++)
        {
            var (x, y) = (Margin + (32 * digit), Header + (rows * (height + Caption + Margin)));
            var (red, green, blue) = _colours[digit];
            canvas.Image(x, y, Swatch, Swatch, new(1, 1, [red, green, blue]));
            canvas.Text(new Place(x + Swatch + 4, y + 11), $"{digit}", Pictures.Ink.Muted, 11.5, Anchor.Start);
        }

        return canvas.Pixels;
    }
}
