namespace GaryMesh

open System

/// How a texture is trained: which automaton, on which graph, against which loss.
///
/// The worlds, a sphere and a torus for instance, are trained on at once, side by side as one graph: a rule that knows one lattice
/// alone fails on others.
[<AbstractClass; Sealed>]
type TextureRecipe =

    /// <summary>An untrained automaton that paints like an exemplar: tangent perception, a start of noise, all cells fire, states held within
    /// 2. Where chance stands in the start alone, and none comes in from step to step, a texture comes to rest and keeps its look at other time
    /// steps (after NoiseNCA, arXiv 2404.06279).</summary>
    /// <param name="exemplar">Gives the palette.</param>
    /// <param name="channels">Numbers in a cell's state, at least the exemplar's maps.</param>
    /// <param name="hidden">Hidden units of the rule.</param>
    /// <param name="seed">The rule's parameters follow from it.</param>
    /// <exception cref="T:System.ArgumentException">There are fewer channels than maps.</exception>
    static member Automaton(exemplar: Exemplar, channels: int, hidden: int, seed: uint64) : Automaton =
        if channels < exemplar.Maps then
            Guard.refuse $"The exemplar has {exemplar.Maps} maps, but the rule {channels} channels."

        let perception = TextureRecipe.Perception exemplar
        let rule = Rule.ZeroLast(RuleShape.For(perception, channels, hidden), seed)

        // Of an exemplar that is even about its mean, such as stripes of two colours, no derivative leads away from where all is
        // zero: a last bias near zero does.
        let parameters = rule.ToArray()
        let bias = rule.Views |> Seq.find (fun view -> view.Name = "fc2.bias")

        for i in bias.Offset .. bias.Offset + channels - 1 do
            parameters[i] <- 1e-3f * float32 (Counter.normal seed (int64 i))

        Automaton
            .Of(perception, Rule(rule.Shape, ReadOnlySpan parameters))
            .WithBound(2.0f)
            .WithStart(Start.Noise 0.5f)
            .WithFireRate(1.0)
            .WithSteps(10, 24)
            .WithPalette
            exemplar.Palette

    /// 16 channels and 128 hidden units: 10,384 parameters for a picture.
    static member Automaton(exemplar: Exemplar, seed: uint64) : Automaton =
        TextureRecipe.Automaton(exemplar, 16, 128, seed)

    /// A picture turns with the frames of its surface; a signal's cells see along their ring or line.
    static member private Perception(exemplar: Exemplar) =
        match exemplar.Graph.Topology with
        | Topology.Ring
        | Topology.Line ->
            Perception
                [ Operator.Own
                  Operator.Of(EdgeWeight.U, Messages.Difference, Aggregation.Mean)
                  Operator.Of(EdgeWeight.One, Messages.Difference, Aggregation.Mean) ]
        | _ -> Perception.Tangent

    /// <summary>A graph that a texture can grow on: as it is where it has frames, else with a picture upright on it, its top towards
    /// <c>up</c>; a ring's frames go along it.</summary>
    /// <exception cref="T:System.ArgumentException">The edges of a cell span no plane.</exception>
    static member World(graph: Graph, up: struct (float * float * float)) : Graph =
        match graph.Topology with
        | _ when not graph.Frames.IsEmpty -> graph
        | Topology.Ring ->
            // Along the circle, the way in which the cells are counted.
            let tangent cell axis =
                let angle = 2.0 * Math.PI * float cell / float graph.Cells
                let sin, cos = Math.Sin angle, Math.Cos angle
                [| -sin; cos; 0.0; -cos; -sin; 0.0; 0.0; 0.0; 1.0 |][axis]

            graph.WithFrames(Array.init (9 * graph.Cells) (fun at -> tangent (at / 9) (at % 9)))
        | _ -> graph.WithFrames(Frames.Upright(graph, up, TextureRecipe.Passes))

    /// <summary>As above, for a surface whose outward normals are known, such as a mesh's.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="normals">x, y, z per cell.</param>
    /// <param name="up">The direction of the picture's top.</param>
    /// <exception cref="T:System.ArgumentException">The normals do not fit the graph, or up is zero or not finite.</exception>
    static member World(graph: Graph, normals: float[], up: struct (float * float * float)) : Graph =
        graph.WithFrames(Frames.Upright(graph, normals, up, TextureRecipe.Passes))

    /// Passes that smooth the directions, which matter where up runs along the normal.
    static member private Passes = 50

    /// <summary>Worlds on which a picture is smaller in cells by the root of 2, twice as large, and half as large: a rule that is trained on
    /// them, too, paints at other spacings, and learns shapes from the large one. Where a picture would have fewer than 16 pixels a side, its
    /// world is left out.</summary>
    static member Spaced(exemplar: Exemplar) : Graph[] =
        match exemplar.Graph.Topology with
        | Topology.Grid _
        | Topology.Torus _ ->
            [| for side, spacing in [ 32, 1.41; 44, 0.5; 36, 2.0 ] do
                   if exemplar.CanBeEnlarged(1.0 / spacing) then
                       let world = TextureRecipe.World(Graph.Torus(side, side), struct (0.0, 1.0, 0.0))
                       world.WithSpacing(spacing).Named(Guard.line $"{world.Name} of spacing {spacing}") |]
        | _ -> [||]

    /// The worlds as one graph.
    static member Graph(worlds: Graph[]) : Graph =
        match worlds with
        | [| world |] -> world
        | worlds -> Graph.Union(worlds |> Seq.map _.Name |> String.concat " + ", worlds)

    /// The mean of the worlds' rectified Gram losses, and what keeps states within 1.
    static member Loss(exemplar: Exemplar, worlds: Graph[]) : Loss =
        TextureRecipe.Loss(exemplar, worlds, TextureLoss.Gram)

    /// <summary>As above, by the texture loss of a name.</summary>
    /// <exception cref="T:System.ArgumentException">There is no loss of that name, or a world does not fit the exemplar.</exception>
    static member Loss(exemplar: Exemplar, worlds: Graph[], name: string) : Loss =
        let first = worlds |> Array.map _.Cells |> Array.scan (+) 0
        let look number (world: Graph) = TextureLoss.Of(name, exemplar, world).On(world, first[number])

        WeightedSum(
            [| for _ in worlds do
                   1.0 / float worlds.Length
               10.0 |],
            Array.append (Array.mapi look worlds) [| Overflow 1.0f |]
        )

    /// <summary>New starts, so that a texture forms; states that fail are given up; and damage, so that it heals. A state is handed on as
    /// often as new starts are apart, 20 times some 340 steps in the mean: a rule keeps for long what it was taught on states that are
    /// old.</summary>
    /// <param name="worlds">How many worlds.</param>
    /// <param name="newStarts">Iterations from one new start to the next; 0 for never.</param>
    static member Hook(worlds: int, newStarts: int) : BatchHook =
        Hooks [ Renew(newStarts, 3.0); Damage(5, 0.2, worlds) ]

    /// <summary>A training of so many iterations: a small pool whose states grow old, new starts, damage, Adam on normalised
    /// gradients with a cosine schedule. The latest rule is kept, and is validated after two and eight rollouts' length.</summary>
    static member Task(exemplar: Exemplar, worlds: Graph[], iterations: int, seed: uint64) : TrainingTask =
        TextureRecipe.Task(exemplar, worlds, iterations, seed, TextureLoss.Gram)

    /// <summary>As above, against the texture loss of a name.</summary>
    /// <exception cref="T:System.ArgumentException">There is no loss of that name, or a world does not fit the exemplar.</exception>
    static member Task
        (exemplar: Exemplar, worlds: Graph[], iterations: int, seed: uint64, loss: string)
        : TrainingTask =
        TrainingTask
            .Of(TextureRecipe.Loss(exemplar, worlds, loss))
            .WithIterations(iterations)
            .WithBatch(1)
            .WithPool(12, 0)
            .WithSeed(seed)
            .WithHook(TextureRecipe.Hook(worlds.Length, 20))
            .WithTimeSteps(0.5, 2.0)
            .WithOptimiser((Adam.Of 2e-3).WithNormalise(true).WithSchedule(Schedule.Cosine(30, iterations, 0.03)))
            // One look at the end: on small worlds the loss is too noisy to choose a rule by, and the latest is the best.
            .WithValidation(iterations, 1, [| 2; 8 |])
