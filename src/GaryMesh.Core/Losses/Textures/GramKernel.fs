namespace GaryMesh.Losses

open System
open System.Runtime.Intrinsics
open GaryMesh.Vectors

/// The two dense products of a texture loss, over a block of cells whose features lie row by row, each level padded to whole
/// vectors.
type internal IGramKernel =
    /// Adds the products of each level with its partners to sums, level by level [row x (partners x row)].
    abstract AddProducts: features: P * count: int * sums: P[] -> unit
    /// What the features' derivatives are: features times a panel for each level, plus a row that all cells share.
    abstract Back: features: P * count: int * panels: Panels[] * shared: P * out: P -> unit

[<Sealed>]
type internal GramKernel<'O, 'V when 'O: struct and 'O :> ILanes<'V>>(shape: BankShape, row: int) =
    let width = shape.Levels * row

    interface IGramKernel with
        member _.AddProducts(features, count, sums) =
            for j in 0 .. shape.Levels - 1 do
                let at = NativeInterop.NativePtr.add features (j * row)
                Product.addOuter<'O, 'V> at width row at width (shape.Partners j * row) count sums[j]

        member _.Back(features, count, panels, shared, out) =
            for j in 0 .. shape.Levels - 1 do
                let from = NativeInterop.NativePtr.add features (max 0 (j - 2) * row)
                let shared = NativeInterop.NativePtr.add shared (j * row)
                let out = NativeInterop.NativePtr.add out (j * row)
                Product.packed<'O, 'V> from width count panels[j] shared out width Finish.Plain out

module internal GramKernel =
    let ofLanes (shape: BankShape) (row: int) (lanes: int) : IGramKernel =
        match lanes with
        | 16 -> GramKernel<Lanes512, Vector512<float32>>(shape, row)
        | 8 -> GramKernel<Lanes256, Vector256<float32>>(shape, row)
        | 4 -> GramKernel<Lanes128, Vector128<float32>>(shape, row)
        | _ -> GramKernel<Scalar, float32>(shape, row)
