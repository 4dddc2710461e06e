using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>Turns a sentence from one side of a conversation to the other: "my dog is called Buddy" is said back as
/// "your dog is called Buddy".</summary>
internal static partial class Voice
{
    /// <summary>The sentence with the first and the second person exchanged, names and values left as they are.</summary>
    public static string Answering(string sentence)
    {
        // Verbs first, while it still shows whose they are; the pronouns beside them wait as marks that no text holds.
        sentence = IAm.Replace(sentence, "\u0002 are");
        sentence = AmI.Replace(sentence, "are \u0002");
        sentence = IWas.Replace(sentence, "\u0002 were");
        sentence = YouAre.Replace(sentence, match => match.Groups["was"].Success ? "\u0001 was" : "\u0001 am");

        return Person.Replace(sentence, match => match.Value.ToLowerInvariant() switch
        {
            "i" or "me" or "we" or "us" => "you",
            "my" or "our" => "your",
            "mine" or "ours" => "yours",
            "myself" => "yourself",
            "ourselves" => "yourselves",
            "your" => "my",
            "yours" => "mine",
            "yourself" => "myself",
            "\u0001" => "I",
            "\u0002" => "you",
            _ => match.Index == 0 || sentence[match.Index - 1] != ' ' || sentence[..match.Index].TrimEnd().EndsWith('.') || Doing.IsMatch(sentence[(match.Index + match.Length)..]) ? "I" : "me",
        });
    }

    // "You can ..." does, "I told you ..." does not.
    [GeneratedRegex(@"^ (?:can|could|will|would|should|must|may|might|have|do|did|know)\b", Loose)]
    private static partial Regex Doing { get; }

    private const RegexOptions Loose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    [GeneratedRegex(@"\bI am\b", Loose)]
    private static partial Regex IAm { get; }

    [GeneratedRegex(@"\bam I\b", Loose)]
    private static partial Regex AmI { get; }

    [GeneratedRegex(@"\bI was\b", Loose)]
    private static partial Regex IWas { get; }

    [GeneratedRegex(@"\byou (?:are|(?<was>were))\b", Loose)]
    private static partial Regex YouAre { get; }

    // A capital "US" or "Me" inside a name is left alone, and so is all that stands in a path or an address.
    [GeneratedRegex("\\bI\\b|[\u0001\u0002]|(?<![\\p{L}\\p{N}'\\-/\\\\_@~])(?:i|[Mm]e|[Ww]e|us|[Mm]y|[Oo]ur|mine|ours|[Mm]yself|ourselves|[Yy]ou|[Yy]our|yours|yourself)(?![\\p{L}\\p{N}'\\-/\\\\_@]|\\.[\\p{L}\\p{N}])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Person { get; }
}
