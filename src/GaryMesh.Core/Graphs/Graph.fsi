namespace GaryMesh

open System
open System.Collections.Immutable

/// Who sees whom: for every cell the cells it sees, as compressed sparse rows, with an offset (the vector from the
/// cell to the neighbour) and a weight per edge.
///
/// A graph is immutable. A cell's edges lead to the cells that it sees, whose messages it receives: each is the source of
/// an edge whose target is the cell. The order of a cell's edges is kept and decides the order of summation.
[<Sealed>]
type Graph =
    /// What to call the graph in messages and reports, such as `ring:64`.
    member Name: string
    /// How the graph came to be.
    member Topology: Topology
    /// Number of cells.
    member Cells: int
    /// Number of directed edges.
    member Edges: int
    /// `Cells + 1` positions: the edges of cell i are those from `RowStart[i]` to `RowStart[i + 1] - 1`.
    member RowStart: ImmutableArray<int>
    /// The cell seen along each edge, 0 .. Cells - 1.
    member Neighbours: ImmutableArray<int>
    /// x, y, z of the vector to the neighbour for each edge (3 x Edges), or empty where the graph has no directions.
    member Offsets: ImmutableArray<float>
    /// The weight of each edge, or empty where every weight is 1.
    member Weights: ImmutableArray<float>
    /// x, y, z of each cell (3 x Cells), or empty where cells have no place.
    member Positions: ImmutableArray<float>
    /// A tangent frame per cell, nine numbers each: the unit vectors u and v along the surface and n, its normal
    /// (9 x Cells, x, y, z of u first), or empty where the graph has none.
    member Frames: ImmutableArray<float>
    /// How far each cell is from its neighbours, in the units of a rule, or empty where that is 1 everywhere: what it perceives by an operator of
    /// order n is divided by the n-th power. Of 0.5 a texture is twice as large in cells.
    member Spacings: ImmutableArray<float>
    /// The mean length of the offsets, 0 where there are none. That of the whole graph in a part of one.
    member MeanLength: float
    /// The number of cells that cell `cell` sees.
    member Degree: cell: int -> int
    /// The number of cells that a cell sees in the whole graph: more than here for the outermost cells of a part.
    member internal WholeDegree: cell: int -> int
    /// The cell where a `seed` start puts its seed: the middle of a line or grid, cell 0 elsewhere.
    member Middle: int

    /// <summary>The whole graph of a lattice.</summary>
    static member OfLattice: lattice: Lattice -> Graph

    /// The graph of chosen cells of a lattice, by their numbers here: those that are `complete` have all their edges in order,
    /// which must end in chosen cells, the others none. The same bits as `Cut` of the whole.
    static member internal OfLattice:
        lattice: Lattice *
        name: string *
        cells: int *
        cellOf: (int -> int) *
        labelOf: (int -> int) *
        complete: (int -> bool) ->
            Graph

    /// <summary>N cells on the unit circle, cell i at the angle 2 pi i / N, each seeing the one before and the one after it.
    /// A ring of two cells sees its one neighbour twice; a ring of one has no edge.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException"><c>cells</c> is less than 1.</exception>
    static member Ring: cells: int -> Graph

    /// <summary>N cells on the x axis at distance 1; an end sees one neighbour only.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException"><c>cells</c> is less than 1.</exception>
    static member Line: cells: int -> Graph

    /// <summary>Cells on a strip, each seeing the cells at the given distances: offset -4 is the fourth cell before it.
    /// Neighbours outside the strip do not exist. Only negative offsets make a causal strip.</summary>
    /// <exception cref="T:System.ArgumentException">An offset is 0 or stands twice.</exception>
    static member Strip: cells: int * offsets: int seq -> Graph

    /// `height` x `width` cells row by row, x to the right and y downwards at distance 1, each seeing its up to 8 Moore
    /// neighbours. A border cell has fewer: what lies outside counts as zero, as with Growing NCA's padding.
    static member Grid: height: int * width: int -> Graph

    /// As `Grid`, closed in both directions: every cell sees 8 neighbours. Sides must be at least 3.
    static member Torus: height: int * width: int -> Graph

    /// A closed triangular lattice: every cell sees 6 neighbours at equal distance. Sides must be at least 3.
    static member Torus6: height: int * width: int -> Graph

    /// A sphere of 12 + 10 (f^2 - 1) cells: each edge of the icosahedron split into `frequency` parts, every point
    /// pushed out to the unit sphere. Twelve cells see 5 neighbours, the others 6.
    static member Icosphere: frequency: int -> Graph

    /// <summary>An irregular sphere: cells strewn evenly on the unit sphere, joined by their Delaunay triangulation. A cell sees from 3 to some 12
    /// others, 6 in the mean, over edges of all lengths (C. L. Lawson, "Software for C1 surface interpolation", 1977).</summary>
    /// <param name="cells">Number of cells, at least 4: the first four drawn are a tetrahedron's corners.</param>
    /// <param name="seed">The places follow from it.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">There are fewer than 4 cells.</exception>
    static member Delaunay: cells: int * seed: uint64 -> Graph

    /// <summary>A random geometric graph: cells strewn evenly in a square, one a unit of area, which see all others nearer than sqrt(degree / pi). Cell 0
    /// is the one nearest to the middle. A cell may be alone (E. N. Gilbert, "Random Plane Networks", 1961).</summary>
    /// <param name="cells">Number of cells.</param>
    /// <param name="degree">Neighbours of a cell in the mean; those at the rim have fewer.</param>
    /// <param name="seed">The places follow from it.</param>
    /// <exception cref="T:System.ArgumentException">There is no cell, or the degree is not positive and finite.</exception>
    static member Geometric: cells: int * degree: float * seed: uint64 -> Graph

    /// <summary>Every cell sees the <c>k</c> others nearest to it (Euclidean; ties by the lower index). <c>positions</c>
    /// holds x, y, z per cell. Directed: a cell need not be among the nearest of the cells that it sees.</summary>
    /// <exception cref="T:System.ArgumentException"><c>positions</c> is empty, not a multiple of 3, or not finite; or k is
    /// not below the number of cells.</exception>
    static member NearestNeighbours: positions: float[] * k: int -> Graph

    /// <summary>A graph of listed edges, which point the way of messages as in PyTorch Geometric and DGL: the target sees
    /// the source. An undirected edge is seen from both its ends. Weights of 1 and no places where the arrays are null.
    /// Offsets follow from the places.</summary>
    /// <exception cref="T:System.ArgumentException">The arrays differ in length, an end lies outside 0 .. cells - 1, or
    /// a weight or place is not finite.</exception>
    static member OfEdges:
        cells: int *
        sources: int[] *
        targets: int[] *
        directed: bool *
        weights: (float[] | null) *
        positions: (float[] | null) ->
            Graph

    /// As the full overload: no weights and no places.
    static member OfEdges: cells: int * sources: int[] * targets: int[] * directed: bool -> Graph

    /// The graph of a mesh's vertices: two see each other when a triangle has both. `triangles` holds three vertex
    /// indices per triangle, `positions` x, y, z per vertex.
    static member OfTriangles: name: string * positions: float[] * triangles: int[] -> Graph

    /// A graph from its rows as they are stored, for whoever has them at hand; every array is checked and copied.
    static member OfRows:
        rowStart: int[] *
        neighbours: int[] *
        offsets: (float[] | null) *
        weights: (float[] | null) *
        positions: (float[] | null) ->
            Graph

    /// The same graph under another name.
    member Named: name: string -> Graph

    /// <summary>The same graph with these frames, which edge weights such as <c>u</c> and <c>v</c> read.
    /// <c>GaryMesh.Frames</c> makes frames.</summary>
    /// <param name="frames">u, v and n of each cell, x, y, z each: 9 x Cells. Of either hand.</param>
    /// <exception cref="T:System.ArgumentException">The length is not 9 x Cells, or the vectors of a cell are not of
    /// length 1 and at right angles to each other, to within 1e-6.</exception>
    member WithFrames: frames: float[] -> Graph

    /// <summary>The same graph with cells of a spacing: 0.5 makes what a rule paints twice as large in cells, 2 half as large. It multiplies the
    /// automaton's own.</summary>
    /// <param name="spacing">Of all cells.</param>
    /// <exception cref="T:System.ArgumentException">The spacing is not finite and above 0.</exception>
    member WithSpacing: spacing: float -> Graph

    /// <summary>As above, cell by cell: large patterns here and small ones there.</summary>
    /// <param name="spacings">One a cell.</param>
    /// <exception cref="T:System.ArgumentException">There are not as many as cells, or one is not finite and above 0.</exception>
    member WithSpacing: spacings: float[] -> Graph

    /// <summary>The same graph with cell i called <c>order[i]</c>: a permutation of 0 .. Cells - 1. Edge order within a cell
    /// and the middle stay; the topology becomes <c>General</c>.</summary>
    /// <exception cref="T:System.ArgumentException"><c>order</c> is no permutation of the cells.</exception>
    member Relabelled: order: int[] -> Graph

    /// <summary>Several graphs as one, side by side without an edge between them: the cells of the first, then those of the second,
    /// and so on. A rollout on it is a rollout on each, save that edges are measured by the mean length of all.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="graphs">At least one; all have directions, positions and frames, or none has.</param>
    /// <exception cref="T:System.ArgumentException">There is no graph, or one has what another lacks.</exception>
    static member Union: name: string * graphs: Graph seq -> Graph

    /// The graph of chosen cells, `chosen[i]` under the number i: those whose new number is `complete` with all their edges
    /// in order, which must end in chosen cells, the others with none. Degrees and mean length remain known as those of
    /// the whole graph; a middle that is not chosen becomes cell 0.
    member internal Cut: chosen: int[] * complete: (int -> bool) -> Graph

    /// The smallest number of hops in which what happens at `source` can reach each cell: -1 where it never does.
    member HopsFrom: source: int -> int[]
