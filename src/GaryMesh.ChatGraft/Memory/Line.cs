using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>A word of a line.</summary>
/// <param name="Text">As it is compared: plain and in lower case.</param>
/// <param name="Key">What stands for it and its family.</param>
/// <param name="Kinds">The kinds that it is of.</param>
/// <param name="Asked">The kinds that it asks for.</param>
/// <param name="Marks">What it does in a sentence.</param>
/// <param name="Cue">What stands for it in what is asked and told of somebody.</param>
/// <param name="Bare">It has no meaning of its own.</param>
/// <param name="Rare">The lexicon knows nothing of it: a name, most likely.</param>
/// <param name="Owns">What follows is its owner's: "my brother's".</param>
internal readonly record struct LineWord(string Text, string Key, ulong Kinds, ulong Asked, ulong Marks, string Cue, bool Bare, bool Rare, bool Owns);

/// <summary>Something that was said, as the reader sees it: plain words, contractions written out.</summary>
internal sealed class Line
{
    /// <summary>Words of a line that are read; what lies behind them is not.</summary>
    public const int Most = 48;

    private readonly string _clean;
    private readonly Statement? _form;

    private Line(string clean, bool knowing, Statement? form, LineWord[] words, bool asks, bool quotes)
    {
        (_clean, Knowing, _form, Words, EndsAsking, Quotes) = (clean, knowing, form, words, asks, quotes);
        Text = string.Join(' ', words.Select(word => word.Text == "i" ? "I" : word.Text));
        foreach (var word in words) (Kinds, Marks) = (Kinds | word.Kinds, Marks | word.Marks);
    }

    /// <summary>The words with blanks between them, as the cortex reads them.</summary>
    public string Text { get; }

    public LineWord[] Words { get; }

    /// <summary>Whether the lexicon is made use of.</summary>
    public bool Knowing { get; }

    /// <summary>What its words with a meaning are compared by.</summary>
    public IReadOnlySet<string> Keys => field ??= Words.Where(word => !word.Bare).Select(word => word.Key).ToHashSet();

    /// <summary>The words that count: those with a meaning, or all where none has one.</summary>
    public bool[] Weighed => Array.Exists(Words, word => !word.Bare) ? [.. Words.Select(word => !word.Bare)] : [.. Words.Select(_ => true)];

    /// <summary>The words that ask: question words, and what follows them.</summary>
    public bool[] Asking => [.. Words.Select((word, i) => IsQuestion(word) || (i > 0 && IsQuestion(Words[i - 1])))];

    /// <summary>The words that an answer can hardly lack: names, those behind "my" and "the", and what follows "which".</summary>
    public bool[] Firm => [.. Words.Select((word, i) => !word.Bare && !GaryMesh.ChatGraft.Words.IsSilent(word.Text) && !GaryMesh.ChatGraft.Words.IsKind(word.Cue) && !GaryMesh.ChatGraft.Words.IsAttribute(word.Cue) && (word.Rare || Owned(i) || (i > 0 && Words[i - 1].Text is "which" or "what")))];

    /// <summary>Whether a word stands behind "my", "the" or "a": whose affair it is.</summary>
    public bool Owned(int word)
    {
        for (var i = word - 1; i >= Math.Max(0, word - Reach); i--) if (Words[i].Owns || Words[i].Text is "my" or "our" or "the" or "a") return true;
        return false;
    }

    private const int Reach = 3;

    /// <summary>What it says of somebody, or asks of them, as words with a meaning of their own.</summary>
    public IReadOnlySet<string> Cues
    {
        get
        {
            if (field is not null) return field;
            var cues = GaryMesh.ChatGraft.Words.Cues(_clean).ToHashSet();
            if (Introduces) cues.Add(NameCue);
            if (_form is { Relation.Length: > 0 } && (Kinds & Lexicon.Code) != 0 && _form.Value.Count(char.IsAsciiDigit) > 2) cues.Add(_code);
            return field = cues;
        }
    }

    /// <summary>Those of the cues that name what is said or asked: name, home, code. The name of a company that one works for is the
    /// company.</summary>
    public IReadOnlySet<string> Attributes => field ??= (Cues.Overlaps(_nameCued) ? Cues.Where(cue => cue != NameCue) : Cues).Where(GaryMesh.ChatGraft.Words.IsAttribute).ToHashSet();

    /// <summary>Whether it asks what somebody is called.</summary>
    public bool AsksName => Attributes.Contains(NameCue);

    // "I am Ada."
    private bool Introduces => _form is { Relation: "is", Subject: "I" } && Proper.IsMatch(_form.Value) && (Lexicon.Kinds(_form.Value.ToLowerInvariant()) & Lexicon.KindOf("nationality")) == 0;

    private static Regex Proper { get; } = English.Pattern("one-or-two-names");

    /// <summary>The cue of names.</summary>
    public static string NameCue { get; } = GaryMesh.ChatGraft.Words.Canonical("name");
    private static readonly string _code = GaryMesh.ChatGraft.Words.Canonical("code");
    private static readonly string[] _nameCued = [.. new[] { "work", "live", "born", "favourite" }.Select(GaryMesh.ChatGraft.Words.Canonical)];

    /// <summary>Whom or what it speaks of beside the teller: "my brother", "a friend".</summary>
    public IReadOnlySet<string> Possessions => field ??= Words
        .Where((word, i) => Cues.Contains(word.Cue) && ((word.Kinds & (Lexicon.Persons | Lexicon.Animals)) != 0 || (i > 0 && Words[i - 1].Text is "my" or "our")) && !GaryMesh.ChatGraft.Words.IsAttribute(word.Cue) && !GaryMesh.ChatGraft.Words.IsKind(word.Cue))
        .Select(word => word.Cue)
        .ToHashSet();

    /// <summary>Whether it says of the teller what is asked: "I live", "my home", "they called me".</summary>
    public bool SaysOfTeller(Line asked)
    {
        for (var i = 0; i < Words.Length; i++)
        {
            if (Words[i].Text is "me" or "us") return true;
            if (Words[i].Text is not ("i" or "we" or "my" or "our")) continue;
            for (var next = i + 1; next <= Math.Min(i + Reach, Words.Length - 1); next++) if (asked.Attributes.Contains(Words[next].Cue) || (!Words[next].Bare && asked.Keys.Contains(Words[next].Key))) return true;
        }

        return false;
    }

    /// <summary>What a form has found in it: the relation, the words of subject and value, and whether the subject is the teller.</summary>
    public string Relation => field ??= Introduces ? NameCue : _form is null or { Relation: "is" } ? "" : GaryMesh.ChatGraft.Words.Canonical(_form.Relation);

    public IReadOnlySet<string> Subject => field ??= CuesOf(_form?.Relation.Length > 0 ? _form.Subject : "");

    public IReadOnlySet<string> Value => field ??= CuesOf(_form?.Relation.Length > 0 ? _form.Value : "");

    public bool OfTeller => _form is { Relation.Length: > 0, Subject: "I" or "we" or "We" or "my" or "My" };

    private static HashSet<string> CuesOf(string text) => [.. GaryMesh.ChatGraft.Words.Cues(text).Where(cue => !GaryMesh.ChatGraft.Words.IsAttribute(cue) && !GaryMesh.ChatGraft.Words.IsKind(cue))];

    /// <summary>Whether it begins as questions do.</summary>
    public bool BeginsAsking => Words.Length > 0 && IsQuestion(Words[0]);

    /// <summary>Whether it has the form of a question, led up to or not.</summary>
    public bool Inquires => Question.Asks(_clean);

    /// <summary>Whether it begins by pointing to what was spoken of.</summary>
    public bool PointsBack => Words.Length > 0 && (Words[0].Marks & Lexicon.MarkOf("points")) != 0;

    /// <summary>The kinds that answer it as a question, by its question words; 0 where none can be told.</summary>
    public ulong Expected
    {
        get
        {
            ulong expected = 0;
            for (var i = 0; i < Words.Length; i++) expected |= ExpectedBy(i);
            return expected;
        }
    }

    private ulong ExpectedBy(int i)
    {
        var next = i + 1 < Words.Length ? Words[i + 1].Text : "";
        var asked = Words[i].Text switch
        {
            "who" or "whom" or "person" => Lexicon.Name | Lexicon.Persons,
            "when" => Lexicon.Times | Lexicon.Numerals,
            "where" => Lexicon.KindOf("place") | Lexicon.KindOf("country") | Lexicon.KindOf("city") | Lexicon.KindOf("nationality") | Lexicon.Name,
            "how" when next is "many" or "much" or "old" or "tall" or "far" or "fast" or "long" or "big" or "heavy" or "high" or "hot" or "deep" or "wide" => Lexicon.Numerals,
            "how" when next is "often" => Lexicon.KindOf("frequency") | Lexicon.KindOf("moment") | Lexicon.Number,
            "phone" => Lexicon.Code,
            "number" or "address" or "plate" or "size" or "price" or "score" or "mark" or "grade" or "age" or "year" or "date" or "hour" => Lexicon.Numerals | Words[i].Asked,
            "name" or "called" or "surname" => Lexicon.Name,
            _ when Words[i].Key == "code" => Lexicon.Code | Lexicon.Number,
            _ => AskedFor(i) ? Words[i].Asked & ~Lexicon.Persons : 0,
        };
        if ((asked & Lexicon.Extents) != 0) asked |= Lexicon.Numerals;
        return Words[i].Text is "do" && i == Words.Length - 1 && i > 1 ? asked | Lexicon.KindOf("job") : asked;
    }

    // "What colour is my car" asks for a colour and for no car, "where is my car" for neither, "how far" for a distance.
    private bool AskedFor(int i)
    {
        var question = Array.FindLastIndex(Words, i, IsQuestion);
        if (question < 0) return !Array.Exists(Words, IsQuestion) && !Words[i].Bare;
        if (question == i) return false;
        if (question == i - 1) return true;
        return Words[question].Text is "what" or "which" && (Words[question + 1].Bare || Words[question + 1].Key == "favourite") && (!Words[i].Bare || i == Words.Length - 1);
    }

    private static bool IsQuestion(LineWord word) => word.Text is "who" or "whom" or "whose" or "what" or "which" or "where" or "when" or "how" or "why";

    /// <summary>It ends with a question mark.</summary>
    public bool EndsAsking { get; }

    /// <summary>It gives somebody's words between quotation marks, or behind a colon.</summary>
    public bool Quotes { get; }

    /// <summary>It begins as what is only supposed does.</summary>
    public bool Supposes => Supposing.IsMatch(_clean);

    private static Regex Supposing { get; } = English.Pattern("supposing");

    /// <summary>The kinds of all words.</summary>
    public ulong Kinds { get; }

    /// <summary>The marks of all words.</summary>
    public ulong Marks { get; }

    /// <summary>Reads a text.</summary>
    /// <param name="clean">The text, from <see cref="Utterance.Clean"/>.</param>
    /// <param name="knowing">Whether the lexicon's families and kinds are made use of.</param>
    /// <param name="form">What a form has found in it; null for nothing.</param>
    public static Line Of(string clean, bool knowing = true, Statement? form = null)
    {
        var plain = GaryMesh.ChatGraft.Words.Meant(Utterance.WithoutContractions(GaryMesh.ChatGraft.Words.Plain(clean)));
        var words = new List<LineWord>();
        // Whoever writes capitals gives names theirs.
        var careful = plain.Any(char.IsUpper);

        foreach (Match match in GaryMesh.ChatGraft.Words.Word.Matches(plain))
        {
            if (words.Count == Most) break;
            var text = match.Value.ToLowerInvariant();
            var owns = text.EndsWith("'s", StringComparison.Ordinal);
            if (owns) text = text[..^2];
            if (text.Length == 0) continue;
            var meant = (knowing && !(match.Index > 0 && char.IsUpper(match.Value[0])) ? Lexicon.Meant(text) : null) ?? text;
            var kinds = knowing ? Lexicon.Kinds(meant) : 0;
            if (char.IsAsciiDigit(text[0]) || (text.Length > 1 && char.IsAsciiDigit(text[^1]))) kinds |= Lexicon.Number;
            // "Sunday" and "French" have a capital, but are no names.
            if (char.IsUpper(match.Value[0]) && match.Index > 0 && match.Value != "I" && (kinds & Lexicon.Capitals) == 0)
                kinds |= words.Count > 0 && (words[^1].Text is "in" or "at" or "near" || (words[^1].Text is "the" && words.Count > 1 && words[^2].Text is "in" or "at" or "near")) ? Lexicon.KindOf("place") : Lexicon.Name;
            if (text.Count(char.IsAsciiDigit) > 2) kinds |= Lexicon.Code;
            var (bare, asked, marks) = (Lexicon.IsBare(text), Lexicon.Asked(meant), Lexicon.Marks(text));
            if (text == "days" && words.Count > 0 && words[^1].Text == "these") marks |= Lexicon.MarkOf("changes");
            // "Old maps" are of no age.
            var aged = text != "old" || (words.Count > 0 && words[^1].Text is "how" or "year" or "years" or "months");
            var given = (kinds & Lexicon.KindOf("firstname")) != 0;
            if (given) kinds |= Lexicon.Name;
            var rare = !bare && marks == 0 && (given || (asked == 0 && !Lexicon.Knows(meant)));
            if (rare && !careful && (kinds & Lexicon.Number) == 0) kinds |= Lexicon.Name;
            // "In 1951" and "on Sunday" are no places.
            if (words.Count > 0 && words[^1].Text is "in" or "on" or "at" && (kinds & (Lexicon.Times | Lexicon.Number)) != 0) words[^1] = words[^1] with { Kinds = 0 };
            words.Add(new LineWord(text, knowing && aged ? Lexicon.Key(meant) : GaryMesh.ChatGraft.Words.Stem(text), kinds, asked, marks, GaryMesh.ChatGraft.Words.Canonical(text), bare, rare, owns));
        }

        return new Line(plain, knowing, form, [.. words], plain.TrimEnd().EndsWith('?'), Quoting.IsMatch(plain));
    }

    private static Regex Quoting { get; } = English.Pattern("quoting");

    /// <summary>Whether a word of it does something in the sentence.</summary>
    public bool Has(string mark) => (Marks & Lexicon.MarkOf(mark)) != 0;
}
