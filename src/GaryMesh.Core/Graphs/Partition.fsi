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
[<NoComparison; ReferenceEquality>]
type Part =
    {
        /// Owned cells and ghosts with their places, frames and edges, each cell's in the order of the whole graph. The
        /// outermost ghosts have no edges. Degrees and mean length, where edge weights read them, are the whole graph's.
        Graph: Graph
        /// The index in the whole graph of each cell here: the owned ones first, ascending, then the ghosts by the part
        /// that owns them.
        Global: ImmutableArray<int>
        /// The number of owned cells.
        Owned: int
        /// Where the ghosts' states come from: each ghost once, the owning parts ascending.
        Exchanges: ImmutableArray<Exchange>
    }

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
    /// out. A pure function: the same graph has the same parts on every machine.</para>
    /// </remarks>
    /// <param name="graph">The whole graph.</param>
    /// <param name="parts">The number of parts, 1 .. Cells.</param>
    /// <param name="halo">How many hops wide the ghosts lie around the owned cells, at least 1.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException"><c>parts</c> or <c>halo</c> is out of range.</exception>
    [<Extension>]
    static member Partition: graph: Graph * parts: int * halo: int -> Part[]
