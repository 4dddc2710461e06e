namespace GaryMesh

/// How a graph was made, which says what a lattice operator may assume and where its middle is.
[<RequireQualifiedAccess>]
type Topology =
    /// Cells on a closed circle.
    | Ring
    /// Cells on an open strip.
    | Line
    /// An open lattice of `Height` x `Width` cells, row by row.
    | Grid of Height: int * Width: int
    /// A lattice of `Height` x `Width` cells closed in both directions, row by row.
    | Torus of Height: int * Width: int
    /// Anything else.
    | General

/// A graph whose places and edges follow by arithmetic: its parts are made where they run, and nobody has to hold the
/// whole. Its edges go both ways.
[<Sealed>]
type Lattice =
    /// The word of the graph, such as `ring:64`.
    member Name: string
    /// How the graph comes to be.
    member Topology: Topology
    /// Number of cells.
    member Cells: int
    /// The cell where a `seed` start puts its seed.
    member Middle: int
    /// The mean length of the edges, that of the whole graph to the last bit.
    member MeanLength: float

    /// As `Graph.Ring`.
    static member Ring: cells: int -> Lattice
    /// As `Graph.Line`.
    static member Line: cells: int -> Lattice
    /// As `Graph.Grid`.
    static member Grid: height: int * width: int -> Lattice
    /// As `Graph.Torus`.
    static member Torus: height: int * width: int -> Lattice
    /// As `Graph.Torus6`.
    static member Torus6: height: int * width: int -> Lattice
    /// As `Graph.Strip`, whose edges need not go both ways.
    static member internal Strip: name: string * cells: int * offsets: int[] -> Lattice

    /// x, y, z of a cell.
    member internal Place: cell: int -> struct (float * float * float)
    /// The edges that a cell may have.
    member internal Most: int
    /// The cell at the end of the n-th edge that a cell may have, or -1 where it has none.
    member internal Neighbour: cell: int * n: int -> int
    /// x, y, z of the vector along it.
    member internal Offset: cell: int * n: int -> struct (float * float * float)
    /// The number of cells that a cell sees.
    member internal Degree: cell: int -> int
    /// The farthest that a neighbour's number lies from a cell's own, around the end where the lattice is closed.
    member internal Reach: int
    /// The number of cells after which edges repeat where no border is near; 0 where every cell has directions of its own.
    member internal Period: int
    /// Whether the last cells see the first.
    member internal IsClosed: bool

/// The mean length of edges.
module internal Lengths =
    /// To the same bits in whatever order the lengths come: they are added as whole multiples of the last bit of the longest.
    /// `each` visits a length and how many edges have it.
    val mean: each: ((float -> int64 -> unit) -> unit) -> float
