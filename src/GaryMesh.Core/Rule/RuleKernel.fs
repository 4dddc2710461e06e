/// How the engine runs a rule: over rows of cells in native memory.
namespace GaryMesh.Rules

open System
open Microsoft.FSharp.NativeInterop
open GaryMesh
open GaryMesh.Vectors

/// The rows that a kernel is compiled for.
type internal RowSizes =
    {
        Sizes: RuleSizes
        /// Position in the rule's own order of each position of a row of z.
        UserOf: int[]
        /// Numbers from one row of z to the next.
        ZRow: int
        /// Numbers from one row of changes to the next, filled up with zeros.
        ChangeRow: int
    }

/// A rule of one kind and size made ready for rows of cells. Rows are padded: their number to a multiple of eight,
/// each to whole cache lines. Changes and their adjoints are times the time step.
type internal IRuleKernel =
    inherit IDisposable
    /// Numbers that each row's forward pass leaves for its backward pass.
    abstract KeptRow: int
    /// Numbers of room that a worker needs for each row.
    abstract ScratchRow: int
    /// Numbers that the gradient of a block of cells adds up in.
    abstract SumsLength: int
    /// Takes parameters in the rule's own order; `training` packs what the backward pass reads, too.
    abstract Load: parameters: ReadOnlySpan<float32> * timeStep: float32 * training: bool -> unit
    /// From z to kept, as `Forward` does.
    abstract Keep: z: P * rows: int * kept: P * scratch: P -> unit
    /// From z to kept, changes and auxiliary values [rows x the kind's own number].
    abstract Forward: z: P * rows: int * kept: P * change: P * auxiliary: P * scratch: P -> unit

    /// Writes zBar and adds the parameters' gradient to `sums`.
    abstract Backward:
        z: P * rows: int * kept: P * changeBar: P * auxiliaryBar: P * zBar: P * scratch: P * sums: P -> unit

    /// Adds the sums of one block to a gradient in the rule's own order.
    abstract AddTo: sums: P * timeStep: float * gradient: float[] -> unit

/// A kind that brings a kernel of its own.
type internal IKernelSource =
    abstract Compile: rows: RowSizes * lanes: int -> IRuleKernel

/// The kernel of every other kind: its one text, over float32, a cell at a time. Of a worker's room it takes three rows for
/// the cell at hand, which may be too long for the stack.
[<Sealed>]
type internal PlainKernel(kind: RuleKind, rows: RowSizes) =
    let sizes = rows.Sizes
    let read, channels = sizes.Read, sizes.Channels
    let views = kind.Views sizes
    let count = views |> Seq.sumBy _.Length
    let branches, auxiliaries = kind.Branches sizes, kind.Auxiliary sizes
    let keptRow = Pad.lanes (max 1 branches)
    let scratchRow = Pad.lanes (max read (max channels auxiliaries))
    let parameters = Array.zeroCreate<float32> count
    let mutable timeStep = 1.0f
    let span (p: P) (length: int) = Span<float32>(NativePtr.toVoidPtr p, length)
    let at (p: P) row i = NativePtr.add p (row * i)

    /// A row of z in the rule's own order, and back.
    let toUser (z: P) (own: Span<float32>) =
        for i in 0 .. read - 1 do
            own[rows.UserOf[i]] <- NativePtr.get z i

    /// Changes and auxiliary values are null where nobody wants them.
    let forward (z: P) count (kept: P) (change: P) (auxiliary: P) (scratch: P) =
        let own = span scratch read
        let answer = span (at scratch scratchRow 1) channels
        let wanted = NativePtr.toNativeInt change <> 0n

        for i in 0 .. count - 1 do
            toUser (at z rows.ZRow i) own

            kind.Forward<float32, Singles>(
                sizes,
                ReadOnlySpan parameters,
                Span.op_Implicit own,
                span (at kept keptRow i) branches,
                answer,
                span (if wanted then at auxiliary auxiliaries i else at scratch scratchRow 2) auxiliaries
            )

            if wanted then
                let row = span (at change rows.ChangeRow i) rows.ChangeRow
                row.Clear()

                for c in 0 .. channels - 1 do
                    row[c] <- timeStep * answer[c]

    interface IRuleKernel with
        member _.KeptRow = keptRow
        member _.ScratchRow = scratchRow
        member _.SumsLength = Pad.lanes count

        member _.Load(given, step, _) =
            given.CopyTo(Span parameters)
            timeStep <- step

        member _.Keep(z, count, kept, scratch) =
            let nobody: P = NativePtr.ofNativeInt 0n
            forward z count kept nobody nobody scratch

        member _.Forward(z, count, kept, change, auxiliary, scratch) = forward z count kept change auxiliary scratch

        member _.Backward(z, count, kept, changeBar, auxiliaryBar, zBar, scratch, sums) =
            let own = span scratch read
            let scaled = span (at scratch scratchRow 1) channels
            let ownBar = span (at scratch scratchRow 2) read

            for i in 0 .. count - 1 do
                toUser (at z rows.ZRow i) own
                ownBar.Clear()
                let given = at changeBar rows.ChangeRow i

                for c in 0 .. channels - 1 do
                    scaled[c] <- timeStep * NativePtr.get given c

                kind.Backward<float32, Singles>(
                    sizes,
                    ReadOnlySpan parameters,
                    Span.op_Implicit own,
                    Span.op_Implicit (span (at kept keptRow i) branches),
                    Span.op_Implicit scaled,
                    Span.op_Implicit (span (at auxiliaryBar auxiliaries i) auxiliaries),
                    ownBar,
                    span sums parameters.Length
                )

                let row = at zBar rows.ZRow i

                for k in 0 .. read - 1 do
                    NativePtr.set row k ownBar[rows.UserOf[k]]

        member _.AddTo(sums, _, gradient) =
            for i in 0 .. parameters.Length - 1 do
                gradient[i] <- gradient[i] + float (NativePtr.get sums i)

    interface IDisposable with
        member _.Dispose() = ()

module internal RuleKernel =
    let compile (kind: RuleKind) (rows: RowSizes) (lanes: int) : IRuleKernel =
        match box kind with
        | :? IKernelSource as source -> source.Compile(rows, lanes)
        | _ -> new PlainKernel(kind, rows)
