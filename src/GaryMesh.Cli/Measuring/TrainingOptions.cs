using System.CommandLine;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Measuring;

/// <summary>The options of every training that takes minutes: how long it is, on how many threads, and what it keeps.</summary>
internal sealed class TrainingOptions
{
    private readonly Option<int?> _iterations;
    private readonly Option<double?> _minutes =
        Options.PositiveOrNone("--minutes", "M", "As many iterations as take about so long on this machine, instead of --iterations.");
    private readonly Option<int> _threads = Options.Threads();
    private readonly Option<string?> _file = Options.File("--out", "The rule file to write.", "R.npz");
    private readonly Option<bool> _bytes = RuleTarget.InBytes();
    private readonly Option<string?> _preview;
    private readonly Option<string?> _checkpoint = Options.File("--checkpoint", "Write the whole training here as it goes on, and at its end.");
    private readonly Option<int> _every;
    private readonly Option<string?> _resume =
        Options.File("--resume", "Go on from a checkpoint of the same settings, to the same bits as without the stop.");

    /// <param name="iterations">How many there are where nobody says so, in words.</param>
    /// <param name="file">The rule file to write where nobody names one.</param>
    /// <param name="preview">What a preview shows.</param>
    /// <param name="every">Iterations between checkpoints.</param>
    public TrainingOptions(string iterations, string file, string preview, int every)
    {
        _iterations = Options.WholeOrNone("--iterations", "N", $"Optimiser steps. [default: {iterations}]");
        _file.DefaultValueFactory = _ => file;
        _preview = Options.File("--preview", preview, "FILE.png");
        _every = Options.Whole("--checkpoint-every", "N", "Iterations between checkpoints and previews.", every);
    }

    /// <summary>Everything random in the training follows from it.</summary>
    public Option<ulong> Seed { get; } = Options.Seed();

    /// <summary>A command of a training's own options, then these.</summary>
    public Command Command(string description, params Option[] own)
    {
        var command = new Command("train", description);

        foreach (var option in (Option[])[.. own, _iterations, _minutes, Seed, _threads, _file, _bytes, _preview, _checkpoint, _every, _resume, Json, Quiet])
            command.Options.Add(option);

        return command;
    }

    public Option<bool> Json { get; } = Options.Json();

    public Option<bool> Quiet { get; } = Options.Quiet();

    public LongTraining Read(ParseResult parsed) => new(
        parsed.GetValue(_iterations),
        parsed.GetValue(_minutes),
        parsed.GetValue(_threads),
        new(new(parsed.GetValue(_file)!, parsed.GetValue(_bytes)), parsed.GetValue(_preview), parsed.GetValue(_checkpoint), parsed.GetValue(_every), parsed.GetValue(_resume)));
}

/// <summary>How long a training is, on how many threads, and what it keeps.</summary>
internal sealed record LongTraining(int? Iterations, double? Minutes, int Threads, KeptTraining Files)
{
    public EngineOptions Engine => new() { Threads = Threads };

    /// <summary>Refuses outputs that cannot be written or would overwrite an input, and minutes for a training that goes on.</summary>
    public void Check(IReadOnlyList<string?> inputs) => Files.Check(inputs, Minutes);

    /// <summary>As many iterations as are asked for, as fit into the minutes, or as are usual.</summary>
    public int Count(int usual, Func<double, int> within) => Minutes is { } minutes ? within(minutes) : Iterations ?? usual;
}
