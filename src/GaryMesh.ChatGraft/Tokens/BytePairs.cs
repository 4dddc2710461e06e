using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>What byte-level byte-pair vocabularies have in common (Sennrich, Haddow and Birch, ACL 2016): tokens 0 to 255 are
/// the bytes, token 256 + i is what merge i makes of its pair, and no pair reaches across the pieces of a text.</summary>
public static partial class BytePairs
{
    /// <summary>The number of tokens that need no merge: one for each byte.</summary>
    public const int Bytes = 256;

    /// <summary>How a text is cut: the mark that begins a turn with the line break before it, an English ending after an
    /// apostrophe, a word, a number or a run of signs with the space before it, white space.</summary>
    [GeneratedRegex(@"\n+[UG]:|'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+|[\s\S]")]
    internal static partial Regex Pieces();
}
