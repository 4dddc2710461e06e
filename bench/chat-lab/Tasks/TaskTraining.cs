using System.Diagnostics;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>A small cortex and a graft that have learnt a task's text together, from parameters drawn anew.</summary>
internal sealed class TaskTraining : IDisposable
{
    private readonly CortexTrainer _trainer;
    private readonly TaskPlan _plan;
    private readonly ulong _seed;
    private readonly double _seconds;

    /// <summary>Trains.</summary>
    /// <param name="task">The text.</param>
    /// <param name="plan">What is trained on it, and how.</param>
    /// <param name="context">The cortex's window.</param>
    /// <param name="seed">What cortex, graft and text are drawn from.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="stop">Stops it.</param>
    public TaskTraining(TaskText task, TaskPlan plan, int context, ulong seed, int threads, CancellationToken stop)
    {
        (_plan, _seed) = (plan, seed);
        var cortex = TaskCortex.Drawn(task, plan.Layers, context, seed, plan.Frozen);
        Graft = TaskArm.Create(plan.Arm, TaskCortex.Width, seed);
        var settings = TrainingSettings.OfGraft(plan.Steps, plan.Batch, plan.LearningRate, seed) with { Piece = plan.Batch };
        var text = task.Text(((plan.Steps * plan.Batch) + Spare) * context, plan.Most, seed);
        _trainer = new CortexTrainer(cortex, text, settings, threads, Graft is null ? null : new Grafting(Graft, plan.After), plan.Frozen, said: task.Said(text));
        var watch = Stopwatch.StartNew();
        _trainer.Run(stop);
        _seconds = watch.Elapsed.TotalSeconds;
    }

    // Windows that are drawn begin anywhere, so that the text is a little longer than all of them.
    private const int Spare = 4;

    /// <summary>The cortex.</summary>
    public PackedCortex Packed => _trainer.Packed;

    /// <summary>The graft; null where the cortex learnt alone.</summary>
    public IGraft? Graft { get; }

    /// <summary>What it came to.</summary>
    /// <param name="gaps">The gaps that it was asked over.</param>
    /// <param name="accuracy">The share answered over each.</param>
    /// <param name="longer">The same of more steps; null where that was not asked.</param>
    public TaskRun Run(int[] gaps, double[] accuracy, double[]? longer = null) =>
        new(_plan, _seed, Graft?.Parameters.Length ?? 0, gaps, accuracy, longer, Math.Round(_seconds, 1));

    /// <inheritdoc/>
    public void Dispose() => _trainer.Dispose();
}
