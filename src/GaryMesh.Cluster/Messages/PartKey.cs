using System.Globalization;

namespace GaryMesh.Cluster;

/// <summary>The name of one of so many parts of a run, by which its grain is found and placed.</summary>
internal readonly record struct PartKey(string Run, int Part, int Parts)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Run}/{Part}/{Parts}");

    public static PartKey Parse(string text)
    {
        var last = text.LastIndexOf('/');
        var middle = text.LastIndexOf('/', last - 1);
        return new(
            text[..middle],
            int.Parse(text.AsSpan(middle + 1, last - middle - 1), CultureInfo.InvariantCulture),
            int.Parse(text.AsSpan(last + 1), CultureInfo.InvariantCulture));
    }
}
