/// Small synthetic data that a few epochs learn, and what the tests of several files share.
module GaryMesh.MLNet.Tests.Support

open System
open System.IO
open Expecto
open GaryMesh
open GaryMesh.MLNet
open Microsoft.ML
open Microsoft.ML.Data

/// A picture of 8 x 8 cells: a bar across, a bar down, or a diagonal, with noise.
[<CLIMutable>]
type Picture =
    {
        [<VectorType(64)>]
        Features: float32[]
        Kind: string
        Across: bool
        /// The row or column of the bar.
        Place: float32
        Weight: float32
    }

let picture (key: uint64) =
    let place = Counter.below 8 (Counter.subkey key 0) 0L
    let kind = Counter.below 3 (Counter.subkey key 1) 0L

    let drawn row column =
        match kind with
        | 0 -> row = place
        | 1 -> column = place
        | _ -> (row + column) % 8 = place

    { Features =
        [| for row in 0..7 do
               for column in 0..7 do
                   let noise = 0.2f * float32 (Counter.normal (Counter.subkey key 2) (int64 (8 * row + column)))
                   (if drawn row column then 1.0f else 0.0f) + noise |]
      Kind = [| "across"; "down"; "diagonal" |][kind]
      Across = (kind = 0)
      Place = float32 place
      Weight = 1.0f }

let pictures (seed: uint64) count = [| for i in 0 .. count - 1 -> picture (Counter.key seed [ i ]) |]

let view (context: MLContext) (rows: 'row[]) = context.Data.LoadFromEnumerable rows

let grid = MeshGraph.Grid(8, 8)

/// A small model that learns pictures in a second.
let small (options: 'options :> MeshSignalOptions) =
    options.Graph <- grid
    options.EncodedValues <- 4
    options.Channels <- 8
    options.HiddenUnits <- 16
    options.Steps <- 4
    options.NumberOfEpochs <- 12
    options.LearningRate <- 0.01
    options.WeightAveraging <- 0.0
    options

/// ML.NET counts on variance, which F# does not have: an estimator as one of whatever transformer.
let general (estimator: obj) = estimator :?> IEstimator<ITransformer>

let append (next: IEstimator<'next>) (first: obj) : EstimatorChain<'next> =
    LearningPipelineExtensions.Append(general first, next)

/// Kind to key, then the small multiclass trainer.
let multiclass (context: MLContext) (change: MeshMulticlassTrainer.Options -> unit) =
    let options = small (MeshMulticlassTrainer.Options())
    change options

    context.Transforms.Conversion.MapValueToKey("Label", "Kind")
    |> append (context.MulticlassClassification.Trainers.GaryMesh options)

let scores (data: IDataView) = data.GetColumn<float32[]>("Score") |> Array.ofSeq

/// Runs what must be refused, and checks that the sentence names what it should.
let refuses<'error when 'error :> exn> (parts: string list) (run: unit -> unit) =
    let error =
        try
            run ()
            failtest "Nothing was refused."
        with :? 'error as error ->
            error

    for part in parts do
        Expect.stringContains error.Message part "the message names it"

/// A file that is there while `test` runs.
let inFile (name: string) (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "gary-mesh-"

    try
        test (Path.Combine(folder.FullName, name))
    finally
        folder.Delete true
