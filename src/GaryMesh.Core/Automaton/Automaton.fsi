namespace GaryMesh

open System
open System.Collections.Immutable

/// Which cells update at each step of a rollout: a pure function of the step and the user's cell index.
[<RequireQualifiedAccess; NoComparison; CustomEquality>]
type Firing =
    /// Every cell at every step, whatever the automaton's fire rate.
    | All
    /// Each cell with the automaton's fire rate, by (seed, sample, step, cell). The samples of a batch share a seed.
    | Seeded of Seed: uint64 * Sample: int
    /// The given mask: step -> cell -> fires.
    | Mask of (int -> int -> bool)
    /// For a part of a larger graph: its cell i fires as cell `Cells[i]` of the whole does.
    | Part of Whole: Firing * Cells: ImmutableArray<int>

    /// Seeded firing: each cell with the automaton's fire rate, by (seed, sample, step, cell).
    static member Of: seed: uint64 * sample: int -> Firing
    /// The given mask: (step, cell) -> fires.
    static member Of: mask: Func<int, int, bool> -> Firing

    /// <summary>The firing of a part of a larger graph, whose cell i fires as cell <c>cells[i]</c> does here; for a part of
    /// a part once more. Indices that follow each other are drawn fastest.</summary>
    /// <param name="cells">One index of the whole graph for each cell of the part, such as <c>Part.Global</c>.</param>
    /// <exception cref="T:System.ArgumentException">An index is negative, or not among the cells of a part's
    /// firing.</exception>
    member For: cells: ImmutableArray<int> -> Firing

    /// Whether `cell` updates at `step` under the given fire rate.
    member Fires: fireRate: float * step: int * cell: int -> bool
    /// Fills 64 cells a word, cell 0 in the lowest bit of word 0; bits past the last cell are 0.
    member internal Fill: fireRate: float * step: int * cells: int * words: uint64[] -> unit
    /// Fills the words `first` .. `last - 1` only.
    member internal Fill: fireRate: float * step: int * cells: int * words: uint64[] * first: int * last: int -> unit

    /// Refuses a firing that knows fewer cells than the graph has.
    member internal Check: graph: Graph -> unit

/// A mask over the step: which cells may keep a state at all.
[<RequireQualifiedAccess>]
type Gate =
    /// No gate.
    | Open
    /// Growing NCA's alive mask: a cell lives while it or a neighbour has `Channel` above `Threshold`, both before and
    /// after the update; the others are set to zero (Mordvintsev et al., Distill 2020; channel 3, threshold 0.1). A cell
    /// that is dead before the update does not fire: dead regions cost nothing, with a threshold of 0 or more.
    | Alive of Channel: int * Threshold: float32
    /// The same in the order of the published code, x' = (x + mask dx) pre post: a cell that is dead before the update fires
    /// all the same, and what it becomes counts for the mask after the update, before it is set to zero. For weights that
    /// were trained so; dead cells near living ones cost their step, and all of them where the rule reports (`Auxiliary`).
    | AlivePublished of Channel: int * Threshold: float32

    /// The channel and the threshold of the mask, or none.
    member internal Mask: struct (int * float32) voption

/// Input values of a cell at every step, after what it perceives: I values a cell.
[<RequireQualifiedAccess>]
type Inputs =
    /// None: the rule reads no inputs.
    | Absent
    /// The same at every step [cells x I].
    | Constant of State
    /// One [cells x I] a step.
    | PerStep of State[]

    /// The inputs at a step, or null where there are none.
    member At: step: int -> State | null

/// One run of an automaton on a graph.
[<NoComparison; ReferenceEquality>]
type Rollout =
    {
        /// The state before the first step [cells x channels].
        Start: State
        /// Number of steps, at least 1.
        Steps: int
        /// Which cells update at each step.
        Firing: Firing
        /// What the rule reads beside what its cell perceives.
        Inputs: Inputs
    }

    /// A rollout without inputs.
    static member Of: start: State * steps: int * firing: Firing -> Rollout
    /// The same rollout with these inputs.
    member WithInputs: inputs: Inputs -> Rollout

/// A rule with everything that says how it runs, on whatever graph: what a rule file holds.
///
/// One step: z = perceive(s); s' = keep x s + timeStep x rule(z) where a cell fires (and lives, under `Gate.Alive`), s
/// elsewhere; s' is held within the bound; then the gate.
[<NoComparison; ReferenceEquality>]
type Automaton =
    {
        /// What each cell perceives of its neighbours.
        Perception: Perception
        /// The shared update.
        Rule: Rule
        /// Probability that a cell updates at a step, 0 .. 1, rounded to 1/65,536.
        FireRate: float
        /// What the rule's change is multiplied by, 1 as a rule.
        TimeStep: float
        /// What a cell that fires keeps of its own state, 0 .. 1: 1, the default, makes the rule a change; below it the state
        /// leaks; at 0 the rule's output is the new state and nothing of the old is left, not even NaN (deadbeat).
        Keep: float
        /// The mask over the step.
        Gate: Gate
        /// The largest absolute value that a number of the state may have after a step, above 0; infinity, the default, for
        /// none. Each step ends with every number of every cell held within it, whether the cell fired or not, so a start or
        /// a number written beyond it is seen by the next step as it is and lies within it from there on. A number within the
        /// bound is not touched; NaN stays NaN.
        Bound: float32
        /// The distance between neighbouring cells in units of that which the rule was trained for, 1 by default: derivatives
        /// of order n that the cells perceive (`Operator.Order`) are divided by its n-th power (NoiseNCA, arXiv 2404.06279).
        /// With it, and with the time step, density and speed change while the rule stays.
        Spacing: float
        /// How the first channels become a picture's maps, or null where they are no picture.
        Palette: Palette | null
        /// What the rule was trained to start from.
        Start: Start
        /// The numbers of steps that the rule was trained for, from the minimum to the maximum.
        MinSteps: int
        /// The largest number of steps the rule was trained for.
        MaxSteps: int
    }

    /// <summary>An automaton that fires every other cell (rate 0.5), with a time step and a spacing of 1, no gate and no
    /// bound, a zero start and 24 steps; states are kept (1).</summary>
    /// <exception cref="T:System.ArgumentException">The rule reads another number of operators than the perception
    /// gives.</exception>
    static member Of: perception: Perception * rule: Rule -> Automaton

    /// gary-mesh: planar perception, 36 -> 48 -> 12, fire rate 0.5; the rule starts with a zero last layer.
    static member GaryMesh: seed: uint64 -> Automaton
    /// MeshNCA: harmonics, 80 -> 128 -> 16, fire rate 0.5, Xavier with gains 0.2 and 1.2.
    static member MeshNca: seed: uint64 -> Automaton
    /// Growing NCA: Sobel, 48 -> 128 -> 16, fire rate 0.5, alive gate on channel 3 above 0.1, seed start, 64-96 steps.
    static member Growing: seed: uint64 -> Automaton

    /// How far a step reads: 1 hop, or 2 under an alive gate, which looks at the neighbours' new states.
    member HopsPerStep: int

    /// The same automaton with another rule.
    member WithRule: rule: Rule -> Automaton
    /// The same automaton with this probability that a cell updates at a step.
    member WithFireRate: fireRate: float -> Automaton
    /// The same automaton with this factor on the rule's change.
    member WithTimeStep: timeStep: float -> Automaton
    /// The same automaton whose cells keep this much of their state where they fire.
    member WithKeep: keep: float -> Automaton
    /// The same automaton under this gate.
    member WithGate: gate: Gate -> Automaton
    /// The same automaton with its states held within [-limit, limit]; infinity for no bound.
    member WithBound: limit: float32 -> Automaton
    /// The same automaton on cells so far apart, where 1 is the distance that it was trained for.
    member WithSpacing: spacing: float -> Automaton
    /// The same automaton with its first channels read through a palette; null for none.
    member WithPalette: palette: (Palette | null) -> Automaton
    /// The same automaton with another initial state.
    member WithStart: start: Start -> Automaton
    /// The same automaton with a rule trained for this range of steps.
    member WithSteps: min: int * max: int -> Automaton

    /// <summary>Refuses an automaton whose parts do not fit each other.</summary>
    /// <exception cref="T:System.ArgumentException">The rule reads another number of values than perception and inputs
    /// give, a rate, time step, bound or spacing is out of range, the gate names no channel, or the palette has more maps than there are
    /// channels.</exception>
    member Check: unit -> unit
    /// Refuses a rollout that does not fit the automaton on the graph; says which sizes differ.
    member Check: graph: Graph * rollout: Rollout -> unit
