using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>A turn read as a question: what it is about, whose it is, and of which kind the answer is.</summary>
/// <param name="Core">The question without its wrapping ("do you remember what my dog is called" is "what my dog is called").</param>
/// <param name="Cues">Its meaningful words.</param>
/// <param name="Firm">Those of them that an answer cannot lack: whose affair it is, and what is asked of it.</param>
/// <param name="OfUser">It names the asker's own ("my dog", "where do I live").</param>
/// <param name="OfChat">It asks for the chat's own ("your name").</param>
/// <param name="Recalls">It asks for something told before rather than for an opinion, a service or small talk.</param>
internal sealed partial record Question(string Core, string[] Cues, IReadOnlySet<string> Firm, bool OfUser, bool OfChat, bool Recalls)
{
    /// <summary>The questions of a turn, in their order.</summary>
    /// <param name="clean">The turn, from <see cref="Utterance.Clean"/>.</param>
    /// <param name="topic">Whom the conversation spoke of last, for questions that say "it" or "her".</param>
    public static IReadOnlyList<Question> Read(string clean, string? topic = null)
    {
        var questions = new List<Question>();

        string? recent = null;

        foreach (var (whole, clauses) in Utterance.Sentences(clean))
        {
            string? spokenOf = null;
            for (var i = 0; i < clauses.Length; i++) Read(clauses[i], i > 0 ? clauses[i - 1] : null, topic, recent, ref spokenOf, questions);
            if (whole.Contains(',') && Together(whole) is { } together) questions.Add(together);
            (topic, recent) = (spokenOf ?? topic, spokenOf ?? recent);
        }

        return questions;
    }

    // "I have to fill in my place of birth, what do I put there?": the clauses ask it together, of one's own affairs only.
    private static Question? Together(string whole)
    {
        var asked = AskedLast.Match(whole);
        if (!asked.Success || !(whole.EndsWith('?') || asked.Groups["know"].Success) || !First.IsMatch(whole) || Opinion.IsMatch(whole)) return null;
        var cues = Words.Cues(whole);
        if (!cues.Any(Words.IsAttribute) && !When.IsMatch(asked.Groups["q"].Value) && !Where.IsMatch(asked.Groups["q"].Value)) return null;
        HashSet<string> firm = [.. Own.Matches(whole).SelectMany(mine => Words.Cues(mine.Value)).Where(cue => !Words.IsKind(cue)), .. cues.Where(Words.IsAttribute)];
        return new Question(whole.TrimEnd('?'), cues, firm, OfUser: true, OfChat: false, Recalls: true);
    }

    private static void Read(string whole, string? before, string? topic, string? recent, ref string? spokenOf, List<Question> questions)
    {
        var clause = Addressed.Replace(LedUp.Replace(Utterance.WithoutOpenings(whole, out var urged), ""), "do I call me");
        var spoken = spokenOf;
        if (Own.Match(clause) is { Success: true } own) spokenOf = own.Value;
        else if (TheThing.Match(clause) is { Success: true } thing) spokenOf = thing.Value;
        if (urged && !Asking.IsMatch(clause)) return;
        var wrapped = Wraps(clause, out var inner);
        var weak = wrapped && (Asking.IsMatch(inner) ? clause.StartsWith("I ", StringComparison.Ordinal) && !clause.EndsWith('?') : Weak.IsMatch(clause[..^inner.Length]));
        var core = (wrapped ? inner : clause).Trim().TrimEnd('?', '.', '!', ' ');
        core = CalledBy.Replace(Lead.Replace(Tail.Replace(Tag.Replace(core, ""), ""), ""), "people");
        if (!(wrapped && Inquiring.IsMatch(core)) && !clause.EndsWith('?') && !Asking.IsMatch(clause)) return;
        if (core.Length == 0) return;

        // "I live somewhere, do you remember where?"
        if (before is not null && spoken is null && Words.Cues(core).Length == 0 && Words.Cues(before).Length > 0) core = $"{core} {before}";
        var ofUser = First.IsMatch(core);
        var cues = Words.Cues(core).ToList();
        if (Age.IsMatch(core)) Add("age");
        if (Living.IsMatch(core)) { cues.Remove(Words.Canonical("live")); Add("work"); }
        if (Origin.IsMatch(core)) Add("origin");
        if (WhoAmI.IsMatch(core)) Add("name");
        // "What company am I with?" asks for work, "what town is she in?" for a home.
        if (!cues.Exists(Words.IsAttribute) && KindOfPlace.Match(core) is { Success: true } kind) Add(kind.Groups["firm"].Success ? "work" : "live");
        var firm = FirmCues(core);
        // "my ferret, what was its name?" asks about the ferret.
        var mention = Own.Match(core);
        var third = Third.IsMatch(Cleft.Replace(core, ""));
        var (borrows, borrowed) = (false, false);
        var open = !mention.Success && !firm.Any(cue => cues.Contains(cue) && !Words.IsAttribute(cue)) && (third || !Named.IsMatch(core));
        if (open && (spoken ?? (cues.Count == 0 && Where.IsMatch(core) ? recent : null) ?? (third || (!ofUser && cues.Count > 0 && cues.TrueForAll(Words.IsAttribute) && core.Contains("the ", StringComparison.OrdinalIgnoreCase)) ? topic : null)) is { } meant && (spoken is not null || cues.Count == 0 || cues.Exists(Words.IsAttribute)))
        {
            // "Where was it?" asks once more what was asked in the same breath.
            if (cues.Count == 0 && questions.Exists(one => one.Recalls)) return;

            foreach (var cue in Words.Cues(meant).Where(cue => !Words.IsKind(cue)))
            {
                if (!cues.Contains(cue)) cues.Add(cue);
                firm.Add(cue);
            }

            (borrows, borrowed) = (true, spoken is not null);
            ofUser |= First.IsMatch(meant) || meant.StartsWith("a", StringComparison.OrdinalIgnoreCase);
        }

        // The name of a company one works for, or of a town one lives in, is the company or the town.
        if (cues.Exists(_named.Contains)) cues.Remove(Words.Canonical("name"));
        var somebody = firm.Any(cue => !Words.IsAttribute(cue) && cues.Contains(cue));
        // Of favourites there are many; "my favourite when it comes to tea" is the tea. "Where do penguins live" is of penguins.
        if ((cues.Contains(_favourite) || !ofUser) && !somebody) firm.UnionWith(cues.Where(cue => !Words.IsKind(cue)));
        firm.UnionWith(cues.Where(Words.IsAttribute));
        var reminds = ToldMe.IsMatch(whole);
        var ofChat = Second.IsMatch(core) && !ToldMe.IsMatch(core);
        // Of the world at large ("who won the game?") nothing was told; of one's own affairs, of somebody by name and of
        // "the" code, name, place or date of something it may have been.
        var attribute = cues.Exists(Words.IsAttribute) || When.IsMatch(core);
        var named = Named.IsMatch(core) && cues.Exists(Words.IsAttribute);
        var certain = TheMatter.IsMatch(core) || (core.Contains("the ", StringComparison.OrdinalIgnoreCase) && attribute && somebody);
        // What asks for advice or a service is not for the memory, unless it is how to get in somewhere.
        var enters = cues.Contains(Words.Canonical("code"));
        if (!enters && !borrowed && (Opinion.IsMatch(core) || (YesOrNo.IsMatch(core) && !wrapped && !attribute))) return;
        var opinion = !enters && !attribute && (weak || !Lookup.IsMatch(core));
        var mine = ofUser && (attribute || borrows || OwnAffair.IsMatch(core) || (Where.IsMatch(core) && core.Contains(" the ", StringComparison.Ordinal)));
        var lookup = borrowed || ((mine || named || certain || (wrapped && reminds)) && !opinion);
        var question = new Question(core, [.. cues], firm, ofUser, ofChat, lookup && !ofChat);
        questions.Add(question);

        void Add(string word)
        {
            var cue = Words.Canonical(word);
            if (!cues.Contains(cue)) cues.Add(cue);
        }
    }

    /// <summary>Whether a clause asks rather than tells, question mark or not.</summary>
    internal static bool Asks(string clause)
    {
        clause = Utterance.WithoutOpenings(clause, out _);
        if (Announcing.IsMatch(clause)) return false;
        return (Asking.IsMatch(clause) && !Introducing.IsMatch(clause)) || (Wraps(clause, out var inner) && Inquiring.IsMatch(inner));
    }

    // "Would you mind telling me what ..." leads up to a question: words that hold a sentence together, and among them one
    // for knowing or telling.
    private static bool Wraps(string clause, out string inner)
    {
        var wraps = false;
        inner = clause;

        foreach (Match match in Words.Word.Matches(clause))
        {
            var word = match.Value.ToLowerInvariant();
            var end = match.Index + match.Length;
            var knows = _knowing.Contains(word) || _knowing.Contains(Words.Stem(word));
            if (Inner.IsMatch(clause[match.Index..]) || !(knows || _leading.Contains(word))) break;
            wraps |= knows;
            inner = clause[end..].TrimStart(' ', ',', ':', ';', '-', '–', '—', '.', '!', '…');
        }

        // "You know, my nephew has ...", "you need the code ..." and "I told you that ..." state something.
        return wraps && inner.Length > 0 && (Asking.IsMatch(inner) || clause.EndsWith('?')
            || !(Telling.IsMatch(clause[..^inner.Length]) || (OfMine.IsMatch(clause) && !When.IsMatch(inner) && !Words.Cues(inner).Any(Words.IsAttribute))));
    }

    private static readonly string _favourite = Words.Canonical("favourite");

    private static readonly FrozenSet<string> _named =
        new[] { "work", "live", "born", "favourite" }.Select(Words.Canonical).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _knowing =
        ("know remember recall recollect remind reminding tell telling told mentioned said say saying name repeat guess forgot forgotten forget idea clue memorised memorized "
        + "wonder wondering sure slipped mind memory need help give show confirm recite chance hear reminded check find look ask asking "
        + "bet think unsure list spell state").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _leading =
        ("please now so let's and hey ok okay quick question a an one more quiz time pop test small let us see can could would will do did have has you i we me "
        + "am are is it out of curiosity just checking again sorry still even by any perhaps maybe happen to be able possibly kindly if whether that for "
        + "about with on up refresh lost track not cannot seem quite really totally completely honestly surely must should probably certainly course "
        + "trying was like want love got keep kept lately another favour favor try mine in case good hi hello well right actually or at all back from "
        + "question curious here there hm hmm oh listen once anyone anybody somebody someone remembering knowing fails escapes also").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    [GeneratedRegex(@"(?<=,\s+)(?<know>(?:any idea|(?:do|can|could|would) you (?:\w+ )?(?:know|remember|recall|tell me|remind me)) )?(?<q>(?:what|which|who|where|when)\b[^,]*)$", Loose)]
    private static partial Regex AskedLast { get; }

    [GeneratedRegex(@"^(?:guess|you know|know) what$", Loose)]
    private static partial Regex Announcing { get; }

    // "Who you are talking to, this is Ada" tells.
    [GeneratedRegex(@"^(?:who|what|where|which|when|how)\b[^?]*, (?i:this|it|that|I|my|the)\b[^?]*\p{Lu}[^?]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Introducing { get; }

    [GeneratedRegex(@"\b(?:what|which) (?:(?<firm>company|firm|business|organi[sz]ation|employer)|city|town|village)\b", Loose)]
    private static partial Regex KindOfPlace { get; }

    [GeneratedRegex(@"\b(?:my|our|mine|ours)\b|\b(?:did|have|had|was|were|am) (?:I|we)\b", Loose)]
    private static partial Regex OwnAffair { get; }

    // "Is my dog a good dog?"
    [GeneratedRegex(@"^(?:do|does|did|is|are|was|were|am|have|has|had)\b", Loose)]
    private static partial Regex YesOrNo { get; }

    // "Quick test, what is ...": a question proper behind a comma needs none of what stands before it.
    [GeneratedRegex(@"^(?:(?!\b(?:my|our|the)\b|'s\b)[^,:?]){1,40}[,:]\s+(?=(?:who|what|which|where|when|how)(?: [\p{L}\-]+){0,2} (?:is|are|was|were|am|do|does|did|have|has|can|could)\b)", Loose)]
    private static partial Regex LedUp { get; }

    // What a question proper begins with.
    [GeneratedRegex(@"^(?:" + Wh + @"|(?:the|my|our|your)\b|name of\b)", Loose)]
    private static partial Regex Inner { get; }

    // "I forgot my backpack at the station" is no question, "I forgot my brother's name" is.
    [GeneratedRegex(@"\bI\b.*\b(?:my|our|the)\b", Loose)]
    private static partial Regex OfMine { get; }

    // What leads up to a statement rather than to a question.
    [GeneratedRegex(@"[,:;]\s*$|\b(?:told|mentioned|said)\b|^you\b.*\b(?:need|find|check|show|look)\b", Loose)]
    private static partial Regex Telling { get; }

    // "Can you help me with my homework" asks for no memory.
    [GeneratedRegex(@"\b(?:help|give|show|need|find|check|look)\b", Loose)]
    private static partial Regex Weak { get; }

    // "When is the exam", "where is the ladder".
    [GeneratedRegex(@"^(?:when|where|(?:on |at )?(?:what|which) (?:day|date|time|place|room|code|number|name)) .*\bthe\b", Loose)]
    private static partial Regex TheMatter { get; }

    /// <summary>The words that an answer cannot lack: those behind "my" and "the", names, and what follows "which".</summary>
    private static HashSet<string> FirmCues(string core)
    {
        var firm = new HashSet<string>(StringComparer.Ordinal);
        var auxiliary = Auxiliary.IsMatch(core);

        foreach (Match phrase in Phrase.Matches(core))
        {
            var words = Words.Word.Matches(phrase.Groups["n"].Value).Select(match => match.Value.ToLowerInvariant()).SkipWhile(Words.IsSilent).ToArray();

            for (var i = 0; i < words.Length && !Words.IsSilent(words[i]); i++)
            {
                // "where does my niece study", "where is my car parked": the last word need not belong to the name.
                var last = i + 1 == words.Length || Words.IsSilent(words[i + 1]);
                if (i > 0 && last && (auxiliary || words[i].EndsWith("ed", StringComparison.Ordinal) || words[i].EndsWith("ing", StringComparison.Ordinal))) break;
                firm.UnionWith(Words.Cues(words[i]).Where(cue => !Words.IsKind(cue)));
                if (words[i].EndsWith("'s", StringComparison.Ordinal)) continue;
            }
        }

        foreach (Match name in Named.Matches(core)) firm.UnionWith(Words.Cues(name.Value));
        // "which name belongs to" asks for a name, "which football team" for the team.
        foreach (Match kind in AskedKind.Matches(core))
        {
            var asked = Words.Cues(kind.Groups["n"].Value);
            firm.UnionWith((asked.Length > 0 && Words.IsAttribute(asked[0]) ? asked[..1] : asked).Where(cue => !Words.IsKind(cue)));
        }

        return firm;
    }

    /// <summary>The question asks for a place.</summary>
    public bool AsksWhere => Where.IsMatch(Core);

    /// <summary>The question asks for a date or time.</summary>
    public bool AsksWhen => When.IsMatch(Core);

    /// <summary>The words for whom or what it asks about; none where it asks about the asker alone.</summary>
    public string[] Whom { get; } = [.. Cues.Where(cue => Firm.Contains(cue) && !Words.IsAttribute(cue))];

    /// <summary>Whose affair it is, said to the asker ("your dog"); null where the question names none.</summary>
    public string? Topic => Own.Match(Core) is { Success: true } own ? Voice.Answering(own.Value.Trim()) : null;

    private const RegexOptions Loose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private const string Wh = "who|whereabouts|whom|whose|what|which|where|when|how|in (?:what|which)|at (?:what|which)|on (?:what|which)|under (?:what|which)|by (?:what|which)|to (?:what|which)|with (?:what|which)|for (?:whom|what|which)|from (?:what|which|where)|with whom";

    [GeneratedRegex(@"^(?:" + Wh + @"|why|do|does|did|is|are|was|were|am|can|could|would|will|should|have|has|had|may|shall)\b", Loose)]
    private static partial Regex Asking { get; }

    [GeneratedRegex(@"(?:[\s,]+(?:again|please|though|by the way|btw|do you remember|do you know|do you recall|(?:can|could) you (?:tell me|remind me|help(?: me)?(?: out)?|recall|remember|say)|remember|right|once more|i forgot|then|anyway|exactly|if you remember|if you know|would you know|any idea|did i say|have i told you|i wonder|you know|or not))+$", Loose)]
    private static partial Regex Tail { get; }

    // "you do remember, don't you"
    [GeneratedRegex(@",\s*(?:do|did|can|could|is|are|was|have|has|will|would)(?: not)? (?:you|it|he|she|they|i)$", Loose)]
    private static partial Regex Tag { get; }

    // "what do my friends call me" asks nothing about the friends.
    [GeneratedRegex(@"\b(?:my|our) (?:friends|family|colleagues|parents|relatives)(?= (?:all )?(?:call|know) me\b)", Loose)]
    private static partial Regex CalledBy { get; }

    // Who "are you talking to" is who I am.
    [GeneratedRegex(@"\b(?:are you|you are) (?:talking|speaking|chatting) (?:to|with)\b|\b(?:should|do|would|can|could) you (?:address|call) me(?: by)?\b", Loose)]
    private static partial Regex Addressed { get; }

    // "which one is it that ..."
    [GeneratedRegex(@"\b(?:is it|it is|was it|it was) that\b", Loose)]
    private static partial Regex Cleft { get; }

    // What follows a wrapping when it is a question and no statement: "what ...", "my dog's name", but not "my dog is Rex".
    [GeneratedRegex(@"^(?:" + Wh + @"|if|whether|about)\b|^(?:the|my|our)\s+[\p{L}\-]+\s+(?:where|who|which|that|in which)\b|^the\s+[\p{L}\-]+\s+(?:I|we|my|our)\b(?!.*\b(?:is|was)(?: called| named)? (?-i:\p{Lu}))|^(?:the )?name of\b(?!.*\b(?:is|was) (?-i:\p{Lu}))|^(?:the|my|our)\b(?!.*\b(?:is|are|was|were|lives|works|has|had|will)\s+\S)", Loose)]
    private static partial Regex Inquiring { get; }

    [GeneratedRegex(@"^(?:of|about|on)\s+", Loose)]
    private static partial Regex Lead { get; }

    [GeneratedRegex(@"^(?:" + Wh + @")\b.*\s|\bname of\b|^(?:the|my|our)\b", Loose)]
    private static partial Regex Lookup { get; }

    // Questions that ask for advice, an opinion, a service or a feeling.
    [GeneratedRegex(@"\b(?:(?<!^(?:where|when) )should(?! (?:I|we|you) (?:put|write|type|enter|press|say|call|look|use)\b)|recommend|suggest|advise)\b|\bwould (?:you|it|that|be)\b(?! (?:know|remember|recall|tell|say|be\b(?! like)))|^(?:what|how) about\b|^how (?:is|are) (?:it|you|things|everything)(?: going| doing| today)*$"
        + @"|\b(?:weather|joke|meaning of life|what time (?:is it|it is))\b|^(?:can|could|may|shall|will) (?:i|we)\b|^\w+ (?:can|could|may|shall|must) (?:i|we|you|one|people)\b(?!.*\b(?:my|our|mine)\b)|^what (?:is|are) (?:this|up|new|wrong|going)\b|^(?:who|what) (?:is|are) (?:you|there|available)\b|^why\b|^how \w+$|^how (?:do|does|did) (?!I\b|we\b|my\b|our\b|the\b|you\b)|^what an?\b", Loose)]
    private static partial Regex Opinion { get; }

    [GeneratedRegex(@"\b(?:my|our|the|that)\s+(?=(?<n>[\p{L}\p{N}'\-]+(?:\s+[\p{L}\p{N}'\-]+){0,2}))", Loose)]
    private static partial Regex Phrase { get; }

    [GeneratedRegex(@"\b(?:do|does|did|has|have|had)\s+(?:my|our|the)\b", Loose)]
    private static partial Regex Auxiliary { get; }

    [GeneratedRegex(@"(?<!^)(?<![.?!]\s)\b(?!I\b)\p{Lu}[\p{L}\p{M}'\-]+|^\p{Lu}[\p{L}\p{M}\-]+'s\b", RegexOptions.CultureInvariant)]
    private static partial Regex Named { get; }

    [GeneratedRegex(@"\b(?:what|which|whose)\s+(?<n>[\p{L}'\-]+(?:\s+(?!(?:is|are|was|were|am|do|does|did|have|has|had|can|could|would|will|should|might|my|our|the|I|we|you|it|he|she|they|of|in|at|on|for|to|one|goes)\b)[\p{L}'\-]+){0,2})", Loose)]
    private static partial Regex AskedKind { get; }

    [GeneratedRegex(@"\b(?:it|its|he|his|him|she|her|they|their|them)\b", Loose)]
    private static partial Regex Third { get; }

    [GeneratedRegex(@"\b(?:the|(?<=^I (?:have|own|got|have got) )an?)\s+[\p{L}'\-]+(?:\s[\p{L}'\-]+){0,4}$", Loose)]
    private static partial Regex TheThing { get; }

    [GeneratedRegex(@"\b(?:I|my|mine|me|we|our|ours|us)\b", Loose)]
    private static partial Regex First { get; }

    [GeneratedRegex(@"\b(?:you|your|yours|yourself)\b", Loose)]
    private static partial Regex Second { get; }

    // "what did I tell you my dog was called" asks nothing about the chat.
    [GeneratedRegex(@"\b(?:I|we) (?:have |had |just |already |once )*(?:tell|told|mention|mentioned|say|said|gave|given|give|show|showed)\b[^?]*\b(?:to )?you\b|\b(?:told|tell|gave|given)\s+you\b|\bI asked you\b|\bknown to you\b|\byou (?:\w+ )?(?:know|knew|call|kept|keep|remember|recall|have|met|meet|type|need)\b", Loose)]
    private static partial Regex ToldMe { get; }

    [GeneratedRegex(@"\bhow old\b|\bwhat age\b|\bhow many years\b", Loose)]
    private static partial Regex Age { get; }

    [GeneratedRegex(@"\bfor a living\b|\bwhat (?:do|does) (?:I|we|[\p{L}' ]{1,40}?) do(?: for work)?$|\bwhat I do$|\b(?:earn|make)s? (?:my|his|her|their|a) (?:money|living)\b", Loose)]
    private static partial Regex Living { get; }

    [GeneratedRegex(@"\b(?:where|what|which)\b.*\b(?:from)\b|\bwhere\b.*\b(?:come|hail|originate)\b", Loose)]
    private static partial Regex Origin { get; }

    [GeneratedRegex(@"^who am I$|^who I am$|\bcall(?:ed)? me\b|\bI am called\b|\bam I called\b", Loose)]
    private static partial Regex WhoAmI { get; }

    [GeneratedRegex(@"^where\b|\b(?:what|which) (?:city|town|place|village|country|street|region)\b|\bbirthplace\b", Loose)]
    private static partial Regex Where { get; }

    [GeneratedRegex(@"^when\b|\b(?:what|which) (?:day|date|year|month|time)\b|\bdates? (?:of|for)\b|\bbirthday\b|\bhow long\b", Loose)]
    private static partial Regex When { get; }

    [GeneratedRegex(@"\b(?:my|our)\s+" + Utterance.NounPhrase, Loose)]
    private static partial Regex Own { get; }
}
