using System.Diagnostics;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Measuring;

/// <summary>The files of a training that keeps what it has as it goes on: its rule, a picture of how far it is, and the whole training,
/// which can be gone on with.</summary>
internal sealed record KeptTraining(RuleTarget Rule, string? Preview, string? Checkpoint, int Every, string? Resume)
{
    /// <summary>Refuses outputs that cannot be written or would overwrite an input, and minutes for a training that goes on.</summary>
    public void Check(IReadOnlyList<string?> inputs, double? minutes)
    {
        // A training may go on in the file that it goes on from.
        var resumed = OutputFile.IsSame(Resume, Checkpoint) ? null : Resume;
        OutputFile.Check([.. inputs, resumed], ("--out", ".npz", Rule.Path), ("--preview", ".png", Preview), ("--checkpoint", "", Checkpoint));

        if (minutes is not null && Resume is not null)
            throw new UserErrorException("A training that goes on does as many iterations as it began with: give --iterations instead of --minutes.");
    }

    /// <summary>Trains, writes the files, reports, and says how it ended.</summary>
    /// <param name="terminal">Where the live line and the end stand.</param>
    /// <param name="automaton">What is trained.</param>
    /// <param name="graph">Where.</param>
    /// <param name="task">How.</param>
    /// <param name="options">The engine's.</param>
    /// <param name="optionOf">The option behind a setting of a training.</param>
    /// <param name="more">What the live line says besides the loss.</param>
    /// <param name="draw">Draws a training to a path, by the latest rule.</param>
    /// <param name="report">Prints the figures.</param>
    /// <param name="stop">Ends the training early, with what it has kept.</param>
    /// <returns>The exit code.</returns>
    public int Run(
        Terminal terminal,
        Automaton automaton,
        Graph graph,
        TrainingTask task,
        EngineOptions options,
        Func<string, string> optionOf,
        Func<TrainingReport, string> more,
        Action<string, Training, Automaton> draw,
        Action<Trained> report,
        CancellationToken stop)
    {
        using var trainer = new Trainer(automaton, graph, task, options);
        var work = new TrainingWork(
            task.Iterations,
            trainer.Begin,
            (training, progress, every, keep) => trainer.Run(training, progress, stop, every, keep).ToTuple(),
            training => automaton.WithRule(trainer.Best(training)),
            training => automaton.WithRule(trainer.Rule(training)),
            path => TrainingFile.Read(path, automaton, graph, task),
            (path, training) => TrainingFile.Write(path, automaton, graph, task, training));
        return Run(terminal, work, optionOf, more, draw, report);
    }

    /// <summary>As above, for whatever is trained.</summary>
    public int Run(
        Terminal terminal,
        TrainingWork work,
        Func<string, string> optionOf,
        Func<TrainingReport, string> more,
        Action<string, Training, Automaton> draw,
        Action<Trained> report)
    {
        var from = Resume is null ? null : TrainingSettings.Resumed(Resume, work.Read, optionOf);
        var outputs = new Outputs(terminal);
        var clock = Stopwatch.StartNew();

        var (training, end) = terminal.WithProgress(
            $"{work.Iterations} iterations", progress => work.Run(from ?? work.Begin(), new TrainingLine(progress, more), Every, Keep));
        var seconds = clock.Elapsed.TotalSeconds;
        var best = Rule.Written(outputs, work.Best(training));
        Keep(training);
        report(new(best, training, end, seconds));

        if (outputs.Holds(Rule.Path))
            terminal.Write($"Written to {Rule.Path}");

        return outputs.End(
            end,
            Counted.Of(training.Iteration, "iteration"),
            $"{training.Iteration} of {Counted.Of(work.Iterations, "iteration")}",
            Rule.Path,
            Checkpoint);

        void Keep(Training training)
        {
            outputs.Write(Checkpoint, path => work.Write(path, training));
            outputs.Write(Preview, path => draw(path, training, work.Latest(training)));
        }
    }
}

/// <summary>A training as its files see it: how it begins, goes on, is read and written, and the automata that it comes to.</summary>
internal sealed record TrainingWork(
    int Iterations,
    Func<Training> Begin,
    Func<Training, IProgress<TrainingReport>, int, Action<Training>, Tuple<Training, TrainingEnd>> Run,
    Func<Training, Automaton> Best,
    Func<Training, Automaton> Latest,
    Func<string, Training> Read,
    Action<string, Training> Write);

/// <summary>The live line of a training: how far it is, the loss, and what else is said of it.</summary>
internal sealed class TrainingLine(Terminal.Progress progress, Func<TrainingReport, string> more) : IProgress<TrainingReport>
{
    public void Report(TrainingReport value)
    {
        progress.Report((double)value.Iteration / value.Iterations);
        progress.What = FormattableString.Invariant($"{value.Iteration} of {value.Iterations}, loss {value.Loss:G3}{more(value)}");
    }
}
