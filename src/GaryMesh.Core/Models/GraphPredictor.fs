/// A model that answers for one small graph after the other.
namespace GaryMesh

open System
open GaryMesh.Models

/// <summary>A model made ready once, to answer for whatever graph it is given. What it answers depends on the graph and its
/// features alone: the same bits for any number of threads, in any order.</summary>
/// <remarks>It holds native memory and must not be used by several threads at once.</remarks>
/// <exception cref="T:System.ArgumentException">The model's cells answer for themselves.</exception>
[<Sealed>]
type GraphPredictor
    /// A model made ready.
    (model: Model, options: EngineOptions) =
    let shape, scaling = model.Shape, model.Scaling
    let layers = new ModelLayers(shape, options)
    let parameters = model.ToArray()
    let firing = if shape.FireRate < 1.0 then Firing.Seeded(0UL, 0) else Firing.All

    do
        if shape.Pooling.IsCells then
            Guard.refuse $"A graph's answer is pooled over its cells, but the model's cells answer for themselves."

        layers.Load parameters

    /// The model that answers.
    member _.Model = model

    /// <summary>The outputs of a graph, `features` [cells x k], into `outputs` [m]: logits or numbers in the label's unit.</summary>
    /// <exception cref="T:System.ArgumentException">A length is another than the model's on the graph, or a feature is infinite, or NaN
    /// where none may be.</exception>
    member _.Score(graph: Graph, features: ReadOnlySpan<float32>, outputs: Span<float32>) =
        if features.Length <> graph.Cells * shape.Features || outputs.Length <> shape.Outputs then
            Guard.refuse
                $"A graph of {graph.Cells} cells has {graph.Cells * shape.Features} features and {shape.Outputs} outputs, but there are {features.Length} and {outputs.Length}."

        if not shape.Missing then
            for at in 0 .. features.Length - 1 do
                if Single.IsNaN features[at] then
                    ModelData.RefuseMissing(shape, graph.Cells, at)

        use run =
            new ModelRun(shape, scaling, layers, graph, [| 0; graph.Cells |], model.Automaton, layers.Brief graph.Cells)

        let own =
            run.Forward(ModelData(1, features.ToArray(), [||], null), [| 0 |], Noise.None, (fun _ -> firing), false)

        for j in 0 .. shape.Outputs - 1 do
            outputs[j] <- scaling.OutputShift[j] + scaling.OutputScale[j] * own[j]

    /// Gives the native memory back.
    member _.Dispose() = (layers :> IDisposable).Dispose()

    interface IDisposable with
        member it.Dispose() = it.Dispose()
