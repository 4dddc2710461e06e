using System.Diagnostics;
using System.Text.Json;

namespace GaryMesh.ChatGraft;

/// <summary>What is grafted into the frozen cortex, and where.</summary>
/// <param name="Arm">`mesh`, `mlp` or `low-rank`.</param>
/// <param name="After">Blocks that the stream has been through.</param>
/// <param name="Population">Cells at each position (mesh).</param>
/// <param name="CellSteps">Steps that they take (mesh).</param>
public sealed record GraftPlan(string Arm, int After, int Population, int CellSteps)
{
    /// <summary>The graft, untrained. The three kinds have the same number of parameters to within half a percent.</summary>
    /// <exception cref="ArgumentException">The arm is none of the three.</exception>
    public IGraft Create(int width, ulong seed)
    {
        var mesh = new MeshGraftShape { Width = width, Population = Population, Steps = CellSteps };
        var target = mesh.ParameterCount;
        return Arm switch
        {
            "mesh" => new MeshGraft(mesh, seed),
            "mlp" => new AdapterGraft(width, (int)Math.Round(target / ((2.0 * width) + 1)), true, seed),
            "low-rank" => new AdapterGraft(width, (int)Math.Round((target - width) / (2.0 * width)), false, seed),
            _ => throw new ArgumentException($"An arm is mesh, mlp or low-rank, but '{Arm}' is none of them."),
        };
    }
}

/// <summary>One training of a graft and what it came to.</summary>
/// <param name="Plan">What was trained, and where.</param>
/// <param name="Together">Whether the cortex was trained along.</param>
/// <param name="Seed">What the graft and the order of the windows were drawn from.</param>
/// <param name="LearningRate">Adam's step length.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Parameters">Parameters of the graft.</param>
/// <param name="HeldOut">Mean cross-entropy of the held-out tokens, nats a token.</param>
/// <param name="TokensPerSecond">Tokens a second of training.</param>
public sealed record GraftRun(
    GraftPlan Plan, bool Together, ulong Seed, double LearningRate, int Steps, int Parameters, double HeldOut, double TokensPerSecond)
{
    /// <summary>Perplexity per held-out token.</summary>
    public double Perplexity => Math.Exp(HeldOut);
}

/// <summary>Trains grafts in a cortex, one run after the other, each a function of its plan, seed and rate.</summary>
public sealed class GraftExperiment(ChatModel model, int[] training, int[] heldOut, int steps, int batch, int threads)
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The cross-entropy of the held-out tokens without a graft, nats a token.</summary>
    public double Bare()
    {
        using var packed = new PackedCortex(model.Cortex);
        return Scoring.Losses(packed, heldOut, model.Tokenizer.LineBreak, threads: threads).Average();
    }

    /// <summary>One run; the graft that it trained is handed to <paramref name="keep"/> where that is given.</summary>
    public GraftRun Run(
        GraftPlan plan, bool together, ulong seed, double learningRate, CancellationToken stop, Action<IGraft>? keep = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var cortex = together ? new Cortex(model.Cortex.Shape, (float[])model.Cortex.Parameters.Clone()) : model.Cortex;
        var graft = plan.Create(cortex.Shape.Width, seed);
        var grafting = new Grafting(graft, plan.After);
        var settings = new TrainingSettings
        {
            Steps = steps,
            Batch = batch,
            LearningRate = learningRate,
            WarmUp = Math.Max(1, steps / 10),
            Beta2 = 0.99,
            Seed = seed,
        };
        using var trainer = new CortexTrainer(cortex, training, settings, threads, grafting, frozen: !together);
        var watch = Stopwatch.StartNew();

        while (trainer.Step < steps)
        {
            stop.ThrowIfCancellationRequested();
            trainer.Next();
        }

        var speed = (double)steps * trainer.TokensPerStep / watch.Elapsed.TotalSeconds;
        var loss = Scoring.Losses(trainer.Packed, heldOut, model.Tokenizer.LineBreak, threads: threads, grafting: grafting).Average();
        keep?.Invoke(graft);
        return new GraftRun(plan, together, seed, learningRate, steps, graft.Parameters.Length, loss, speed);
    }

    /// <summary>A run as a line of JSON.</summary>
    public static string Write(GraftRun run) => JsonSerializer.Serialize(run, _json);

    /// <summary>Reads what `Write` wrote.</summary>
    /// <exception cref="InvalidDataException">The line is no run.</exception>
    public static GraftRun Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<GraftRun>(line, _json) ?? throw new InvalidDataException("A line of the results is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"A line of the results is no run: {error.Message}");
        }
    }
}
