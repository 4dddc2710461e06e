namespace GaryMesh.ChatGraft;

/// <summary>What a question asks for, as far as its question words tell.</summary>
internal enum Way { Who, Whose, Where, When, Why, Age, Many, Much, Long, Often, Extent, How, Name, Which, Such, What, Whether }

/// <summary>Ways of asking, and what shows that a told line says what is asked for: a place behind "in", a number beside what is counted.</summary>
internal static class Asking
{
    /// <summary>Signs that are noted.</summary>
    public const int Signs = (Ways * OfWay) + Beside;

    private const int Ways = (int)Way.Whether + 1, OfWay = 5, Beside = 27;

    /// <summary>The way in which a line asks, and the place of its question word.</summary>
    public static (Way Way, int At) Of(Line asked)
    {
        var words = asked.Words;

        for (var i = 0; i < words.Length; i++)
        {
            var next = i + 1 < words.Length ? words[i + 1] : default;
            Way? way = words[i].Text switch
            {
                "who" or "whom" => Way.Who,
                "whose" => Way.Whose,
                "where" or "whereabouts" => Way.Where,
                "when" => Way.When,
                "why" => Way.Why,
                "how" => next.Text switch
                {
                    "old" => Way.Age,
                    "many" => Way.Many,
                    "much" => Way.Much,
                    "long" => Way.Long,
                    "often" => Way.Often,
                    "come" => Way.Why,
                    _ => Is(next, "measures") ? Way.Extent : Way.How,
                },
                "what" or "which" when next.Text is "time" or "day" or "date" or "year" or "month" or "weekday" => Way.When,
                "which" => Way.Which,
                "what" when Is(next, "sorts") => Way.Such,
                "what" when words.Any(word => word.Text is "name") || words[^1].Text is "called" or "named" => Way.Name,
                "what" => next.Text is null || next.Bare || next.Text == "else" ? Way.What : Way.Such,
                _ => null,
            };
            if (way is { } known) return (known, i);
        }

        return (Way.Whether, 0);
    }

    /// <summary>Notes the way of a question, and what of it a told line says.</summary>
    public static void Note(ref FeatureRow row, Compared pair)
    {
        var (way, at) = Of(pair.Asked);
        var told = new Evidence(pair);
        var content = pair.Asked.Words.Index().Where(one => !one.Item.Bare).ToArray();
        var missed = content.Count(one => pair.Thought[one.Index] == 0);
        var after = content.Where(one => one.Index > at).ToArray();
        bool Misses((int Index, LineWord Item)[] words, Index which) => words.Length > 0 && pair.Thought[words[which].Index] == 0;
        var says = told.Says(way, missed);

        for (var one = 0; one < Ways; one++)
        {
            var so = one == (int)way;
            row.Add(so && says);
            row.Add(so && !says);
            row.Add(so && content.Length > 0 ? (float)missed / content.Length : 0);
            row.Add(so && Misses(after, ^1));
            row.Add(so && says && missed == 0);
        }

        row.Add(way == Way.Where && told.PlaceBeside);
        row.Add(way == Way.When && told.Hour);
        row.Add(way == Way.When ? Math.Min(told.Times, 3) / 3f : 0);
        row.Add(way is Way.Many or Way.Much or Way.Age or Way.Extent or Way.Long && told.NumberBeside);
        row.Add(way == Way.Much && told.Money);
        row.Add(way == Way.Who && told.Names);
        row.Add(way == Way.Who && Misses(after, 0));
        row.Add(way == Way.Name && told.Calls);
        row.Add(way == Way.Name && told.Names);
        Noun(ref row, pair, told, way, at);
        row.Add(missed, 4, 4);
        row.Add(missed == 0);
        row.Add(Misses(content, 0));
        row.Add(Misses(after, 0));
        row.Add(told.Rest, 6, 6);
        row.Add(told.Rest == 0);
        row.Add(content.Length <= 1);
        row.Add(way == Way.Whether && missed > 1);
        var (pays, works) = (Asks(pair.Asked, "money"), Asks(pair.Asked, "job"));
        row.Add(pays && told.Money);
        row.Add(pays && !told.Money);
        row.Add(works && told.Job);
    }

    // "Which garage": whether the told line names a garage, one of the kind, or only says "the garage".
    private static void Noun(ref FeatureRow row, Compared pair, Evidence told, Way way, int at)
    {
        var words = pair.Asked.Words;
        var place = at + 1;
        while (place < words.Length && (Is(words[place], "sorts") || words[place].Text == "of")) place++;
        var so = way is Way.Which or Way.Such && place < words.Length;
        var (met, ofKind, plain, modified) = (so && pair.Thought[place] > 0, false, false, false);

        for (var i = 0; so && i < pair.Told.Words.Length; i++)
        {
            var word = pair.Told.Words[i];
            ofKind |= pair.Back[i] == 0 && (word.Kinds & words[place].Asked) != 0;
            if (word.Key != words[place].Key || i == 0) continue;
            modified |= !pair.Told.Words[i - 1].Bare && pair.Back[i - 1] == 0;
            plain |= pair.Told.Words[i - 1].Bare;
        }

        row.Add(met);
        row.Add(ofKind);
        row.Add(so && !ofKind && words[place].Asked != 0);
        row.Add(modified);
        row.Add(plain && !modified);
        row.Add(so && told.Names);
        row.Add(so && told.Numbers);
    }

    private static bool Asks(Line asked, string kind) => asked.Words.Any(word => (word.Asked & Lexicon.KindOf(kind)) != 0);

    private static bool Is(LineWord word, string mark) => (word.Marks & Lexicon.MarkOf(mark)) != 0;

    /// <summary>What a told line says beside what the question does.</summary>
    private readonly struct Evidence
    {
        // So near stands what belongs together, and so many small words may stand before a noun.
        private const int Near = 3, Small = 3;

        public Evidence(Compared pair)
        {
            var words = pair.Told.Words;

            for (var i = 0; i < words.Length; i++)
            {
                var (word, next) = (words[i], i + 1 < words.Length ? words[i + 1] : default);
                Causes |= Is(word, "causes");
                Owners |= word.Owns;
                Calls |= Is(word, "calls");
                Often |= word.Text is "every" or "each" or "times" || Of(word, "frequency");
                Lasts |= word.Text is "until" or "till" or "since" or "for";
                Ages |= word.Text is "years" or "year" or "months" or "turned" or "turning" or "turns" or "aged" or "age" or "old";
                if (Is(word, "locates") && Behind(pair, i)) (Places, PlaceBeside) = (Places + 1, PlaceBeside || Touches(pair, i, Near));
                if (pair.Back[i] > 0) continue;
                if (!word.Bare) Rest++;
                Money |= Of(word, "money");
                Job |= Of(word, "job");
                Names |= (word.Kinds & Lexicon.Name) != 0;
                Persons |= (word.Kinds & (Lexicon.Name | Lexicon.Persons)) != 0;
                if (Of(word, "place") || Of(word, "city") || Of(word, "country")) Places++;
                if ((word.Kinds & Lexicon.Times) != 0 || Is(word, "dates") || Dated(word.Text)) Times++;
                if (!Counts(word)) continue;
                (Numbers, NumberBeside) = (true, NumberBeside || Touches(pair, i, 2));
                Lasts |= next.Text is not null && Of(next, "duration");
                var before = i > 0 ? words[i - 1].Text : "";
                Hour |= before is "at" or "by" or "around" or "from" or "on";
                Ages |= before is "am" or "is" or "was" or "at" or "only" or "just" or "nearly" or "almost" or "about" && next.Text is not ("of" or "in" or "on" or "a" or "to");
            }
        }

        public bool Causes { get; }

        public bool Owners { get; }

        public bool Calls { get; }

        public bool Often { get; }

        public bool Lasts { get; }

        public bool Ages { get; }

        public bool Money { get; }

        public bool Job { get; }

        public bool Names { get; }

        public bool Persons { get; }

        public bool Numbers { get; }

        public bool NumberBeside { get; }

        public bool Hour { get; }

        /// <summary>Words that say where, and when; and words with a meaning.</summary>
        public int Places { get; }

        public bool PlaceBeside { get; }

        public int Times { get; }

        public int Rest { get; }

        /// <summary>Whether it says what a way of asking asks for.</summary>
        /// <param name="way">The way.</param>
        /// <param name="missed">Words of the question that it neither says nor makes think of.</param>
        public bool Says(Way way, int missed) => way switch
        {
            Way.Who => Persons,
            Way.Whose => Persons || Owners,
            Way.Where => Places > 0,
            Way.When => Times > 0 || Hour,
            Way.Why => Causes,
            Way.Age => Numbers && Ages,
            Way.Many or Way.Extent => Numbers,
            Way.Much => Numbers || Money,
            Way.Long => Numbers && Lasts,
            Way.Often => Often,
            Way.Name => Calls || Names,
            Way.How => Rest > 1,
            Way.Whether => missed == 0,
            _ => Rest > 0,
        };

        // "In the loft", not "in March".
        private static bool Behind(Compared pair, int at)
        {
            var place = at + 1;
            while (place < Math.Min(pair.Told.Words.Length, at + 1 + Small) && pair.Told.Words[place].Bare) place++;
            return place < pair.Told.Words.Length && pair.Told.Words[place] is { Bare: false } noun && pair.Back[place] == 0 && (noun.Kinds & Lexicon.Times) == 0 && !Counts(noun);
        }

        private static bool Touches(Compared pair, int at, int within)
        {
            for (var i = Math.Max(0, at - within); i <= Math.Min(pair.Told.Words.Length - 1, at + within); i++) if (i != at && pair.ThoughtBack[i] > 0 && !pair.Told.Words[i].Bare) return true;
            return false;
        }

        private static bool Of(LineWord word, string kind) => (word.Kinds & Lexicon.KindOf(kind)) != 0;

        private static bool Counts(LineWord word) => (word.Kinds & Lexicon.Numerals) != 0 && word.Text is not ("one" or "no" or "none" or "nobody");

        // 1997, 28th, 8.30
        private static bool Dated(string text) =>
            text.Length > 2 && char.IsAsciiDigit(text[0])
            && ((text.Length == 4 && text.All(char.IsAsciiDigit) && text[0] is '1' or '2') || !char.IsAsciiDigit(text[^1]) || text.Any(letter => letter is '.' or ':'));
    }
}
