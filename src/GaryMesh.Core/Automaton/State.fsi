namespace GaryMesh

open System

/// What every cell holds: C numbers a cell, cell by cell [cells x channels]. Also used for whatever has one row a
/// cell: inputs, targets, adjoints. A state is immutable.
[<Sealed>]
type State =
    /// <summary>A state of the given values [cells x channels], which are copied.</summary>
    /// <exception cref="T:System.ArgumentException">There are not cells x channels values.</exception>
    new: cells: int * channels: int * values: ReadOnlySpan<float32> -> State
    /// Takes the array without copying; the caller lets go of it.
    internal new: cells: int * channels: int * data: float32[] -> State
    /// Number of cells.
    member Cells: int
    /// C: numbers in a cell's state.
    member Channels: int
    /// The values [cells x channels], row by row.
    member Values: ReadOnlySpan<float32>
    /// <summary>The value of one channel of one cell.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">There is no such cell or channel.</exception>
    member Item: cell: int * channel: int -> float32 with get
    /// The values, copied.
    member ToArray: unit -> float32[]
    /// <summary>One channel of every cell.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">There is no such channel.</exception>
    member Channel: channel: int -> float32[]
    /// Whether every value is finite.
    member IsFinite: bool
    /// A state of the values of a function of cell and channel.
    static member Create: cells: int * channels: int * value: Func<int, int, float32> -> State
    /// Zero everywhere.
    static member Zeros: cells: int * channels: int -> State
    /// <summary>The state with cell i called `order[i]`.</summary>
    /// <exception cref="T:System.ArgumentException">`order` is no permutation of the cells.</exception>
    member Relabelled: order: int[] -> State

    member internal Data: float32[]

/// What a rollout starts from.
[<RequireQualifiedAccess>]
type Start =
    /// Zero everywhere.
    | Zeros
    /// Zero but for one cell, the graph's middle, whose channels from the fourth on are 1 (Growing NCA's seed). With
    /// fewer than four channels the last is 1.
    | Seed
    /// Uniform in [0, amplitude) by (seed, cell, channel).
    | Noise of Amplitude: float32

    /// `zeros`, `seed` or `noise:A`.
    member Text: string
    /// <summary>Reads what `Text` wrote.</summary>
    /// <exception cref="T:System.ArgumentException">The text is none of the three, or the amplitude is not
    /// finite.</exception>
    static member Parse: text: string -> Start
    /// Uniform noise in [0, amplitude).
    static member OfNoise: amplitude: float32 -> Start
    /// The state that a rollout on a graph starts from. `seed` matters to noise alone.
    member On: graph: Graph * channels: int * seed: uint64 -> State
    /// That state on the cells of a part, ghosts among them, which needs nothing of the whole graph.
    member On: part: Part * channels: int * seed: uint64 -> State
