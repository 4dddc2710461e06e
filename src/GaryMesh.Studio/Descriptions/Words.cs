using System.Globalization;

namespace GaryMesh.Studio.Descriptions;

/// <summary>The whole numbers in a name such as steering:0:1:2:3.</summary>
internal static class Words
{
    public static int[] Numbers(string name) => [.. name.Split(':').Skip(1).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
}
