namespace GaryMesh

open System

/// A matrix that lies in an array: element (i, j) at `Offset + i * RowStride + j * ColumnStride`.
[<Struct; NoComparison; NoEquality>]
type MatrixView =
    /// <summary>A matrix at any place of an array, with any strides.</summary>
    /// <exception cref="T:System.ArgumentException">An element would lie outside the array.</exception>
    new: data: float32[] * offset: int * rows: int * columns: int * rowStride: int * columnStride: int -> MatrixView
    /// A whole array, row by row.
    new: data: float32[] * rows: int * columns: int -> MatrixView
    val private data: float32[]
    val private offset: int
    val private rows: int
    val private columns: int
    val private rowStride: int
    val private columnStride: int
    /// The array that holds the elements.
    member Data: float32[]
    /// Position of element (0, 0) in the array.
    member Offset: int
    /// Number of rows.
    member Rows: int
    /// Number of columns.
    member Columns: int
    /// Distance in the array from one row to the next.
    member RowStride: int
    /// Distance in the array from one column to the next.
    member ColumnStride: int
    /// The same numbers with rows and columns exchanged; nothing is copied.
    member Transposed: MatrixView
    /// `rows` rows from `first` on.
    member Slice: first: int * rows: int -> MatrixView

/// The right side of a product, copied into the order in which the kernel reads it. Products on several threads may read it
/// at once; its memory goes when it is disposed of and the last of them has ended.
[<Sealed>]
type PackedMatrix =
    /// Number of rows.
    member Rows: int
    /// Number of columns.
    member Columns: int
    /// Gives the native memory back.
    member Dispose: unit -> unit
    interface IDisposable

/// Dense layers in float32 from the engine's own kernel: C = A B (+ bias, ReLU), register-blocked and parallel.
///
/// The gradients of a layer are products too: dA = dC B' and dB = A' dC, with `MatrixView.Transposed`. Results go into
/// the matrix given for them (this type serves code that minds its memory); they are the same, bit for bit, for any
/// number of threads. One call at a time: another at the same time is refused with an `InvalidOperationException`, one after
/// disposal with an `ObjectDisposedException`.
[<Sealed>]
type Dense =
    /// Dense layers with these options.
    new: options: EngineOptions -> Dense
    /// Number of threads, the caller's among them.
    member Threads: int

    /// Copies a right side once, for many products with it.
    member Pack: b: MatrixView -> PackedMatrix

    /// <summary>Copies new numbers into a packed matrix of the same size.</summary>
    /// <exception cref="T:System.ArgumentException">The sizes differ.</exception>
    member Repack: b: MatrixView * into: PackedMatrix -> unit

    /// <summary>C = A B.</summary>
    /// <exception cref="T:System.ArgumentException">The sizes do not fit each other; the message names
    /// them.</exception>
    member Multiply: a: MatrixView * b: MatrixView * c: MatrixView -> unit

    /// C = C + A B.
    member MultiplyAdd: a: MatrixView * b: MatrixView * c: MatrixView -> unit

    /// C = A B + bias, negative sums set to 0 where `relu`; `bias` holds one number a column, or is null.
    member Layer: a: MatrixView * b: PackedMatrix * bias: (float32[] | null) * relu: bool * c: MatrixView -> unit

    /// As `Layer`, by the calling thread alone and without allocating; the same bits.
    member internal LayerHere: a: MatrixView * b: PackedMatrix * bias: float32[] * relu: bool * c: MatrixView -> unit

    /// Gives the native memory back.
    member Dispose: unit -> unit
    interface IDisposable
