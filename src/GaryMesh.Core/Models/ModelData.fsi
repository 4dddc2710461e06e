namespace GaryMesh

/// Rows for a model on a graph: signals or snapshots (many rows), or the nodes of one graph (one row). The arrays are taken as they
/// are and must not change while the data is in use.
[<Sealed>]
type ModelData =
    /// <summary>`features` [rows x cells x k]; `labels` [rows x targets x numbers of a label] with NaN for those that
    /// do not count; `weights` [rows x targets], or null where each target counts as much as any other. What the sizes
    /// must be is known where a shape and a graph are: `Check`.</summary>
    /// <exception cref="T:System.ArgumentException">There is no row, a weight is negative or not finite, a feature or
    /// label is infinite, or a length is no multiple of the number of rows.</exception>
    new: rows: int * features: float32[] * labels: float32[] * weights: (float32[] | null) -> ModelData
    /// Number of rows.
    member Rows: int
    member internal Features: float32[]
    member internal Labels: float32[]
    /// Empty where all targets count the same.
    member internal Weights: float32[]
    /// <summary>Refuses data that does not fit a shape on a graph of so many cells.</summary>
    /// <exception cref="T:System.ArgumentException">A length is another than the shape's, a feature is NaN where none
    /// may be, or a label lies outside what the head takes.</exception>
    member Check: shape: ModelShape * cells: int -> unit
    static member internal RefuseMissing: shape: ModelShape * cells: int * at: int -> unit
    /// <summary>The rows of the given numbers, copied.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such row, or none is asked for.</exception>
    member Subset: chosen: int[] -> ModelData
