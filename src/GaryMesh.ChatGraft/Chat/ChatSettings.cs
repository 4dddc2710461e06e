namespace GaryMesh.ChatGraft;

/// <summary>How a chat answers.</summary>
public sealed record ChatSettings
{
    /// <summary>How tokens are drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new() { Temperature = 0.5, TopK = 20, RepetitionPenalty = 1.15 };

    /// <summary>Tokens of an answer that the cortex gives, at most.</summary>
    public int MaxTokens { get; init; } = 60;

    /// <summary>Texts that end an answer, beside the end of the line.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Everything random follows from it and the age of the brain.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The seed alone decides: to the same words in the same conversation comes the same answer, whatever was said elsewhere.</summary>
    internal bool Repeats { get; init; }

    /// <summary>Tokens of an answer at most, the memory's answers too.</summary>
    internal int MostTokens { get; init; } = int.MaxValue;

    /// <summary>Whether the episodic memory listens and answers.</summary>
    public bool Episodic { get; init; } = true;

    /// <summary>Whether small talk is answered by rules that say what is true of a small program; the cortex then speaks only where it is
    /// asked for a story. False lets it answer all that the memory does not.</summary>
    public bool SmallTalk { get; init; } = true;

    /// <summary>Whether the plastic memory votes. It repeats what was said more often than a free answer bears, so it is asked
    /// for rather than given.</summary>
    public bool Plastic { get; init; }

    /// <summary>Characters of a message at most; longer ones are refused.</summary>
    public int LongestMessage { get; init; } = 4_000;
}
