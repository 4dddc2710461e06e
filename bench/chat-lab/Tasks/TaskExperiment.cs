namespace GaryMesh.ChatLab.Tasks;

/// <summary>Trains a small cortex with a graft on a task's text from parameters drawn anew, and asks it over every gap. A run is a function of its plan and seed.</summary>
/// <param name="task">The text.</param>
/// <param name="gaps">The gaps to ask over; the window is just long enough for the longest.</param>
/// <param name="questions">Questions over each.</param>
/// <param name="threads">Threads of training.</param>
/// <param name="draw">Which questions: 0 for those that are reported, any other number for some to tune with.</param>
public sealed class TaskExperiment(TaskText task, int[] gaps, int questions, int threads, int draw = 0)
{
    private const int AtOnce = 16;

    // Questions are drawn from a seed that no training has.
    private const ulong Apart = 0xE7A1;

    private readonly int _length = task.Longest(gaps.Max()) + 16;

    /// <summary>One run.</summary>
    public TaskRun Run(TaskPlan plan, ulong seed, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        using var training = new TaskTraining(task, plan, _length, seed, threads, stop);
        double[] Asked(IGraft? one) => [.. gaps.Select(gap => Accuracy(training.Packed, one is null ? null : new Grafting(one, plan.After), plan.Most, gap))];
        return training.Run(gaps, Asked(training.Graft), TaskArm.Longer(training.Graft) is { } longer ? Asked(longer) : null);
    }

    private double Accuracy(PackedCortex packed, Grafting? grafting, int most, int gap)
    {
        using var pass = new CortexPass(packed, AtOnce, _length, grafting);
        var right = 0;

        foreach (var some in Enumerable.Range(0, questions).Select(i => task.Question(gap, _length, most, Counter.Key(Apart + (ulong)draw, gap, i))).Chunk(AtOnce))
        {
            pass.Forward([.. some.SelectMany(question => question.Tokens)], _length);
            right += some.Where((question, i) => TaskCortex.Said(pass.Logits(i, _length - 1)) == question.Answer).Count();
        }

        return (double)right / questions;
    }
}
