namespace GaryMesh

open System

/// How a pattern is trained to grow from one cell (Growing NCA, Distill 2020), on a grid, a surface or any other graph.
///
/// A cell's first four channels are red, green, blue and opacity, the colours multiplied by it; a cell lives while it or a neighbour
/// has an opacity above 0.1.
[<AbstractClass; Sealed>]
type GrowingRecipe =
    /// The channels that are seen: red, green, blue and opacity.
    static member Shown = 4

    /// <summary>An untrained automaton that grows from one cell: Sobel's perception on a grid or torus, that of the tangent plane where a graph
    /// has frames, the neighbours' mean elsewhere; half of the cells fire, 64 to 96 steps.</summary>
    /// <param name="graph">Decides what is perceived.</param>
    /// <param name="channels">Numbers in a cell's state, at least 5: four are seen.</param>
    /// <param name="hidden">Hidden units of the rule.</param>
    /// <param name="seed">The rule's parameters follow from it.</param>
    /// <exception cref="T:System.ArgumentException">There are too few channels.</exception>
    static member Automaton(graph: Graph, channels: int, hidden: int, seed: uint64) : Automaton =
        let perception =
            match graph.Topology with
            | Topology.Grid _
            | Topology.Torus _ -> Perception.Sobel
            | _ when not graph.Frames.IsEmpty -> Perception.Tangent
            | _ -> Perception [ Operator.Own; Operator.Of(EdgeWeight.One, Messages.Difference, Aggregation.Mean) ]

        GrowingRecipe.Of(perception, channels, hidden, seed)

    /// <summary>The same with cells that know no direction: own state, Laplacian and gradient norm, of Sobel's gradient on a grid or torus and of
    /// the tangent plane's where a graph has frames. Which cells fire first decides which way the pattern lies, so that it is trained
    /// towards <c>Turned</c> targets (Mordvintsev et al., "Growing Isotropic Neural Cellular Automata", ALIFE 2022).</summary>
    /// <param name="graph">Decides what is perceived.</param>
    /// <param name="channels">Numbers in a cell's state, at least 5: four are seen.</param>
    /// <param name="hidden">Hidden units of the rule.</param>
    /// <param name="seed">The rule's parameters follow from it.</param>
    /// <exception cref="T:System.ArgumentException">There are too few channels, or the graph is no lattice and has no frames.</exception>
    static member Isotropic(graph: Graph, channels: int, hidden: int, seed: uint64) : Automaton =
        let perception =
            match graph.Topology with
            | Topology.Grid _
            | Topology.Torus _ ->
                let operators = Perception.Sobel.Operators.Add Perception.Isotropic.Operators[1]
                Perception(operators).WithLift(GradientNorm(1, 2))
            | _ when not graph.Frames.IsEmpty -> Perception.RotationInvariant
            | _ ->
                Guard.refuse
                    $"A gradient is perceived on a grid, a torus or a surface with frames, but {graph.Name} is none of them."

        GrowingRecipe.Of(perception, channels, hidden, seed)

    static member private Of(perception: Perception, channels, hidden, seed: uint64) =
        if channels <= GrowingRecipe.Shown then
            Guard.refuse
                $"A pattern has {GrowingRecipe.Shown} channels that are seen and needs more, but the rule has {channels}."

        let rule = Rule.ZeroLast(RuleShape.For(perception, channels, hidden), seed)

        Automaton.Of(perception, rule).WithGate(Gate.Alive(3, 0.1f)).WithStart(Start.Seed).WithSteps(64, 96)

    /// 16 channels and 128 hidden units: 8,336 parameters on a grid.
    static member Automaton(graph: Graph, seed: uint64) : Automaton = GrowingRecipe.Automaton(graph, 16, 128, seed)

    /// What the cells one hop nearer to the seed's say of each cell, put together, from the seed's cell outwards; `none` where no way leads.
    static member private Outwards
        (graph: Graph, first: 'T, none: 'T, say: int -> int -> 'T -> 'T, join: 'T[] -> 'T)
        : 'T[] =
        let hops = graph.HopsFrom graph.Middle
        let values = Array.create graph.Cells none
        values[graph.Middle] <- first

        for cell in
            [| 0 .. graph.Cells - 1 |]
            |> Array.filter (fun cell -> hops[cell] > 0)
            |> Array.sortBy (fun cell -> struct (hops[cell], cell)) do
            values[cell] <-
                [| for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 do
                       let near = graph.Neighbours[edge]

                       if hops[near] = hops[cell] - 1 then
                           say cell edge values[near] |]
                |> fun said -> if said.Length = 0 then none else join said

        values

    /// The surface with the seed's frame carried to all cells along the shortest ways, so that a picture about the seed has one
    /// direction wherever it reaches, and turns about no pole; a graph without frames, and a lattice, as it is.
    static member World(graph: Graph) : Graph =
        match graph.Topology with
        | Topology.General when not graph.Frames.IsEmpty ->
            let normal cell = Array.init 3 (fun i -> graph.Frames[9 * cell + 6 + i])
            let dot (a: float[]) (b: float[]) = Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

            // The smallest rotation that takes the one normal to the other.
            let carry cell edge (direction: float[]) =
                let from, into = normal graph.Neighbours[edge], normal cell
                let factor = dot direction into / max 1e-9 (1.0 + dot from into)
                Array.init 3 (fun i -> direction[i] - factor * (from[i] + into[i]))

            let mean (directions: float[][]) =
                Array.init 3 (fun i -> directions |> Array.averageBy (fun direction -> direction[i]))

            let first = Array.init 3 (fun i -> graph.Frames[9 * graph.Middle + i])
            let directions = GrowingRecipe.Outwards(graph, first, [| 0.0; 0.0; 0.0 |], carry, mean)
            let normals = Array.collect normal [| 0 .. graph.Cells - 1 |]
            graph.WithFrames(Frames.Along(normals, Array.concat directions))
        | _ -> graph

    /// <summary>Where each cell lies about the seed's, x to the right and y downwards, in cells: on a grid or torus by column and row, elsewhere
    /// along the shortest ways to it, whose edges lie in the frames of their cells. NaN where no way leads.</summary>
    /// <exception cref="T:System.ArgumentException">The graph is no lattice and has no frames or offsets.</exception>
    static member Places(graph: Graph) : struct (float * float)[] =
        let lattice width (x: int -> float) (y: int -> float) =
            Array.init graph.Cells (fun cell ->
                struct (x (cell % width - graph.Middle % width), y (cell / width - graph.Middle / width)))

        // The nearer way around.
        let around size apart = float (((apart + size / 2) % size + size) % size - size / 2)

        match graph.Topology with
        | Topology.Grid(_, width) -> lattice width float float
        | Topology.Torus(height, width) -> lattice width (around width) (around height)
        | _ when graph.Frames.IsEmpty || graph.Offsets.IsEmpty ->
            Guard.refuse
                $"A picture lies on a grid, a torus or a surface with frames, but {graph.Name} is none of them."
        | _ ->
            let along cell edge axis =
                Seq.sum [ for i in 0..2 -> graph.Offsets[3 * edge + i] * graph.Frames[9 * cell + 3 * axis + i] ]
                / graph.MeanLength

            // By the frames of both cells of an edge.
            let say cell edge (struct (x, y)) =
                let part axis = 0.5 * (along cell edge axis + along graph.Neighbours[edge] edge axis)
                struct (x - part 0, y - part 1)

            // On the far side of a closed surface ways come from all around; one of them is as good as another, their mean is not.
            let mean (said: struct (float * float)[]) =
                let length (struct (x, y)) = sqrt (x * x + y * y)

                let middle =
                    struct (said |> Array.averageBy (fun (struct (x, _)) -> x),
                            said |> Array.averageBy (fun (struct (_, y)) -> y))

                if length middle < 0.5 * Array.averageBy length said then said[0] else middle

            GrowingRecipe.Outwards(graph, struct (0.0, 0.0), struct (nan, nan), say, mean)

    /// <summary>A picture around the seed's cell: red, green, blue and opacity of each cell [cells x 4], zero beyond the picture. Between pixels it is
    /// linear.</summary>
    /// <param name="graph">The graph, whose cells are as far apart as the pixels.</param>
    /// <param name="height">Rows of pixels.</param>
    /// <param name="width">Columns of pixels.</param>
    /// <param name="values">Red, green, blue and opacity of each pixel, the colours multiplied by it.</param>
    /// <exception cref="T:System.ArgumentException">There are not height x width x 4 values, the picture is larger than the lattice, or the
    /// graph has no places for it.</exception>
    static member Picture(graph: Graph, height: int, width: int, values: float32[]) : State =
        GrowingRecipe.Painted (graph, height, width, values) 0.0 false

    /// <summary>The same picture, turned about the seed's cell by 0, 1, 2, ... of so many parts of a full turn, then the mirror images of all of
    /// these: what a pattern may come out as whose cells know no direction.</summary>
    /// <param name="graph">The graph, whose cells are as far apart as the pixels.</param>
    /// <param name="height">Rows of pixels.</param>
    /// <param name="width">Columns of pixels.</param>
    /// <param name="values">Red, green, blue and opacity of each pixel, the colours multiplied by it.</param>
    /// <param name="turns">Parts of a full turn, at least 1.</param>
    /// <returns>2 x turns targets [cells x 4].</returns>
    /// <exception cref="T:System.ArgumentException">As above, or there are no turns.</exception>
    static member Turned(graph: Graph, height: int, width: int, values: float32[], turns: int) : State[] =
        if turns < 1 then
            Guard.refuse $"A picture is turned by at least 1 part of a full turn, but {turns} are asked for."

        let painted = GrowingRecipe.Painted(graph, height, width, values)

        [| for mirrored in [ false; true ] do
               for turn in 0 .. turns - 1 -> painted (2.0 * Math.PI * float turn / float turns) mirrored |]

    static member private Painted(graph: Graph, height: int, width: int, values: float32[]) : float -> bool -> State =
        if values.Length <> 4 * height * width then
            Guard.refuse
                $"A picture of {height} x {width} pixels has {4 * height * width} values, but {values.Length} are given."

        match graph.Topology with
        | Topology.Grid(rows, columns)
        | Topology.Torus(rows, columns) when rows < height || columns < width ->
            Guard.refuse $"A picture of {height} x {width} pixels does not fit in {graph.Name}."
        | _ -> ()

        let places = GrowingRecipe.Places graph

        let pixel row column channel =
            if row < 0 || row >= height || column < 0 || column >= width then
                0.0
            else
                float values[4 * (row * width + column) + channel]

        fun angle mirrored ->
            // A quarter turn takes every pixel to a pixel.
            let turn (by: float) = Math.Round(by, 12)
            let cos, sin = turn (cos angle), turn (sin angle)

            State.Create(
                graph.Cells,
                4,
                fun cell channel ->
                    let struct (x, y) = places[cell]
                    let x, y = cos * x + sin * y, cos * y - sin * x
                    let x = if mirrored then -x else x
                    let x, y = x + float (width / 2), y + float (height / 2)

                    if Double.IsNaN x || abs x > 1e6 || abs y > 1e6 then
                        0.0f
                    else
                        let column, row = int (floor x), int (floor y)
                        let right, down = x - floor x, y - floor y

                        let between row =
                            (1.0 - right) * pixel row column channel + right * pixel row (column + 1) channel

                        float32 ((1.0 - down) * between row + down * between (row + 1))
            )

    /// <summary>The mean squared difference of the channels that are seen, after the last step.</summary>
    /// <param name="target">Red, green, blue and opacity of each cell [cells x 4].</param>
    /// <param name="channels">Numbers in a cell's state.</param>
    /// <exception cref="T:System.ArgumentException">The target has another number of channels.</exception>
    static member Loss(target: State, channels: int) : Loss =
        if target.Channels <> GrowingRecipe.Shown then
            Guard.refuse
                $"A pattern has {GrowingRecipe.Shown} channels that are seen, but the target has {target.Channels}."

        let whole =
            State.Create(
                target.Cells,
                channels,
                fun cell channel -> if channel < 4 then target[cell, channel] else 0.0f
            )

        MeanSquared(whole, [| 0 .. GrowingRecipe.Shown - 1 |], null)

    /// <summary>The mean squared difference to the target, or of several to the nearest, after the last step.</summary>
    /// <param name="targets">Red, green, blue and opacity of each cell [cells x 4], each; such as <c>Turned</c>.</param>
    /// <param name="channels">Numbers in a cell's state.</param>
    /// <exception cref="T:System.ArgumentException">There is no target, or one has other sizes than the first or than a pattern.</exception>
    static member Loss(targets: State[], channels: int) : Loss =
        match targets with
        | [| target |] -> GrowingRecipe.Loss(target, channels)
        | _ -> NearestTarget targets

    /// <summary>That, and the overflow of states beyond [-2, 2] with a weight.</summary>
    /// <param name="targets">Red, green, blue and opacity of each cell [cells x 4], each.</param>
    /// <param name="channels">Numbers in a cell's state.</param>
    /// <param name="overflow">The weight, 0 for none.</param>
    /// <exception cref="T:System.ArgumentException">There is no target, or one has other sizes than the first or than a pattern.</exception>
    static member Loss(targets: State[], channels: int, overflow: float) : Loss =
        let near = GrowingRecipe.Loss(targets, channels)

        if overflow > 0.0 then
            WeightedSum([| 1.0; overflow |], [| near; Overflow 2.0f |])
        else
            near

    /// <summary>A training as the settings say: Adam on normalised gradients with a cosine schedule down to 2 %. Every 250 iterations the rule is
    /// validated from the seed, after one and, where it is to stay, four rollouts' length, and the best is kept.</summary>
    /// <param name="target">Red, green, blue and opacity of each cell [cells x 4].</param>
    /// <param name="channels">Numbers in a cell's state.</param>
    /// <param name="settings">How it is trained.</param>
    /// <exception cref="T:System.ArgumentException">The target has another number of channels, or a setting is out of range.</exception>
    static member Task(target: State, channels: int, settings: GrowingSettings) : TrainingTask =
        GrowingRecipe.Task([| target |], channels, settings)

    /// <summary>As above, towards the nearest of several targets.</summary>
    /// <param name="targets">Red, green, blue and opacity of each cell [cells x 4], each.</param>
    /// <param name="channels">Numbers in a cell's state.</param>
    /// <param name="settings">How it is trained.</param>
    /// <exception cref="T:System.ArgumentException">There is no target, one has other sizes than the first or than a pattern, or a setting is out
    /// of range.</exception>
    static member Task(targets: State[], channels: int, settings: GrowingSettings) : TrainingTask =
        let loss = GrowingRecipe.Loss(targets, channels, settings.Overflow)
        let schedule = Schedule.Cosine(0, settings.Iterations, 0.02)

        let task =
            TrainingTask
                .Of(loss)
                .WithIterations(settings.Iterations)
                .WithBatch(settings.Batch)
                .WithSeed(settings.Seed)
                .WithWarmUp(settings.WarmUp)
                .WithFireRates(settings.MinFireRate, settings.MaxFireRate)
                .WithOptimiser((Adam.Of settings.LearningRate).WithNormalise(true).WithSchedule(schedule))

        let fresh: BatchHook = ReseedWorst(1, settings.Fresh)

        match settings.Regime with
        | GrowingRegime.Grow -> task.WithValidation(250, 4, [| 1 |])
        | GrowingRegime.Persist -> task.WithPool(settings.Pool, 0).WithHook(fresh).WithValidation(250, 4, [| 1; 4 |])
        | GrowingRegime.Regenerate ->
            let hooks = Hooks [ fresh; Holes(settings.Damaged, settings.Hole) ]
            task.WithPool(settings.Pool, 0).WithHook(hooks).WithValidation(250, 4, [| 1; 4 |])
