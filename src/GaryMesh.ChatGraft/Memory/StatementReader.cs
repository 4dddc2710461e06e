using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>Finds in free text what somebody states about themselves and their world: who is called what, who lives or works
/// where, what a code is, and whatever they ask to have remembered.</summary>
/// <remarks>It reads clause by clause; "his", "her", "its" and "their" point to whom the clause before spoke of. Questions,
/// wishes and remarks of the moment ("I am fine", "I want a coffee") are no facts and are passed over.</remarks>
internal sealed class StatementReader : IStatementReader
{
    /// <summary>A sentence longer than this is no fact to keep.</summary>
    private const int LongestClause = 300;

    /// <summary>The reader by the forms that are known.</summary>
    public static IStatementReader ByForms { get; } = new StatementReader();

    /// <inheritdoc/>
    public IReadOnlyList<Statement> Read(string clean, ref string? topic, Func<string, SpeechAct> does)
    {
        var plain = Asked.Replace(SelfAnswered.Replace(Utterance.WithoutContractions(clean), "$1 is "), "$1 ");

        if (Answered.Match(plain) is { Success: true } answered)
        {
            topic = null;
            return [Whole($"{Utterance.WithoutOpenings(answered.Groups["q"].Value, out _)}: {answered.Groups["v"].Value}")];
        }

        var turn = new Turn(topic);
        foreach (var (sentence, clauses) in Utterance.Sentences(plain)) turn.Hear(sentence, clauses, does(sentence));
        topic = turn.Topic;
        return turn.Found;
    }

    /// <summary>One turn, sentence by sentence.</summary>
    private sealed class Turn(string? before)
    {
        private readonly List<Statement> _found = [];
        private string? _topic;
        private string _spoken = "";
        private bool _corrects;

        public IReadOnlyList<Statement> Found => _corrects ? [.. _found.Select(one => one with { Corrects = true })] : _found;

        public string? Topic => _topic ?? before;

        public void Hear(string sentence, string[] clauses, SpeechAct act)
        {
            var (known, tells, urges, asks) = (_found.Count, false, false, false);

            // What is supposed and what somebody else says is kept as it stands: it is no fact of the teller's.
            if (act is SpeechAct.Suppose or SpeechAct.Quote)
            {
                _spoken = Joined(sentence);
                if (_spoken.Length <= LongestClause) _found.Add(Whole(Trimmed(_spoken)) with { Said = sentence });
                return;
            }

            foreach (var whole in clauses)
            {
                _corrects |= Correcting.IsMatch(whole);
                var clause = Utterance.WithoutOpenings(Appeal.Replace(whole, ""), out var urged);
                if (clause.Length > LongestClause) continue;

                // "Sold it, couldn't resist" and "when I retire I'm buying a boat" have words of questions, but tell.
                if ((act != SpeechAct.Tell && Question.Asks(clause) && !(Utterance.Conditional.IsMatch(clause) && clause.Contains(','))) || (clause.EndsWith('?') && !urged))
                {
                    asks = true;
                    _topic = Mention.Match(clause.TrimEnd('?')) is { Success: true } asked ? asked.Value : _topic;
                    continue;
                }

                (tells, urges) = (true, urges || urged);
                Take(Resolved(clause.TrimEnd('?', ' '), _topic, before), urged);
            }

            if (tells && !asks) Close(sentence, clauses.Length, known, urges || act == SpeechAct.Tell);
        }

        // What forms find in a clause, and whom it speaks of.
        private void Take(string clause, bool urged)
        {
            if (Possession.Match(clause) is { Success: true } owned) _topic = "my " + owned.Groups["n"].Value;
            var last = _found.Count;
            if (Form(clause, urged) is { } statement) _found.Add(statement);
            if (Apposition(clause) is { } name && !_found.Exists(one => one.Relation == "name" && one.Value == name.Value)) _found.Add(name);
            if (_found.Count > last) _topic = _found[last].Subject is { Length: > 2 } subject ? subject : ProperValue(_found[last]) ?? _topic;
            else if (Mention.Match(clause) is { Success: true } mention) _topic = mention.Value;
        }

        // A sentence that points back stands behind what it points to.
        private string Joined(string sentence) =>
            _spoken.Length > 0 && Pointer.IsMatch(sentence) && $"{_spoken}. {sentence}" is { Length: <= LongestClause } both ? both : sentence;

        // What a clause leaves out ("I call it Rex") the sentence, or the one before, has told.
        private void Close(string sentence, int clauses, int known, bool tells)
        {
            var joined = Joined(sentence);
            var (points, heard) = (joined.Length > sentence.Length, Opened(joined));
            _spoken = heard;

            if ((clauses > 1 || points) && heard.Length <= LongestClause)
            {
                // "My dog is called Rex and I live in Porto" is two facts that need nothing of each other.
                var leans = points || Pointer.IsMatch(sentence) || _found.Count - known < clauses;

                for (var i = known; i < _found.Count; i++)
                {
                    var alone = _found[i] is { Relation: "name", Subject: "I" or "my" } || (!leans && (OwnerOf(_found[i].Subject) == FactOwner.Other || _found[i].Subject is "I" or "we" || Words.Cues(_found[i].Subject).Any(cue => !Words.IsAttribute(cue))));
                    if (!alone && heard.Contains(_found[i].Value, StringComparison.Ordinal)) _found[i] = _found[i] with { Sentence = heard };
                }
            }

            if (Rest(heard, tells, _found.Skip(known)) is { } rest) _found.Add(rest);
            for (var i = known; i < _found.Count; i++) _found[i] = _found[i] with { Said = sentence };
        }
    }

    /// <inheritdoc/>
    public string? Corrected(string clean)
    {
        var match = BareCorrection.Match(Utterance.WithoutContractions(clean));
        return match.Success && Value(match.Groups["v"].Value) is { Length: > 0 } value ? value : null;
    }

    /// <inheritdoc/>
    public string? Forgotten(string clean)
    {
        var match = Forgetting.Match(Utterance.WithoutContractions(clean));
        return match.Success ? match.Groups["v"].Value.Trim().TrimEnd('.', '!') : null;
    }

    private static Statement? Form(string clause, bool urged)
    {
        foreach (var form in English.Forms)
        {
            var match = form.Pattern.Match(clause);
            if (!match.Success) continue;
            var value = Value(match.Groups["v"].Value);
            var subject = Subject(match.Groups["s"].Value);
            if (value.Length == 0 || subject.Length == 0 || !Holds(form, subject, value, clause, urged)) continue;
            var verb = match.Groups["r"].Value.ToLowerInvariant();
            // Who has moved to a place lives there now.
            if (verb == "moved" && clause.Contains("moved to ", StringComparison.OrdinalIgnoreCase)) verb = "live";
            var relation = form.Relation ?? Words.Canonical(verb);
            return new Statement(subject, relation, value, Said(form, subject, value, clause), OwnerOf(subject));
        }

        return null;
    }

    // "I adore Ada, she is my favourite singer": what is spoken of is Ada.
    private static string? ProperValue(Statement statement) =>
        Named.Match("- " + statement.Value) is { Success: true } named && named.Length == statement.Value.Length ? statement.Value : null;

    private static string Opened(string sentence) =>
        Trimmed(Utterance.WithoutOpenings(Appeal.Replace(sentence, ""), out _).TrimEnd('?', ' '));

    // A sentence is kept whole where it names somebody or something that no form has found in it.
    private static Statement? Rest(string sentence, bool urged, IEnumerable<Statement> found)
    {
        if (sentence.Length > LongestClause || Words.Cues(sentence).Length == 0) return null;
        var told = string.Join(' ', found.Select(one => one.Sentence));
        var nothing = told.Length > 0
            ? Words.Cues(sentence).All(Words.Cues(told).Contains)
            : !urged && (Request.IsMatch(sentence) || !Valued(sentence));
        return nothing ? null : Whole(sentence);
    }

    // What the sentence names, if it is one thing, is its value.
    private static Statement Whole(string sentence)
    {
        var named = Named.Matches(sentence);
        return new Statement("", "", named.Count == 1 ? named[0].Value : sentence, sentence, FactOwner.User);
    }

    // A sentence is worth keeping whole where it names something: a name, a number, or a relation that people ask for.
    private static bool Valued(string clause)
    {
        var (named, passing) = (Named.IsMatch(clause), Passing.IsMatch(clause));
        var asked = (named || !passing) && FirstPerson.IsMatch(clause) && Words.Cues(clause).Any(Words.IsAttribute);
        return asked || (named && (!passing || Possessive.IsMatch(clause)));
    }

    // A form that only looks like a fact: no subject of its own, a remark of the moment, a value that says nothing.
    private static bool Holds(StatementForm form, string subject, string value, string clause, bool urged)
    {
        if (NoSubject.IsMatch(subject) || Utterance.Interrogative.IsMatch(subject)) return false;
        if (form.Relation == "name") return value.Length <= 60 && !NoName.IsMatch(value);
        if (Pointing.IsMatch(value)) return false;
        if (urged) return true;
        if ((form.Relation is null or "is") && (Passing.IsMatch(clause)) || Request.IsMatch(clause)) return false;
        if (form.Relation == "is" && Bare.IsMatch(subject) && !Telling.IsMatch(value)) return false;
        return form.Relation != "is" || Words.Cues(subject).Length > 0 || subject is "I" or "we" or "We";
    }

    private static string Said(StatementForm form, string subject, string value, string clause) =>
        form.Relation == "name"
            ? subject is "I" or "my" or "My" or "we" or "We" ? $"my name is {value}" : $"{subject} {(value.Contains(" and ", StringComparison.Ordinal) ? "are" : "is")} called {value}"
            : Trimmed(clause);

    private static FactOwner OwnerOf(string subject) =>
        OwnedByUser.IsMatch(subject) ? FactOwner.User : OwnedByChat.IsMatch(subject) ? FactOwner.Chat : FactOwner.Other;

    private static string Subject(string text)
    {
        text = Afterthought.Replace(Beside.Replace(text, ""), "").Trim().Trim(',').Trim();
        if (text is "i" or "me" or "Me" or "the" or "The" or "this" or "This" or "to" or "with" or "myself" or "speaking" or "here" or "is my name" or "is the name") return "I";
        return IndefiniteArticle.Replace(text, "my ");
    }

    /// <summary>A value without what trails behind it: relative clauses, "by the way", quotes, stops.</summary>
    private static string Value(string text)
    {
        text = Trailing.Replace(text, "");
        string shorter;
        while ((shorter = Afterthought.Replace(text, "")) != text) text = shorter;
        return text.Trim().Trim('"', '\'', ',', '.', ':', '(', ')', '*', '_', '“', '”', ' ');
    }

    private static string Trimmed(string clause)
    {
        string shorter;
        while ((shorter = Afterthought.Replace(clause, "")) != clause) clause = shorter;
        return clause.Trim().TrimEnd('.', ',', ' ');
    }

    // "his name is Rex" after "I have a dog" speaks of my dog; "it is raining" in a later turn does not.
    private static string Resolved(string clause, string? topic, string? before)
    {
        if (topic is not null and not "I")
        {
            if (BareAttribute.Match(clause) is { Success: true } bare) return $"the {bare.Groups["what"].Value} of {topic}{clause[bare.Length..]}";
            clause = ItsName.Replace(clause, "is the name of " + topic);
        }

        var match = Pronoun.Match(clause);
        var meant = topic ?? (match.Groups["thing"].Success ? null : before);
        if (meant is null or "I") return clause;
        // He and she are no things.
        if (match.Success && !match.Groups["thing"].Success && !Line.Of("x " + meant).Words.Any(word => (word.Kinds & (Lexicon.KindOf("person") | Lexicon.KindOf("animal") | Lexicon.Name)) != 0 && word.Text != "x")) return clause;

        // "I got a rabbit. Her name is ..." speaks of my rabbit, but "I had a bad day. It was ..." of nothing to keep.
        if (IndefiniteArticle.IsMatch(meant))
        {
            if (match.Groups["thing"].Success) return clause;
            meant = IndefiniteArticle.Replace(meant, "my ");
        }

        if (!match.Success) return Mention.IsMatch(clause) || Antecedent.IsMatch(clause) ? clause : Objective.Replace(clause, "${verb} " + meant);
        return (match.Groups["own"].Success ? meant + "'s " : meant + " ") + clause[match.Length..];
    }

    // "my job at ...", "a place called ..." are no somebody.
    private static bool Unnamed(string cue, Match match) =>
        Words.IsKind(cue) || (Words.IsAttribute(cue) && !match.Groups["named"].Success);

    // "my sister Ada lives in ...", "I have a cat, Tom" and "meet Ada, my sister" also tell a name.
    private static Statement? Apposition(string clause)
    {
        var match = Presented.Match(clause);
        if (!match.Success) match = Apposed.Match(clause);
        if (!match.Success) return null;
        // "a cup, Ada" names nothing unless the cup is said to be called so or to be one's own.
        if (!match.Groups["my"].Success && !match.Groups["named"].Success && !Owning.IsMatch(clause)) return null;
        var subject = (match.Groups["my"].Success ? match.Groups["my"].Value : "my ") + match.Groups["n"].Value;
        var value = match.Groups["v"].Value.Trim();
        return NoName.IsMatch(value) || Calendar.IsMatch(value) || Unnamed(Words.Canonical(Words.Word.Matches(subject)[^1].Value.ToLowerInvariant()), match)
            ? null
            : new Statement(subject, "name", value, $"{subject} is called {value}", FactOwner.User);
    }

    private static Regex NoSubject { get; } = English.Pattern("no-subject");
    private static Regex Passing { get; } = English.Pattern("passing");
    private static Regex Request { get; } = English.Pattern("request");
    private static Regex NoName { get; } = English.Pattern("no-name");
    private static Regex FirstPerson { get; } = English.Pattern("first-person");
    private static Regex Named { get; } = English.Pattern("named");
    private static Regex Bare { get; } = English.Pattern("bare-subject");
    private static Regex Telling { get; } = English.Pattern("telling-value");
    private static Regex Calendar { get; } = English.Pattern("calendar");
    private static Regex OwnedByUser { get; } = English.Pattern("owned-by-user");
    private static Regex OwnedByChat { get; } = English.Pattern("owned-by-chat");
    private static Regex IndefiniteArticle { get; } = English.Pattern("indefinite-article");
    private static Regex Trailing { get; } = English.Pattern("trailing");
    private static Regex Afterthought { get; } = English.Pattern("afterthought");
    private static Regex Pronoun { get; } = English.Pattern("pronoun");
    private static Regex Objective { get; } = English.Pattern("objective");
    private static Regex Possession { get; } = English.Pattern("possession");
    private static Regex Apposed { get; } = English.Pattern("apposed");
    private static Regex Owning { get; } = English.Pattern("owning");
    private static Regex BareAttribute { get; } = English.Pattern("bare-attribute");
    private static Regex ItsName { get; } = English.Pattern("its-name");
    private static Regex Appeal { get; } = English.Pattern("appeal");
    private static Regex Pointing { get; } = English.Pattern("pointing");
    private static Regex Antecedent { get; } = English.Pattern("antecedent");
    private static Regex Possessive { get; } = English.Pattern("possessive");
    private static Regex SelfAnswered { get; } = English.Pattern("self-answered");
    private static Regex Presented { get; } = English.Pattern("presented");
    private static Regex Pointer { get; } = English.Pattern("pointer");
    private static Regex Asked { get; } = English.Pattern("asked");
    private static Regex Answered { get; } = English.Pattern("answered");
    private static Regex Beside { get; } = English.Pattern("beside");
    private static Regex Mention { get; } = English.Pattern("mention");
    private static Regex Correcting { get; } = English.Pattern("correcting");
    private static Regex BareCorrection { get; } = English.Pattern("bare-correction");
    private static Regex Forgetting { get; } = English.Pattern("forgetting");
}
