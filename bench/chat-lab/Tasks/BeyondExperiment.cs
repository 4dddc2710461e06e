namespace GaryMesh.ChatLab.Tasks;

/// <summary>Recall beyond the window of the cortex: a graft learns to carry a value within the window and is asked far beyond it.</summary>
/// <remarks>Cortex and graft learn together; what the attention finds in the window is of no use beyond it.</remarks>
internal sealed class BeyondExperiment(TaskText task, int[] gaps, int questions, int threads, int draw = 0)
{
    private const int Context = 128, Before = 16;

    // Questions are drawn from a seed that no training has.
    private const ulong Apart = 0xBE40;

    public TaskRun Run(TaskPlan plan, ulong seed, CancellationToken stop)
    {
        if (plan.After != 0)
            throw new ArgumentException($"A graft is carried on beyond the window where it stands right after the embedding, --after 0, but --after {plan.After} is given.");

        using var training = new TaskTraining(task, plan, Context, seed, threads, stop);
        return training.Run(gaps, [.. gaps.Select(gap => Accuracy(training.Packed, training.Graft, plan.Most, gap))]);
    }

    private double Accuracy(PackedCortex packed, IGraft? graft, int most, int gap)
    {
        var strip = new StripGraft(graft, packed.Cortex.Shape);
        using var pass = new CortexPass(packed, 1, Context, new Grafting(strip, 0));
        var right = 0;

        for (var i = 0; i < questions; i++)
        {
            // Where in the last window the question comes to stand is drawn with it.
            var key = Counter.Key(Apart + (ulong)draw, gap, i);
            var question = task.Question(gap, gap + Before + Counter.Below(Context, key, 0), most, key);
            var window = strip.See(packed.Cortex, question.Tokens);
            pass.Forward(window, window.Length);
            right += TaskCortex.Said(pass.Logits(0, window.Length - 1)) == question.Answer ? 1 : 0;
        }

        return (double)right / questions;
    }
}
