namespace GaryMesh.Testing

open System
open GaryMesh

[<NoComparison>]
type Limits =
    { Cells: int
      Degree: int
      Channels: int
      Operators: int
      Hidden: int
      Inputs: int
      Steps: int }

    static member Small =
        { Cells = 9
          Degree = 4
          Channels = 3
          Operators = 4
          Hidden = 5
          Inputs = 2
          Steps = 4 }

    static member Wide =
        { Cells = 90
          Degree = 40
          Channels = 64
          Operators = 10
          Hidden = 256
          Inputs = 20
          Steps = 9 }

module private Draw =
    let normal (seed: uint64) (purpose: int) (index: int) = Counter.normal (Counter.key seed [ purpose ]) (int64 index)

    let below bound (seed: uint64) (purpose: int) (index: int) =
        Counter.below bound (Counter.key seed [ purpose ]) (int64 index)

    let uniform (seed: uint64) (purpose: int) (index: int) =
        Counter.uniform (Counter.key seed [ purpose ]) (int64 index)

    let state (cells: int) (channels: int) (seed: uint64) (purpose: int) =
        State.Create(cells, channels, fun cell channel -> float32 (normal seed purpose (cell * channels + channel)))

[<RequireQualifiedAccess>]
type GraphPlan =
    | Ring of Cells: int
    | Line of Cells: int
    | Strip of Cells: int * Offsets: int list
    | Grid of Height: int * Width: int
    | Torus of Height: int * Width: int
    | Torus6 of Height: int * Width: int
    | Icosphere of Frequency: int
    | Delaunay of Cells: int * Seed: uint64
    | Nearest of Cells: int * K: int * Seed: uint64
    | Edges of Cells: int * Degree: int * Directed: bool * Weighted: bool * Placed: bool * Seed: uint64

    member plan.Build() =
        let points cells seed = Array.init (3 * cells) (Draw.normal seed 1)

        match plan with
        | Ring cells -> Graph.Ring cells
        | Line cells -> Graph.Line cells
        | Strip(cells, offsets) -> Graph.Strip(cells, offsets)
        | Grid(height, width) -> Graph.Grid(height, width)
        | Torus(height, width) -> Graph.Torus(height, width)
        | Torus6(height, width) -> Graph.Torus6(height, width)
        | Icosphere frequency -> Graph.Icosphere frequency
        | Delaunay(cells, seed) -> Graph.Delaunay(cells, seed)
        | Nearest(cells, k, seed) -> Graph.NearestNeighbours(points cells seed, k)
        | Edges(cells, degree, directed, weighted, placed, seed) ->
            // An undirected edge is seen from both its ends.
            let most = if directed then degree else degree / 2

            let edges =
                [| for cell in 0 .. cells - 1 do
                       for i in 1 .. Draw.below (most + 1) seed 2 cell ->
                           cell, Draw.below cells seed 3 (cell * (most + 1) + i) |]

            let weights: float[] | null =
                if weighted then
                    Array.init edges.Length (fun i -> 2.0 * Draw.uniform seed 4 i)
                else
                    null

            let positions: float[] | null = if placed then points cells seed else null

            Graph.OfEdges(cells, Array.map snd edges, Array.map fst edges, directed, weights, positions)

    member plan.Smaller =
        let fewer least n = List.distinct [ least; n / 2; n - 1 ] |> List.filter (fun m -> m >= least && m < n)

        match plan with
        | Ring cells -> fewer 1 cells |> List.map Ring
        | Line cells -> fewer 1 cells |> List.map Line
        | Strip(cells, offsets) ->
            [ yield! fewer 1 cells |> List.map (fun cells -> Strip(cells, offsets))
              if offsets.Length > 1 then
                  Strip(cells, offsets.Tail) ]
        | Grid(height, width) ->
            [ yield! fewer 1 height |> List.map (fun height -> Grid(height, width))
              yield! fewer 1 width |> List.map (fun width -> Grid(height, width)) ]
        | Torus(height, width) ->
            [ yield! fewer 3 height |> List.map (fun height -> Torus(height, width))
              yield! fewer 3 width |> List.map (fun width -> Torus(height, width)) ]
        | Torus6(height, width) ->
            [ yield! fewer 3 height |> List.map (fun height -> Torus6(height, width))
              yield! fewer 3 width |> List.map (fun width -> Torus6(height, width)) ]
        | Icosphere frequency -> fewer 1 frequency |> List.map Icosphere
        | Delaunay(cells, seed) -> fewer 4 cells |> List.map (fun cells -> Delaunay(cells, seed))
        | Nearest(cells, k, seed) ->
            [ yield! fewer (k + 1) cells |> List.map (fun cells -> Nearest(cells, k, seed))
              yield! fewer 1 k |> List.map (fun k -> Nearest(cells, k, seed)) ]
        | Edges(cells, degree, directed, weighted, placed, seed) ->
            [ yield! fewer 1 cells |> List.map (fun cells -> Edges(cells, degree, directed, weighted, placed, seed))
              yield! fewer 0 degree |> List.map (fun degree -> Edges(cells, degree, directed, weighted, placed, seed))
              if weighted then
                  Edges(cells, degree, directed, false, placed, seed)
              if placed then
                  Edges(cells, degree, directed, weighted, false, seed) ]

    /// The same with places for its cells.
    member plan.Placed =
        match plan with
        | Edges(cells, degree, directed, weighted, _, seed) -> Edges(cells, degree, directed, weighted, true, seed)
        | _ -> plan

[<RequireQualifiedAccess>]
type LiftPlan =
    | Absent
    | GradientNorm of X: int * Y: int
    | Steering of Own: int * X: int * Y: int * Channel: int

    member plan.Build() : Lift | null =
        match plan with
        | Absent -> null
        | GradientNorm(x, y) -> GaryMesh.GradientNorm(x, y)
        | Steering(own, x, y, channel) -> GaryMesh.Steering(own, x, y, channel)

    /// Whether cells of so many channels have the channel that it reads.
    member plan.Fits(channels: int) =
        match plan with
        | Steering(_, _, _, channel) -> channel < channels
        | _ -> true

[<NoComparison>]
type WorldPlan =
    { Graph: GraphPlan
      Framed: bool
      Uneven: bool
      Operators: string list
      Lift: LiftPlan
      Blended: bool
      Channels: int
      Hidden: int
      Inputs: int
      Steps: int
      FireRate: float
      TimeStep: float
      Keep: float
      Bound: float32
      Spacing: float
      Gated: bool
      Firing: int
      PerStep: bool
      Seed: uint64 }

    member plan.Smaller =
        let fewer least n = List.distinct [ least; n / 2; n - 1 ] |> List.filter (fun m -> m >= least && m < n)

        seq {
            for steps in fewer 1 plan.Steps do
                { plan with Steps = steps }

            for graph in plan.Graph.Smaller do
                { plan with Graph = graph }

            if plan.Framed then
                { plan with Framed = false }

            if plan.Uneven then
                { plan with Uneven = false }

            if not plan.Lift.IsAbsent then
                { plan with Lift = LiftPlan.Absent }

            if plan.Blended then
                { plan with Blended = false }

            if plan.Gated then
                { plan with Gated = false }

            if plan.Firing > 0 then
                { plan with Firing = 0 }

            if plan.PerStep then
                { plan with PerStep = false }

            if plan.TimeStep <> 1.0 then
                { plan with TimeStep = 1.0 }

            if plan.Keep <> 1.0 then
                { plan with Keep = 1.0 }

            if plan.Bound < infinityf then
                { plan with Bound = infinityf }

            if plan.Spacing <> 1.0 then
                { plan with Spacing = 1.0 }

            for inputs in fewer (if plan.Blended then 1 else 0) plan.Inputs do
                { plan with Inputs = inputs }

            for hidden in fewer 1 plan.Hidden do
                { plan with Hidden = hidden }

            for channels in fewer 1 plan.Channels do
                if plan.Lift.Fits channels then
                    { plan with Channels = channels }

            // A lift names operators by their places.
            if plan.Operators.Length > 1 && plan.Lift.IsAbsent then
                for i in 0 .. plan.Operators.Length - 1 do
                    { plan with Operators = List.removeAt i plan.Operators }
        }
        |> List.ofSeq

[<Sealed; StructuredFormatDisplay("{Text}")>]
type World(plan: WorldPlan) =
    let seed = plan.Seed

    let perception =
        Perception([ for text in plan.Operators -> Operator.Parse(text, []) ], plan.Lift.Build())

    // A graph has what an operator looks at.
    let graph =
        let graph = (if perception.SeesPlaces then plan.Graph.Placed else plan.Graph).Build()

        let framed =
            if plan.Framed || perception.SeesFrames then
                let normals = Array.init (3 * graph.Cells) (Draw.normal seed 8)
                graph.WithFrames(Frames.Towards(normals, struct (0.3, -1.0, 0.2)))
            else
                graph

        if plan.Uneven then
            framed.WithSpacing(Array.init graph.Cells (fun cell -> [| 0.8; 1.0; 2.0 |][Draw.below 3 seed 10 cell]))
        else
            framed

    let shape =
        let shape = RuleShape.For(perception, plan.Channels, plan.Hidden, plan.Inputs)
        if plan.Blended then shape.WithKind(BlendRule shape.Kind) else shape

    let gateChannel = Draw.below plan.Channels seed 5 0

    let automaton =
        Automaton
            .Of(perception, GradientCheck.RuleFor(shape, seed, 0.5))
            .WithFireRate(plan.FireRate)
            .WithTimeStep(plan.TimeStep)
            .WithKeep(plan.Keep)
            .WithBound(plan.Bound)
            .WithSpacing(plan.Spacing)
            .WithGate(
                if not plan.Gated then Gate.Open
                elif Draw.below 2 seed 9 0 = 0 then Gate.Alive(gateChannel, 0.1f)
                else Gate.AlivePublished(gateChannel, 0.1f)
            )
            .WithSteps(plan.Steps, plan.Steps)

    let start =
        let noise = Draw.state graph.Cells plan.Channels seed 6

        // Under a gate half of the cells start alive, so that some die and some come to life.
        let value cell channel =
            if not plan.Gated then noise[cell, channel]
            elif Draw.below 2 seed 7 cell = 0 then 0.0f
            elif channel = gateChannel then abs noise[cell, channel] + 0.2f
            else noise[cell, channel]

        State.Create(graph.Cells, plan.Channels, value)

    let rollout =
        let firing =
            match plan.Firing with
            | 0 -> Firing.All
            | 1 -> Firing.Seeded(seed, 3)
            | _ -> Firing.Mask(fun step cell -> Draw.below 3 seed (1000 + step) cell > 0)

        let told step =
            let noise = Draw.state graph.Cells plan.Inputs seed (2000 + step)

            // Of the weights of a blend a third are 0 and a third 1.
            let value cell input =
                if plan.Blended && input = plan.Inputs - 1 then
                    match Draw.below 3 seed (3000 + step) cell with
                    | 2 -> noise[cell, input]
                    | weight -> float32 weight
                else
                    noise[cell, input]

            State.Create(graph.Cells, plan.Inputs, value)

        let inputs =
            if plan.Inputs = 0 then Inputs.Absent
            elif plan.PerStep then Inputs.PerStep(Array.init plan.Steps told)
            else Inputs.Constant(told 0)

        Rollout.Of(start, plan.Steps, firing).WithInputs inputs

    member _.Plan = plan
    member _.Automaton = automaton
    member _.Graph = graph
    member _.Rollout = rollout
    member _.Text = $"%A{plan}"
    member _.Obeys(law: Law) = law.Check(automaton, graph, rollout, seed)
    override world.ToString() = world.Text
