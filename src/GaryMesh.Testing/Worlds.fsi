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
        /// Channels of a state.
        Channels: int
        /// Operators of a perception.
        Operators: int
        /// Hidden units of a rule.
        Hidden: int
        /// Inputs of a rule.
        Inputs: int
        /// Steps of a rollout.
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
    /// `Graph.Ring`.
    | Ring of Cells: int
    /// `Graph.Line`.
    | Line of Cells: int
    /// Each distance once, 0 excepted.
    | Strip of Cells: int * Offsets: int list
    /// `Graph.Grid`.
    | Grid of Height: int * Width: int
    /// `Graph.Torus`.
    | Torus of Height: int * Width: int
    /// `Graph.Torus6`.
    | Torus6 of Height: int * Width: int
    /// `Graph.Icosphere`.
    | Icosphere of Frequency: int
    /// `Graph.Delaunay`, at least 4 cells.
    | Delaunay of Cells: int * Seed: uint64
    /// Points drawn from the seed, each seeing the K nearest.
    | Nearest of Cells: int * K: int * Seed: uint64
    /// Each cell sees up to `Degree` cells drawn from the seed: itself, and one of them twice, among the possible.
    | Edges of Cells: int * Degree: int * Directed: bool * Weighted: bool * Placed: bool * Seed: uint64

    /// The graph of the plan.
    member Build: unit -> Graph
    /// The same plan with places for the cells.
    member Placed: GraphPlan
    /// Plans of smaller graphs of the same kind.
    member Smaller: GraphPlan list

/// What a cell makes of its linear perceptions, by its recipe.
[<RequireQualifiedAccess>]
type LiftPlan =
    /// No lift.
    | Absent
    /// A gradient norm in place of two operators.
    | GradientNorm of X: int * Y: int
    /// Responses turned by the cell's own angle.
    | Steering of Own: int * X: int * Y: int * Channel: int

    /// The lift that the plan stands for, or null.
    member Build: unit -> Lift | null

/// An automaton on a graph with a rollout, by its recipe. Numbers not spelled out are drawn from the seed.
[<NoComparison>]
type WorldPlan =
    {
        /// The recipe of the graph.
        Graph: GraphPlan
        /// Whether the cells have frames, drawn from the seed.
        Framed: bool
        /// Whether the cells have spacings of their own, drawn from the seed.
        Uneven: bool
        /// Each operator's `Text`.
        Operators: string list
        /// What is made of the linear perceptions.
        Lift: LiftPlan
        /// Whether two rules are blended; the last input is the weight, 0, 1 or any other.
        Blended: bool
        /// Channels of the state.
        Channels: int
        /// Hidden units of the rule.
        Hidden: int
        /// Inputs of the rule.
        Inputs: int
        /// Steps of the rollout.
        Steps: int
        /// Probability that a cell updates at a step.
        FireRate: float
        /// What the rule's change is multiplied by.
        TimeStep: float
        /// What a cell that fires keeps of its state.
        Keep: float
        /// What holds the states; infinity for nothing.
        Bound: float32
        /// The distance between neighbouring cells.
        Spacing: float
        /// Whether the automaton has an alive gate; then some of the cells start dead.
        Gated: bool
        /// 0: all, 1: seeded, 2: a mask.
        Firing: int
        /// Whether the inputs are given for each step.
        PerStep: bool
        /// What all other numbers are drawn from.
        Seed: uint64
    }

    /// Plans with one thing made simpler.
    member Smaller: WorldPlan list

/// An automaton on a graph with a rollout that fits both: a case for a law.
[<Sealed; StructuredFormatDisplay("{Text}")>]
type World =
    /// The world of a plan.
    new: plan: WorldPlan -> World
    /// The recipe.
    member Plan: WorldPlan
    /// The automaton.
    member Automaton: Automaton
    /// The graph.
    member Graph: Graph
    /// The rollout.
    member Rollout: Rollout
    /// The plan in words.
    member Text: string
    /// Whether a law holds in this world.
    member Obeys: law: Law -> LawResult
