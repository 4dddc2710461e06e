using System.Globalization;
using System.Numerics.Tensors;

namespace GaryMesh.ChatLab.Facts;

/// <summary>The training of a plastic memory on dialogues, by the core's training loop.</summary>
public sealed class PlasticTraining
{
    /// <summary>Dialogues of an optimiser step.</summary>
    public const int Batch = 8;

    private readonly PlasticMemory _start;
    private readonly PlasticExample<float>[] _examples;
    private readonly ulong _seed;

    /// <summary>Prepares a training.</summary>
    /// <param name="start">The memory to begin with; it stays as it is.</param>
    /// <param name="examples">The dialogues to learn from.</param>
    /// <param name="heldOut">The dialogues to validate by.</param>
    /// <param name="steps">Optimiser steps.</param>
    /// <param name="learningRate">The greatest learning rate; it falls along half a cosine.</param>
    /// <param name="seed">Everything random follows from it.</param>
    public PlasticTraining(
        PlasticMemory start, PlasticExample<float>[] examples, PlasticExample<float>[] heldOut, int steps, double learningRate, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(examples);
        (_start, _examples, _seed) = (start, examples, seed);
        Loop = new TrainingLoop(
            new Objective(
                TrainedPart.All([new ParameterView("memory", ParameterRole.Weight, 0, start.Parameters.Length, 1)]),
                Gradient,
                parameters => Loss(Of(parameters), heldOut)),
            LoopSettings.Of(
                Adam.Of(learningRate).WithNormalise(false).WithBetas(0.9, 0.95).WithSchedule(Schedule.Cosine(0, steps, 0)),
                steps).WithClip(Clip.ByNorm(1)));
        Description =
        [
            ("memory", $"{start.KeyWidth} x {start.Width} ({CortexTrainer.DigestOf<float>(start.Parameters)})"),
            ("dialogues", $"{examples.Length} ({CortexTrainer.DigestOf<float>(examples.SelectMany(one => one.Hidden).ToArray())})"),
            ("steps", steps.ToString(CultureInfo.InvariantCulture)),
            ("learning rate", learningRate.ToString("R", CultureInfo.InvariantCulture)),
            ("seed", seed.ToString(CultureInfo.InvariantCulture)),
        ];
    }

    /// <summary>The loop that trains.</summary>
    public TrainingLoop Loop { get; }

    /// <summary>What it is a training of, as a checkpoint names it.</summary>
    public IReadOnlyList<(string Name, string Text)> Description { get; }

    /// <summary>The training before its first step.</summary>
    public Training Begin() => Loop.Begin([.. _start.Parameters], new Pool([]));

    /// <summary>The mean loss over dialogues; without a memory that of the cortex.</summary>
    public static double Loss(PlasticMemory? memory, PlasticExample<float>[] examples)
    {
        var losses = examples.AsParallel().AsOrdered().Select(example => memory is null
            ? (-example.LogProbabilities.Zip(example.Weights).Sum(pair => pair.First * pair.Second), example.Weights.Sum())
            : PlasticAdjoint<float>.Run(memory.Parameters, memory.KeyWidth, example, [])).ToArray();
        return losses.Sum(one => (double)one.Item1) / losses.Sum(one => (double)one.Item2);
    }

    private PlasticMemory Of(float[] parameters) => new(_start.Width, parameters, _start.KeyWidth);

    private LossGradient Gradient(Training training)
    {
        var memory = Of(training.Parameters);
        var sums = new float[Batch][];
        var losses = new (float Loss, float Weight)[Batch];
        var key = Counter.Subkey(_seed, 3);

        Parallel.For(0, Batch, i =>
        {
            sums[i] = new float[memory.Parameters.Length];
            var example = _examples[Counter.Below(_examples.Length, key, ((training.Iteration + 1L) * Batch) + i)];
            losses[i] = PlasticAdjoint<float>.Run(memory.Parameters, memory.KeyWidth, example, sums[i]);
        });

        // Added up in their order, so that the number of threads does not matter.
        var total = new float[memory.Parameters.Length];
        foreach (var sum in sums) TensorPrimitives.Add(total, sum, total);
        var weight = (double)losses.Sum(one => one.Weight);
        return new LossGradient(losses.Sum(one => one.Loss) / weight, [], Array.ConvertAll(total, one => one / weight), training.Pool);
    }
}
