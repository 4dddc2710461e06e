namespace GaryMesh.Testing

open GaryMesh

/// How large the cases are that are drawn: each number from its minimum to this.
[<NoComparison>]
type Limits =
    {
        /// Cells of a graph; a lattice or a sphere may have a few more.
        Cells: int
        /// Cells that a cell of a random graph sees.
        Degree: int
        Channels: int
        /// Operators of a perception.
        Operators: int
        Hidden: int
        Inputs: int
        Steps: int
    }

    /// Small cases, for what takes a rollout for each parameter: 9 cells, 3 channels, 4 operators, 5 hidden, 4 steps.
    static member Small: Limits
    /// Cases of every size that matters to vectors and tiles: 90 cells of up to 40 neighbours, 64 channels, 10 operators,
    /// 256 hidden units, 9 steps.
    static member Wide: Limits

/// A graph by its recipe: equal recipes build equal graphs.
[<RequireQualifiedAccess>]
type GraphPlan =
    | Ring of Cells: int
    | Line of Cells: int
    /// Each distance once, 0 excepted.
    | Strip of Cells: int * Offsets: int list
    | Grid of Height: int * Width: int
    | Torus of Height: int * Width: int
    | Torus6 of Height: int * Width: int
    | Icosphere of Frequency: int
    /// Points drawn from the seed, each seeing the K nearest.
    | Nearest of Cells: int * K: int * Seed: uint64
    /// Each cell sees up to `Degree` cells drawn from the seed: itself, and one of them twice, among the possible.
    | Edges of Cells: int * Degree: int * Directed: bool * Weighted: bool * Placed: bool * Seed: uint64

    member Build: unit -> Graph
    /// Plans of smaller graphs of the same kind.
    member Smaller: GraphPlan list

/// What a cell makes of its linear perceptions, by its recipe.
[<RequireQualifiedAccess>]
type LiftPlan =
    | Absent
    | GradientNorm of X: int * Y: int
    | Steering of Own: int * X: int * Y: int * Channel: int

    member Build: unit -> Lift | null

/// An automaton on a graph with a rollout, by its recipe. Numbers not spelled out are drawn from the seed.
[<NoComparison>]
type WorldPlan =
    {
        Graph: GraphPlan
        /// Whether the cells have frames, drawn from the seed.
        Framed: bool
        /// Each operator's `Text`.
        Operators: string list
        Lift: LiftPlan
        /// Whether two rules are blended; the last input is the weight, 0, 1 or any other.
        Blended: bool
        Channels: int
        Hidden: int
        Inputs: int
        Steps: int
        FireRate: float
        TimeStep: float
        /// Whether the automaton has an alive gate; then some of the cells start dead.
        Gated: bool
        /// 0: all, 1: seeded, 2: a mask.
        Firing: int
        /// Whether the inputs are given for each step.
        PerStep: bool
        Seed: uint64
    }

    /// Plans with one thing made simpler.
    member Smaller: WorldPlan list

/// An automaton on a graph with a rollout that fits both: a case for a law.
[<Sealed; StructuredFormatDisplay("{Text}")>]
type World =
    new: plan: WorldPlan -> World
    member Plan: WorldPlan
    member Automaton: Automaton
    member Graph: Graph
    member Rollout: Rollout
    /// The plan in words.
    member Text: string
    /// Whether a law holds in this world.
    member Obeys: law: Law -> LawResult
