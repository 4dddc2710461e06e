using System.Net;
using System.Text;
using GaryMesh.Cli.Pictures;

namespace GaryMesh.Cli.Reports;

/// <summary>A report: one page without anything from elsewhere, light or dark as the reader's screen is.</summary>
internal sealed class Page(string title)
{
    private const string Head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
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

    private readonly StringBuilder _text = new StringBuilder(Head).Replace("<style>", $"<title>{WebUtility.HtmlEncode(title)}</title>\n<style>");

    /// <summary>Text that is written as it stands.</summary>
    public Page Raw(string html)
    {
        _text.Append(html);
        return this;
    }

    /// <summary>A part of the page; `kind` is "wide" for one that spans it.</summary>
    public Page Section(string kind, string content) => Raw($"<section class=\"{kind}\">\n{content}</section>\n");

    /// <summary>A table of names and values.</summary>
    public Page Facts(string heading, params (string Name, string Value)[] facts)
    {
        var rows = facts.Select(fact => $"<tr><th>{WebUtility.HtmlEncode(fact.Name)}</th><td><code>{WebUtility.HtmlEncode(fact.Value)}</code></td></tr>\n");
        return Section("wide", $"<h2>{WebUtility.HtmlEncode(heading)}</h2>\n<table>\n{string.Concat(rows)}</table>\n");
    }

    /// <summary>A drawing as an element.</summary>
    public static string Drawing(double width, double height, string title, Action<ICanvas, double, double, double, double> draw)
    {
        var canvas = new SvgCanvas(width, height);
        draw(canvas, 0, 0, width, height);
        return canvas.Element(title);
    }

    /// <summary>A picture as an element, so many units wide.</summary>
    public static string Picture(Pixels pixels, int width, string title) =>
        $"<img alt=\"{WebUtility.HtmlEncode(title)}\" width=\"{width}\" src=\"data:image/png;base64,{Convert.ToBase64String(PngCanvas.Encode(pixels))}\">";

    public void Write(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(_text + "</main>\n</body>\n</html>\n");
        SafeFile.Write(path, stream => stream.Write(bytes));
    }
}
