namespace GaryMesh

open System

/// A model on a graph made ready once, to answer row after row.
///
/// What it answers depends on the row alone: the same bits for any number of threads and rows, in any order. It holds
/// native memory and must not be used by several threads at once.
[<Sealed>]
type Predictor =
    /// <summary>A model made ready on a graph.</summary>
    /// <exception cref="T:System.ArgumentException">The model does not fit the graph.</exception>
    new: model: Model * graph: Graph * options: EngineOptions -> Predictor
    /// A model made ready on a graph.
    new: model: Model * graph: Graph -> Predictor
    /// The model that answers.
    member Model: Model
    /// The graph that rows belong to.
    member Graph: Graph

    /// <summary>The outputs of one row, `features` [cells x k], into `outputs` [targets x m]: logits or numbers in the
    /// label's unit. Without allocation on graphs of up to 1,024 cells.</summary>
    /// <exception cref="T:System.ArgumentException">A length is another than the model's on the graph, or a feature is
    /// NaN where none may be.</exception>
    member Score: features: ReadOnlySpan<float32> * outputs: Span<float32> -> unit

    /// <summary>The outputs of many rows, `features` [rows x cells x k], into `outputs` [rows x targets x m].</summary>
    /// <exception cref="T:System.ArgumentException">As for `Score`.</exception>
    member ScoreRows: rows: int * features: ReadOnlySpan<float32> * outputs: Span<float32> -> unit

    /// <summary>The state of one row after the last step, into `state` [cells x channels].</summary>
    /// <exception cref="T:System.ArgumentException">As for `Score`.</exception>
    member State: features: ReadOnlySpan<float32> * state: Span<float32> -> unit
    /// Gives the native memory back.
    member Dispose: unit -> unit
    interface IDisposable
