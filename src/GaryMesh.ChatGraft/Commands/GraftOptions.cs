using System.CommandLine;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>The options that say where a graft is plugged in and what sizes its mesh has.</summary>
internal sealed class GraftOptions
{
    private static readonly MeshGraftShape _standard = new();

    private readonly Option<int> _after = Options.Whole("--after", "Blocks that the stream has been through where the graft is plugged in.", 1, 0);
    private readonly Option<int> _population = Options.Whole("--population", "Cells at each position.", _standard.Population);
    private readonly Option<int> _cellSteps = Options.Whole("--cell-steps", "Steps that the cells take: T.", _standard.Steps);
    private readonly Option<int> _channels = Options.Whole("--channels", "Numbers in a cell's state.", _standard.Channels);
    private readonly Option<int> _hidden = Options.Whole("--hidden", "Hidden units of the rule.", _standard.Hidden);
    private readonly Option<int[]> _distances = new("--distances")
    {
        Description = "How far back a cell sees, one operator each.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. _standard.Distances],
    };

    /// <summary>Optimiser steps of a run.</summary>
    public static Option<int> Steps() => Options.Whole("--steps", "Optimiser steps.", 300);

    /// <summary>Windows of a step.</summary>
    public static Option<int> Batch() => Options.Whole("--batch", "Windows of 128 tokens a step, a multiple of 2.", 16);

    /// <summary>A training text as the part that grafts learn and its last twentieth, which chooses their learning rates.</summary>
    public static (int[] Learnt, int[] Apart) Split(int[] text) => (text[..^(text.Length / 20)], text[^(text.Length / 20)..]);

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _after, _population, _cellSteps, _distances, _channels, _hidden })
            command.Options.Add(option);
    }

    /// <summary>Blocks that the stream has been through where the graft is plugged in.</summary>
    public int After(ParseResult parsed) => parsed.GetValue(_after);

    /// <summary>The mesh's sizes in a stream of a width.</summary>
    public MeshGraftShape Mesh(ParseResult parsed, int width) => new()
    {
        Width = width,
        Population = parsed.GetValue(_population),
        Steps = parsed.GetValue(_cellSteps),
        Distances = [.. parsed.GetValue(_distances)!],
        Channels = parsed.GetValue(_channels),
        Hidden = parsed.GetValue(_hidden),
    };
}
