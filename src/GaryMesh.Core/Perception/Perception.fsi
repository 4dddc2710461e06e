namespace GaryMesh

open System
open System.Collections.Immutable

/// What an edge weight may depend on: one edge of a graph, seen from cell i towards its neighbour j.
[<Struct>]
type Edge =
    {
        /// x, y, z of the offset, the vector from i to j; zero where the graph has no directions.
        X: float
        /// The y component of the vector from i to j.
        Y: float
        /// The z component of the vector from i to j.
        Z: float
        /// The offset in i's frame: along the tangents u and v and along the normal; zero where the graph has no frames.
        U: float
        /// The coordinate of the offset along the tangent v.
        V: float
        /// The coordinate of the offset along the normal.
        N: float
        /// The length of the offset.
        Length: float
        /// The mean length of all edges of the graph.
        MeanLength: float
        /// The weight that the graph gives the edge, 1 where it gives none.
        Weight: float
        /// Number of cells that i sees.
        Degree: int
        /// Number of cells that j sees.
        NeighbourDegree: int
        /// The sum of the weights of i's edges.
        TotalWeight: float
    }

/// What of a graph a weight looks at beside its edges.
[<RequireQualifiedAccess>]
type internal Sight =
    | Edges
    /// Where the cells lie.
    | Places
    /// Where they lie, in the frames of the cells.
    | Frames

/// The weight w(i, j) that an operator gives each edge, under a name by which files know it.
[<Sealed>]
type EdgeWeight =
    /// <summary>A weight of your own. Files hold the name alone, so a rule with it loads only where the name is handed
    /// in.</summary>
    /// <param name="name">The name by which files know it.</param>
    /// <param name="weight">The weight of one edge.</param>
    /// <param name="order">`Order`: 1 for a weight that changes its sign with the direction.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The order is negative.</exception>
    new: name: string * weight: Func<Edge, float> * order: int -> EdgeWeight
    /// A weight of your own, of order 2.
    new: name: string * weight: Func<Edge, float> -> EdgeWeight
    /// The name by which files know the weight.
    member Name: string
    /// The order of the derivative that difference messages under the weight stand for: 1 for those that look in a direction
    /// (`cos`, `sin`, `x`, `y`, `z`, `u`, `v`, `sobel-x`, `sobel-y`, `at`), 2, a Laplacian's or a harmonic's of degree 2, for all
    /// others.
    member Order: int
    /// Whether the weights of a cell's edges add up to 0, so that value messages are a derivative, too: Sobel's.
    member internal Balanced: bool
    /// What it looks at beside the edges; a weight of your own is said to look at nothing.
    member internal Sight: Sight
    /// The weight of one edge.
    member Of: edge: Edge -> float

    /// `one`: 1 (the degree-0 harmonic).
    static member One: EdgeWeight
    /// `cos`: the cosine of the direction's angle in the x-y plane, 0 for an edge without length there.
    static member Cos: EdgeWeight
    /// `sin`: the sine of the direction's angle in the x-y plane.
    static member Sin: EdgeWeight
    /// `x`: the degree-1 harmonic d_x, with d = offset / (|offset| + 1e-8) (MeshNCA, arXiv 2311.02820, eq. 2, unnormalised).
    static member X: EdgeWeight
    /// `y`: the degree-1 harmonic d_y.
    static member Y: EdgeWeight
    /// `z`: the degree-1 harmonic d_z.
    static member Z: EdgeWeight
    /// `xy`: the degree-2 harmonic d_x d_y, with d as in `x`. The five of degree 2 are the real spherical harmonics (M. A.
    /// Blanco, M. Florez and M. Bermejo, J. Mol. Struct. THEOCHEM 419, 1997) without their common factor sqrt(15 / 4 pi),
    /// so that a rotation still turns them into each other: their squares add up to |d|^4 / 3.
    static member XY: EdgeWeight
    /// `yz`: the degree-2 harmonic d_y d_z.
    static member YZ: EdgeWeight
    /// `z2`: the degree-2 harmonic (2 d_z^2 - d_x^2 - d_y^2) / (2 sqrt 3).
    static member Z2: EdgeWeight
    /// `xz`: the degree-2 harmonic d_x d_z.
    static member XZ: EdgeWeight
    /// `x2-y2`: the degree-2 harmonic (d_x^2 - d_y^2) / 2.
    static member X2Y2: EdgeWeight
    /// `u`: the cosine of the angle between the offset and the tangent u of the seer's frame, -1 .. 1; 0 for an edge without
    /// length and on a graph without frames.
    static member U: EdgeWeight
    /// `v`: the same for the tangent v.
    static member V: EdgeWeight
    /// `length`: the length of the edge over the mean length of the graph's edges, at least 0; 0 where that mean is 0.
    static member Length: EdgeWeight
    /// `sobel-x`: Sobel's 3 x 3 kernel / 8 along x on a lattice, as Growing NCA (Distill 2020) weighs it.
    static member SobelX: EdgeWeight
    /// `sobel-y`: Sobel's 3 x 3 kernel / 8 along y (downwards).
    static member SobelY: EdgeWeight
    /// `laplacian`: the nine-point kernel (1 2 1; 2 -12 2; 1 2 1) / 16, for difference messages on a lattice.
    static member Laplacian: EdgeWeight
    /// `weight`: the weight that the graph gives the edge.
    static member Given: EdgeWeight
    /// `random-walk`: the edge's weight over the sum of the cell's weights (random-walk normalisation); 0 where they sum
    /// to 0.
    static member RandomWalk: EdgeWeight
    /// `self-loop-walk`: the edge's fraction of the cell's weights times d / (d + 1), where d is the cell's degree: a random walk with a
    /// self-loop at each cell that is as heavy as its edges on average. Under difference messages the cell keeps 1 / (d + 1) of its own
    /// state, all of it where it sees nobody, and a factor on all weights changes nothing.
    static member SelfLoopWalk: EdgeWeight
    /// `symmetric`: the edge's weight / sqrt((degree of i + 1) (degree of j + 1)) (Kipf and Welling, ICLR 2017, eq. 2).
    static member Symmetric: EdgeWeight
    /// `at:D`: 1 for the neighbour at offset D along x, 0 for all others: `at:-1` is the left neighbour on a strip.
    static member At: offset: int -> EdgeWeight
    /// `at:DX:DY`: 1 for the neighbour so many cells to the right and downwards on a lattice, 0 for all others.
    static member At: right: int * down: int -> EdgeWeight

    /// The built-in weight of that name, or null.
    static member Find: name: string -> EdgeWeight | null
    /// The names of the built-in weights.
    static member Names: ImmutableArray<string>

/// What travels along an edge.
[<RequireQualifiedAccess>]
type Messages =
    /// The neighbour's state s_j.
    | Value
    /// The difference s_j - s_i.
    | Difference

/// How a cell's messages are put together.
[<RequireQualifiedAccess>]
type Aggregation =
    /// The sum of the messages.
    | Sum
    /// The sum divided by the number of the cell's neighbours; 0 for a cell that sees nobody.
    | Mean

/// One linear operator of a perception: z(i) = sum over j of w(i, j) m(i, j), or the cell's own state.
[<RequireQualifiedAccess>]
type Operator =
    /// z(i) = s_i.
    | Own
    /// z(i) = the sum or mean of the weighted messages of i's neighbours.
    | Neighbours of Weight: EdgeWeight * Messages: Messages * Aggregation: Aggregation

    /// Such as `own` or `mean difference cos`: the form that files hold.
    member Text: string
    /// The order of the derivative that the operator stands for, by which an automaton's spacing scales it: its weight's under
    /// difference messages, and under value messages, too, for Sobel's kernels, whose numbers add up to 0; 0 for all other
    /// values and for the own state.
    member Order: int
    /// The sum or mean of weighted messages: `Neighbours`.
    static member Of: weight: EdgeWeight * messages: Messages * aggregation: Aggregation -> Operator
    /// <summary>Reads what `Text` wrote; edge weights not built in are looked for in `known`.</summary>
    /// <exception cref="T:System.ArgumentException">The text is no operator, or names an unknown weight.</exception>
    static member Parse: text: string * known: EdgeWeight seq -> Operator

/// K linear operators over the edges of a graph, in order: a cell with C channels perceives K x C values, operator by
/// operator, or what a lift makes of them.
[<Sealed>]
type Perception =
    /// <summary>Operators, and a lift or null.</summary>
    /// <exception cref="T:System.ArgumentException">There are no operators.</exception>
    new: operators: Operator seq * lift: (Lift | null) -> Perception
    /// <summary>Operators without a lift.</summary>
    /// <exception cref="T:System.ArgumentException">There are no operators.</exception>
    new: operators: Operator seq -> Perception
    /// The operators, in order.
    member Operators: ImmutableArray<Operator>
    /// K.
    member Count: int
    /// Whether an operator weighs edges by `u` or `v`: it runs on a graph whose cells have frames alone.
    member SeesFrames: bool
    /// Whether an operator looks where neighbours lie: it runs on a graph with places alone.
    member SeesPlaces: bool
    /// Refuses a graph that has not what an operator looks at.
    member internal CheckSight: graph: Graph -> unit
    /// What the cell makes of its K x C linear perceptions, or null.
    member Lift: Lift | null
    /// The same operators under a lift, or under none.
    member WithLift: lift: (Lift | null) -> Perception
    /// <summary>Number of values that a rule for cells of so many channels reads: K x C, or the lift's width.</summary>
    /// <exception cref="T:System.ArgumentException">The lift does not fit the operators or channels.</exception>
    member Width: channels: int -> int
    /// Such as `own, mean difference cos, mean difference sin; gradient-norm:1:2`.
    member Text: string

    /// gary-mesh: own state, cos- and sin-weighted mean neighbour differences, directions in the world frame (K = 3).
    static member Planar: Perception
    /// MeshNCA: difference messages summed under the harmonics 1, y, z, x, then the own state (K = 5).
    static member Harmonics: Perception
    /// `Harmonics`, then difference messages summed under the five harmonics of degree 2 (K = 10): the world frame, finer.
    static member Harmonics2: Perception
    /// A surface whose cells have frames: own state, mean neighbour differences weighed by the cosines with the tangents u and
    /// v, and their plain mean (K = 4). What a cell perceives turns with the mesh and its frames. No weight passes 1 / degree,
    /// since lengths have no say: stretched triangles give no large numbers. Without frames u and v are 0.
    static member Tangent: Perception
    /// <summary>`Tangent`, with u and v turned by the angle that the cell keeps in a channel of its state: each cell has its own
    /// direction (Randazzo et al., "Growing Steerable Neural Cellular Automata", ALIFE 2023).</summary>
    /// <exception cref="T:System.ArgumentException">The channel is negative.</exception>
    static member Steered: channel: int -> Perception
    /// A surface whose cells have frames, whichever way u points: own state, mean neighbour difference as the Laplacian, and
    /// gradient norm (3 C values), as on lattices in Mordvintsev et al., "Growing Isotropic Neural Cellular Automata",
    /// ALIFE 2022. The tangent planes matter, their directions do not.
    static member RotationInvariant: Perception
    /// Growing NCA: own state, Sobel x / 8, Sobel y / 8 (K = 3).
    static member Sobel: Perception
    /// Isotropic NCA on a lattice: own state and Laplacian (K = 2).
    static member Isotropic: Perception
    /// A lattice: own state and each of the eight Moore neighbours under an operator of its own, row by row (K = 9): what a
    /// 3 x 3 convolution sees.
    static member Moore: Perception
    /// A strip: left neighbour, own state, right neighbour (K = 3), as gary-neuron's order has it.
    static member LeftSelfRight: Perception
    /// A graph without directions: own state, and the change by a step of a random walk with self-loops (K = 2).
    static member Diffusion: Perception
    /// A strip: own state and the cells at the given offsets along x, each under an operator of its own.
    static member Offsets: offsets: int seq -> Perception

/// The operators of a perception as numbers for one graph: z_k(i) = self_k(i) s_i + sum over edges of w_k(e) s_j(e). Those of
/// order n are divided by the spacing's n-th power.
[<Sealed>]
type internal Stencil =
    new: perception: Perception * graph: Graph * spacing: float -> Stencil
    /// At a spacing of 1.
    new: perception: Perception * graph: Graph -> Stencil
    /// Positions in the perception of the operators that look along edges.
    member Edged: int[]
    /// Positions of the operators that give the own state.
    member Own: int[]

    /// The numbers of one cell, each operator's beside each other: the weights of its edges [degree x Edged.Length] and
    /// of its own state [Edged.Length], written from the given places of the arrays on.
    member Weigh: cell: int * edgeWeights: float[] * edgesAt: int * selfWeights: float[] * selfAt: int -> unit

    /// Those of all cells: [edges x Edged.Length] and [cells x Edged.Length].
    member WeighAll: unit -> struct (float[] * float[])
