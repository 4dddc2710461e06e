using Orleans.Concurrency;

namespace GaryMesh.Cluster;

/// <summary>One part of a run. It works by itself: it asks the parts beside it for its ghosts, makes an epoch, and says what they ask for in turn.</summary>
/// <remarks>Every call may be repeated, late or lost: none changes anything twice, and whoever asks asks again. A generation is one life
/// of a run; after a silo was lost all parts begin a new one at a common checkpoint, and calls of an older generation are answered by nothing.</remarks>
[Alias("GaryMesh.Cluster.IPartGrain")]
internal interface IPartGrain : IGrainWithStringKey
{
    /// <summary>Lets go of every generation before one, and says the epochs whose checkpoints are kept. Parts that worked on while others answer could
    /// write over the one that all have.</summary>
    [Alias("Halt")]
    Task<int[]> Halt(int generation);

    /// <summary>Begins to work, from a checkpoint's epoch on (0: the start), unless it is that generation's already.</summary>
    [Alias("Begin")]
    Task Begin(RunSpec spec, int part, int generation, int epoch);

    /// <summary>The states of cells that another part has as ghosts, after an epoch; null where they are not there yet.</summary>
    [Alias("Boundary")]
    Task<Immutable<byte[]>?> Boundary(int generation, int epoch, int to);

    /// <summary>How far it is.</summary>
    [Alias("Status")]
    Task<PartStatus> Status();

    /// <summary>The epochs whose checkpoints are kept; none where the part has not begun that generation.</summary>
    [Alias("Checkpoints")]
    Task<int[]> Checkpoints(int generation);

    /// <summary>A piece of the last state of the part's own cells; null where the run is not done.</summary>
    [Alias("Result")]
    Task<Immutable<byte[]>?> Result(int generation, long from, int count);

    /// <summary>Lets go of the run, and of its checkpoints where they are not to be kept.</summary>
    [Alias("End")]
    Task End(bool forget);
}

/// <summary>What a part is doing.</summary>
public enum PartPhase
{
    /// <summary>It knows of no run: it has just been made, perhaps because the silo where it was is lost.</summary>
    Idle,

    /// <summary>It makes its graph or reads its checkpoint.</summary>
    Preparing,

    /// <summary>It steps.</summary>
    Running,

    /// <summary>All steps are made.</summary>
    Done,

    /// <summary>It cannot go on.</summary>
    Failed,
}

/// <summary>How far a part is.</summary>
/// <param name="Phase">What it is doing.</param>
/// <param name="Generation">The life of the run that it works for; 0 for none.</param>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Cells">Cells of its own.</param>
/// <param name="Silo">The name of the silo where it is.</param>
/// <param name="Error">Why it cannot go on, or null.</param>
/// <param name="Figures">What it has spent.</param>
/// <param name="Memory">What it holds.</param>
[GenerateSerializer, Immutable]
public sealed record PartStatus(
    [property: Id(0)] PartPhase Phase,
    [property: Id(1)] int Generation,
    [property: Id(2)] int Epoch,
    [property: Id(3)] int Cells,
    [property: Id(4)] string Silo,
    [property: Id(5)] string? Error,
    [property: Id(6)] PartFigures Figures,
    [property: Id(7)] PartMemory Memory);

/// <summary>What a part has spent since its generation began.</summary>
/// <param name="StepSeconds">Time of its steps.</param>
/// <param name="WaitSeconds">Time that it waited for ghosts.</param>
/// <param name="CheckpointSeconds">Time of its checkpoints.</param>
/// <param name="Messages">Requests for ghosts.</param>
/// <param name="Bytes">Bytes of the ghosts received.</param>
/// <param name="CellSteps">Steps of cells, those of ghosts among them.</param>
[GenerateSerializer, Immutable]
public readonly record struct PartFigures(
    [property: Id(0)] double StepSeconds,
    [property: Id(1)] double WaitSeconds,
    [property: Id(2)] double CheckpointSeconds,
    [property: Id(3)] long Messages,
    [property: Id(4)] long Bytes,
    [property: Id(5)] long CellSteps);

/// <summary>The bytes that a part holds between two steps.</summary>
/// <param name="Own">States, ghosts and boundaries.</param>
/// <param name="Shared">The engine's tables, which all parts of a run on one silo share.</param>
[GenerateSerializer, Immutable]
public readonly record struct PartMemory([property: Id(0)] long Own, [property: Id(1)] long Shared);
