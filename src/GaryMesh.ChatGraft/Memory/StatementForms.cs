using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>One way to state something: a pattern with the subject <c>s</c>, the value <c>v</c> and, where the form leaves it
/// open, the relation <c>r</c>.</summary>
internal sealed record StatementForm(Regex Pattern, string? Relation);

/// <summary>The ways of stating that the reader knows, the particular ones before the general.</summary>
internal sealed partial class StatementReader
{
    private const RegexOptions Loose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private const string Adverb =
        @"(?:(?:also|now|currently|actually|still|just|always|really|mostly|usually|originally|recently|only|presently|mainly|"
        + @"apparently|simply|both|all|never)\s+)*";

    private const string Verbs =
        "lives|live|lived|resides|reside|dwells|dwell|stays|works|work|worked|studies|study|studied|teaches|teach|taught|drives|drive|owns|own|likes|"
        + "like|loves|love|enjoys|enjoy|adores|adore|hates|hate|dislikes|dislike|prefers|prefer|speaks|speak|plays|play|collects|collect|grew|moved|comes|come|hails|"
        + "hail|supports|support|runs|run|rides|ride|weighs|weigh|attends|attend|married|drinks|drink|eats|eat|wears|wear|keeps|keep|kept|"
        + "hid|hide|hides|parked|park|put|left|bought|adopted|graduated|majored|belongs|costs|starts|begins|ends|opens|closes|leaves|arrives|departs|"
        + "takes|uses|use|practices|practises|practise|practice|sings|sing|paints|paint|cooks|cook|bakes|bake|manages|manage|runs|retired|serves|served|joined|earns|"
        + "sleeps|sleep|stands|stand|lies|sits|makes|builds|build|writes|write|reads|read|met|visited|invented|founded|swims|swim|plans|plan|"
        + "fears|fear|celebrates|celebrate|rents|rent|reports|goes|needs|shares|sells|sell|has|have|had";

    private const string NounWord = @"(?!(?:and|or|but|yesterday|today|who|which|that|is|are|was|were|it|him|them|I|we|you)\b)[\p{L}\p{N}'\-]+";
    private const string Noun = NounWord + @"(?:\s+" + NounWord + "){0,5}?";
    private const string LowerNoun = @"(?!(?:is|are|was|were|has|have|had|in|at|on|to|by|from|for|with|of|and|or|the|an?|who|which|that|called|named|settled|moved|lives|works|will)\b)\p{Ll}[\p{Ll}'\-]*";
    private const string Mine = @"(?:my|our|the|his|her|their|this|your)\s+" + Noun;

    private static Regex Pattern(string pattern) => new(pattern, Loose);

    private static readonly StatementForm[] _forms =
    [
        // Names.
        new(Pattern(@"^(?:the|a) (?:first |last |full |real |nick)?name (?:of|for|that belongs to|given to|I gave(?: to)?|we gave(?: to)?) (?<s>" + Noun + @") (?:is|was|happens to be|will be|has to be)\s+(?<v>.+)$"), "name"),
        new(Pattern(@"^(?:(?:you (?:can|may|should) |please |just |everyone |everybody |people |friends |my friends |they |folks |usually |normally |mostly |all |my family |my colleagues )+)(?:call(?:s)?|know(?:s)?|refer to) (?<s>me) (?:as |by )?(?<v>[^,]+)$"), "name"),
        new(Pattern(@"^(?<s>the) name is (?<v>[\p{L}][^,]*)$"), "name"),
        new(Pattern(@"^(?:[^,]{1,40}, )?(?:it is )?(?<v>(?-i:\p{Lu})[\p{L}\p{M}'\-]+(?:\s(?-i:\p{Lu})[\p{L}\p{M}'\-]+)?) (?<s>speaking|here|is my name|is the name)(?:,.*)?$"), "name"),
        new(Pattern(@"^.{1,40}?\b(?:call|calls|called|name|named|christened|nicknamed|baptised|baptized|know|knows) (?<s>me)(?: as| by| by the name)? (?<v>(?-i:\p{Lu})[\p{L}\p{M}'\-]*)\b.*$"), "name"),
        new(Pattern(@"^(?:[^,]{1,60}, )?(?<s>this) is (?<v>(?-i:\p{Lu})[\p{L}\p{M}'\-]*)(?: here| speaking)?$"), "name"),
        new(Pattern(@"^.{0,40}\bintroduce (?<s>myself)[:,]? (?<v>(?-i:\p{Lu})[\p{L}\p{M}'\-]*)$"), "name"),
        new(Pattern(@"^you (?:are|were|will be) (?:talking|speaking|chatting) (?<s>to|with) (?<v>(?-i:\p{Lu})[\p{L}\p{M}'\-]*)$"), "name"),
        new(Pattern(@"^call (?<s>me) (?<v>[^,]+)$"), "name"),
        new(Pattern(@"^(?<s>my) (?:(?:full|first|real|given|own) )?name is (?<v>.+)$"), "name"),
        new(Pattern(@"^(?:this is|meet|here is|say hello to) (?<s>my " + Noun + @")[,:]?\s+(?<v>\p{L}[\p{L}\p{M}'\-]*)$"), "name"),
        new(Pattern(@"^(?<s>I) (?:am called|am named|(?:would like|want|prefer|like) to be called|go by(?: the name(?: of)?)?|answer to(?: the name(?: of)?)?|am known as|was christened|was named)\s+(?<v>.+)$"), "name"),
        new(Pattern(@"^(?<s>(?:" + Mine + @"|[\p{L}'\-]+(?:\s[\p{L}'\-]+)?))'s? (?:(?:first|full|real|given|pet|last|nick)\s?)?name (?:is|was|happens to be)\s+(?<v>.+)$"), "name"),
        new(Pattern(@"^(?:I|we|my \w+ and I) (?:also |now |just |recently |still |once |only )*(?:have|have got|got|had|own|keep|adopted|bought|found|rescued|look after|live with)(?: also| now| just| recently| got)* (?<s>(?:a|an|one|two|three|four|five|this|my|the)\s+" + Noun
            + @"),? (?:(?:who|that|which)\s+)?(?:(?:is|was|we|I|goes|answers|responds)\s+)?(?:called|named|by the name of|whose name is|whom I call|call|to the name(?: of)?|with the name(?: of)?)\s+(?<v>.+)$"), "name"),
        new(Pattern(@"^(?:I|we|they|people|everyone|my \w+ and I|my parents|my family|folks|friends|my friends)(?: all| both| have| had| finally| just| always| usually| decided to)* (?:call|called|named|name|christened|nicknamed|baptised|baptized)(?: the name of)? (?<s>(?:my|our|the)\s+" + Noun
            + @")(?: (?:as|by the name))? (?<v>(?-i:\p{Lu})[\p{L}\p{M}'\-]*(?:\s+(?-i:\p{Lu})[\p{L}\p{M}'\-]*)*|[\p{L}\p{M}\p{N}'\-]+)$"), "name"),
        new(Pattern(@"^(?<s>(?:" + Mine + @"|(?:a|an)\s+" + Noun + @"))\s+(?:(?:is|are|was|were|gets|got|has been)\s+)?" + Adverb
            + @"(?:called|named|known as|nicknamed|christened|goes by(?: the name(?: of)?)?|go by(?: the name(?: of)?)?|answers to(?: the name(?: of)?)?|responds to(?: the name(?: of)?)?|listens to(?: the name(?: of)?)?|has the name(?: of)?|carries the name(?: of)?|bears the name(?: of)?)\s+(?<v>.+)$"), "name"),
        new(Pattern(@"^(?<v>[^,]+?) is (?:the name (?:of|for)|what (?:I|we|they|people|everyone)(?: all)? (?:call|named|called)|how (?:I|we) call) (?<s>(?:my|our|the)\s+[^,]+?)$"), "name"),

        // Birth and origin.
        new(Pattern(@"^(?<s>I|we|" + Mine + @"|\p{L}[\p{L}\p{M}'\-]*) (?:was|were|got) " + Adverb + @"born (?:and (?:raised|bred) )?(?:in|on|at|near)?\s*(?<v>.+)$"), "born"),
        new(Pattern(@"^(?<v>.+?) is (?:the \w+ )?(?:where|in which|that) (?<s>I|we|" + Mine + @"|\p{L}[\p{L}\p{M}'\-]*) (?:was|were) born(?: in)?$"), "born"),
        new(Pattern(@"^(?<v>.+?) is where (?<s>I|we|" + Mine + @"|\p{L}[\p{L}\p{M}'\-]*) (?<r>" + Verbs + @")(?: at| in)?$"), null),
        new(Pattern(@"^(?<s>I|we|" + Mine + @"|\p{L}[\p{L}\p{M}'\-]*) (?:(?:am|are|is|come|comes|hail|hails|was|were)\s+)" + Adverb + @"from\s+(?<v>.+)$"), "origin"),
        new(Pattern(@"^(?<s>I|we|" + Mine + @") (?:have|has) been (?:living|staying|residing|based|at home)\s+(?:in|at|on|near)\s+(?<v>.+)$"), "live"),
        new(Pattern(@"^(?<s>I|we|" + Mine + @") (?:have|has) been (?:working|employed)\s+(?:in|at|as|for|by|with)\s+(?<v>.+)$"), "work"),
        new(Pattern(@"^(?<s>I|we|" + Mine + @") (?:am|are|is) (?:living|staying|residing|based|located|at home)\s+(?:in|at|on|near)\s+(?<v>.+)$"), "live"),
        new(Pattern(@"^(?<s>I|we|" + Mine + @") (?:am|are|is) (?:working|employed|studying)\s+(?:in|at|as|for|by|with)?\s*(?<v>.+)$"), "work"),
        new(Pattern(@"^(?<s>I|" + Mine + @"|\p{L}[\p{L}\p{M}'\-]*) (?:am|is|will be|turned|turn|just turned|are)\s+(?<v>\d{1,3})(?: years? old| years of age)?$"), "age"),
        new(Pattern(@"^(?<s>I|" + Mine + @"|\p{L}[\p{L}\p{M}'\-]*) (?:am|is|are)\s+(?<v>[^,]+) years? old$"), "age"),
        new(Pattern(@"^(?<s>I|we|" + Mine + @"|\p{L}[\p{L}\p{M}'\-]*) (?:am|is|are|have|has)\s+" + Adverb + @"(?:an? )?(?:severely |badly |deadly |very )?allerg(?:ic|y) to\s+(?<v>.+)$"), "allergy"),

        // Codes and the like said with a verb of their own.
        new(Pattern(@"^(?:you|one|we|I)(?: can| have to| need to| must)? (?:open|unlock|disarm|enter|get into) (?<s>(?:my|our|the)\s+" + Noun + @") (?:with|using|by typing|by entering)(?: the)?(?: code| pin| number| combination| password)?\s+(?<v>[\p{L}\p{N}\-#*]+)$"), "code"),
        new(Pattern(@"^(?<s>(?:my|our|the)\s+.+?) (?:opens|unlocks|can be opened|can be unlocked|unlock|open) (?:with|by|using)(?: the)?(?: code| pin| number| combination| password)?\s+(?<v>.+)$"), "code"),

        // The rest: "S verb V", "S is V", "V is my S".
        new(Pattern(@"^(?<v>[^,]+?) (?:is|are|has been|have been|remains|must be|would be) (?<s>(?:my|our)\s+(?:(?:very|own|absolute|all-time)\s+)*[\p{L}\p{N}'\- ]+)$"), "is"),
        new(Pattern(@"^(?<s>I|we|my \w+ and I)\s+" + Adverb + @"(?<r>" + Verbs + @")(?: (?:as|in|at|on|for|from|to|with|up|by|near|of|into|under|inside|behind)\b)*\s+(?<v>.+)$"), null),
        new(Pattern(@"^(?<s>(?:" + Mine + @"|\p{L}[\p{L}\p{M}\p{N}'\-]*(?:\s+(?-i:\p{Lu})[\p{L}\p{M}\p{N}'\-]*){0,2}))\s+" + Adverb + @"(?<r>" + Verbs + @")(?: (?:as|in|at|on|for|from|to|with|up|by|near|of|into|under|inside|behind)\b)*\s+(?<v>.+)$"), null),
        new(Pattern(@"^(?!(?:I|we|you|they|it|he|she|there|this|that|if|when|of|to|as)\s)(?<s>[^,]{1,100}?)(?<!\b(?:I|we|he|she|it|they))\s+(?:is|are|was|were|will be|equals|reads|has always been|happens to be)\s+" + Adverb + @"(?:(?:in|at|on|under|behind|near|inside)\s+(?=\S))?(?<v>.+)$"), "is"),
        new(Pattern(@"^(?<s>I)\s+am\s+" + Adverb + @"(?<v>.+)$"), "is"),
        new(Pattern(@"^.{2,40}\s(?<s>I) am (?<v>(?-i:\p{Lu})[\p{L}\p{M}'\-]*)$"), "is"),
    ];

    // Subjects that point to nothing that could be asked for later.
    [GeneratedRegex(@"^(?:it|that|this|these|those|there|here|everything|something|nothing|anything|all|he|she|they|him|her|them|one|someone|somebody|nobody|"
        + @"everyone|everybody|yes|no|which|who|what|so|and|or|if|when|because|as|me too|you|today|tomorrow|the (?:problem|question|answer|point|thing|only|best|worst|weather|movie|food|idea))$", Loose)]
    private static partial Regex NoSubject { get; }

    // What is said of the moment, not for keeping.
    [GeneratedRegex(@"^(?:I|we) (?:(?:am|are|was|were) (?:so |very |really |just |quite |a bit |not |too |pretty |glad |still )*(?:sorry|fine|good|ok|okay|well|glad|happy|sad|sure|unsure|certain|afraid|going|looking|trying|thinking|interested|wondering|here|back|"
        + @"done|ready|tired|bored|hungry|thirsty|excited|curious|planning|hoping|able|about|away|standing|sitting|waiting|kidding|joking|confused|lonely|busy|late|lost|great|alright|all|in|on|at|calling|asking|talking|having|getting|doing|leaving|coming|feeling|starting|open|not)\b"
        + @"|(?:like|love|hate|prefer|enjoy|have|had|need|read|run|make|use|take|keep|left|put) (?:to|it|that|this|you|them|been|one|no|some|any|the (?:idea|sound)|a (?:question|reservation|problem|booking|look|feeling|good|nice|great))\b)", Loose)]
    private static partial Regex Passing { get; }

    [GeneratedRegex(@"^(?:tell|show|give|find|book|let|help|search|look|recommend|suggest|thank|thanks|do|does|did|is|are|am|was|were|can|could|would|will|should|may|shall|have|has|please|get|make|try|check|go|come|want|need|maybe|perhaps)\b", Loose)]
    private static partial Regex Request { get; }

    [GeneratedRegex(@"^(?:a|an|the|not|so|very|it|that|this|what|something|nothing|really|too|here|there|him|her|them|me|you|in|on|at|up)\b(?!\s+\p{Lu})|\b(?:my|your|our|is|was)\b", RegexOptions.CultureInvariant)]
    private static partial Regex NoName { get; }

    [GeneratedRegex(@"\b(?:I|my|me|we|our|us)\b", Loose)]
    private static partial Regex FirstPerson { get; }

    [GeneratedRegex(@"(?<=\S\s)(?!I\b)\p{Lu}[\p{L}\p{M}'\-]+|^\p{Lu}[\p{L}\p{M}'\-]+(?=\s(?:has|got|pays|employs|works?|lives|owns|opens|unlocks|beats)\b)|[\p{L}\-]*\d[\p{L}\p{N}\-:.]*", RegexOptions.CultureInvariant)]
    private static partial Regex Named { get; }

    // "Work was busy" is a remark; "Ada is a plumber" and "the code is 12" are facts.
    [GeneratedRegex(@"^(?!I$|we$)[\p{L}'\-]+$", Loose)]
    private static partial Regex Bare { get; }

    [GeneratedRegex(@"^(?:an?|the|my|our|in|from)\s|^[\p{Lu}\p{N}]", RegexOptions.CultureInvariant)]
    private static partial Regex Telling { get; }

    [GeneratedRegex(@"^(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|I|Mr|Mrs|Dr)$", RegexOptions.CultureInvariant)]
    private static partial Regex Calendar { get; }

    [GeneratedRegex(@"^(?:I|me|we|us|my|our|mine|ours)\b|\b(?:my|our)\b", Loose)]
    private static partial Regex OwnedByUser { get; }

    [GeneratedRegex(@"^(?:you|your|yours)\b", Loose)]
    private static partial Regex OwnedByChat { get; }

    [GeneratedRegex(@"^(?:a|an|one|two|three|four|five)\s+", Loose)]
    private static partial Regex IndefiniteArticle { get; }

    [GeneratedRegex(@",?\s+(?:which|who|whom|whose|because|since|although|though|where I|where we|when I|but|so that|and (?:I|we|he|she|it|they|my|that|is|was|has|loves|likes)|if you)\b.*$|\s+after\s+(?:my|our|a|the|his|her)\b.*$|,\s+(?:nice|pleased|glad|happy|great|good|hello|hi|not|a|an|the|my|our|right|ok|okay|you|keep|please|do|so|just)\b.*$|\s+\(.*$", Loose)]
    private static partial Regex Trailing { get; }

    [GeneratedRegex(@"(?:[\s,]+(?:by the way|btw|now|these days|nowadays|actually|you know|please|okay|ok|too|as well|though|right|at the moment|currently|for now|again|"
        + @"of course|in fact|if you must know|just so you know|in case you (?:wonder|wondered|forget|need it)|for your information|fyi|for the record|haha|lol|for ages|for (?:\w+ )?(?:years?|months?|weeks?|decades?|while)|since \S+|if you ask me|for a long time|for good|forever))?[.!,\s]*$", Loose)]
    private static partial Regex Afterthought { get; }

    [GeneratedRegex(@"^(?:(?<own>his|her|its|their)(?=\s+(?:name|birthday|job|favou?rite|age|address|phone|number|code|password|colou?r|middle|last|first|real|full|nickname|home|boss|car|owner|house|hobby)\b)|(?:(?<thing>it|they)|he|she)(?=\s+(?:is|was|are|were|" + Verbs + @"|goes|answers|also)\b))\s+", Loose)]
    private static partial Regex Pronoun { get; }

    [GeneratedRegex(@"(?<verb>\b(?:call|called|named|nicknamed|christened)) (?:him|her|it|them)\b", Loose)]
    private static partial Regex Objective { get; }

    [GeneratedRegex(@"^(?:I|we)(?: also| just| recently| now| finally| even)* (?:have|have got|got|own|adopted|bought)(?: just| also| got)* (?:a|an|one|this)(?: new| little| big| small| lovely| young| old| baby| older| younger)* (?<n>[\p{L}\-]+(?: [\p{L}\-]+)?)$", Loose)]
    private static partial Regex Possession { get; }

    // "my sister Ada lives ...", "to my sister, whose name is Ada", "a cat called Tom", "a cat, Tom".
    [GeneratedRegex(@"\b(?:(?<my>(?:[Mm]y|[Oo]ur)\s+)|(?:[Aa]n?|[Oo]ne)\s+)(?!(?:name|city|town|place|company|man|woman|person|guy|village|street|restaurant|hotel)\b)(?<n>" + LowerNoun + @"(?:\s" + LowerNoun + @"){0,2}?)"
        + @"(?:(?<named>,?\s+(?:(?:who|which|that|it) (?:is |answers |goes |we |I )+)?(?:(?:called|named|call|answers to|answering to|going by|listening to)(?: the name)?(?: of)?|whose name is|by the name of|with the name(?: of)?))|(?<comma>,)|(?=\s+\p{Lu}\S*(?:\s*$|,|\s+\p{Ll})))\s+(?<v>\p{Lu}[\p{L}\p{M}\-]+(?:\s\p{Lu}[\p{L}\p{M}\-]+)?)(?=\s*$|,|\s)", RegexOptions.CultureInvariant)]
    private static partial Regex Apposed { get; }

    [GeneratedRegex(@"^(?:I|we) (?:\w+ )?(?:have|own|got|adopted|bought|keep)\b", Loose)]
    private static partial Regex Owning { get; }

    // "The shed is locked, the code is ..." tells the code of the shed.
    [GeneratedRegex(@"^the (?<what>code|combination|pin|password|number|key|name|address)(?= (?:is|was)\b)", Loose)]
    private static partial Regex BareAttribute { get; }

    // "I own a hedgehog, and Ada is its name."
    [GeneratedRegex(@"\bis (?:its|his|her|their) name$", Loose)]
    private static partial Regex ItsName { get; }

    // "..., isn't that nice?" leaves a statement, and so does "..., in case I mention it again".
    [GeneratedRegex(@"(?<!\?.*),\s*(?:is|are|was|do|does|did|have|has|can|could|will|would)(?: not)? (?:it|that|he|she|they|you|I|we)\b[^,?]*\?$|,\s*(?:ok|okay|right|alright|all right|yes|yeah|eh|huh|got it|remember|you know|understood|see|deal)\s*\?$|(?<=\S.*),\s+in case\b.*$", Loose)]
    private static partial Regex Appeal { get; }

    // What only points elsewhere is no value.
    [GeneratedRegex(@"^(?:there|here|it|this|that|them|him|her)\b", Loose)]
    private static partial Regex Pointing { get; }

    // "I got a duck and called it Ada" has its own antecedent.
    [GeneratedRegex(@"\b(?:an?|one)\s+[\p{L}\-]+\b.*\b(?:call|called|named|nicknamed|christened)\b", Loose)]
    private static partial Regex Antecedent { get; }

    [GeneratedRegex(@"\b(?:my|our)\s", Loose)]
    private static partial Regex Possessive { get; }

    // "My favourite singer? That is Ada."
    [GeneratedRegex(@"\b((?:my|our) [\p{L}' \-]{2,60})\? (?:that|it|he|she)(?: is| would be| must be| has to be)?[\s:]+", Loose)]
    private static partial Regex SelfAnswered { get; }

    // "You should meet Ada, my landlord".
    [GeneratedRegex(@"(?<v>\p{Lu}[\p{L}\p{M}\-]+(?:\s\p{Lu}[\p{L}\p{M}\-]+)?),\s+(?:(?:who|that|he|she) is\s+)?(?<my>(?:my|our)\s+)(?<n>\p{Ll}[\p{Ll}'\-]*(?:\s\p{Ll}[\p{Ll}\-]*){0,2})(?=\s*$|,)", RegexOptions.CultureInvariant)]
    private static partial Regex Presented { get; }

    [GeneratedRegex(@"\b(?:my|our)\s+[\p{L}'\-]+", Loose)]
    private static partial Regex Owned { get; }

    [GeneratedRegex(@"\b(?:he|she|it|him|her|his|its|they|them|their|that)\b", Loose)]
    private static partial Regex Pointer { get; }

    // "Ada? That is my niece." and "You know what my favourite tree is? The oak!" answer themselves.
    [GeneratedRegex(@"^(\p{Lu}[\p{L}\p{M}'\-]*)\? (?:(?i:oh|well|yes|ah),? )?(?:[Tt]hat|[Ii]t|[Hh]e|[Ss]he) (?=is\b)", RegexOptions.CultureInvariant)]
    private static partial Regex Asked { get; }

    [GeneratedRegex(@"^(?<q>[^?]{5,200})\? (?<v>\p{Lu}[\p{L}\p{M}'\-]*)[.! ]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Answered { get; }

    // What stands behind whom a sentence speaks of, and is not of their name.
    [GeneratedRegex(@"\s+(?:after|before|since|because|when|while|until|tomorrow|today|yesterday|tonight|finally|again|yet)\b.*$", Loose)]
    private static partial Regex Beside { get; }

    // What a clause that states nothing leaves to talk about: "they changed the garage code", "you have not met my cat yet".
    [GeneratedRegex(@"\b(?:my|our|an?)\s+(?!\w+ and I\b|(?:bit|lot|few|little)\b)" + Utterance.NounPhrase + @"|\bthe\s+(?!way$)[\p{L}'\-]+(?:\s[\p{L}'\-]+){0,2}$|(?<=\s)(?-i:(?!I\b)\p{Lu}[\p{L}\p{M}\-]+)$", Loose)]
    private static partial Regex Mention { get; }

    [GeneratedRegex(@"^(?:actually|correction|no|sorry|wait|oops|i mean|scratch that|i was wrong|my mistake)\b|\bchanged my mind\b", Loose)]
    private static partial Regex Correcting { get; }

    [GeneratedRegex(@"^(?:(?:actually|no|sorry|correction|wait|oops|hm+|well|oh|scratch that|i was wrong|my mistake|that is wrong|that is not right|not quite)[\s,.!:;\-–—]+)+(?:(?:it|that|he|she|this) (?:is|was|should be)(?: called| named)?|i meant(?: to say)?|i mean|make (?:it|that)|the (?:right|correct) (?:one|name|answer|value) is)\s+(?:actually\s+)?(?<v>[^?]+)$"
        + @"|^(?:it|that|he|she) is actually\s+(?<v>[^?]+)$|^(?:actually[\s,]+)?(?:it is )?not [^?,]+?,?\s+but\s+(?<v>[^?]+)$|^i meant(?: to say)?\s+(?<v>[^?]+)$", Loose)]
    private static partial Regex BareCorrection { get; }

    [GeneratedRegex(@"^(?:please\s+|can you\s+|could you\s+|you (?:can|may|should)\s+|i want you to\s+|now\s+|ok\s+|okay\s+|just\s+)*(?:forget|erase|delete|remove|wipe|do not remember|stop remembering)(?:\s+(?:about|everything about|all about|what i (?:said|told you) about|that|the fact that|from your memory))?\s+(?<v>.+?)(?:\s+from (?:your )?memory)?(?:\s+please)?[.!?]*$", Loose)]
    private static partial Regex Forgetting { get; }
}
