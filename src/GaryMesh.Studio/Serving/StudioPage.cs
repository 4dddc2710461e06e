namespace GaryMesh.Studio.Serving;

/// <summary>The studio's own page: one text, which asks the studio for the rest.</summary>
internal static class StudioPage
{
    public static string Write() => Resource.Read("page/studio.html")
        .Replace("{{style}}", Resource.Read("page/style.css") + Resource.Read("page/studio.css"), StringComparison.Ordinal)
        .Replace("{{script}}", Resource.Read("page/studio.js"), StringComparison.Ordinal);
}
