namespace GaryMesh

open System
open GaryMesh.Models

[<Sealed>]
type Predictor(model: Model, graph: Graph, options: EngineOptions) =
    let shape, scaling, cells = model.Shape, model.Scaling, graph.Cells
    let layers = new ModelLayers(shape, options)
    let run = new ModelRun(shape, scaling, layers, graph, [| 0; cells |], model.Automaton, options)
    let length = cells * shape.Features
    let firing = if shape.FireRate < 1.0 then Firing.Seeded(0UL, 0) else Firing.All

    do run.Load(model.ToArray())

    let check (rows: int) (features: ReadOnlySpan<float32>) what given each =
        Guard.positive (nameof rows) "The number of rows" rows

        if int64 features.Length <> int64 rows * int64 length then
            Guard.refuse
                $"{rows} rows on {graph.Name} need {int64 rows * int64 length} features ({cells} cells x {shape.Features}), but {features.Length} are given."

        if int64 given <> int64 rows * int64 each then
            Guard.refuse
                $"{rows} rows on {graph.Name} give {int64 rows * int64 each} {what}, but there is room for {given}."

        if not shape.Missing then
            for at in 0 .. features.Length - 1 do
                if Single.IsNaN features[at] then
                    ModelData.RefuseMissing(shape, cells, at)

    let data (rows: int) (features: ReadOnlySpan<float32>) = ModelData(rows, features.ToArray(), [||], null)

    let leave (own: float32[]) (outputs: Span<float32>) =
        for i in 0 .. outputs.Length - 1 do
            let j = i % shape.Outputs
            let value = scaling.OutputShift[j] + scaling.OutputScale[j] * own[i]
            outputs[i] <- if shape.Residual.IsEmpty then value else run.Bases[i / shape.Outputs] + value

    let forward rows (features: ReadOnlySpan<float32>) =
        run.Forward(data rows features, Array.init rows id, Noise.None, (fun _ -> firing), false)

    /// A large graph is worth every thread, and the few small objects that sharing the work takes.
    let forwardOne (features: ReadOnlySpan<float32>) =
        if cells <= 1024 then run.ForwardHere(features, firing) else forward 1 features

    new(model: Model, graph: Graph) = new Predictor(model, graph, EngineOptions())

    member _.Model = model
    member _.Graph = graph

    member _.ScoreRows(rows: int, features: ReadOnlySpan<float32>, outputs: Span<float32>) =
        check rows features "outputs" outputs.Length (shape.OutputsOn cells)
        leave (forward rows features) outputs

    member _.Score(features: ReadOnlySpan<float32>, outputs: Span<float32>) =
        check 1 features "outputs" outputs.Length (shape.OutputsOn cells)
        leave (forwardOne features) outputs

    member _.State(features: ReadOnlySpan<float32>, state: Span<float32>) =
        check 1 features "numbers of a state" state.Length (cells * shape.Channels)
        forwardOne features |> ignore
        run.CopyStates state

    member _.Dispose() =
        (run :> IDisposable).Dispose()
        (layers :> IDisposable).Dispose()

    interface IDisposable with
        member it.Dispose() = it.Dispose()
