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

        foreach (var sentence in Utterance.Sentences(clean))
        {
            string? spokenOf = null;
            foreach (var clause in sentence) Read(clause, topic, ref spokenOf, questions);
            topic = spokenOf ?? topic;
        }

        return questions;
    }

    private static void Read(string whole, string? topic, ref string? spokenOf, List<Question> questions)
    {
        var clause = Utterance.WithoutOpenings(whole, out var urged);
        var spoken = spokenOf;
        if (Own.Match(clause) is { Success: true } own) spokenOf = own.Value;
        else if (TheThing.Match(clause) is { Success: true } thing) spokenOf = thing.Value;
        if (urged && !Asking.IsMatch(clause)) return;
        var wrapping = Wrapping.Match(clause);
        // "I forgot my keys" wraps nothing; "I forgot my dog's name" and "tell me where I live" do.
        var wrapped = wrapping.Success && wrapping.Length < clause.Length;
        var core = (wrapped ? clause[wrapping.Length..] : clause).Trim().TrimEnd('?', '.', '!', ' ');
        core = CalledBy.Replace(NameOfKind.Replace(Lead.Replace(Tail.Replace(Tag.Replace(core, ""), ""), ""), ""), "people");
        core = KindCalled.Replace(core, "$1");
        if (!wrapped && !clause.EndsWith('?') && !Asking.IsMatch(clause)) return;
        if (core.Length == 0) return;

        var ofUser = First.IsMatch(core);
        var cues = Words.Cues(CallHome.Replace(core, "live")).ToList();
        if (Age.IsMatch(core)) Add("age");
        if (Living.IsMatch(core)) { cues.Remove(Words.Canonical("live")); Add("work"); }
        if (Origin.IsMatch(core)) Add("origin");
        if (WhoAmI.IsMatch(core)) Add("name");
        var firm = FirmCues(core);
        // "my ferret, what was its name?" asks about the ferret.
        var mention = Own.Match(core);
        var third = Third.IsMatch(Cleft.Replace(core, ""));
        var borrowed = false;
        var open = !mention.Success && (third || !Named.IsMatch(core));
        if (open && (spoken ?? (third || (!ofUser && cues.Count > 0 && cues.TrueForAll(Words.IsAttribute)) ? topic : null)) is { } meant)
        {
            foreach (var cue in Words.Cues(meant))
            {
                if (!cues.Contains(cue)) cues.Add(cue);
                firm.Add(cue);
            }

            borrowed = spoken is not null;
            ofUser |= First.IsMatch(meant);
        }

        firm.UnionWith(cues.Where(Words.IsAttribute));
        var ofChat = Second.IsMatch(core) && !ToldMe.IsMatch(core);
        var lookup = (Lookup.IsMatch(core) && !Opinion.IsMatch(core)) || (ofUser && Asking.IsMatch(core) && !Opinion.IsMatch(core))
            || (wrapped && (ofUser || Asking.IsMatch(core)) && !Opinion.IsMatch(core))
            || borrowed
            || (ofUser && firm.Count > 0 && (wrapped || Asking.IsMatch(core)));
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
        var wrapping = Wrapping.Match(clause);
        return Asking.IsMatch(clause) || (wrapping.Success && wrapping.Length < clause.Length && Inquiring.IsMatch(clause[wrapping.Length..]));
    }

    /// <summary>The words that an answer cannot lack: those behind "my" and "the", names, and what follows "which".</summary>
    private static HashSet<string> FirmCues(string core)
    {
        var firm = new HashSet<string>(StringComparer.Ordinal);
        var auxiliary = Auxiliary.IsMatch(core);

        foreach (Match phrase in Phrase.Matches(core))
        {
            var words = Words.Word.Matches(phrase.Groups["n"].Value).Select(match => match.Value.ToLowerInvariant()).ToArray();

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
        foreach (Match kind in AskedKind.Matches(core)) firm.UnionWith(Words.Cues(kind.Groups["n"].Value).Where(cue => !Words.IsKind(cue)));
        return firm;
    }

    /// <summary>The question asks for a place.</summary>
    public bool AsksWhere => Where.IsMatch(Core);

    /// <summary>The question asks for a date or time.</summary>
    public bool AsksWhen => When.IsMatch(Core);

    /// <summary>Whose affair it is, said to the asker ("your dog"); null where the question names none.</summary>
    public string? Topic => Own.Match(Core) is { Success: true } own ? Voice.Answering(own.Value.Trim()) : null;

    private const RegexOptions Loose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private const string Wh = "who|whereabouts|whom|whose|what|which|where|when|how|in (?:what|which)|at (?:what|which)|on (?:what|which)|under (?:what|which)|by (?:what|which)|to (?:what|which)|with (?:what|which)|for (?:whom|what|which)|from (?:what|which|where)|with whom";

    [GeneratedRegex(@"^(?:" + Wh + @"|why|do|does|did|is|are|was|were|am|can|could|would|will|should|have|has|had|may|shall)\b", Loose)]
    private static partial Regex Asking { get; }

    [GeneratedRegex(@"^(?:(?:please|now|so|and|hey|ok|okay|quick question|a question|question|one question|quiz time|pop quiz|test|small test|let us see|can you help|help me(?: out)?|i am curious|out of curiosity|just checking|remind me again|sorry)[\s,:.!\-–—]*)*"
        + @"(?:(?:do|did|can|could|would|will) you (?:please |still |even |by any chance |perhaps |maybe |happen to |be able to |possibly |kindly )*(?:know|remember|recall|tell me|give me|show me|let me know|remind me(?: of| about)?|say|name|repeat|recollect|help me remember|confirm|think of)(?: again)?"
        + @"|(?:tell|remind|give|show) me(?: again| once more| please)*(?: of| about)?|have you (?:kept|still got|memori[sz]ed|noted|stored)|(?:have you|do you have) (?:any idea|an idea|a clue|got any idea)|any idea|any clue|any chance you (?:know|remember|recall)|remember|recall|name|repeat|say"
        + @"|i (?:have |have just |just |really |seem to have |think i |honestly |completely |totally )*(?:forgot|forgotten|forget|lost track of)|i (?:can ?not|can not|could not|do not|cannot)(?: seem to| quite| even| really)* (?:remember|recall|know|think of|come up with)"
        + @"|i (?:wonder|was wondering|am wondering|am trying to remember|am trying to recall|was trying to remember|am not sure|am unsure)|i (?:would like|want|need|would love|have) (?:you )?to (?:know|hear|be reminded of|tell me|recall|remember|ask)(?: you)?"
        + @"|it (?:has )?slipped my mind|my memory fails me(?: on)?|what do you (?:know|remember|recall) about|what have i told you about|what did i (?:tell you|say|mention) about|what can you tell me about|are you able to (?:tell me|recall|remember|say)|you (?:surely |must |should |still |probably |do |certainly |of course )*(?:know|remember|recall)|help me (?:remember|recall|out with)|refresh my memory(?: on| about)?|(?:could|can|would) you (?:please )?(?:look up|find out|check)|i (?:really )?need(?=\s+(?:the|my) (?:name|code|number|password|pin|date|address|combination)\b)|i bet you (?:forgot|do not (?:know|remember)|have forgotten)|(?:could|can) you address me by|do you (?:still |happen to |by any chance )*(?:have|got)(?=\s+(?:the|my)\s+(?:name|code|pin|number|password|address|combination|date)\b))"
        + @"(?:\s+again|\s+please|\s+for me|\s+that|\s+if|\s+whether)*\s*[,:;\-–—]*\s+", Loose)]
    private static partial Regex Wrapping { get; }

    [GeneratedRegex(@"(?:[\s,]+(?:again|please|though|by the way|btw|do you remember|do you know|do you recall|can you (?:tell me|remind me|recall|remember|say)|remember|right|once more|i forgot|then|anyway|exactly|if you remember|if you know|would you know|any idea|did i say|have i told you|i wonder|you know|or not))+$", Loose)]
    private static partial Regex Tail { get; }

    // "the name of the company I work for" asks for the company.
    [GeneratedRegex(@"\b(?:the )?name of (?=(?:the|my|our) (?:favou?rite|employer|birthplace|company|firm|organi[sz]ation|business|city|town|place|village|country|street|restaurant|university|college)\b)", Loose)]
    private static partial Regex NameOfKind { get; }

    // "you do remember, don't you"
    [GeneratedRegex(@",\s*(?:do|did|can|could|is|are|was|have|has|will|would)(?: not)? (?:you|it|he|she|they|i)$", Loose)]
    private static partial Regex Tag { get; }

    // "what do my friends call me" asks nothing about the friends.
    [GeneratedRegex(@"\b(?:my|our) (?:friends|family|colleagues|parents|relatives)(?= (?:all )?(?:call|know) me\b)", Loose)]
    private static partial Regex CalledBy { get; }

    // "what is the place I live in called" asks for the place.
    [GeneratedRegex(@"^(.*\b(?:place|town|city|village|company|firm|employer|birthplace|home|favou?rite)\b.*) (?:called|named)$", Loose)]
    private static partial Regex KindCalled { get; }

    // "which one is it that ..."
    [GeneratedRegex(@"\b(?:is it|it is) that\b", Loose)]
    private static partial Regex Cleft { get; }

    // What follows a wrapping when it is a question and no statement: "what ...", "my dog's name", but not "my dog is Rex".
    [GeneratedRegex(@"^(?:" + Wh + @"|if|whether|about)\b|^(?:the|my|our)\s+[\p{L}\-]+\s+(?:where|who|which|that|in which)\b|^(?:the|my|our)\b(?!.*\b(?:is|are|was|were|lives|works)\s+\S)", Loose)]
    private static partial Regex Inquiring { get; }

    [GeneratedRegex(@"^(?:of|about|on)\s+", Loose)]
    private static partial Regex Lead { get; }

    [GeneratedRegex(@"^(?:" + Wh + @")\b.*\s|\bname of\b|^(?:the|my|our)\b", Loose)]
    private static partial Regex Lookup { get; }

    // Questions that ask for advice, an opinion, a service or a feeling.
    [GeneratedRegex(@"\b(?:should|recommend|suggest|advise|would)\b|^(?:what|how) about\b|^how (?:is|are) (?:it|you|things|everything)(?: going| doing| today)*$|^(?:can|could|may|shall|will) (?:i|we)\b|\b(?:weather|joke|meaning of life)\b|^how (?:can|could) (?:i|we)\b|^(?:is|are|was|were|do|does|did) (?:it|that|this|there|they|these|he|she)\b|^what (?:is|are) (?:it|that|this|up|new|wrong|going)\b|^(?:who|what) (?:is|are) (?:you|there|available)\b|^why\b", Loose)]
    private static partial Regex Opinion { get; }

    [GeneratedRegex(@"\b(?:my|our|the|that)\s+(?=(?<n>[\p{L}\p{N}'\-]+(?:\s+[\p{L}\p{N}'\-]+){0,2}))", Loose)]
    private static partial Regex Phrase { get; }

    [GeneratedRegex(@"\b(?:do|does|did|has|have|had)\s+(?:my|our|the)\b", Loose)]
    private static partial Regex Auxiliary { get; }

    [GeneratedRegex(@"(?<!^)(?<![.?!]\s)\b(?!I\b)\p{Lu}[\p{L}\p{M}'\-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Named { get; }

    [GeneratedRegex(@"\b(?:what|which|whose)\s+(?<n>[\p{L}'\-]+)", Loose)]
    private static partial Regex AskedKind { get; }

    [GeneratedRegex(@"\b(?:it|its|he|his|him|she|her|they|their|them)\b", Loose)]
    private static partial Regex Third { get; }

    [GeneratedRegex(@"\bthe\s+[\p{L}'\-]+(?:\s[\p{L}'\-]+){0,2}$", Loose)]
    private static partial Regex TheThing { get; }

    [GeneratedRegex(@"\bcalls? (?:my |his |her |our |their )?home\b|\bhome to\b", Loose)]
    private static partial Regex CallHome { get; }

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

    [GeneratedRegex(@"^when\b|\b(?:what|which) (?:day|date|year|month|time)\b|\bbirthday\b|\bhow long\b", Loose)]
    private static partial Regex When { get; }

    [GeneratedRegex(@"\b(?:my|our)\s+[\p{L}'\-]+(?:\s+(?!(?:is|are|was|were|called|named|live|lives|work|works|born|do|does|did|has|have|again|and|or|in|at|on|of|to|from|for|with|go|goes|by|drive|drives|speak|play|like|love)\b)[\p{L}'\-]+){0,2}", Loose)]
    private static partial Regex Own { get; }
}
