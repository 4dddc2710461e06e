using System.Globalization;

namespace GaryMesh.ChatGraft;

/// <summary>How a cortex, a graft or both are trained.</summary>
public sealed record TrainingSettings
{
    /// <summary>Optimiser steps in all: the schedule ends there.</summary>
    public int Steps { get; init; } = 6000;

    /// <summary>Windows a step.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Windows that one thread takes at a time; the batch's bits depend on it, not on the threads.</summary>
    public int Piece { get; init; } = 2;

    /// <summary>Tokens of a window; 0 for the whole context.</summary>
    public int Length { get; init; }

    /// <summary>Learning rate after the warm-up.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Share of the learning rate that is left at the end of the cosine.</summary>
    public double FinalShare { get; init; } = 0.03;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUp { get; init; } = 200;

    /// <summary>Share of the running mean of the gradient's square that stays each step. Small batches and rare tokens
    /// ask for a long memory.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Decay of weight matrices (not of gains and biases, nor of grafts).</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>The norm to which a longer gradient is cut.</summary>
    public double ClipNorm { get; init; } = 1.0;

    /// <summary>Steps between two validations, where there is something to validate by.</summary>
    public int ValidationEvery { get; init; } = 250;

    /// <summary>Everything random follows from it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Adam with decoupled decay, a linear warm-up and half a cosine.</summary>
    /// <exception cref="ArgumentException">A number of it is out of range.</exception>
    public Adam Optimiser => Adam.Of(LearningRate)
        .WithNormalise(false)
        .WithBetas(0.9, Beta2)
        .WithWeightDecay(WeightDecay, [ParameterRole.Weight])
        .WithSchedule(Schedule.Cosine(WarmUp, Steps, FinalShare));

    /// <summary>Those of a graft: a short training that warms up over its first tenth.</summary>
    internal static TrainingSettings OfGraft(int steps, int batch, double learningRate, ulong seed) => new()
    {
        Steps = steps,
        Batch = batch,
        LearningRate = learningRate,
        WarmUp = Math.Max(1, steps / 10),
        Beta2 = 0.99,
        Seed = seed,
    };

    /// <summary>Refuses settings that cannot be trained with.</summary>
    /// <exception cref="ArgumentException">One sentence names the setting.</exception>
    public void Check(CortexShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);

        if (Steps < 1 || Batch < 1 || Piece < 1 || WarmUp < 0)
            throw new ArgumentException($"A training has at least 1 step of 1 window, but {Steps} of {Batch} are asked for.");

        if (Batch % Piece != 0)
            throw new ArgumentException($"A batch of {Batch} windows cannot be cut into pieces of {Piece}.");

        if (Length < 0 || Length > shape.Context)
            throw new ArgumentException($"A window has at most {shape.Context} tokens, but {Length} are asked for.");

        if (!(LearningRate > 0 && double.IsFinite(LearningRate)) || !(ClipNorm > 0))
            throw new ArgumentException($"A learning rate and a clipping norm are above 0, not {LearningRate} and {ClipNorm}.");
    }

    /// <summary>The settings as a checkpoint names them.</summary>
    internal IEnumerable<(string Name, string Text)> Texts()
    {
        static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
        static string Whole(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

        yield return ("steps", Whole(Steps));
        yield return ("batch", $"{Whole(Batch)} in pieces of {Whole(Piece)}");
        yield return ("window length", Whole(Length));
        yield return ("learning rate", Number(LearningRate));
        yield return ("final share of the learning rate", Number(FinalShare));
        yield return ("warm-up", Whole(WarmUp));
        yield return ("beta2", Number(Beta2));
        yield return ("weight decay", Number(WeightDecay));
        yield return ("clip", Number(ClipNorm));
        yield return ("validation every", Whole(ValidationEvery));
        yield return ("seed", Whole(Seed));
    }
}
