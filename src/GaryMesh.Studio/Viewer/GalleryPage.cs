using System.Text.Encodings.Web;

namespace GaryMesh.Studio.Viewer;

/// <summary>A page that shows other pages at work, side by side.</summary>
public static class GalleryPage
{
    /// <summary>The page as HTML.</summary>
    /// <param name="pages">File and caption of each page, beside which this one stands.</param>
    public static string Write(IEnumerable<(string File, string Caption)> pages)
    {
        var figures = pages.Select(page =>
        {
            var (file, caption) = (HtmlEncoder.Default.Encode(page.File), HtmlEncoder.Default.Encode(page.Caption));
            return $"<figure><iframe src=\"{file}#bare\" title=\"{caption}\" loading=\"lazy\"></iframe><figcaption><a href=\"{file}\">{caption}</a></figcaption></figure>";
        });
        return Resource.Read("page/gallery.html")
            .Replace("{{style}}", Resource.Read("page/style.css"), StringComparison.Ordinal)
            .Replace("{{figures}}", string.Join('\n', figures), StringComparison.Ordinal);
    }
}
