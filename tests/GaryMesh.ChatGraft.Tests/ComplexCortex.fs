/// The same network once more, as plainly as it can be written, over complex numbers: the imaginary part of the loss
/// after a parameter moved by i h is its derivative times h, exact to rounding (Squire and Trapp, SIAM Review 1998).
module GaryMesh.ChatGraft.Tests.ComplexCortex

open System.Numerics
open GaryMesh.ChatGraft

type private Row = Complex[]

let private real (x: float) = Complex(x, 0.0)

/// The parameters of a slice, by row and column.
let private slice (shape: CortexShape) (parameters: Row) name =
    let slice = shape.Slices |> Seq.find (fun one -> one.Name = name)
    fun i j -> parameters[slice.Offset + i * slice.Columns + j]

let private layer weight bias outputs (x: Row) : Row =
    Array.init outputs (fun j ->
        let mutable sum = bias j

        for i in 0 .. x.Length - 1 do
            sum <- sum + x[i] * weight i j

        sum)

let private norm (gain: int -> Complex) (bias: int -> Complex) (x: Row) : Row =
    let count = real (float x.Length)
    let mean = Array.fold (+) Complex.Zero x / count
    let variance = Array.fold (fun sum one -> sum + (one - mean) * (one - mean)) Complex.Zero x / count
    x |> Array.mapi (fun i one -> gain i * (one - mean) / Complex.Sqrt(variance + real 1e-5) + bias i)

let private softmax (x: Row) : Row =
    let most = x |> Array.map _.Real |> Array.max |> real
    let powers = x |> Array.map (fun one -> Complex.Exp(one - most))
    let sum = Array.fold (+) Complex.Zero powers
    powers |> Array.map (fun one -> one / sum)

let private gelu (x: Complex) =
    let u = real (sqrt (2.0 / System.Math.PI)) * (x + real 0.044715 * x * x * x)
    real 0.5 * x * (Complex.One + Complex.Tanh u)

let private add (x: Row) (y: Row) : Row = Array.map2 (fun a b -> a + b) x y

/// The final hidden states of one sequence. `graft` is applied to the stream after `after` blocks.
let private hidden (shape: CortexShape) parameters (graft: Row[] -> Row[]) after (tokens: int[]) =
    let part = slice shape parameters
    let width, head = shape.Width, shape.HeadWidth

    let mutable stream =
        tokens
        |> Array.mapi (fun p token -> Array.init width (fun j -> part "embedding" token j + part "positions" p j))

    for block in 0 .. shape.Layers do
        if block = after then
            stream <- graft stream

        if block < shape.Layers then
            let part name = part $"layer{block}.{name}"

            let qkv =
                stream
                |> Array.map (
                    norm (part "attention.norm.gain" 0) (part "attention.norm.bias" 0)
                    >> layer (part "attention.weight") (part "attention.bias" 0) (3 * width)
                )

            let gathered p : Row =
                Array.init width (fun j ->
                    let h = j / head * head

                    let scores =
                        Array.init (p + 1) (fun q ->
                            let mutable sum = Complex.Zero

                            for d in h .. h + head - 1 do
                                sum <- sum + qkv[p].[d] * qkv[q].[width + d]

                            sum / real (sqrt (float head)))

                    softmax scores
                    |> Array.mapi (fun q weight -> weight * qkv[q].[2 * width + j])
                    |> Array.fold (+) Complex.Zero)

            let mixed =
                stream |> Array.mapi (fun p _ -> layer (part "mix.weight") (part "mix.bias" 0) width (gathered p))

            stream <- Array.map2 add stream mixed

            stream <-
                stream
                |> Array.map (fun row ->
                    norm (part "mlp.norm.gain" 0) (part "mlp.norm.bias" 0) row
                    |> layer (part "up.weight") (part "up.bias" 0) (4 * width)
                    |> Array.map gelu
                    |> layer (part "down.weight") (part "down.bias" 0) width
                    |> add row)

    stream |> Array.map (norm (part "final.norm.gain" 0) (part "final.norm.bias" 0))

/// The sum of the cross-entropies of the targets that are not -1.
let loss (shape: CortexShape) (parameters: Complex[]) graft after (tokens: int[]) (targets: int[]) =
    let part = slice shape parameters

    hidden shape parameters graft after tokens
    |> Array.mapi (fun p row ->
        if targets[p] < 0 then
            Complex.Zero
        else
            let logits =
                layer (fun i token -> part "embedding" token i) (fun _ -> Complex.Zero) shape.Vocabulary row

            -Complex.Log((softmax logits)[targets[p]]))
    |> Array.fold (+) Complex.Zero

/// `NeighbourGraft`, over complex numbers.
let neighbourGraft width (parameters: Complex[]) (stream: Row[]) =
    let square part i j = parameters[(part * width + i) * width + j]

    stream
    |> Array.mapi (fun p row ->
        let before = if p = 0 then Array.create width Complex.Zero else stream[p - 1]

        let h =
            Array.init width (fun j ->
                let mutable sum = Complex.Zero

                for i in 0 .. width - 1 do
                    sum <- sum + square 0 i j * row[i] + square 1 i j * before[i]

                Complex.Tanh sum)

        row |> Array.mapi (fun j one -> Array.fold (+) one (Array.mapi (fun i x -> square 2 i j * x) h)))

/// The gradient of a function of a real vector.
let gradient (f: Complex[] -> Complex) (at: float32[]) =
    let point = at |> Array.map (float >> real)

    Array.init at.Length (fun i ->
        let kept = point[i]
        point[i] <- Complex(kept.Real, 1e-30)
        let derivative = (f point).Imaginary / 1e-30
        point[i] <- kept
        derivative)
