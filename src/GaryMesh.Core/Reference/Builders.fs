/// The few matrix builders that the reference uses, under the names of the package MathNet.Numerics.FSharp: opening its
/// namespace instead of this module swaps it in.
module internal GaryMesh.Builders

open MathNet.Numerics.LinearAlgebra

module DenseMatrix =
    /// A matrix of the values of a function of row and column.
    let inline init (rows: int) (columns: int) (value: int -> int -> 'T) = Matrix<'T>.Build.Dense(rows, columns, value)

    /// A matrix of zeros.
    let inline zero<'T
        when 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> System.ValueType
        and 'T :> System.IEquatable<'T>
        and 'T :> System.IFormattable>
        (rows: int)
        (columns: int)
        =
        Matrix<'T>.Build.Dense(rows, columns)

module SparseMatrix =
    /// A matrix of the listed entries (row, column, value), no place named twice; zero elsewhere.
    let inline ofListi (rows: int) (columns: int) (entries: (int * int * 'T) list) =
        Matrix<'T>.Build.SparseOfIndexed(rows, columns, Seq.ofList entries)
