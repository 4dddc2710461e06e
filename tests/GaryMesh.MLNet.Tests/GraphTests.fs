module GaryMesh.MLNet.Tests.GraphTests

open System
open Expecto
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Road =
    { From: string
      To: string
      Length: float32
      [<VectorType(2)>]
      Heading: float32[] }

[<CLIMutable>]
type Numbered = { Source: int; Target: int64 }

let private roads =
    [| { From = "b"; To = "a"; Length = 2.0f; Heading = [| 1.0f; 0.0f |] }
       { From = "b"; To = "c"; Length = 3.0f; Heading = [| 0.0f; 4.0f |] } |]

[<Tests>]
let tests =
    testList
        "MeshGraph"
        [ test "has the cells and edges of its form" {
              let sizes (graph: MeshGraph) = graph.Cells, graph.Edges
              Expect.equal (sizes (MeshGraph.Ring 5)) (5, 10) "ring"
              Expect.equal (sizes (MeshGraph.Line 5)) (5, 8) "line"
              Expect.equal (sizes (MeshGraph.Grid(2, 3))) (6, 22) "grid"
              Expect.equal (sizes (MeshGraph.Torus(3, 4))) (12, 96) "torus"
              Expect.equal (sizes (MeshGraph.NearestNeighbours([| for i in 0..8 -> float i |], 1))) (3, 3) "neighbours"
          }

          test "an undirected edge is seen from both ends, the second time in the opposite direction" {
              let graph =
                  MeshGraph.FromEdges(3, [| 0; 1 |], [| 1; 2 |], [| 5.0; 7.0 |], [| 1.0; 0.0; 0.0; 0.0; 2.0; 0.0 |])

              let graph = graph.Graph
              Expect.sequenceEqual graph.RowStart [ 0; 1; 3; 4 ] "rows"
              Expect.sequenceEqual graph.Neighbours [ 1; 0; 2; 1 ] "neighbours"
              Expect.sequenceEqual graph.Weights [ 5.0; 5.0; 7.0; 7.0 ] "weights"

              Expect.sequenceEqual
                  graph.Offsets
                  [ 1.0; 0.0; 0.0; -1.0; 0.0; 0.0; 0.0; 2.0; 0.0; 0.0; -2.0; 0.0 ]
                  "offsets"
          }

          test "a directed edge is seen by its target alone, in the direction of its source" {
              let graph = MeshGraph.FromEdges(2, [| 0 |], [| 1 |], directions = [| 0.0; 0.0; 3.0 |], directed = true)
              Expect.sequenceEqual graph.Graph.RowStart [ 0; 0; 1 ] "rows"
              Expect.sequenceEqual graph.Graph.Neighbours [ 0 ] "neighbours"
              Expect.sequenceEqual graph.Graph.Offsets [ 0.0; 0.0; -3.0 ] "offsets"
          }

          test "edges in a data view meet their cells by name, whatever the columns' types" {
              let context = MLContext 1
              let data = view context roads
              let cells = [| "a"; "b"; "c" |]
              let graph = MeshGraph.FromEdges(data, cells, "From", "To", "Length", "Heading")
              Expect.sequenceEqual graph.Graph.Neighbours [ 1; 0; 2; 1 ] "text"
              Expect.sequenceEqual graph.Graph.Weights [ 2.0; 2.0; 3.0; 3.0 ] "weights"
              Expect.sequenceEqual (Seq.take 2 graph.Graph.Offsets) [ -1.0; 0.0 ] "offsets"

              let keyed =
                  (context.Transforms.Conversion.MapValueToKey("From")
                   |> append (context.Transforms.Conversion.MapValueToKey("To")))
                      .Fit(data)
                      .Transform
                      data

              let ofKeys = MeshGraph.FromEdges(keyed, cells, "From", "To")
              Expect.sequenceEqual ofKeys.Graph.Neighbours graph.Graph.Neighbours "keys of different key types"

              let numbers = view context [| { Source = 1; Target = 0L }; { Source = 1; Target = 2L } |]
              let ofNumbers = MeshGraph.FromEdges(numbers, [| "0"; "1"; "2" |])
              Expect.sequenceEqual ofNumbers.Graph.Neighbours graph.Graph.Neighbours "numbers"
          }

          test "an edge to nowhere is refused by row, column and name" {
              let data = view (MLContext 1) roads

              refuses<InvalidOperationException> [ "Row 1"; "target column 'To'"; "'c'"; "2 values" ] (fun () ->
                  MeshGraph.FromEdges(data, [| "a"; "b" |], "From", "To") |> ignore)
          }

          test "a missing column, one of another type and cells of the same name are refused" {
              let data = view (MLContext 1) roads
              let cells = [| "a"; "b"; "c" |]

              refuses<ArgumentOutOfRangeException> [ "Could not find source column 'Source'" ] (fun () ->
                  MeshGraph.FromEdges(data, cells) |> ignore)

              refuses<ArgumentOutOfRangeException>
                  [ "Schema mismatch for edge weight column 'Heading': expected Single, got Vector<Single, 2>" ]
                  (fun () -> MeshGraph.FromEdges(data, cells, "From", "To", "Heading") |> ignore)

              refuses<InvalidOperationException> [ "Row 1"; "'a'" ] (fun () ->
                  MeshGraph.FromEdges(data, [| "a"; "a" |], "From", "To") |> ignore)
          } ]
