using System.Text;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>Lines of any length from a reader in bounded memory: what exceeds the bound is counted and thrown away.</summary>
internal sealed class BoundedReader(TextReader reader, int longest)
{
    private readonly char[] _characters = new char[4096];
    private int _next;
    private int _count;

    /// <summary>The next line, or as much of it as is kept, and its full length; null at the end.</summary>
    public (string Text, long Length)? ReadLine()
    {
        var line = new StringBuilder();
        var length = 0L;

        while (true)
        {
            if (_next == _count)
            {
                (_next, _count) = (0, reader.Read(_characters, 0, _characters.Length));
                if (_count <= 0) return length > 0 ? (line.ToString(), length) : null;
            }

            var part = _characters.AsSpan(_next, _count - _next);
            var end = part.IndexOf('\n');
            var taken = end < 0 ? part : part[..end];
            line.Append(taken[..(int)Math.Min(taken.Length, Math.Max(0, longest - length))]);
            length += taken.Length;
            _next += end < 0 ? taken.Length : end + 1;
            if (end >= 0) return (line.ToString().TrimEnd('\r'), length);
        }
    }
}
