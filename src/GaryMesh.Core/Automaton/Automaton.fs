namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics

[<RequireQualifiedAccess; NoComparison; CustomEquality>]
type Firing =
    | All
    | Seeded of Seed: uint64 * Sample: int
    | Mask of (int -> int -> bool)
    | Part of Whole: Firing * Cells: ImmutableArray<int>

    /// The stream of one step of one sample; 0xF12E keeps it apart from other uses of the seed.
    static member private Key(seed: uint64, sample: int, step: int) =
        Counter.subkey (Counter.subkey (Counter.subkey seed 0xF12E) sample) step

    static member private Rate(fireRate: float) = int (Math.Round(fireRate * 65536.0))

    override firing.Equals other =
        match firing, other with
        | All, (:? Firing as other) -> other.IsAll
        | Seeded(seed, sample), (:? Firing as other) ->
            match other with
            | Seeded(otherSeed, otherSample) -> seed = otherSeed && sample = otherSample
            | _ -> false
        | Mask _, other -> Object.ReferenceEquals(firing, other)
        | Part(whole, cells), (:? Firing as other) ->
            match other with
            | Part(otherWhole, otherCells) ->
                whole.Equals otherWhole && cells.AsSpan().SequenceEqual(otherCells.AsSpan())
            | _ -> false
        | _ -> false

    override firing.GetHashCode() =
        match firing with
        | All -> 0
        | Seeded(seed, sample) -> HashCode.Combine(seed, sample)
        | Mask _ -> 1
        | Part(whole, cells) -> HashCode.Combine(whole.GetHashCode(), cells.Length)

    static member Of(seed: uint64, sample: int) = Seeded(seed, sample)
    static member Of(mask: Func<int, int, bool>) = Mask(fun step cell -> mask.Invoke(step, cell))

    member firing.For(cells: ImmutableArray<int>) =
        for cell in cells do
            if cell < 0 then
                Guard.refuse $"A part's cells are counted from 0 in the whole graph, but one is {cell}."

        match firing with
        | All -> All
        | Part(whole, known) ->
            for cell in cells do
                if cell >= known.Length then
                    Guard.refuse $"The firing knows {known.Length} cells, but a part of them names cell {cell}."

            Part(whole, ImmutableArray.CreateRange(cells, (fun cell -> known[cell])))
        | _ -> Part(firing, cells)

    member firing.Check(graph: Graph) =
        match firing with
        | Part(_, known) when known.Length < graph.Cells ->
            Guard.refuse $"The firing knows {known.Length} cells, but {graph.Name} has {graph.Cells}."
        | _ -> ()

    /// Fills from a seeded whole. A run of indices that follow each other within a word of the whole is one shift of that
    /// word, which is drawn once for as long as the runs stay in it.
    static member private FillSeeded(rate: int, key: uint64, known: ReadOnlySpan<int>, words: Span<uint64>) =
        let mutable drawn = Int32.MinValue
        let mutable whole = 0UL
        let mutable at = 0

        while at < known.Length do
            let first = known[at]
            // Up to the end of a word here and of one there.
            let most = min (known.Length - at) (64 - max (at &&& 63) (first &&& 63))
            let mutable length = 1

            while length + Vector<int>.Count <= most
                  && Vector.EqualsAll(
                      Vector<int>(known.Slice(at + length)),
                      Vector<int>(first + length) + Vector<int>.Indices
                  ) do
                length <- length + Vector<int>.Count

            while length < most && known[at + length] = first + length do
                length <- length + 1

            if first >>> 6 <> drawn then
                drawn <- first >>> 6
                whole <- Counter.firingBits rate key drawn

            let run = (whole >>> (first &&& 63)) &&& (UInt64.MaxValue >>> (64 - length))
            words[at >>> 6] <- words[at >>> 6] ||| (run <<< (at &&& 63))
            at <- at + length

    member firing.Fill(fireRate: float, step: int, cells: int, words: uint64[], first: int, last: int) =
        let until = min cells (64 * last)

        match firing with
        | All -> Array.Fill(words, UInt64.MaxValue, first, last - first)
        | Seeded(seed, sample) ->
            let key = Firing.Key(seed, sample, step)
            let rate = Firing.Rate fireRate

            for block in first .. last - 1 do
                words[block] <- Counter.firingBits rate key block
        | Mask mask ->
            for block in first .. last - 1 do
                let mutable bits = 0UL

                for bit in 0 .. min 63 (cells - 1 - 64 * block) do
                    if mask step (64 * block + bit) then
                        bits <- bits ||| (1UL <<< bit)

                words[block] <- bits
        | Part(All, _) -> All.Fill(fireRate, step, cells, words, first, last)
        | Part(Seeded(seed, sample), known) ->
            Array.Clear(words, first, last - first)
            let key, rate = Firing.Key(seed, sample, step), Firing.Rate fireRate
            let here = Span<uint64>(words, first, last - first)
            Firing.FillSeeded(rate, key, known.AsSpan().Slice(64 * first, until - 64 * first), here)
        | Part(whole, known) ->
            Array.Clear(words, first, last - first)

            for cell in 64 * first .. until - 1 do
                if whole.Fires(fireRate, step, known[cell]) then
                    words[cell / 64] <- words[cell / 64] ||| (1UL <<< (cell % 64))

        if 64 * last > cells then
            words[last - 1] <- words[last - 1] &&& (UInt64.MaxValue >>> (64 * last - cells))

    member firing.Fill(fireRate: float, step: int, cells: int, words: uint64[]) =
        firing.Fill(fireRate, step, cells, words, 0, (cells + 63) / 64)

    member firing.Fires(fireRate: float, step: int, cell: int) =
        match firing with
        | Mask mask -> mask step cell
        | All -> true
        | Seeded(seed, sample) ->
            let bits = Counter.firingBits (Firing.Rate fireRate) (Firing.Key(seed, sample, step)) (cell / 64)
            (bits >>> (cell % 64)) &&& 1UL = 1UL
        | Part(whole, known) -> whole.Fires(fireRate, step, known[cell])

[<RequireQualifiedAccess>]
type Gate =
    | Open
    | Alive of Channel: int * Threshold: float32
    | AlivePublished of Channel: int * Threshold: float32

    member gate.Mask =
        match gate with
        | Open -> ValueNone
        | Alive(channel, threshold)
        | AlivePublished(channel, threshold) -> ValueSome(struct (channel, threshold))

[<RequireQualifiedAccess>]
type Inputs =
    | Absent
    | Constant of State
    | PerStep of State[]

    member inputs.At(step: int) : State | null =
        match inputs with
        | Absent -> null
        | Constant state -> state
        | PerStep states -> states[step]

[<NoComparison; ReferenceEquality>]
type Rollout =
    { Start: State
      Steps: int
      Firing: Firing
      Inputs: Inputs }

    static member Of(start: State, steps: int, firing: Firing) =
        { Start = start; Steps = steps; Firing = firing; Inputs = Inputs.Absent }

    member rollout.WithInputs(inputs: Inputs) = { rollout with Inputs = inputs }

[<NoComparison; ReferenceEquality>]
type Automaton =
    { Perception: Perception
      Rule: Rule
      FireRate: float
      TimeStep: float
      Keep: float
      Gate: Gate
      Bound: float32
      Spacing: float
      Palette: Palette | null
      Start: Start
      MinSteps: int
      MaxSteps: int }

    member automaton.Check() =
        let shape = automaton.Rule.Shape

        let width = automaton.Perception.Width shape.Channels

        if shape.Perceived <> width then
            Guard.refuse
                $"The rule expects {shape.Perceived} perceived values per cell, but the perception ({automaton.Perception.Text}) gives {width} for {shape.Channels} channels."

        Guard.drawn null "The fire rate" automaton.FireRate
        Guard.finite null "The time step" automaton.TimeStep
        Guard.probability null "What a cell keeps of its state" automaton.Keep

        if not (automaton.Bound > 0.0f) then
            Guard.outOfRange null $"The bound must be above 0, but is {automaton.Bound}."

        if not (automaton.Spacing > 0.0 && Double.IsFinite automaton.Spacing) then
            Guard.outOfRange null $"The spacing must be finite and above 0, but is {automaton.Spacing}."

        match automaton.Palette with
        | null -> ()
        | palette ->
            if palette.Maps > automaton.Rule.Shape.Channels then
                Guard.refuse
                    $"The palette has {palette.Maps} maps, but the rule has {automaton.Rule.Shape.Channels} channels."

        Guard.positive null "The minimum number of steps" automaton.MinSteps

        if automaton.MaxSteps < automaton.MinSteps then
            Guard.refuse
                $"The maximum number of steps must be at least the minimum, but is {automaton.MaxSteps} against {automaton.MinSteps}."

        match automaton.Gate.Mask with
        | ValueNone -> ()
        | ValueSome(channel, threshold) ->
            if uint32 channel >= uint32 shape.Channels then
                Guard.refuse
                    $"The gate looks at channel {channel}, but the rule has the channels 0 to {shape.Channels - 1}."

            Guard.finite null "The gate's threshold" (float threshold)

    member automaton.Check(graph: Graph, rollout: Rollout) =
        automaton.Check()
        let shape = automaton.Rule.Shape
        Guard.positive (nameof rollout) "The number of steps" rollout.Steps

        let fits what (state: State) channels =
            if state.Cells <> graph.Cells || state.Channels <> channels then
                Guard.refuse
                    $"The {what} must be {graph.Cells} cells x {channels}, for {graph.Name} and a rule {shape.Text}, but is {state.Cells} x {state.Channels}."

        fits "start" rollout.Start shape.Channels
        rollout.Firing.Check graph

        match rollout.Inputs with
        | Inputs.Absent ->
            if shape.Inputs > 0 then
                Guard.refuse $"The rule reads {shape.Inputs} inputs per cell, but the rollout gives none."
        | Inputs.Constant state -> fits "inputs" state shape.Inputs
        | Inputs.PerStep states ->
            if states.Length < rollout.Steps then
                Guard.refuse $"The rollout has {rollout.Steps} steps, but inputs for {states.Length}."

            states |> Array.iter (fun state -> fits "inputs" state shape.Inputs)

    static member Of(perception: Perception, rule: Rule) =
        let automaton =
            { Perception = perception
              Rule = rule
              FireRate = 0.5
              TimeStep = 1.0
              Keep = 1.0
              Gate = Gate.Open
              Bound = infinityf
              Spacing = 1.0
              Palette = null
              Start = Start.Zeros
              MinSteps = 24
              MaxSteps = 24 }

        automaton.Check()
        automaton

    static member GaryMesh(seed: uint64) = Automaton.Of(Perception.Planar, Rule.ZeroLast(Rule.GaryMeshShape, seed))

    static member MeshNca(seed: uint64) =
        Automaton.Of(Perception.Harmonics, Rule.Xavier(Rule.MeshNcaShape, seed, 0.2, 1.2))

    static member Growing(seed: uint64) =
        { Automaton.Of(Perception.Sobel, Rule.ZeroLast(Rule.GrowingShape, seed)) with
            Gate = Gate.Alive(3, 0.1f)
            Start = Start.Seed
            MinSteps = 64
            MaxSteps = 96 }

    member automaton.HopsPerStep = if automaton.Gate.IsOpen then 1 else 2

    member automaton.WithRule(rule: Rule) = { automaton with Rule = rule }
    member automaton.WithFireRate(fireRate: float) = { automaton with FireRate = fireRate }
    member automaton.WithTimeStep(timeStep: float) = { automaton with TimeStep = timeStep }
    member automaton.WithKeep(keep: float) = { automaton with Keep = keep }
    member automaton.WithGate(gate: Gate) = { automaton with Gate = gate }
    member automaton.WithBound(limit: float32) = { automaton with Bound = limit }
    member automaton.WithSpacing(spacing: float) = { automaton with Spacing = spacing }
    member automaton.WithPalette(palette: Palette | null) = { automaton with Palette = palette }
    member automaton.WithStart(start: Start) = { automaton with Start = start }

    member automaton.WithSteps(min: int, max: int) = { automaton with MinSteps = min; MaxSteps = max }
