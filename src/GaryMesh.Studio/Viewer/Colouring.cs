using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Viewer;

/// <summary>The pictures that a rule paints, each as red, green and blue of means and a row of the channels' shares.</summary>
internal static class Colouring
{
    /// <summary>The pictures of a palette; of a rule without one, its first channels: over white where the fourth says who is alive.</summary>
    public static JsonArray Of(Automaton automaton)
    {
        if (automaton.Palette is { } palette)
        {
            var pictures = palette.Pictures.IsEmpty ? [("colours", palette.Maps)] : palette.Pictures.Select(picture => (picture.Item1, picture.Item2)).ToArray();
            var list = new JsonArray();
            var first = 0;

            foreach (var (name, maps) in pictures)
            {
                // The first three maps, or the only one as grey.
                int[] shown = [.. Enumerable.Range(0, 3).Select(at => first + Math.Min(at, maps < 3 ? 0 : 2))];
                list.Add((JsonNode)new JsonObject
                {
                    ["name"] = name,
                    ["mean"] = Numbers(shown.Select(map => palette.Mean.Span[map])),
                    ["basis"] = new JsonArray([.. shown.Select(map => (JsonNode)Numbers(palette.Basis.Slice(map * palette.Maps, palette.Maps).ToArray()))]),
                });
                first += maps;
            }

            return list;
        }

        return automaton.Gate.IsOpen ? [] : [new JsonObject { ["name"] = "over white" }];
    }

    private static JsonArray Numbers(IEnumerable<double> values) => [.. values.Select(value => (JsonNode)value)];
}
