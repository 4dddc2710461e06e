namespace GaryMesh

open System
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open GaryMesh.Kernels

[<Struct; NoComparison; NoEquality>]
type MatrixView =
    val Data: float32[]
    val Offset: int
    val Rows: int
    val Columns: int
    val RowStride: int
    val ColumnStride: int

    new(data: float32[], offset: int, rows: int, columns: int, rowStride: int, columnStride: int) =
        let last =
            int64 offset
            + int64 (max 0 (rows - 1)) * int64 rowStride
            + int64 (max 0 (columns - 1)) * int64 columnStride

        if rows < 0 || columns < 0 || rowStride < 0 || columnStride < 0 || offset < 0 then
            Guard.refuse $"A matrix has no negative sizes, but is {rows} x {columns} at {offset}."

        if rows > 0 && columns > 0 && last >= data.LongLength then
            Guard.refuse $"A matrix {rows} x {columns} reaches to element {last}, but its array has {data.Length}."

        { Data = data
          Offset = offset
          Rows = rows
          Columns = columns
          RowStride = rowStride
          ColumnStride = columnStride }

    new(data: float32[], rows: int, columns: int) = MatrixView(data, 0, rows, columns, columns, 1)

    member view.Transposed =
        MatrixView(view.Data, view.Offset, view.Columns, view.Rows, view.ColumnStride, view.RowStride)

    member view.Slice(first: int, rows: int) =
        if first < 0 || rows < 0 || first + rows > view.Rows then
            Guard.refuse $"Rows {first} to {first + rows - 1} are asked for, but the matrix has {view.Rows}."

        MatrixView(
            view.Data,
            view.Offset + first * view.RowStride,
            rows,
            view.Columns,
            view.RowStride,
            view.ColumnStride
        )

[<Sealed>]
type PackedMatrix internal (rows: int, columns: int, lanes: int) =
    let panels = new Panels(rows, columns, lanes)
    member _.Rows = rows
    member _.Columns = columns
    member internal _.Panels = panels

    interface IDisposable with
        member _.Dispose() = (panels :> IDisposable).Dispose()

/// A product at work: where everything lies while the arrays are pinned.
[<Struct; NoComparison; NoEquality>]
type private Operands =
    { A: P
      ARow: int
      AStep: int
      Rows: int
      B: Panels
      Columns: int
      C: P
      CRow: int
      CStep: int
      Bias: P
      HasBias: bool
      Adds: bool
      Relu: bool }

/// The product of eight rows at a time, in one vector width.
type private IStrips =
    /// Rows `first` .. `first + 7` of the product, or as many as there are; `scratch` holds 8 x (rows of B + 48) numbers.
    abstract Strip: product: inref<Operands> * first: int * scratch: P -> unit

[<Sealed>]
type private Strips<'O, 'V when 'O: struct and 'O :> ILanes<'V>>() =
    /// Numbers summed before a tile goes back to memory: a panel of so many rows stays in the first-level cache.
    static member Depth = 192

    interface IStrips with
        member _.Strip(product, first, scratch) =
            let count = product.B.Rows
            let rows = min 8 (product.Rows - first)
            let lanes = 'O.Width
            // The rows at the end are fewer than eight: the kernel reads a copy, filled up with zeros.
            let short = rows < 8

            let struct (a, aRow, aStep) =
                if short then
                    for i in 0..7 do
                        for k in 0 .. count - 1 do
                            let value =
                                if i < rows then
                                    NativePtr.get product.A ((first + i) * product.ARow + k * product.AStep)
                                else
                                    0.0f

                            NativePtr.set scratch (i * count + k) value

                    struct (scratch, count, 1)
                else
                    struct (NativePtr.add product.A (first * product.ARow), product.ARow, product.AStep)

            let tile = NativePtr.add scratch (8 * count)
            let mutable column = 0

            while column < product.B.Columns do
                let width = product.B.PanelWidth column
                let columns = min width (product.Columns - column)
                let c = NativePtr.add product.C (first * product.CRow + column * product.CStep)
                // A tile at the edge, or of a matrix that lies by columns, is computed aside and copied.
                let aside = short || columns < width || product.CStep <> 1
                let out, outRow = if aside then tile, width else c, product.CRow

                for i in 0 .. (if aside || not product.Adds then 7 else -1) do
                    for j in 0 .. width - 1 do
                        let start =
                            if product.Adds && i < rows && j < columns then
                                NativePtr.get c (i * product.CRow + j * product.CStep)
                            elif product.HasBias && j < columns then
                                NativePtr.get product.Bias (column + j)
                            else
                                0.0f

                        NativePtr.set out (i * outRow + j) start

                let mutable k = 0

                while k < count do
                    let depth = min Strips<'O, 'V>.Depth (count - k)
                    let x = NativePtr.add a (k * aStep)
                    let w = NativePtr.add (product.B.At column) (k * width)
                    let finish = if product.Relu && k + depth = count then Finish.Relu else Finish.Plain

                    Product.wideRows8<'O, 'V>
                        (width / lanes)
                        x
                        aRow
                        aStep
                        w
                        width
                        depth
                        out
                        outRow
                        out
                        outRow
                        finish
                        out

                    k <- k + depth

                if aside then
                    for i in 0 .. rows - 1 do
                        for j in 0 .. columns - 1 do
                            NativePtr.set c (i * product.CRow + j * product.CStep) (NativePtr.get tile (i * width + j))

                column <- column + width

[<Sealed>]
type Dense(options: EngineOptions) =
    let threads = if options.Threads > 0 then options.Threads else Environment.ProcessorCount
    let lanes = if options.Lanes > 0 then options.Lanes else Kernels.widest

    let strips: IStrips =
        match lanes with
        | 16 -> Strips<Lanes512, Vector512<float32>>()
        | 8 -> Strips<Lanes256, Vector256<float32>>()
        | 4 -> Strips<Lanes128, Vector128<float32>>()
        | _ -> Strips<Scalar, float32>()

    let workers = new Workers(threads)
    let mutable scratches: Buffer<float32>[] = [||]

    /// Strips that one worker takes at a time.
    let bundle = 4

    let scratchFor length =
        if scratches.Length = 0 || scratches[0].Length < length then
            for scratch in scratches do
                (scratch :> IDisposable).Dispose()

            scratches <- Array.init threads (fun _ -> new Buffer<float32>(length))

    let fill (b: MatrixView) (panels: Panels) =
        for i in 0 .. b.Rows - 1 do
            let row = b.Offset + i * b.RowStride
            let mutable first = 0

            while first < b.Columns do
                let width = panels.PanelWidth first
                let target = NativePtr.add (panels.At first) (i * width)

                for j in 0 .. min width (b.Columns - first) - 1 do
                    NativePtr.set target j b.Data[row + (first + j) * b.ColumnStride]

                first <- first + width

    let pack (b: MatrixView) =
        let packed = new PackedMatrix(b.Rows, b.Columns, lanes)
        fill b packed.Panels
        packed

    let check (a: MatrixView) (b: PackedMatrix) (bias: float32[] | null) (c: MatrixView) =
        if a.Columns <> b.Rows || c.Rows <> a.Rows || c.Columns <> b.Columns then
            Guard.refuse
                $"A product of {a.Rows} x {a.Columns} and {b.Rows} x {b.Columns} cannot go into {c.Rows} x {c.Columns}."

        match bias with
        | null -> [||]
        | bias when bias.Length <> b.Columns ->
            Guard.refuse $"A layer with {b.Columns} columns needs as many biases, but {bias.Length} are given."
        | bias -> bias

    /// Where everything lies, for as long as the arrays are pinned at the given places.
    let operands (a: MatrixView) atA (b: PackedMatrix) (bias: float32[]) atBias relu adds (c: MatrixView) atC =
        { A = NativePtr.add atA a.Offset
          ARow = a.RowStride
          AStep = a.ColumnStride
          Rows = a.Rows
          B = b.Panels
          Columns = b.Columns
          C = NativePtr.add atC c.Offset
          CRow = c.RowStride
          CStep = c.ColumnStride
          Bias = atBias
          HasBias = bias.Length > 0
          Adds = adds
          Relu = relu }

    let run (a: MatrixView) (b: PackedMatrix) (bias: float32[] | null) relu adds (c: MatrixView) =
        let bias = check a b bias c

        if a.Rows > 0 && b.Columns > 0 then
            scratchFor (int64 (8 * (b.Rows + 48)))
            use pinnedA = fixed a.Data
            use pinnedC = fixed c.Data
            use pinnedBias = fixed bias
            let product = operands a pinnedA b bias pinnedBias relu adds c pinnedC
            let count = (a.Rows + 7) / 8
            let pieces = (count + bundle - 1) / bundle

            workers.Run(
                pieces,
                Piece(fun worker piece ->
                    for strip in piece * bundle .. min count ((piece + 1) * bundle) - 1 do
                        strips.Strip(&product, 8 * strip, scratches[worker].Pointer))
            )

    let runHere (a: MatrixView) (b: PackedMatrix) (bias: float32[]) relu (c: MatrixView) =
        let bias = check a b bias c

        if a.Rows > 0 && b.Columns > 0 then
            scratchFor (int64 (8 * (b.Rows + 48)))
            use pinnedA = fixed a.Data
            use pinnedC = fixed c.Data
            use pinnedBias = fixed bias
            let product = operands a pinnedA b bias pinnedBias relu false c pinnedC

            for strip in 0 .. (a.Rows + 7) / 8 - 1 do
                strips.Strip(&product, 8 * strip, scratches[0].Pointer)

    member _.Threads = threads
    member _.Pack(b: MatrixView) = pack b

    member _.Repack(b: MatrixView, into: PackedMatrix) =
        if b.Rows <> into.Rows || b.Columns <> into.Columns then
            Guard.refuse
                $"A packed matrix of {into.Rows} x {into.Columns} cannot take up one of {b.Rows} x {b.Columns}."

        fill b into.Panels

    member _.Multiply(a: MatrixView, b: MatrixView, c: MatrixView) =
        use packed = pack b
        run a packed null false false c

    member _.MultiplyAdd(a: MatrixView, b: MatrixView, c: MatrixView) =
        use packed = pack b
        run a packed null false true c

    member _.Layer(a: MatrixView, b: PackedMatrix, bias: float32[] | null, relu: bool, c: MatrixView) =
        run a b bias relu false c

    member _.LayerHere(a: MatrixView, b: PackedMatrix, bias: float32[], relu: bool, c: MatrixView) =
        runHere a b bias relu c

    interface IDisposable with
        member _.Dispose() =
            (workers :> IDisposable).Dispose()

            for scratch in scratches do
                (scratch :> IDisposable).Dispose()
