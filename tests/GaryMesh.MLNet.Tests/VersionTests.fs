/// Files as version 0.1.0 wrote them: whatever changes since, they load to the scores that it gave, bit for bit.
module GaryMesh.MLNet.Tests.VersionTests

open System
open System.IO
open System.Runtime.Intrinsics.X86
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open GaryMesh.Tests.Mutants
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Signal =
    { [<VectorType(9)>]
      Features: float32[]
      Kind: string }

[<CLIMutable>]
type Node =
    { Id: string
      [<VectorType(3)>]
      Features: float32[] }

[<CLIMutable>]
type Edge =
    { Source: string
      Target: string
      Weight: float32
      [<VectorType(2)>]
      Reversed: float32[] }

/// Numbers that are the same on any machine.
let private features count n = [| for i in 0 .. count - 1 -> float32 ((7 * n * n + 3 * i * n + i) % 8) / 4.0f |]

let private context = MLContext 1
let private signals = view context [| for n in 100..104 -> { Features = features 9 n; Kind = "" } |]
let private nodes = view context [| for n in 0..11 -> { Id = $"n{n}"; Features = features 3 n } |]
let private fixture name = Path.Combine(__SOURCE_DIRECTORY__, "fixtures", name)
let private stock name = context.Model.Load(fixture name) |> fst
let private own name = MeshModel.Load(fixture name).CreateTransformer context

let private numbers (column: string) (scored: IDataView) =
    match scored.Schema[column].Type with
    | :? VectorDataViewType -> scored.GetColumn<float32[]> column |> Array.concat
    | _ -> scored.GetColumn<float32> column |> Array.ofSeq

// A machine that rounds between multiplying and adding is another machine: there the last bits may differ.
let private same task column (model: ITransformer) rows =
    let bits = Array.map BitConverter.SingleToInt32Bits
    let stored = Npz.Read(fixture "scores.npz")
    let expected, found = stored[task].ToFloat32(), numbers column (model.Transform rows)

    if Fma.IsSupported then
        Expect.sequenceEqual (bits found) (bits expected) task
    else
        for one, other in Array.zip found expected do
            Expect.floatClose Accuracy.medium (float one) (float other) task

[<Tests>]
let tests =
    testList
        "Versions"
        [ test "pipelines in ML.NET's own format give the scores of old" {
              let classes = stock "multiclass.zip"
              same "multiclass" "Score" classes signals
              let named = (classes.Transform signals).GetColumn<string> "Named"
              Expect.sequenceEqual named [ "b"; "c"; "b"; "c"; "b" ] "the classes' names"
              same "binary" "Score" (stock "binary.zip") signals
              same "regression" "Score" (stock "regression.zip") signals
              same "field" "Score" (stock "field.zip") signals
              same "features" "Mesh" (stock "features.zip") signals
          }

          test "models in a file of their own give the scores of old" {
              same "multiclass" "Score" (own "multiclass.npz") signals
              same "features" "Mesh" (own "features.npz") signals
              same "nodes" "Score" (own "nodes.npz") nodes
              same "directed" "Score" (own "directed.npz") nodes
          }

          test "edges in another table are read as the model's were" {
              // Version 1 had the source of a directed edge see its target: the table is the one it was trained with.
              let edges =
                  [| for n in 0..11 do
                         for step in [ 1; 4 ] ->
                             { Source = $"n{n}"
                               Target = $"n{(n + step) % 12}"
                               Weight = 0.5f + 0.25f * float32 (n % 3)
                               Reversed = [| float32 -step; 1.5f - float32 (n % 4) |] } |]

              match own "directed.npz" with
              | :? MeshNodeTransformer as model ->
                  refuses<ArgumentOutOfRangeException> [ "direction column 'Heading (reversed)'" ] (fun () ->
                      model.On(view context edges) |> ignore)

                  let columns = context.Transforms.CopyColumns("Heading (reversed)", "Reversed")
                  let edges = (columns.Fit(view context edges)).Transform(view context edges)
                  same "directed" "Score" (model.On edges) nodes
              | model -> failtest $"{model} scores no nodes"
          }

          // The core's model file inside is of version 1 as read and of the newest version as written.
          test "a model that is read and written again gives the scores of old, and is written the same from then on" {
              let written (model: MeshModel) =
                  use stream = new MemoryStream()
                  model.Save stream
                  stream.ToArray()

              for task, column, rows in
                  [ "multiclass", "Score", signals
                    "features", "Mesh", signals
                    "nodes", "Score", nodes
                    "directed", "Score", nodes ] do
                  let name = task + ".npz"
                  let bytes = written (MeshModel.Load(fixture name))
                  use stream = new MemoryStream(bytes)
                  let again = MeshModel.Load(stream, name)
                  same task column (again.CreateTransformer context) rows
                  Expect.sequenceEqual (written again) bytes name
          }

          test "damaged files are read or refused, never worse" {
              for name in [ "multiclass.npz"; "features.npz"; "nodes.npz" ] do
                  survives name 500 7 (File.ReadAllBytes(fixture name)) (fun bytes ->
                      MeshModel.Load(new MemoryStream(bytes), name) |> ignore)
          } ]
