using System.Diagnostics;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>Trains a small cortex with a graft on a task's text from parameters drawn anew, and asks it over every gap. A run is a function of its plan and seed.</summary>
/// <param name="task">The text.</param>
/// <param name="gaps">The gaps to ask over; the window is just long enough for the longest.</param>
/// <param name="questions">Questions over each.</param>
/// <param name="threads">Threads of training.</param>
public sealed class TaskExperiment(TaskText task, int[] gaps, int questions, int threads)
{
    private const int AtOnce = 16;

    // Questions are drawn from a seed that no training has.
    private const ulong Apart = 0xE7A1;

    private readonly int _length = gaps.Max() + 16;

    /// <summary>One run.</summary>
    public TaskRun Run(TaskPlan plan, ulong seed, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var cortex = TaskCortex.Drawn(task, plan.Layers, _length, seed);
        var grafting = TaskArm.Create(plan.Arm, TaskCortex.Width, seed) is { } graft ? new Grafting(graft, plan.After) : null;
        var settings = TrainingSettings.OfGraft(plan.Steps, plan.Batch, plan.LearningRate, seed) with { Piece = plan.Batch };
        var text = task.Text((plan.Steps * plan.Batch + 4) * _length, plan.Most, seed);
        using var trainer = new CortexTrainer(cortex, text, settings, threads, grafting);
        var watch = Stopwatch.StartNew();
        trainer.Run(stop);
        var seconds = watch.Elapsed.TotalSeconds;
        double[] Asked(Grafting? one) => [.. gaps.Select(gap => Accuracy(trainer.Packed, one, plan.Most, gap))];
        return new TaskRun(
            plan,
            seed,
            grafting?.Graft.Parameters.Length ?? 0,
            gaps,
            Asked(grafting),
            TaskArm.Longer(grafting?.Graft) is { } longer ? Asked(new Grafting(longer, plan.After)) : null,
            Math.Round(seconds, 1));
    }

    private double Accuracy(PackedCortex packed, Grafting? grafting, int most, int gap)
    {
        using var pass = new CortexPass(packed, AtOnce, _length, grafting);
        var right = 0;

        foreach (var some in Enumerable.Range(0, questions).Select(i => task.Question(gap, _length, most, Counter.Key(Apart, gap, i))).Chunk(AtOnce))
        {
            pass.Forward([.. some.SelectMany(question => question.Tokens)], _length);
            right += some.Where((question, i) => TaskCortex.Said(pass.Logits(i, _length - 1)) == question.Answer).Count();
        }

        return (double)right / questions;
    }
}
