namespace GaryMesh.ChatGraft;

/// <summary>One of a session's conversations: what was said, who hears it and what the cortex has read of it.</summary>
internal sealed class Dialogue(long number, string user, Hearing hearing)
{
    /// <summary>Its number in the brain.</summary>
    public long Number => number;

    /// <summary>Whose it is.</summary>
    public string User => user;

    public Hearing Hearing { get; set; } = hearing;

    public List<BufferedTurn> Turns { get; } = [];

    /// <summary>How often each text was recited, and is not to be heard again as the same telling.</summary>
    public Dictionary<string, long> Recited { get; } = new(StringComparer.Ordinal);

    /// <summary>What the cortex has read; null where it has to be read back.</summary>
    public Conversation? Read { get; set; }

    /// <summary>The turn that is yet to be answered to the end.</summary>
    public ChatTurn? Open { get; set; }

    /// <summary>Whether these turns are what was said in it.</summary>
    public bool Is(IReadOnlyList<(Speaker Speaker, string Text)> turns) =>
        turns.Count == Turns.Count && turns.Zip(Turns).All(pair => pair.First == (pair.Second.Speaker, pair.Second.Text));

    /// <summary>Ends the open answer.</summary>
    public void Drop()
    {
        Read?.Dispose();
        (Read, Open) = (null, null);
    }
}
