/// Matrices in the order in which the product kernel reads them.
namespace GaryMesh.Vectors

open System
open Microsoft.FSharp.NativeInterop

/// A matrix cut into panels of columns, each panel row by row: what a tile walks through lies in one stretch.
[<Sealed>]
type internal Panels private (rows: int, columns: int, lanes: int, memory: Buffer<float32>) =
    let padded = Panels.Padded(columns, lanes)
    let panel = 3 * lanes

    new(rows: int, columns: int, lanes: int) =
        new Panels(rows, columns, lanes, new Buffer<float32>(int64 rows * int64 (Panels.Padded(columns, lanes))))

    static member private Padded(columns: int, lanes: int) = (columns + lanes - 1) / lanes * lanes

    /// The numbers that a matrix cut into panels takes up.
    static member Length(rows: int, columns: int, lanes: int) = int64 rows * int64 (Panels.Padded(columns, lanes))

    /// Panels that lie in memory of somebody else, which is long enough; they are not to be disposed of.
    static member Over(memory: Buffer<float32>, rows: int, columns: int, lanes: int) =
        new Panels(rows, columns, lanes, memory)

    member _.Rows = rows
    /// Columns with those that fill up the last vector.
    member _.Columns = padded
    /// The panel that starts at column `first`, a multiple of three vectors.
    member _.At(first: int) : P = memory.At(int64 first * int64 rows)
    /// The length of a row of the panel that starts at column `first`.
    member _.PanelWidth(first: int) = min panel (padded - first)

    /// Takes up a matrix that lies in an array: element (row, column) at rowAt[row] + columnAt[column], times `scale`.
    /// Columns past those of `columnAt` stay zero.
    member panels.Fill(source: ReadOnlySpan<float32>, rowAt: int[], columnAt: int[], scale: float32) =
        let mutable first = 0

        while first < columnAt.Length do
            let width = panels.PanelWidth first
            let filled = min width (columnAt.Length - first)
            let mutable target = panels.At first

            for row in 0 .. rows - 1 do
                let start = rowAt[row]

                for column in 0 .. filled - 1 do
                    NativePtr.set target column (scale * source[start + columnAt[first + column]])

                target <- NativePtr.add target width

            first <- first + width

    interface IDisposable with
        member _.Dispose() = (memory :> IDisposable).Dispose()
