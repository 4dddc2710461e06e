namespace GaryMesh.ChatGraft;

/// <summary>A statement as the memory holds it.</summary>
/// <param name="Id">Its number in the brain, from 1.</param>
/// <param name="Told">What was told.</param>
/// <param name="Strength">What it was worth when last touched: 1 when told, and 1 more with each recall.</param>
/// <param name="Touched">The age of the brain, in turns, when it was told or recalled last.</param>
public sealed record Fact(long Id, Statement Told, double Strength, long Touched)
{
    /// <summary>After so many turns a fact that was not recalled has half its strength.</summary>
    public const int HalfLife = 200;

    /// <summary>Whose fact it is; empty for the owner of the brain.</summary>
    public string User { get; init; } = "";

    /// <summary>The age of the brain, in turns, when it was told last.</summary>
    public long Turn { get; init; }

    /// <summary>The number of the conversation that it was told in.</summary>
    public long Conversation { get; init; }

    /// <summary>The day that it was told on; the first of all days where that is not known.</summary>
    public DateOnly Day { get; init; }

    /// <summary>Values that it had before, a line each.</summary>
    public string Former { get; init; } = "";

    /// <summary>Its strength at an age of the brain: half of it is gone after <see cref="HalfLife"/> turns.</summary>
    public double StrengthAt(long age) => Strength * double.Exp2(-(double)(age - Touched) / HalfLife);
}
