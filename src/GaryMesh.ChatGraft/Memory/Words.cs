using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>What counts as the same word when a question is held against a fact: words without their endings, a few
/// families of words that people use for one another, and the words that carry no meaning of their own.</summary>
internal static partial class Words
{
    /// <summary>The words of a text as they stand there; an apostrophe or hyphen inside a word belongs to it.</summary>
    [GeneratedRegex(@"[\p{L}\p{M}\p{N}]+(?:['\-][\p{L}\p{M}\p{N}]+)*", RegexOptions.CultureInvariant)]
    public static partial Regex Word { get; }

    // Words that one person tells with and another asks with. The first names the family.
    private static readonly string[] _families =
    [
        "name called call calling named naming christened nicknamed",
        "live reside dwell inhabit home house address based settled stay living lodging located location residence residing",
        "work job employ employed employer employment occupation profession career workplace salary hired",
        "born birth birthday birthplace birthdate origin hometown native",
        "favourite favorite prefer preferred",
        "like love enjoy adore",
        "hate dislike detest loathe",
        "age old aged",
        "mother mum mom mummy mommy mama", "father dad daddy papa", "child kid children kids",
        "grandmother grandma granny nan", "grandfather grandpa granddad",
        "car vehicle automobile drive driving drove", "bicycle bike", "phone telephone mobile cellphone cell",
        "code pin passcode password passphrase combination unlock digits", "colour color", "dog puppy pup", "cat kitten kitty",
        "study studying studied major", "doctor physician", "wedding marry married", "buy bought purchase purchased",
        "allergy allergic allergies", "tall height", "weigh weight", "wifi wi-fi", "film movie",
        "speak speaking spoke language", "begin start starts", "end finish", "cost price", "photo picture", "email e-mail",
        "colleague coworker co-worker", "boss manager", "flat apartment", "holiday vacation", "shop store",
        "sibling siblings", "instrument play", "meet meeting", "support supporter",
    ];

    private static readonly FrozenDictionary<string, string> _familyOf = _families
        .Select(family => family.Split(' '))
        .SelectMany(family => family.Select(word => (Stem: Stem(word), Head: Stem(family[0]))))
        .DistinctBy(pair => pair.Stem)
        .ToFrozenDictionary(pair => pair.Stem, pair => pair.Head, StringComparer.Ordinal);

    // _phrases that say the same as one word of a family.
    private static readonly (Regex Phrase, string Word)[] _phrases =
    [
        (Say(@"(?:place|town|village|city|company|firm|restaurant|hotel|street) (?:called|named|by the name of)"), "place"),
        (Say(@"calls?(?= (?:\S+ )?(?:my |our |his |her |their )?home\b)|home ?town"), "live"),
        (Say(@"(?:came|come|brought) into (?:the|this) world|(?:(?:my|our) (?:mother|mum|mom|mama) )?g[ai]ven? birth to (?:me|us)|g[ai]ven? birth|place of birth|saw the light of day|first opened (?:my|his|her) eyes"), "born"),
        (Say(@"(?:moved?|moving|relocated?) (?:over |back |out )?to|settled(?: down)?|(?:my|our|his|her|their) (?:place|house|home|flat|apartment|town|city|village|hometown)|put down roots|"
            + @"calls? (?:\w+ )?home|(?:is )?home to|(?:have|has|got|bought|rents?|owns?|shares?) (?:an? |my |his |her |their )?(?:own )?(?:small |little |big |new |nice |old )?(?:house|flat|apartment|place|home|room|studio|cottage)|can find|at home in|resident (?:of|in)|inhabitant of"), "live"),
        (Say(@"(?:earns?|make|makes|earning) (?:\w+ )?(?:living|money|bread|wages)|(?:got|been|was|am|is) (?:hired|taken on|recruited) by|joined(?= (?-i:\p{Lu}))|(?:my|our) (?:company|firm)|on the payroll of|on the staff of|(?:started|starts|began|begun)(?: working)? (?:at|for|with)(?= (?-i:\p{Lu}))|(?:an )?employees? (?:of|at)|on the team of|pays? (?:my|our|his|her|their) (?:salary|wages|bills)|"
            + @"(?:spends?|spending) (?:my|our|his|her|their) working (?:days|life)|(?:new |started a |have a |has a |got a )+(?:job|position)|(?:is|am) an? (?:\w+ ){1,3}(?:for|at)(?= (?-i:\p{Lu}))|for a living"), "work"),
        (Say(@"gets? into|getting into|got into|opens?(?: up)?|opened|unlocks?|unlocked|typ(?:e|ing) in|enter(?= (?:at|for)\b)|punch(?:es)? in|lets? (?:me|us|you) in(?:to)?"), "code"),
        (Say(@"(?:like|love|enjoy|adore)s? (?:\w+ ){0,2}(?:best|most|more than|above all)|(?:over|to|than) any other|comes? close|(?:for|to) me,? the best|(?:best|most) (?:liked|loved)|beats|of choice|number one|cannot beat|no better|call(?:ed)? (?:my|our) favou?rite|the best(?=[\w' ]{1,40}(?:in the world|ever|of all|for me|I know|if you ask me|there is))"), "favourite"),
        (Say(@"known as|(?:go|goes|going) by|answers? to|listens? (?:to|when)|responds? to|introduced (?:him|her|them)sel(?:f|ves) as|go(?:es)? under the name"), "name"),
        (Say(@"how old|what age|how many years"), "age"),
        (Say(@"(?:come|comes|came|hail|hails|am|is|are|was) (?:\w+ )?from|where (?:[\p{L}']+ ){1,5}from"), "born"),
        (Say(@"what (?:do|does) (?:[\p{L}'\-]+ ){1,3}do(?= for work\b|\W*$)|(?:what|which) (?:company|firm|business|organi[sz]ation|employer)"), "work"),
    ];

    private static Regex Say(string phrases) =>
        new($@"\b(?:{phrases})\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    // Words that hold a sentence together, and words for asking and telling.
    private const string Silent =
        "a an the this that these those and or but so if then than as of in on at to from for with by about into onto over under up "
        + "out off down near is are am was were be been being do does did doing done have has had having get got will would shall should can "
        + "could may might must i me my mine myself we us our ours ourselves you your yours yourself he him his she her hers it its "
        + "they them their theirs who whom whose which what where when why how there here not no yes yeah yep nope please thanks thank ok okay "
        + "hi hey hello well oh ah um hmm anyway actually really just only also too very quite still again now today currently nowadays "
        + "ever always already yet right sorry s t d ll re ve m don these days any some one ones "
        + "know remember recall remind forget forgot forgotten tell told say said saying mention mentioned think thought guess wonder "
        + "wondering idea clue sure ask asked asking answer question memory slipped escapes mind help let want need give given left leave leaving "
        + "gave happen happens go goes going gone come comes came anything something someone thing things stuff etc quick quickly "
        + "exactly precisely exact far much many all trying try put keep kept earlier before previously ago other another own hear "
        + "heard mean meant use used correct favor minute second moment while bit word detail details info information fact "
        + "stand known take takes taken current present absolute find usually next upcoming new little lovely dear store stored stash stashed beloved all-time cute tiny fill set chosen choose pick picked once supposed suppose believe long since ages";

    // Words for the kind of thing asked after: they count where they meet, and do no harm where they do not.
    private const string Kinds =
        "kind type sort make place city town village country region street person people guy man woman day date "
        + "time year month week hour number company firm organisation organization business field line language "
        + "sport university college subject full first last particular certain family middle";

    // Words for what is asked of somebody or something: a fact that lacks one of them does not answer.
    private const string Attributes =
        "name live work birth favourite like hate age car phone code colour study cost email hobby job birthday nickname surname salary "
        + "breed religion nationality size gender temperature allergy tall weigh speak zodiac blood shoe eye hair food drink";

    private static readonly FrozenSet<string> _attributeWords =
        Attributes.Split(' ').Select(Canonical).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _kindWords =
        Kinds.Split(' ').Select(Canonical).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _silentWords =
        Silent.Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The meaningful words of a text, each as its family's stem, in their order and without repetition.</summary>
    public static string[] Cues(string text)
    {
        var cues = new List<string>();

        foreach (Match match in Word.Matches(Said(Plain(text)).ToLowerInvariant()))
        {
            var word = WithoutPossessive(match.Value);
            if (_silentWords.Contains(word)) continue;
            var cue = Canonical(word);
            if (!cues.Contains(cue)) cues.Add(cue);
        }

        return [.. cues];
    }

    /// <summary>A text as it is compared: accents, full width, ligatures and joiners make no difference.</summary>
    public static string Plain(string text)
    {
        if (Ascii.IsValid(text)) return text;
        var plain = new StringBuilder(text.Length);

        foreach (var letter in text)
        {
            if (letter is >= '\u0300' and <= '\u036F' || char.GetUnicodeCategory(letter) == UnicodeCategory.Format) continue;
            if (letter is >= '\uFF01' and <= '\uFF5E') plain.Append((char)(letter - 0xFEE0));
            else plain.Append(_plain.GetValueOrDefault(char.ToLowerInvariant(letter)) ?? letter.ToString());
        }

        return plain.ToString();
    }

    // The programs run without culture data, which would know this: each word is a plain letter and what is written for it.
    private static readonly FrozenDictionary<char, string> _plain =
        "aàáâãäåāăą cçćĉċč dďđ eèéêëēĕėęě gĝğġģ hĥħ iìíîïĩīĭįı jĵ kķ lĺļľłŀ nñńņň oòóôõöøōŏő rŕŗř sśŝşš tţťŧ uùúûüũūŭůűų wŵ yýÿŷ zźżž ий её"
            .Split(' ')
            .SelectMany(family => family[1..].Select(letter => (letter, Plain: family[..1])))
            .Concat([('ﬀ', "ff"), ('ﬁ', "fi"), ('ﬂ', "fl")])
            .ToFrozenDictionary(one => one.Item1, one => one.Item2);

    /// <summary>A text with the questions for oneself as they are meant: who somebody talks to is what one is called.</summary>
    public static string Meant(string text) => Oneself.Replace(text, "what is my name");

    [GeneratedRegex(@"\b(?:who am I|who I am|who (?:are you|you are) (?:talking|speaking|chatting) (?:to|with)|(?:how|what) (?:should|do|would|can|could) (?:you|I ask you to) (?:address|call) me)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Oneself { get; }

    /// <summary>A text with the phrases that stand for one word replaced by it.</summary>
    public static string Said(string text) => _phrases.Aggregate(text, (said, phrase) => phrase.Phrase.Replace(said, phrase.Word));

    /// <summary>A cue that only says what kind of thing is asked after ("which <i>city</i> do I live in").</summary>
    public static bool IsKind(string cue) => _kindWords.Contains(cue);

    /// <summary>A cue that names what is asked of somebody or something.</summary>
    public static bool IsAttribute(string cue) => _attributeWords.Contains(cue);

    /// <summary>Whether a lower-case word carries no meaning of its own.</summary>
    public static bool IsSilent(string word) => _silentWords.Contains(word);

    /// <summary>A single lower-case word as its family's stem.</summary>
    public static string Canonical(string word)
    {
        var stem = Stem(word);
        return _familyOf.GetValueOrDefault(stem, stem);
    }

    /// <summary>Takes the commonest English endings off: plural, -ing, -ed, a last e. What is left need not be a word; it
    /// only has to be the same for the same word.</summary>
    public static string Stem(string word)
    {
        if (word.Length < 4 || !char.IsAsciiLetter(word[^1])) return word;
        var stem = word;

        if (stem.EndsWith("ies", StringComparison.Ordinal) && stem.Length > 4) stem = stem[..^3] + "y";
        else if (stem.EndsWith("sses", StringComparison.Ordinal)) stem = stem[..^2];
        else if (stem.EndsWith("ied", StringComparison.Ordinal) && stem.Length > 4) stem = stem[..^3] + "y";
        else if (stem[^1] == 's' && stem[^2] is not ('s' or 'u' or 'i')) stem = stem[..^1];

        if (stem.EndsWith("ing", StringComparison.Ordinal) && HasVowel(stem.AsSpan(..^3))) stem = Undoubled(stem[..^3]);
        else if (stem.EndsWith("ed", StringComparison.Ordinal) && HasVowel(stem.AsSpan(..^2))) stem = Undoubled(stem[..^2]);

        return stem.Length > 3 && stem[^1] == 'e' ? stem[..^1] : stem;
    }

    private static bool HasVowel(ReadOnlySpan<char> stem) => stem.Length > 1 && stem.IndexOfAny("aeiouy") >= 0;

    private static string Undoubled(string stem) =>
        stem.Length > 3 && stem[^1] == stem[^2] && stem[^1] is not ('l' or 's') ? stem[..^1] : stem;

    private static string WithoutPossessive(string word) =>
        word.EndsWith("'s", StringComparison.Ordinal) ? word[..^2] : word;
}
