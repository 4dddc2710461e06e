module GaryMesh.MLNet.Tests.StreamTests

open System
open System.IO
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

/// The bytes that reading a vector column of so many rows allocates, once the readers stand.
let private allocated (view: IDataView) (name: string) rows =
    let column = view.Schema[name]
    use cursor = view.GetRowCursor [ column ]
    let get = cursor.GetGetter<VBuffer<float32>> column
    let mutable buffer = VBuffer<float32>()

    let read count =
        for _ in 1..count do
            cursor.MoveNext() |> ignore
            get.Invoke &buffer

    read 100
    let before = GC.GetAllocatedBytesForCurrentThread()
    read rows
    GC.GetAllocatedBytesForCurrentThread() - before

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Streams"
        [ test "a fitted stage allocates nothing that grows with the rows, a loaded one next to nothing" {
              let context = MLContext 1

              let fitted =
                  (multiclass context (fun options -> options.NumberOfEpochs <- 1)).Fit(view context (pictures 1UL 60))

              let data = context.Data.Cache(view context (Array.replicate 40 (pictures 2UL 60) |> Array.concat))
              // Cached rows and the key mapping before the stage allocate nothing either.
              allocated (fitted.Transform data) "Score" 2000 |> ignore
              let bytes = allocated (fitted.Transform data) "Score" 2000
              Expect.isLessThan bytes 20_000L "bytes for 2,000 rows"

              use stream = new MemoryStream()
              context.Model.Save(fitted, data.Schema, stream)
              stream.Position <- 0L
              let loaded, _ = context.Model.Load stream
              let bytes = allocated (loaded.Transform data) "Score" 2000
              Expect.isLessThan bytes 100_000L "bytes for 2,000 rows of a loaded stage"
          }

          test "several cursors over one stage give what one gives" {
              let context = MLContext 1

              let fitted =
                  (multiclass context (fun options -> options.NumberOfEpochs <- 1)).Fit(view context (pictures 1UL 60))

              let scored = fitted.Transform(view context (pictures 2UL 500))
              let expected = scores scored

              let found = Array.Parallel.init 4 (fun _ -> scores scored)

              for one in found do
                  Expect.equal one expected "the same"
          } ]
