namespace GaryMesh

/// Rows for a model: signals or snapshots on one graph (many rows), the nodes of one graph (one row), or rows that are each a graph of
/// its own. The arrays are taken as they are and must not change while the data is in use.
[<Sealed>]
type ModelData =
    /// <summary>`features` [rows x cells x k]; `labels` [rows x targets x numbers of a label] with NaN for those that
    /// do not count; `weights` [rows x targets], or null where each target counts as much as any other. What the sizes
    /// must be is known where a shape and a graph are: `Check`.</summary>
    /// <exception cref="T:System.ArgumentException">There is no row, a weight is negative or not finite, a feature or
    /// label is infinite, or a length is no multiple of the number of rows.</exception>
    new: rows: int * features: float32[] * labels: float32[] * weights: (float32[] | null) -> ModelData
    /// <summary>Rows that are each a graph of its own: `features` [cells of all graphs x k], graph after graph; `labels` [graphs x numbers of
    /// a label] and `weights` [graphs] as above. A graph's cells see that graph alone, whatever rows share its batch.</summary>
    /// <exception cref="T:System.ArgumentException">As above; or a graph has offsets, whose scale would be that of a batch.</exception>
    new: graphs: Graph seq * features: float32[] * labels: float32[] * weights: (float32[] | null) -> ModelData
    /// <summary>One row, the nodes of one graph, whose outputs are to tell which of them are joined: `features` [cells x k].</summary>
    /// <exception cref="T:System.ArgumentException">A feature is infinite.</exception>
    new: features: float32[] * links: Links -> ModelData
    /// Number of rows.
    member Rows: int
    /// The rows' own graphs; empty where all rows are on one.
    member internal Graphs: Graph[]
    /// The given rows as one row on the union of their graphs, and the first cell of each, the number of all cells after them.
    member internal Union: chosen: int[] -> struct (Graph * int[] * ModelData)
    member internal Features: float32[]
    member internal Labels: float32[]
    /// Which cells are joined, where that is what is learnt.
    member internal Links: Links | null
    /// Empty where all targets count the same.
    member internal Weights: float32[]
    /// <summary>Refuses data that does not fit a shape on a graph of so many cells; rows with graphs of their own have their own
    /// cells.</summary>
    /// <exception cref="T:System.ArgumentException">A length is another than the shape's, a feature is NaN where none
    /// may be, or a label lies outside what the head takes.</exception>
    member Check: shape: ModelShape * cells: int -> unit
    static member internal RefuseMissing: shape: ModelShape * cells: int * at: int -> unit
    /// <summary>The rows of the given numbers, copied.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such row, or none is asked for.</exception>
    member Subset: chosen: int[] -> ModelData
