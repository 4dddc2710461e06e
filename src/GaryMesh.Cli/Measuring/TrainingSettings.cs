using System.Diagnostics;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Measuring;

/// <summary>A training that ended: the automaton to keep, with its training.</summary>
internal sealed record Trained(Automaton Automaton, Training Training, TrainingEnd End, double Seconds);

/// <summary>The defaults of the command's training.</summary>
internal static class TrainingSettings
{
    // Found by trial: gary-mesh's rule reaches a correlation above 0.998 on a 64-cell ring in a second on two cores, and the
    // pattern stays at twice the steps.
    public const int Iterations = 800, Batch = 4, MinSteps = 32, MaxSteps = 48, ValidationEvery = 50, ValidationRollouts = 8;

    public const double LearningRate = 4e-3, Decay = 0.3;

    /// <summary>Iterations that are timed where minutes are given, after as many that are not.</summary>
    private const int Timed = 6;

    /// <summary>The iteration from which the learning rate is lower: two thirds of the way.</summary>
    public static int DecayAt(int iterations) => Math.Max(1, (int)(0.66 * iterations));

    public static TrainingTask Task(Loss loss, int iterations, int batch, double learningRate, int decayAt, ulong seed) =>
        TrainingTask.Of(loss)
            .WithIterations(iterations)
            .WithBatch(batch)
            .WithSeed(seed)
            .WithOptimiser(Adam.Of(learningRate).WithMilestones([decayAt], Decay))
            .WithValidation(ValidationEvery, ValidationRollouts, [1, 2]);

    /// <summary>How many iterations take so many minutes here, in two digits.</summary>
    public static int IterationsWithin(
        double minutes, Automaton automaton, Graph graph, Func<int, TrainingTask> task, EngineOptions options, CancellationToken stop)
    {
        using var trainer = new Trainer(automaton, graph, task(1000), options);
        return IterationsWithin(minutes, trainer.Begin(), trainer.Advance, stop);
    }

    /// <summary>As above, of what a training goes on by.</summary>
    public static int IterationsWithin(double minutes, Training training, Func<Training, Training?> advance, CancellationToken stop)
    {
        var clock = new Stopwatch();

        for (var i = 0; i < 2 * Timed; i++)
        {
            if (i == Timed)
                clock.Start();

            stop.ThrowIfCancellationRequested();
            training = advance(training) ?? training;
        }

        var count = 60 * minutes / (clock.Elapsed.TotalSeconds / Timed);
        var digit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(count)) - 1));
        return (int)Math.Clamp(digit * Math.Round(count / digit), 10, 1e8);
    }

    /// <summary>Refuses a pool that exceeds the machine's memory: the system would end the process without a message.</summary>
    public static void FitsMemory(int pool, int cells, int channels)
    {
        var needed = (Int128)pool * cells * channels * sizeof(float);
        var room = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

        if (needed > room)
        {
            throw new UserErrorException(
                $"--pool {pool} needs {needed:N0} bytes ({cells:N0} cells x {channels} channels a state), but this machine has "
                + $"{room:N0}.");
        }
    }

    /// <summary>A checkpoint's training; a setting that differs is told by the option that it comes from.</summary>
    public static Training Resumed(
        string checkpoint, Automaton automaton, Graph graph, TrainingTask task, Func<string, string> optionOf) =>
        Resumed(checkpoint, path => TrainingFile.Read(path, automaton, graph, task), optionOf);

    /// <summary>As above, by a reading of its own.</summary>
    public static Training Resumed(string checkpoint, Func<string, Training> read, Func<string, string> optionOf)
    {
        try
        {
            return read(checkpoint);
        }
        catch (InvalidDataException refusal) when (refusal.Data["setting"] is string setting)
        {
            throw new UserErrorException(setting is "loss" or "edges" or "training data" or "validation data"
                ? $"{checkpoint} is of a training with another {optionOf(setting)}."
                : $"{refusal.Message.TrimEnd('.')}; give the same {optionOf(setting)}.");
        }
    }

    /// <summary>Trains from the beginning, or from where a training was left; `checkpoint` may be null.</summary>
    public static Trained Run(
        Terminal terminal,
        Automaton automaton,
        Graph graph,
        TrainingTask task,
        Training? from,
        int threads,
        CancellationToken stop,
        int checkpointEvery,
        Action<Training>? checkpoint)
    {
        return terminal.WithProgress("Training", progress =>
        {
            var clock = Stopwatch.StartNew();
            using var trainer = new Trainer(automaton, graph, task, new EngineOptions { Threads = threads });
            var (training, end) = trainer.Run(
                from ?? trainer.Begin(),
                new IterationProgress(progress),
                stop,
                checkpoint is null ? 0 : checkpointEvery,
                training => checkpoint?.Invoke(training));
            var best = automaton.WithRule(trainer.Best(training));
            return new Trained(best, training, end, clock.Elapsed.TotalSeconds);
        });
    }

    /// <summary>Turns a trainer's reports into the fraction of its iterations.</summary>
    private sealed class IterationProgress(IProgress<double> fraction) : IProgress<TrainingReport>
    {
        public void Report(TrainingReport value) => fraction.Report((double)value.Iteration / value.Iterations);
    }
}
