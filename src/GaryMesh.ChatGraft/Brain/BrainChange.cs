namespace GaryMesh.ChatGraft;

/// <summary>Who spoke.</summary>
public enum Speaker
{
    /// <summary>The one who talks to the chat.</summary>
    User,

    /// <summary>The chat.</summary>
    Chat,
}

/// <summary>Turns as the cortex reads and writes them.</summary>
internal static class SpeakerLines
{
    /// <summary>A turn as a line of the texts that the cortex has learnt from.</summary>
    public static string Line(this Speaker speaker, string text) => (speaker == Speaker.User ? "U: " : "G: ") + text;
}

/// <summary>A turn of a conversation as the replay buffer holds it.</summary>
/// <param name="Id">Its number, growing with time.</param>
/// <param name="Conversation">The number of its conversation.</param>
/// <param name="Speaker">Who said it.</param>
/// <param name="Text">What was said, on one line.</param>
/// <param name="Slept">A sleep has replayed it.</param>
public sealed record BufferedTurn(long Id, long Conversation, Speaker Speaker, string Text, bool Slept)
{
    /// <summary>Whose conversation it is; empty for the owner of the brain.</summary>
    public string User { get; init; } = "";
}

/// <summary>What changes together: written whole or not at all.</summary>
public sealed record BrainChange
{
    /// <summary>The age after the change, in turns of the user; null where it stays.</summary>
    public long? Age { get; init; }

    /// <summary>Facts to write, replacing those of the same number.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];

    /// <summary>Numbers of the facts to delete.</summary>
    public IReadOnlyList<long> ForgottenFacts { get; init; } = [];

    /// <summary>Turns to append to the replay buffer. The brain gives the number; one that has a number gets its place back.</summary>
    public IReadOnlyList<BufferedTurn> Turns { get; init; } = [];

    /// <summary>Numbers of the turns to take out of the replay buffer.</summary>
    public IReadOnlyList<long> ForgottenTurns { get; init; } = [];

    /// <summary>Marks to write.</summary>
    public IReadOnlyList<Mark> Marks { get; init; } = [];

    /// <summary>Marks to delete.</summary>
    public IReadOnlyList<(string User, string Code)> LiftedMarks { get; init; } = [];

    /// <summary>Weights to write, by name.</summary>
    public IReadOnlyDictionary<string, byte[]> Weights { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>The last turn that a sleep has replayed; null where none ended.</summary>
    public long? SleptUpTo { get; init; }
}
