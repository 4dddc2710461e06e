/// One linear layer of a model over many rows, forward and adjoint together: y = x W' + b, negative sums set to 0 where
/// the layer is hidden.
namespace GaryMesh.Models

open System
open System.Numerics
open GaryMesh

/// Rows of few nonzero numbers: columns and values of row i lie at `Starts[i]` .. `Starts[i + 1] - 1`.
[<Sealed>]
type internal SparseRows(starts: int[], columns: int[], values: float32[]) =
    member _.Starts = starts
    member _.Columns = columns
    member _.Values = values

/// What a layer reads.
[<RequireQualifiedAccess>]
type internal Rows =
    | Dense of MatrixView
    | Sparse of SparseRows

module internal Dropout =
    let private keep (rate: float) = 65536 - int (Math.Round(rate * 65536.0))

    /// What the numbers that are kept are multiplied by.
    let scale (rate: float) = 65536.0f / float32 (keep rate)

    /// Sets each number to 0 with the given rate and divides the others by 1 - rate (Srivastava et al., JMLR 2014). The same key
    /// drops the same numbers, so it is its own adjoint.
    let apply (rate: float) (key: uint64) (values: Span<float32>) =
        let keep, scale = keep rate, scale rate
        let mutable block = 0

        while 64 * block < values.Length do
            let bits = Counter.firingBits keep key block
            let from = 64 * block

            for i in 0 .. min 64 (values.Length - from) - 1 do
                values[from + i] <- if (bits >>> i) &&& 1UL = 1UL then values[from + i] * scale else 0.0f

            block <- block + 1

[<Sealed>]
type internal Layer(dense: Dense, weight: ParameterView, bias: ParameterView, relu: bool) =
    let inputs, outputs = weight.Columns, weight.Rows
    let biases = Array.zeroCreate<float32> outputs
    let mutable weights: float32[] = [||]
    let mutable packed: PackedMatrix option = None
    /// [inputs x outputs], for sparse rows.
    let mutable turned: float32[] = [||]

    let matrix (data: float32[]) rows columns = MatrixView(data, 0, rows, columns, columns, 1)
    let weightView () = MatrixView(weights, weight.Offset, outputs, inputs, inputs, 1)

    /// to[..] += factor from[..]
    let addTimes (factor: float32) (from: ReadOnlySpan<float32>) (into: Span<float32>) =
        let lanes = Vector<float32>.Count
        let spread = Vector<float32> factor
        let mutable i = 0

        while i + lanes <= into.Length do
            let sum = Vector<float32>(into.Slice i) + spread * Vector<float32>(from.Slice i)
            sum.CopyTo(into.Slice i)
            i <- i + lanes

        while i < into.Length do
            into[i] <- into[i] + factor * from[i]
            i <- i + 1

    let turn () =
        if turned.Length = 0 then
            turned <- Array.zeroCreate (inputs * outputs)

            for o in 0 .. outputs - 1 do
                for i in 0 .. inputs - 1 do
                    turned[i * outputs + o] <- weights[weight.Offset + o * inputs + i]

    member _.Inputs = inputs
    member _.Outputs = outputs

    member _.Load(parameters: float32[]) =
        weights <- parameters
        Array.Copy(parameters, bias.Offset, biases, 0, outputs)
        turned <- [||]

        match packed with
        | None -> packed <- Some(dense.Pack((weightView ()).Transposed))
        | Some packed -> dense.Repack((weightView ()).Transposed, packed)

    /// y [count x outputs]
    member _.Forward(x: Rows, count: int, y: float32[]) =
        match x with
        | Rows.Dense x -> dense.Layer(x, packed.Value, biases, relu, matrix y count outputs)
        | Rows.Sparse x ->
            turn ()

            for row in 0 .. count - 1 do
                let into = Span(y, row * outputs, outputs)
                biases.CopyTo into

                for n in x.Starts[row] .. x.Starts[row + 1] - 1 do
                    addTimes x.Values[n] (ReadOnlySpan(turned, x.Columns[n] * outputs, outputs)) into

                if relu then
                    for i in 0 .. outputs - 1 do
                        into[i] <- max into[i] 0.0f

    /// One row, without a thread or an allocation; the same bits.
    member _.ForwardHere(x: MatrixView, y: MatrixView) = dense.LayerHere(x, packed.Value, biases, relu, y)

    /// The backward pass from dy, the derivative by what `Forward` gave (and dropout left of it: y): dy becomes the derivative by
    /// the sums, those of the parameters are added to `gradient`, that by x goes into dx, unless that is null.
    member _.Backward
        (x: Rows, count: int, y: float32[], dy: float32[], keptScale: float32, dx: float32[] | null, gradient: float32[]) =
        if relu then
            for i in 0 .. count * outputs - 1 do
                dy[i] <- if y[i] > 0.0f then dy[i] * keptScale else 0.0f

        for row in 0 .. count - 1 do
            addTimes 1.0f (ReadOnlySpan(dy, row * outputs, outputs)) (Span(gradient, bias.Offset, outputs))

        let dyView = matrix dy count outputs

        match x with
        | Rows.Dense x ->
            // The smaller side is the one that is copied.
            let into = MatrixView(gradient, weight.Offset, outputs, inputs, inputs, 1)

            if inputs >= outputs then
                dense.MultiplyAdd(x.Transposed, dyView, into.Transposed)
            else
                dense.MultiplyAdd(dyView.Transposed, x, into)
        | Rows.Sparse x ->
            let sums = Array.zeroCreate<float32>(inputs * outputs)

            for row in 0 .. count - 1 do
                for n in x.Starts[row] .. x.Starts[row + 1] - 1 do
                    addTimes
                        x.Values[n]
                        (ReadOnlySpan(dy, row * outputs, outputs))
                        (Span(sums, x.Columns[n] * outputs, outputs))

            for o in 0 .. outputs - 1 do
                for i in 0 .. inputs - 1 do
                    let at = weight.Offset + o * inputs + i
                    gradient[at] <- gradient[at] + sums[i * outputs + o]

        match dx with
        | null -> ()
        | dx -> dense.Multiply(dyView, weightView (), matrix dx count inputs)

    interface IDisposable with
        member _.Dispose() = packed |> Option.iter (fun packed -> (packed :> IDisposable).Dispose())
