using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace GaryMesh.ChatGraft;

/// <summary>Text to tokens and back, for a byte-level vocabulary of <see cref="BytePairs"/>. Every Unicode text comes back
/// exactly as it went in.</summary>
/// <remarks>Encoding is Microsoft.ML.Tokenizers' <see cref="BpeTokenizer"/> in its byte-level mode. Half of a surrogate
/// pair alone is no Unicode text and is read as U+FFFD, as .NET's own encoders do.</remarks>
public sealed class ChatTokenizer
{
    private readonly (int Left, int Right)[] _merges;
    private readonly byte[][] _bytes;
    private readonly BpeTokenizer _tokenizer;

    /// <summary>A tokenizer of the merges given, in the order of their rank.</summary>
    /// <param name="merges">Pairs of tokens: merge i makes token 256 + i of its pair.</param>
    /// <exception cref="ArgumentException">A merge joins a token that none before it has made.</exception>
    public ChatTokenizer(IReadOnlyList<(int Left, int Right)> merges)
    {
        ArgumentNullException.ThrowIfNull(merges);
        _merges = [.. merges];
        _bytes = new byte[BytePairs.Bytes + merges.Count][];

        for (var i = 0; i < BytePairs.Bytes; i++)
            _bytes[i] = [(byte)i];

        for (var i = 0; i < merges.Count; i++)
        {
            var (left, right) = merges[i];
            var known = BytePairs.Bytes + i;

            if (left < 0 || right < 0 || left >= known || right >= known)
            {
                throw new ArgumentException(
                    $"Merge {i} joins the tokens {left} and {right}, but only 0 to {known - 1} exist before it.", nameof(merges));
            }

            _bytes[known] = [.. _bytes[left], .. _bytes[right]];
        }

        var vocabulary = new Dictionary<string, int>(_bytes.Length);

        // Two ways to the same bytes are one token to the package; the merge of the lower rank is the one that is reached.
        for (var token = 0; token < _bytes.Length; token++)
            vocabulary.TryAdd(Letters(_bytes[token]), token);

        _tokenizer = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = _merges.Select(one => $"{Letters(_bytes[one.Left])} {Letters(_bytes[one.Right])}"),
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(BytePairs.Pieces(), null),
        });
        LineBreak = Encode("\n")[0];
    }

    /// <summary>The number of tokens.</summary>
    public int Vocabulary => _bytes.Length;

    /// <summary>The merges, in the order of their rank.</summary>
    public IReadOnlyList<(int Left, int Right)> Merges => _merges;

    /// <summary>The token of a line break: the context that every text is given before its first token.</summary>
    public int LineBreak { get; }

    /// <summary>The tokens of a text.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. _tokenizer.EncodeToIds(WellFormed(text))];
    }

    /// <summary>The text of a run of tokens; bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var bytes = new List<byte>();

        foreach (var token in tokens)
            bytes.AddRange(BytesOf(token));

        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(bytes));
    }

    /// <summary>The bytes that a token stands for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    public ReadOnlySpan<byte> BytesOf(int token) =>
        token >= 0 && token < _bytes.Length
            ? _bytes[token]
            : throw new ArgumentOutOfRangeException(
                nameof(token), FormattableString.Invariant($"Token {token} is not one of the vocabulary's 0 to {_bytes.Length - 1}."));

    /// <summary>Replaces each half of a surrogate pair that stands alone.</summary>
    private static string WellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsSurrogatePair(text, i) && ++i > 0))
                return string.Concat(text.EnumerateRunes().Select(rune => rune.ToString()));
        }

        return text;
    }

    /// <summary>Bytes as the letters that stand for them in byte-level vocabularies: printable ones as themselves, the
    /// others from U+0100 on (Radford et al., "Language models are unsupervised multitask learners", 2019).</summary>
    private static string Letters(byte[] bytes) => string.Create(bytes.Length, bytes, (letters, source) =>
    {
        for (var i = 0; i < source.Length; i++)
            letters[i] = _letterOfByte[source[i]];
    });

    private static readonly char[] _letterOfByte = MakeLetters();

    private static char[] MakeLetters()
    {
        var letters = new char[BytePairs.Bytes];
        var next = (char)BytePairs.Bytes;

        for (var i = 0; i < letters.Length; i++)
            letters[i] = i is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)i : next++;

        return letters;
    }
}
