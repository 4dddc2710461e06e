namespace GaryMesh.ChatGraft;

/// <summary>A block of a text that ships: a heading of a kind and a name, and lines <c>key: value</c> below it.</summary>
/// <param name="Kind">The heading's first word.</param>
/// <param name="Name">The rest of it.</param>
/// <param name="Lines">What stands below it, in its order.</param>
internal sealed record TextBlock(string Kind, string Name, IReadOnlyList<(string Key, string Value)> Lines)
{
    /// <summary>The values of a key.</summary>
    public IEnumerable<string> Of(string key) => Lines.Where(line => line.Key == key).Select(line => line.Value);
}

/// <summary>Reads what ships as text in blocks. Empty lines and such as begin with '#' say nothing.</summary>
internal static class BlockText
{
    /// <summary>The blocks of a text that ships.</summary>
    /// <param name="name">The text's name.</param>
    /// <param name="kinds">What a heading begins with.</param>
    /// <param name="keys">What the lines below begin with.</param>
    /// <exception cref="InvalidDataException">The text is missing, or a line is neither heading nor known key: one sentence says which.</exception>
    public static IEnumerable<TextBlock> Read(string name, IReadOnlyList<string> kinds, IReadOnlyList<string> keys)
    {
        using var reader = new StreamReader(typeof(BlockText).Assembly.GetManifestResourceStream(name) ?? throw new InvalidDataException($"This build carries no '{name}'."));
        TextBlock? block = null;
        var lines = new List<(string, string)>();

        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;

            if (line.IndexOf(": ", StringComparison.Ordinal) is var colon and > 0 && keys.Contains(line[..colon]) && block is not null)
            {
                lines.Add((line[..colon], line[(colon + 2)..]));
                continue;
            }

            var heading = line.Split(' ', 2);
            if (heading.Length < 2 || !kinds.Contains(heading[0]))
                throw new InvalidDataException($"'{line}' is no line of '{name}': a heading begins with {string.Join(", ", kinds)}, and what stands below it with {string.Join(", ", keys)}.");
            if (block is not null) yield return block with { Lines = [.. lines] };
            lines.Clear();
            block = new TextBlock(heading[0], heading[1], []);
        }

        if (block is not null) yield return block with { Lines = [.. lines] };
    }
}
