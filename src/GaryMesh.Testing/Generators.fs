namespace GaryMesh.Testing

open FsCheck
open FsCheck.FSharp
open GaryMesh

[<AbstractClass; Sealed>]
type MeshGen =
    static member private Seeds = Gen.choose (0, System.Int32.MaxValue) |> Gen.map uint64

    static member GraphPlans(limits: Limits) : Gen<GraphPlan> =
        let cells = Gen.choose (1, max 1 limits.Cells)
        // Of lattices whose sides multiply to about the number of cells.
        let side least = Gen.choose (least, max least (int (sqrt (float limits.Cells))))
        let lattice least plan = Gen.map2 (fun height width -> plan (height, width)) (side least) (side least)

        let strip =
            gen {
                let! cells = cells
                let! causal = Gen.elements [ true; false ]
                let! distances = Gen.choose (1, max 1 limits.Cells) |> Gen.listOfLength 3
                let! signs = Gen.elements [ -1; 1 ] |> Gen.listOfLength 3
                let signed = List.map2 (fun d sign -> if causal then -d else d * sign) distances signs
                return GraphPlan.Strip(cells, List.distinct signed)
            }

        let nearest =
            gen {
                let! cells = Gen.choose (2, max 2 limits.Cells)
                let! k = Gen.choose (1, max 1 (min limits.Degree (cells - 1)))
                let! seed = MeshGen.Seeds
                return GraphPlan.Nearest(cells, k, seed)
            }

        let delaunay =
            gen {
                let! cells = cells
                let! seed = MeshGen.Seeds
                return GraphPlan.Delaunay(max 4 cells, seed)
            }

        let edges =
            gen {
                let! cells = cells
                let! degree = Gen.choose (0, limits.Degree)
                let! directed = Gen.elements [ true; false ]
                let! weighted = Gen.elements [ true; false ]
                let! placed = Gen.elements [ true; false ]
                let! seed = MeshGen.Seeds
                return GraphPlan.Edges(cells, degree, directed, weighted, placed, seed)
            }

        let spheres = [ 1..8 ] |> List.filter (fun f -> f = 1 || 12 + 10 * (f * f - 1) <= limits.Cells)

        Gen.frequency
            [ 2, Gen.map GraphPlan.Ring cells
              1, Gen.map GraphPlan.Line cells
              1, strip
              1, lattice 1 GraphPlan.Grid
              1, lattice 3 GraphPlan.Torus
              1, lattice 3 GraphPlan.Torus6
              1, Gen.elements spheres |> Gen.map GraphPlan.Icosphere
              1, delaunay
              2, nearest
              4, edges ]

    static member Graphs(limits: Limits) : Gen<Graph> = MeshGen.GraphPlans limits |> Gen.map _.Build()

    static member private OperatorTexts(limits: Limits) : Gen<string list> =
        let weight = Gen.elements [ yield! EdgeWeight.Names; "at:-1"; "at:1"; "at:2" ]

        let along =
            gen {
                let! aggregation = Gen.elements [ "sum"; "mean" ]
                let! messages = Gen.elements [ "value"; "difference" ]
                let! weight = weight
                return $"{aggregation} {messages} {weight}"
            }

        let any = Gen.frequency [ 1, Gen.constant "own"; 3, along ]

        let named =
            [ Perception.Planar
              Perception.Harmonics
              Perception.Sobel
              Perception.Isotropic
              Perception.LeftSelfRight
              Perception.Diffusion
              Perception.Offsets [ -1; 2 ] ]
            |> List.map (fun perception -> [ for operator in perception.Operators -> operator.Text ])
            |> List.filter (fun texts -> texts.Length <= limits.Operators)

        let random =
            gen {
                let! count = Gen.choose (1, limits.Operators)
                return! Gen.listOfLength count any
            }

        match named with
        | [] -> random
        | named -> Gen.oneof [ Gen.elements named; random ]

    static member Perceptions(limits: Limits) : Gen<Perception> =
        MeshGen.OperatorTexts limits
        |> Gen.map (fun texts -> Perception [ for text in texts -> Operator.Parse(text, []) ])

    /// None, or one that finds its operators.
    static member private LiftPlans(operators: int, channels: int) : Gen<LiftPlan> =
        gen {
            let! places = Gen.shuffle [| 0 .. operators - 1 |]
            let! channel = Gen.choose (0, channels - 1)

            return!
                Gen.elements
                    [ yield! List.replicate 3 LiftPlan.Absent
                      if operators > 1 then
                          LiftPlan.GradientNorm(places[0], places[1])
                      if operators > 2 then
                          LiftPlan.Steering(places[0], places[1], places[2], channel) ]
        }

    static member Rules(shape: RuleShape) : Gen<Rule> =
        MeshGen.Seeds |> Gen.map (fun seed -> GradientCheck.RuleFor(shape, seed, 0.5))

    static member States(cells: int, channels: int) : Gen<State> =
        MeshGen.Seeds
        |> Gen.map (fun seed ->
            State.Create(
                cells,
                channels,
                fun cell channel -> float32 (Counter.normal seed (int64 cell * int64 channels + int64 channel))
            ))

    static member Firings: Gen<Firing> =
        gen {
            let! seed = MeshGen.Seeds
            let! sample = Gen.choose (0, 9)

            return!
                Gen.elements
                    [ Firing.All
                      Firing.Seeded(seed, sample)
                      Firing.Mask(fun step cell -> Counter.below 2 (Counter.subkey seed step) (int64 cell) = 0) ]
        }

    static member Rollouts(automaton: Automaton, graph: Graph, maxSteps: int) : Gen<Rollout> =
        let shape = automaton.Rule.Shape

        gen {
            let! seed = MeshGen.Seeds
            let own = automaton.Start.On(graph, shape.Channels, seed)
            let! start = Gen.oneof [ Gen.constant own; MeshGen.States(graph.Cells, shape.Channels) ]
            let! steps = Gen.choose (1, maxSteps)
            let! firing = MeshGen.Firings
            let! told = MeshGen.States(graph.Cells, shape.Inputs)
            let inputs = if shape.Inputs = 0 then Inputs.Absent else Inputs.Constant told
            return Rollout.Of(start, steps, firing).WithInputs inputs
        }

    static member WorldPlans(limits: Limits) : Gen<WorldPlan> =
        // Sizes about those of whole vectors and tiles, which a uniform choice would rarely meet.
        let size most =
            Gen.oneof
                [ Gen.choose (1, most)
                  Gen.choose (1, min 9 most)
                  Gen.elements
                      [ for n in [ 1; 4; 8; 15; 16; 17; 32; 33; 48; 64; most ] do
                            if n <= most then
                                n ] ]

        gen {
            let! graph = MeshGen.GraphPlans limits
            let! framed = Gen.elements [ false; false; true ]
            let! operators = MeshGen.OperatorTexts limits
            let! channels = size limits.Channels
            let! lift = MeshGen.LiftPlans(operators.Length, channels)
            let! blended = Gen.elements [ limits.Inputs > 0; false; false; false ]
            let! hidden = size limits.Hidden
            let fewest = if blended then 1 else 0
            let! inputs = Gen.oneof [ Gen.constant fewest; Gen.choose (fewest, limits.Inputs) ]
            let! steps = Gen.choose (1, limits.Steps)

            let! fireRate =
                Gen.oneof
                    [ Gen.elements [ 0.0; 0.5; 1.0 ]; Gen.choose (0, 65536) |> Gen.map (fun p -> float p / 65536.0) ]

            let! timeStep = Gen.elements [ 1.0; 1.0; 0.25; -0.5 ]
            // Noise starts beyond the one and comes up to the other.
            let! bound = Gen.elements [ infinityf; infinityf; 0.7f; 2.5f ]
            let! spacing = Gen.elements [ 1.0; 1.0; 0.8; 2.0 ]
            let! gated = Gen.elements [ false; false; true ]
            let! firing = Gen.elements [ 0; 1; 1; 1; 2 ]
            let! perStep = Gen.elements [ true; false ]
            let! seed = MeshGen.Seeds
            let! keep = Gen.elements [ 1.0; 1.0; 0.0; 0.75 ]
            let! uneven = Gen.elements [ false; false; true ]

            return
                { Graph = graph
                  Framed = framed
                  Uneven = uneven
                  Operators = operators
                  Lift = lift
                  Blended = blended
                  Channels = channels
                  Hidden = hidden
                  Inputs = inputs
                  Steps = steps
                  FireRate = fireRate
                  TimeStep = timeStep
                  Keep = keep
                  Bound = bound
                  Spacing = spacing
                  Gated = gated
                  Firing = firing
                  PerStep = perStep
                  Seed = seed }
        }

    static member Worlds(limits: Limits) : Gen<World> = MeshGen.WorldPlans limits |> Gen.map World

[<AbstractClass; Sealed>]
type MeshArb =
    static member GraphPlan() : Arbitrary<GraphPlan> =
        Arb.fromGenShrink (MeshGen.GraphPlans Limits.Small, fun plan -> Seq.ofList plan.Smaller)

    static member Graph() : Arbitrary<Graph> = Arb.fromGen (MeshGen.Graphs Limits.Small)
    static member Perception() : Arbitrary<Perception> = Arb.fromGen (MeshGen.Perceptions Limits.Small)

    static member Rule() : Arbitrary<Rule> = MeshGen.Worlds Limits.Small |> Gen.map _.Automaton.Rule |> Arb.fromGen

    static member State() : Arbitrary<State> =
        gen {
            let! cells = Gen.choose (1, Limits.Small.Cells)
            let! channels = Gen.choose (1, Limits.Small.Channels)
            return! MeshGen.States(cells, channels)
        }
        |> Arb.fromGen

    static member Firing() : Arbitrary<Firing> = Arb.fromGen MeshGen.Firings

    static member WorldsWithin(limits: Limits) : Arbitrary<World> =
        Arb.fromGenShrink (MeshGen.Worlds limits, fun world -> world.Plan.Smaller |> Seq.map World)

    static member World() : Arbitrary<World> = MeshArb.WorldsWithin Limits.Small
