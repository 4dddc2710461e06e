using System.Globalization;
using System.Net;
using System.Text;

namespace GaryMesh.Cli.Pictures;

/// <summary>A canvas whose drawing is SVG for a page that names the inks' colours as variables.</summary>
internal sealed class SvgCanvas(double width, double height) : ICanvas
{
    private readonly StringBuilder _body = new();

    public void Line(IReadOnlyList<Place> points, Ink ink, double width, bool dashed = false) =>
        _body.Append(CultureInfo.InvariantCulture, $"<polyline points=\"")
            .AppendJoin(' ', points.Select(point => $"{Number(point.X)},{Number(point.Y)}"))
            .Append(CultureInfo.InvariantCulture, $"\" style=\"stroke:{Colour(ink)}\" stroke-width=\"{Number(width)}\"")
            .Append(dashed ? " stroke-dasharray=\"8 5\"" : "")
            .Append("/>\n");

    public void Disc(Place centre, double radius, Ink ink) =>
        _body.Append("<circle cx=\"").Append(Number(centre.X)).Append("\" cy=\"").Append(Number(centre.Y))
            .Append("\" r=\"").Append(Number(radius)).Append("\" style=\"fill:").Append(Colour(ink)).Append("\"/>\n");

    public void Text(Place place, string text, Ink ink, double size, Anchor anchor, bool upwards = false)
    {
        var (x, y) = (Number(place.X), Number(place.Y));
        var turn = upwards ? $" transform=\"rotate(-90 {x} {y})\"" : "";
        var side = anchor switch { Anchor.Start => "start", Anchor.Middle => "middle", _ => "end" };
        _body.Append(
            $"<text x=\"{x}\" y=\"{y}\" font-size=\"{Number(size)}\" text-anchor=\"{side}\" style=\"fill:{Colour(ink)}\"{turn}>")
            .Append(WebUtility.HtmlEncode(text))
            .Append("</text>\n");
    }

    public void Image(double x, double y, double width, double height, Pixels pixels) =>
        _body.Append(
            $"<image x=\"{Number(x)}\" y=\"{Number(y)}\" width=\"{Number(width)}\" height=\"{Number(height)}\" "
            + $"preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,"
            + $"{Convert.ToBase64String(PngCanvas.Encode(pixels))}\"/>\n");

    /// <summary>The drawing as an element of a page, with a title for those who cannot see it.</summary>
    public string Element(string title) =>
        $"<svg viewBox=\"0 0 {Number(width)} {Number(height)}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">\n"
        + _body + "</svg>\n";

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Colour(Ink ink) =>
        ink switch
        {
            Ink.Text => "var(--text)",
            Ink.Muted => "var(--muted)",
            Ink.Grid => "var(--grid)",
            Ink.First => "var(--first)",
            Ink.Second => "var(--second)",
            _ => "var(--third)",
        };
}
