using System.Globalization;
using System.Numerics.Tensors;

namespace GaryMesh.ChatLab.Readers;

/// <summary>The training of a reader's head on lessons, by the core's training loop.</summary>
internal sealed class ReaderTraining
{
    /// <summary>Lessons of an optimiser step.</summary>
    public const int Batch = 16;

    private readonly ReaderHead _start;
    private readonly ReaderLesson<float>[] _lessons;
    private readonly ulong _seed;

    /// <summary>Prepares a training.</summary>
    public ReaderTraining(ReaderHead start, ReaderLesson<float>[] lessons, ReaderLesson<float>[] heldOut, int steps, double learningRate, ulong seed)
    {
        (_start, _lessons, _seed) = (start, lessons, seed);
        Loop = new TrainingLoop(
            new Objective(
                TrainedPart.All([new ParameterView("reader", ParameterRole.Weight, 0, start.Parameters.Length, 1)]),
                Gradient,
                parameters => Loss(parameters, heldOut)),
            LoopSettings.Of(
                Adam.Of(learningRate).WithNormalise(false).WithBetas(0.9, 0.99).WithSchedule(Schedule.Cosine(0, steps, 0)),
                steps).WithClip(Clip.ByNorm(1)));
        Description =
        [
            ("reader", $"{start.Parameters.Length} ({CortexTrainer.DigestOf<float>(start.Parameters)})"),
            ("lessons", $"{lessons.Length} ({CortexTrainer.DigestOf<float>(lessons.SelectMany(one => one.Asked).SelectMany(one => one.Features).SelectMany(one => one).ToArray())})"),
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

    private double Loss(float[] parameters, ReaderLesson<float>[] lessons) =>
        lessons.AsParallel().AsOrdered().Select(lesson => (double)ReaderAdjoint<float>.Run(parameters, _start.Width, lesson, [])).ToArray().Average();

    private LossGradient Gradient(Training training)
    {
        var sums = new float[Batch][];
        var losses = new float[Batch];
        var key = Counter.Subkey(_seed, 5);

        Parallel.For(0, Batch, i =>
        {
            sums[i] = new float[training.Parameters.Length];
            losses[i] = ReaderAdjoint<float>.Run(training.Parameters, _start.Width, _lessons[Counter.Below(_lessons.Length, key, ((training.Iteration + 1L) * Batch) + i)], sums[i]);
        });

        // Added up in their order, so that the number of threads does not matter.
        var total = new float[training.Parameters.Length];
        foreach (var sum in sums) TensorPrimitives.Add(total, sum, total);
        return new LossGradient(losses.Sum(one => (double)one) / Batch, [], Array.ConvertAll(total, one => one / (double)Batch), training.Pool);
    }
}
