namespace GaryMesh.ChatLab.Facts;

/// <summary>Dialogues to teach a plastic memory with: facts with invented names are told, other things are talked of, and one of
/// the facts is asked for and answered.</summary>
internal static class PlasticLessons
{
    // What the memory is there for counts fully; the rest teaches it to be silent.
    private const float ElseWeight = 0.15f;

    /// <summary>Lesson number <paramref name="index"/> as the frozen cortex sees it.</summary>
    public static PlasticExample<float> Make(
        PackedCortex packed, ChatTokenizer tokenizer, FactTemplates templates, IReadOnlyList<string> small, ulong seed, int index)
    {
        var dice = new Dice(seed, index);
        var (tokens, weights) = (new List<int> { tokenizer.LineBreak }, new List<float> { ElseWeight });

        void Add(string text, float weight)
        {
            foreach (var token in tokenizer.Encode(text))
            {
                // A weight belongs to the position before its token.
                weights[^1] = weight;
                tokens.Add(token);
                weights.Add(ElseWeight);
            }
        }

        void Chat(int turns)
        {
            for (var i = 0; i < turns; i++) Add($"U: {dice.Pick(templates.Chat)}\nG: {dice.Pick(small)}\n", ElseWeight);
        }

        var facts = Enumerable.Range(0, 2 + dice.Below(3)).Select(i => templates.Draw(seed + 1, (index * 7) + i)).ToArray();
        var asked = facts[dice.Below(facts.Length)];

        foreach (var fact in facts)
        {
            Add($"U: {fact.Tell}\nG: {dice.Pick(small)}\n", ElseWeight);
            Chat(dice.Below(3));
        }

        Chat(dice.Below(6));
        var (before, after) = Answer(asked);
        Add($"U: {asked.Ask}\nG: {before}", ElseWeight);
        Add(before.EndsWith(' ') ? asked.Value : " " + asked.Value, 1f);
        Add(after + "\n", ElseWeight);
        return See(packed, [.. tokens], [.. weights]);
    }

    /// <summary>The answer to a fact in the words of the episodic memory, cut before and behind its value.</summary>
    internal static (string Before, string After) Answer(GeneratedFact fact)
    {
        string? topic = null;
        var told = StatementReader.ByForms.Read(Utterance.Clean(fact.Tell), ref topic, _ => SpeechAct.Ask).LastOrDefault(one => one.Sentence.Contains(fact.Value, StringComparison.Ordinal));
        var said = Utterance.Capitalised(Voice.Answering(told?.Sentence ?? $"it is {fact.Value}")) + ".";
        var at = said.IndexOf(fact.Value, StringComparison.Ordinal);
        // The blank before a word belongs to its token.
        return at < 0 ? ("It is", ".") : (said[..at].TrimEnd(), said[(at + fact.Value.Length)..]);
    }

    private static PlasticExample<float> See(PackedCortex packed, int[] tokens, float[] weights)
    {
        var shape = packed.Cortex.Shape;
        var count = tokens.Length - 1;
        var (hidden, logits) = (new float[tokens.Length * shape.Width], new float[tokens.Length * shape.Vocabulary]);
        using var reader = new CortexReader(packed);
        reader.Read(tokens, hidden, logits);
        var probabilities = new float[count];
        for (var t = 0; t < count; t++) probabilities[t] = Conversation.LogProbability(logits.AsSpan(t * shape.Vocabulary, shape.Vocabulary), tokens[t + 1]);
        return new PlasticExample<float>(hidden[..(count * shape.Width)], tokens[1..], probabilities, weights[..count]);
    }
}
