/// What becomes of a rollout when the mesh is turned: nothing under perceptions that turn with it.
module GaryMesh.Tests.EquivarianceTests

open System
open Expecto
open GaryMesh
open GaryMesh.Tests.Surfaces

let private channels = 8

/// A surface: its places and normals, and how a graph is made of places like these.
let private surfaces (seed: uint64) =
    let mesh name (positions, triangles: int[]) =
        let graph positions = Graph.OfTriangles(name, positions, triangles)
        name, positions, graph, (fun positions -> Frames.Normals(positions, triangles))

    /// Points drawn on a sphere or a torus, each seeing those nearest to it.
    let cloud name (place: float[] -> float[] * float[]) =
        let points = Array.init 300 (fun i -> place (random seed (1000 + i) 3))
        let positions = Array.collect fst points
        let nearest = Graph.NearestNeighbours(positions, 7)

        let graph positions =
            Graph.OfRows(Seq.toArray nearest.RowStart, Seq.toArray nearest.Neighbours, null, null, positions)

        let towards = Array.collect snd points
        name, positions, graph, (fun (_: float[]) -> towards)

    let onSphere x = unit x, unit x

    let onTorus (x: float[]) =
        let around = unit [| x[0]; x[1]; 0.0 |]
        let tube = unit (Array.map2 (+) (Array.map ((*) x[2]) around) [| 0.0; 0.0; x[0] + x[1] |])
        Array.map2 (fun a b -> 2.0 * a + 0.7 * b) around tube, tube

    [ mesh "icosphere" (let struct (p, t) = Graphs.Icosphere.make 5 in p, t)
      mesh "irregular sphere" (irregularSphere 5 seed)
      mesh "bumpy sphere" (bumpySphere 5 seed)
      mesh "bumpy torus" (bumpyTorus 20 12 seed)
      cloud "points on a sphere" onSphere
      cloud "points on a torus" onTorus ]

let private rollouts (perception: Perception) (seed: uint64) steps (graphs: Graph list) =
    let shape = RuleShape.For(perception, channels, 32)
    let automaton = Automaton.Of(perception, Rule.Xavier(shape, seed, 1.0, 0.05)).WithFireRate 0.5
    let cells = graphs.Head.Cells

    let start =
        State.Create(
            cells,
            channels,
            fun cell channel -> 0.5f * float32 (Counter.normal seed (int64 (cell * channels + channel)))
        )

    graphs
    |> List.map (fun graph ->
        use prepared = new Prepared(automaton, graph)
        prepared.Run(Rollout.Of(start, steps, Firing.Of(seed, 0))))

/// How far the states of a surface and of the same turned lie apart.
let private apart
    (perception: Perception)
    (seed: uint64)
    steps
    (_, positions: float[], graph: float[] -> Graph, normals)
    =
    let turn = rotation seed
    let up = random seed 7 3

    // The cloud's normals are given and turn with it, a mesh's are computed anew.
    let fixed' = (normals positions: float[])
    let recomputed: float[] = normals (turn positions)
    let turnedNormals = if recomputed = fixed' then turn fixed' else recomputed

    let framed positions normals up =
        let graph: Graph = graph positions
        graph.WithFrames(Frames.Upright(graph, normals, triple up, 100))

    match
        rollouts perception seed steps [ framed positions fixed' up; framed (turn positions) turnedNormals (turn up) ]
    with
    | [ a; b ] -> Array.fold2 (fun most x y -> max most (abs (float x - float y))) 0.0 (a.ToArray()) (b.ToArray())
    | _ -> nan

let private turning =
    [ "tangent", Perception.Tangent
      "steered", Perception.Steered 3
      "rotation-invariant", Perception.RotationInvariant ]

[<Tests>]
let tests =
    testList
        "Equivariance"
        [ for name, perception in turning do
              test $"turning the mesh leaves the states of the {name} perception what they are after 32 and 96 steps" {
                  for seed in 0UL .. 3UL do
                      for (surface, _, _, _) as mesh in surfaces seed do
                          for steps in [ 32; 96 ] do
                              Expect.isLessThan (apart perception seed steps mesh) 1e-5 $"{surface}, {seed}, {steps}"
              }

          for name, perception in
              [ "planar", Perception.Planar
                "of degree 1", Perception.Harmonics
                "of degrees 1 and 2", Perception.Harmonics2 ] do
              test $"turning the mesh changes the states of the world-frame perception {name}" {
                  for seed in 0UL .. 1UL do
                      for (surface, _, _, _) as mesh in surfaces seed do
                          Expect.isGreaterThan (apart perception seed 32 mesh) 1e-2 $"{surface}, {seed}"
              }

          test "perceptions of tangent planes see frames, those of the world and of lattices do not" {
              for name, perception in turning do
                  Expect.isTrue perception.SeesFrames name

              for perception in [ Perception.Planar; Perception.Harmonics2; Perception.Sobel; Perception.Moore ] do
                  Expect.isFalse perception.SeesFrames perception.Text
          }

          test "the rotation-invariant perception does not see where u points, the tangent one does" {
              let graph = Graph.Icosphere 4
              let towards direction = graph.WithFrames(Frames.Towards(graph, direction))

              let gap perception =
                  match
                      rollouts perception 5UL 32 [ towards (struct (0.1, 0.2, 1.0)); towards (struct (1.0, 0.3, 0.1)) ]
                  with
                  | [ a; b ] -> Array.fold2 (fun most x y -> max most (abs (x - y))) 0f (a.ToArray()) (b.ToArray())
                  | _ -> nanf

              Expect.isLessThan (gap Perception.RotationInvariant) 1e-4f "invariant"
              Expect.isGreaterThan (gap Perception.Tangent) 1e-2f "tangent"
          }

          property "cells of a framed surface under other names have the same bits" (fun (seed: uint64) ->
              let positions, triangles = irregularSphere 3 seed
              let graph = Graph.OfTriangles("sphere", positions, triangles)

              let framed = graph.WithFrames(Frames.Upright(graph, struct (0.0, 1.0, 0.0), 20))

              let order = [| 0 .. graph.Cells - 1 |] |> Array.sortBy (fun i -> Counter.word seed (int64 i))

              turning
              |> List.forall (fun (_, perception) ->
                  let shape = RuleShape.For(perception, channels, 16)
                  let automaton = Automaton.Of(perception, Rule.Xavier(shape, seed, 1.0, 0.05)).WithFireRate 0.5

                  let start =
                      State.Create(
                          graph.Cells,
                          channels,
                          fun cell c -> float32 (Counter.normal seed (int64 (cell * channels + c)))
                      )

                  let firing = Firing.Of(seed, 0)
                  let userOf = Array.zeroCreate graph.Cells
                  order |> Array.iteri (fun cell name -> userOf[name] <- cell)

                  let run (graph: Graph) start firing =
                      use prepared = new Prepared(automaton, graph)
                      prepared.Run(Rollout.Of(start, 24, firing))

                  let renamed = Firing.Of(fun step cell -> firing.Fires(0.5, step, userOf[cell]))
                  let a = (run framed start firing).Relabelled order
                  let b = run (framed.Relabelled order) (start.Relabelled order) renamed
                  a.ToArray() = b.ToArray())) ]
