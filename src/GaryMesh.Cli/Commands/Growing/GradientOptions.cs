using System.CommandLine;

namespace GaryMesh.Cli.Commands.Growing;

/// <summary>What computes the gradients of a pattern's training in place of this process, until it is let go.</summary>
internal interface IElsewhere : IDisposable
{
    IBatchGradients Gradients { get; }
}

/// <summary>Finds what computes the gradients of a training: of an automaton on a graph, by what it may come out as and a weight of overflow.</summary>
internal delegate IElsewhere GradientsOf(Automaton automaton, Graph graph, State[] targets, double overflow, CancellationToken stop);

/// <summary>The options of a training whose gradients something else computes, and what the help says of them.</summary>
internal sealed record GradientOptions(IReadOnlyList<Option> Options, Func<ParseResult, GradientsOf> Read, string Examples, string Note);
