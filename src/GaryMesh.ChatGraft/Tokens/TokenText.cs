using System.Text;

namespace GaryMesh.ChatGraft;

/// <summary>Tokens to text one by one: a character appears as soon as its last byte has arrived.</summary>
public sealed class TokenText(ChatTokenizer tokenizer)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly char[] _characters = new char[512];

    /// <summary>The text that a further token completes, possibly none.</summary>
    public string Next(int token) => Take(tokenizer.BytesOf(token), flush: false);

    /// <summary>What is left when no more tokens come: U+FFFD where a character was cut off.</summary>
    public string End() => Take([], flush: true);

    private string Take(ReadOnlySpan<byte> bytes, bool flush)
    {
        var text = new StringBuilder();

        while (true)
        {
            _decoder.Convert(bytes, _characters, flush, out var read, out var written, out var completed);
            text.Append(_characters, 0, written);
            bytes = bytes[read..];

            if (completed)
                return text.ToString();
        }
    }
}
