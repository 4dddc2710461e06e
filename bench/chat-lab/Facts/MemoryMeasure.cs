using System.Text.RegularExpressions;

namespace GaryMesh.ChatLab.Facts;

/// <summary>Which memories take part in a measurement.</summary>
internal enum Memories { Both, EpisodicAlone, PlasticAlone }

/// <summary>Shares of answers, each of as many trials as there were facts.</summary>
/// <param name="AfterFiveTurns">Answers with the told value as a whole word, five turns of other talk later.</param>
/// <param name="AfterRestart">The same after 300 tokens of other talk and a restart.</param>
/// <param name="Abstained">Questions about what was never told that were declined.</param>
/// <param name="Opened">After five turns, where the answer's words before the value are given.</param>
internal readonly record struct MemoryFigures(double AfterFiveTurns, double AfterRestart, double Abstained, double? Opened);

/// <summary>Measures what a chat remembers: generated facts are told and asked in templates, with other talk in between.</summary>
internal sealed partial class MemoryMeasure(ChatModel model, PlasticMemory? plastic, IQuestionReader reader, FactTemplates templates, ulong seed, CancellationToken stop)
{
    private const int DistractorTurns = 5;
    private const int DistractorTokens = 300;
    private const int OtherFacts = 3;

    /// <summary>Measures over facts number 0 .. count - 1.</summary>
    public MemoryFigures Run(int count, Memories memories)
    {
        var (soon, late, declined, opened) = (0, 0, 0, 0);

        for (var i = 0; i < count; i++)
        {
            stop.ThrowIfCancellationRequested();
            var fact = templates.Draw(seed, i);
            if (Says(AskSoon(fact, i, memories, out var openedAnswer), fact.Value)) soon++;
            if (openedAnswer is not null && Says(openedAnswer, fact.Value)) opened++;
            if (Says(AskLate(fact, i, memories), fact.Value)) late++;
            if (memories != Memories.PlasticAlone && Declines(fact, i, memories)) declined++;
        }

        double Share(int hits) => (double)hits / count;
        return new MemoryFigures(Share(soon), Share(late), Share(declined), memories == Memories.PlasticAlone ? Share(opened) : null);
    }

    private string AskSoon(GeneratedFact fact, int index, Memories memories, out string? opened)
    {
        using var session = Session(null, memories);
        TellOthers(session, index);
        session.Say(fact.Tell, stop).Whole();
        Distract(session, index, turn => turn < DistractorTurns);
        opened = memories == Memories.PlasticAlone ? session.Complete(fact.Ask, PlasticLessons.Answer(fact).Before, stop) : null;
        return session.Say(fact.Ask, stop).Whole();
    }

    private string AskLate(GeneratedFact fact, int index, Memories memories)
    {
        var folder = Directory.CreateTempSubdirectory("gary-memory-");

        try
        {
            var path = Path.Combine(folder.FullName, "gary.brain");

            using (var brain = Brain.Open(path))
            using (var session = Session(brain, memories))
            {
                TellOthers(session, index);
                session.Say(fact.Tell, stop).Whole();
                var tokens = 0;
                Distract(session, index, _ => tokens < DistractorTokens, turn => tokens += turn.InputTokens + turn.OutputTokens);
            }

            using var opened = Brain.Open(path);
            using var later = Session(opened, memories);
            return later.Say(fact.Ask, stop).Whole();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Something else was told, and of the same kind about somebody else where the kind has more than one subject.
    private bool Declines(GeneratedFact fact, int index, Memories memories)
    {
        using var session = Session(null, memories);
        TellOthers(session, index);

        for (var draw = 1; fact.Kind.Subjects.Count > 1; draw++)
        {
            if (templates.Draw(seed + (ulong)(1000 * draw), index) is var other && other.Subject != fact.Subject)
            {
                session.Say(other.Tell, stop).Whole();
                break;
            }
        }

        Distract(session, index, turn => turn < DistractorTurns);
        return session.Say(fact.Ask, stop).Effect.Abstained;
    }

    private void TellOthers(ChatSession session, int index)
    {
        for (var k = 1; k <= OtherFacts; k++) session.Say(templates.Draw(seed + 1, index + k).Tell, stop).Whole();
    }

    private void Distract(ChatSession session, int index, Func<int, bool> goesOn, Action<ChatTurn>? done = null)
    {
        var dice = new Dice(seed + 2, index);

        for (var turn = 0; goesOn(turn); turn++)
        {
            var said = session.Say(dice.Pick(templates.Chat), stop);
            said.Whole();
            done?.Invoke(said);
        }
    }

    private ChatSession Session(Brain? brain, Memories memories) => new(() => model, brain, plastic, grafting: null, reader)
    {
        Settings = new ChatSettings
        {
            // The most probable words, and not many: the distraction is not what is measured.
            Sampling = new SamplingOptions { Temperature = 0, RepetitionPenalty = 1.1 },
            MaxTokens = 16,
            SmallTalk = false,
            Episodic = memories != Memories.PlasticAlone,
            Plastic = memories != Memories.EpisodicAlone,
        },
    };

    /// <summary>Whether a text holds a value as a whole word, letter for letter.</summary>
    internal static bool Says(string text, string value) =>
        Regex.IsMatch(text, $@"(?<![\p{{L}}\p{{N}}]){Regex.Escape(value)}(?![\p{{L}}\p{{N}}])", RegexOptions.CultureInvariant);
}
