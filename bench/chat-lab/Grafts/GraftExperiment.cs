using System.Diagnostics;

namespace GaryMesh.ChatLab.Grafts;

/// <summary>What is grafted into the cortex, and where.</summary>
/// <param name="Arm">`mesh`, `two-tap`, `low-rank`, `mlp`, or `none` where the cortex learns alone.</param>
/// <param name="After">Blocks that the stream has been through.</param>
/// <param name="Mesh">The mesh's sizes; a control has as many parameters.</param>
public sealed record GraftPlan(string Arm, int After, MeshGraftShape Mesh)
{
    /// <summary>The graft, untrained; null for `none`. The kinds have the same number of parameters to within one percent.</summary>
    /// <exception cref="ArgumentException">The arm is none of them.</exception>
    public IGraft? Create(ulong seed)
    {
        var (width, target) = (Mesh.Width, Mesh.ParameterCount);
        return Arm switch
        {
            "mesh" => new MeshGraft(Mesh, seed),
            "two-tap" => new AdapterGraft(width, (int)Math.Round((target - width) / (3.0 * width)), false, seed, taps: 2),
            "mlp" => new AdapterGraft(width, (int)Math.Round(target / ((2.0 * width) + 1)), true, seed),
            "low-rank" => new AdapterGraft(width, (int)Math.Round((target - width) / (2.0 * width)), false, seed),
            "none" => null,
            _ => throw new ArgumentException($"An arm is mesh, two-tap, low-rank, mlp or none, but '{Arm}' is none of them."),
        };
    }
}

/// <summary>What becomes of the cortex while its graft is trained.</summary>
public enum CortexTraining
{
    /// <summary>It stays as it is.</summary>
    Frozen,

    /// <summary>It is trained along.</summary>
    Along,

    /// <summary>It is trained along, from parameters drawn anew.</summary>
    Fresh,
}

/// <summary>One training of a graft and what it came to.</summary>
/// <param name="Plan">What was trained, and where.</param>
/// <param name="Cortex">What became of the cortex.</param>
/// <param name="Seed">What the graft and the order of the windows were drawn from.</param>
/// <param name="LearningRate">Adam's step length.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Batch">Windows a step.</param>
/// <param name="Parameters">Parameters of the graft.</param>
/// <param name="HeldOut">Mean cross-entropy of the held-out tokens, nats a token.</param>
/// <param name="TokensPerSecond">Tokens a second of training.</param>
public sealed record GraftRun(
    GraftPlan Plan, CortexTraining Cortex, ulong Seed, double LearningRate, int Steps, int Batch, int Parameters, double HeldOut, double TokensPerSecond)
{
    /// <summary>The cortex's name.</summary>
    public string Model { get; init; } = "";

    /// <summary>The summed cross-entropy of each hundredth of the held-out dialogues, in nats.</summary>
    public double[] Nats { get; init; } = [];

    /// <summary>The tokens of each hundredth.</summary>
    public int[] Tokens { get; init; } = [];

    /// <summary>Perplexity per held-out token.</summary>
    public double Perplexity => Math.Exp(HeldOut);
}

/// <summary>Trains grafts in a cortex, one run after the other, each a function of its plan, seed and rate.</summary>
/// <param name="name">The cortex's name.</param>
/// <param name="model">The cortex.</param>
/// <param name="text">What grafts learn, as tokens.</param>
/// <param name="heldOut">What they are judged by, as tokens: dialogues with a blank line between them.</param>
/// <param name="steps">Optimiser steps of a run.</param>
/// <param name="batch">Windows of a step.</param>
/// <param name="threads">Threads; 0 for one per processor.</param>
public sealed class GraftExperiment(string name, ChatModel model, int[] text, int[] heldOut, int steps, int batch, int threads)
{
    private const int Groups = 100;

    /// <summary>The cross-entropy of the held-out tokens without a graft, nats a token.</summary>
    public double Bare()
    {
        using var packed = new PackedCortex(model.Cortex);
        return Scoring.Losses(packed, heldOut, model.Tokenizer.LineBreak, threads: threads).Average();
    }

    /// <summary>One run; the graft that it trained is handed to <paramref name="keep"/> where that is given.</summary>
    public GraftRun Run(
        GraftPlan plan, CortexTraining training, ulong seed, double learningRate, CancellationToken stop, Action<IGraft>? keep = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var cortex = training switch
        {
            CortexTraining.Frozen => model.Cortex,
            CortexTraining.Along => new Cortex(model.Cortex.Shape, (float[])model.Cortex.Parameters.Clone()),
            _ => Cortex.Random(model.Cortex.Shape, seed),
        };
        var grafting = plan.Create(seed) is { } graft ? new Grafting(graft, plan.After) : null;
        var settings = TrainingSettings.OfGraft(steps, batch, learningRate, seed);
        using var trainer = new CortexTrainer(cortex, text, settings, threads, grafting, frozen: training == CortexTraining.Frozen);
        var watch = Stopwatch.StartNew();

        trainer.Run(stop);
        var speed = (double)steps * trainer.TokensPerStep / watch.Elapsed.TotalSeconds;
        var losses = Scoring.Losses(trainer.Packed, heldOut, model.Tokenizer.LineBreak, threads: threads, grafting: grafting);

        if (grafting is not null)
            keep?.Invoke(grafting.Graft);

        var (nats, tokens) = ByGroup(losses);
        return new GraftRun(plan, training, seed, learningRate, steps, batch, grafting?.Graft.Parameters.Length ?? 0, losses.Average(), speed)
        {
            Model = name,
            Nats = nats,
            Tokens = tokens,
        };
    }

    // Dialogues in turn, so that each group is a sample of all.
    private (double[] Nats, int[] Tokens) ByGroup(double[] losses)
    {
        var (nats, tokens) = (new double[Groups], new int[Groups]);
        var (dialogue, ended) = (0, false);

        for (var i = 0; i < losses.Length; i++)
        {
            nats[dialogue % Groups] += losses[i];
            tokens[dialogue % Groups]++;

            foreach (var letter in model.Tokenizer.BytesOf(heldOut[i]))
            {
                if (letter == '\n' && ended)
                    dialogue++;

                ended = letter == '\n' && !ended;
            }
        }

        return ([.. nats.Select(sum => Math.Round(sum, 3))], tokens);
    }
}
