namespace GaryMesh.ChatGraft;

/// <summary>A brain file cannot be opened or written; the message says in one sentence why.</summary>
public sealed class BrainException : IOException
{
    /// <summary>A refusal with its sentence.</summary>
    public BrainException(string message)
        : base(message) { }

    /// <summary>A refusal with its sentence and what caused it.</summary>
    public BrainException(string message, Exception cause)
        : base(message, cause) { }
}
