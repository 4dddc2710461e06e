namespace GaryMesh

open System.Collections.Immutable
open System.Runtime.CompilerServices

/// The ghosts of a part that another part owns: their states are gathered there and written here.
[<NoComparison; ReferenceEquality>]
type Exchange =
    {
        /// The part that owns them, by its position among the parts.
        From: int
        /// Their indices in the part that owns them, ascending, all below its `Owned`.
        Source: ImmutableArray<int>
        /// Their indices in the part whose ghosts they are, in the same order: whole numbers one after the other.
        Target: ImmutableArray<int>
    }

/// A part of a graph: the cells that it owns, and as ghosts whatever these see within so many hops.
[<Sealed>]
type Part =
    /// Owned cells and ghosts with their places, frames and edges, each cell's in the order of the whole graph. The
    /// outermost ghosts have no edges. Degrees and mean length, where edge weights read them, are the whole graph's. That
    /// of a lattice's part is made at each request.
    member Graph: Graph
    /// The index in the whole graph of each cell here: the owned ones first, ascending, then the ghosts by the part
    /// that owns them.
    member Global: ImmutableArray<int>
    /// The number of owned cells.
    member Owned: int
    /// The number of owned cells and ghosts.
    member Cells: int
    /// Where the ghosts' states come from: each ghost once, the owning parts ascending.
    member Exchanges: ImmutableArray<Exchange>
    /// Parts of the same form have the same edges, weights and degrees, cell by cell, and differ in their places alone: what
    /// is prepared for one serves all of them.
    member Form: string
    /// The middle of the whole graph, by its index there.
    member internal Middle: int

/// A graph that is cut into parts, each of which is made when it is asked for.
[<Sealed>]
type Partition =
    /// <summary>A lattice in parts that own one stretch of its cells after the other, of equal size to within one cell. No
    /// part needs the whole: each is made of its own cells and ghosts alone.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException"><c>count</c> or <c>halo</c> is out of range.</exception>
    static member Of: lattice: Lattice * count: int * halo: int -> Partition

    /// <summary>A graph at hand in the parts that <c>Partition</c> makes.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException"><c>count</c> or <c>halo</c> is out of range.</exception>
    static member Of: graph: Graph * count: int * halo: int -> Partition

    /// What to call the whole graph.
    member Name: string
    /// Cells of the whole graph.
    member Cells: int
    /// The number of parts.
    member Count: int
    /// One of the parts.
    member Item: part: int -> Part with get
    /// The number of cells that a part owns.
    member Owned: part: int -> int
    /// The parts that may have ghosts among the cells of one: no others do.
    member Beside: part: int -> ImmutableArray<int>
    /// Whether the parts own the cells in the order of the whole graph, one stretch after the other.
    member InOrder: bool

/// <summary>Graphs cut into parts with ghost cells.</summary>
[<AbstractClass; Sealed; Extension>]
type GraphPartition =

    /// <summary>The graph cut into parts that own each cell once: blocks of equal size, to within one cell, of the graph's
    /// own order or of a breadth-first one, whichever cuts fewer edges.</summary>
    /// <remarks>
    /// <para>A step of an automaton reads so many hops: one, the cells that a cell sees; two under an alive gate that looks
    /// after the update, for whether a cell lives then depends on the updates of those it sees, and these on what they see. Once
    /// the ghosts' states have been exchanged, a part can make <c>halo</c> / hops steps (rounded down) before the
    /// next exchange: then its owned cells have the same bits as on the whole graph, if firing and inputs follow the
    /// <c>Global</c> indices. Ghosts become wrong from the outside in, at each step by so many hops.</para>
    /// <para>A start that looks at the graph, such as one with a seed in the middle, is made on the whole graph and handed
    /// out, or by <c>Start.On</c> a part. A pure function: the same graph has the same parts on every machine.</para>
    /// </remarks>
    /// <param name="graph">The whole graph.</param>
    /// <param name="parts">The number of parts, 1 .. Cells.</param>
    /// <param name="halo">How many hops wide the ghosts lie around the owned cells, at least 1.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException"><c>parts</c> or <c>halo</c> is out of range.</exception>
    [<Extension>]
    static member Partition: graph: Graph * parts: int * halo: int -> Part[]

    /// The graph cut into blocks of its own order.
    static member internal InBlocks: graph: Graph * parts: int * halo: int -> Part[]
