namespace GaryMesh

open System
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open GaryMesh.Vectors
open GaryMesh.Kernels

[<Struct; NoComparison; NoEquality>]
type MatrixView =
    val private data: float32[]
    val private offset: int
    val private rows: int
    val private columns: int
    val private rowStride: int
    val private columnStride: int

    new(data: float32[], offset: int, rows: int, columns: int, rowStride: int, columnStride: int) =
        let last =
            int64 offset
            + int64 (max 0 (rows - 1)) * int64 rowStride
            + int64 (max 0 (columns - 1)) * int64 columnStride

        if rows < 0 || columns < 0 || rowStride < 0 || columnStride < 0 || offset < 0 then
            Guard.refuse $"A matrix has no negative sizes, but is {rows} x {columns} at {offset}."

        if rows > 0 && columns > 0 && last >= data.LongLength then
            Guard.refuse $"A matrix {rows} x {columns} reaches to element {last}, but its array has {data.Length}."

        { data = data
          offset = offset
          rows = rows
          columns = columns
          rowStride = rowStride
          columnStride = columnStride }

    new(data: float32[], rows: int, columns: int) = MatrixView(data, 0, rows, columns, columns, 1)

    member view.Data = view.data
    member view.Offset = view.offset
    member view.Rows = view.rows
    member view.Columns = view.columns
    member view.RowStride = view.rowStride
    member view.ColumnStride = view.columnStride

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
    let door = new Door("PackedMatrix", Int32.MaxValue, fun () -> (panels :> IDisposable).Dispose())
    member _.Rows = rows
    member _.Columns = columns
    member internal _.Panels = panels
    member internal _.Enter() = door.Enter()

    member _.Dispose() = (door :> IDisposable).Dispose()

    interface IDisposable with
        member it.Dispose() = it.Dispose()

/// A product at work: where everything lies while the arrays are pinned.
[<Struct; NoComparison; NoEquality>]
type private Operands =
    {
        A: P
        ARow: int
        AStep: int
        Rows: int
        B: Panels
        Columns: int
        C: P
        CRow: int
        CStep: int
        /// What every row of a sum begins with, as long as the panels are wide, where the product does not add to C.
        Start: P
        Adds: bool
        Relu: bool
    }

/// A product in one vector width, a bundle of strips at a time; a strip is eight rows.
type private IStrips =
    /// The strips `first` .. `first + count - 1` of the product; `scratch` holds `Bundle.scratch` numbers.
    abstract Run: product: inref<Operands> * first: int * count: int * scratch: P -> unit

module private Bundle =
    /// Strips that one worker takes at a time: they share a panel while it is in the first-level cache.
    let strips = 8
    /// Numbers summed before the next strip's turn: a panel of so many rows stays in the first-level cache.
    let depth = 192
    /// A tile is eight rows of at most three vectors.
    let tile = 8 * 48
    /// A copy of the last strip's rows, and a tile to each strip.
    let scratch depth = 8 * depth + strips * tile

[<Sealed>]
type private Strips<'O, 'V when 'O: struct and 'O :> ILanes<'V>>() =
    /// The rows at the end may be fewer than eight: the kernel reads a copy, filled up with zeros.
    static member Copy(product: inref<Operands>, first: int, copy: P) =
        let count = product.B.Rows

        for i in 0..7 do
            for k in 0 .. count - 1 do
                let value =
                    if first + i < product.Rows then
                        NativePtr.get product.A ((first + i) * product.ARow + k * product.AStep)
                    else
                        0.0f

                NativePtr.set copy (i * count + k) value

    /// Rows and columns of C into a tile, zeros around them.
    static member Gather(product: inref<Operands>, c: P, rows: int, columns: int, tile: P, width: int) =
        for i in 0..7 do
            for j in 0 .. width - 1 do
                let value =
                    if i < rows && j < columns then
                        NativePtr.get c (i * product.CRow + j * product.CStep)
                    else
                        0.0f

                NativePtr.set tile (i * width + j) value

    static member Scatter(product: inref<Operands>, c: P, rows: int, columns: int, tile: P, width: int) =
        if product.CStep = 1 then
            for i in 0 .. rows - 1 do
                Span<float32>(NativePtr.toVoidPtr (NativePtr.add tile (i * width)), columns)
                    .CopyTo(Span<float32>(NativePtr.toVoidPtr (NativePtr.add c (i * product.CRow)), columns))
        else
            for i in 0 .. rows - 1 do
                for j in 0 .. columns - 1 do
                    NativePtr.set c (i * product.CRow + j * product.CStep) (NativePtr.get tile (i * width + j))

    interface IStrips with
        member _.Run(product, first, strips, scratch) =
            let count = product.B.Rows
            let lanes = 'O.Width
            let tiles = NativePtr.add scratch (8 * count)

            if 8 * (first + strips) > product.Rows then
                Strips<'O, 'V>.Copy(&product, 8 * (first + strips - 1), scratch)

            let mutable column = 0

            while column < product.B.Columns do
                let width = product.B.PanelWidth column
                let columns = min width (product.Columns - column)
                let start = NativePtr.add product.Start column
                let mutable k = 0

                while k = 0 || k < count do
                    let depth = min Bundle.depth (count - k)
                    let w = NativePtr.add (product.B.At column) (k * width)
                    let ends = k + depth = count
                    let finish = if product.Relu && ends then Finish.Relu else Finish.Plain

                    for strip in 0 .. strips - 1 do
                        let row = 8 * (first + strip)
                        let rows = min 8 (product.Rows - row)

                        let struct (x, xRow, xStep) =
                            if rows < 8 then
                                struct (NativePtr.add scratch k, count, 1)
                            else
                                let x = NativePtr.add product.A (row * product.ARow + k * product.AStep)
                                struct (x, product.ARow, product.AStep)

                        let c = NativePtr.add product.C (row * product.CRow + column * product.CStep)
                        // A tile at the edge, or of a matrix that lies by columns, is computed aside and copied.
                        let aside = rows < 8 || columns < width || product.CStep <> 1
                        let tile = NativePtr.add tiles (strip * Bundle.tile)
                        let out, outRow = if aside then tile, width else c, product.CRow

                        if k = 0 && product.Adds && aside then
                            Strips<'O, 'V>.Gather(&product, c, rows, columns, tile, width)

                        let init, initRow = if k = 0 && not product.Adds then start, 0 else out, outRow

                        Product.wideRows8<'O, 'V>
                            (width / lanes)
                            x
                            xRow
                            xStep
                            w
                            width
                            depth
                            init
                            initRow
                            out
                            outRow
                            finish
                            out

                        if ends && aside then
                            Strips<'O, 'V>.Scatter(&product, c, rows, columns, tile, width)

                    k <- k + max 1 depth

                column <- column + width

[<Sealed>]
type Dense(options: EngineOptions) =
    let threads = if options.Threads > 0 then options.Threads else Environment.ProcessorCount
    let lanes = if options.Lanes > 0 then options.Lanes else Lanes.widest

    let strips: IStrips =
        match lanes with
        | 16 -> Strips<Lanes512, Vector512<float32>>()
        | 8 -> Strips<Lanes256, Vector256<float32>>()
        | 4 -> Strips<Lanes128, Vector128<float32>>()
        | _ -> Strips<Scalar, float32>()

    let workers = new Workers(threads)
    let mutable scratches: Buffer<float32>[] = [||]
    /// Where the right side of a product lies that is packed for this product alone.
    let mutable spare = new Buffer<float32>(0L)
    /// The biases, or zeros, filled up to whole panels.
    let mutable start = new Buffer<float32>(0L)

    let scratchFor length =
        if scratches.Length = 0 || scratches[0].Length < length then
            for scratch in scratches do
                (scratch :> IDisposable).Dispose()

            scratches <- Array.init threads (fun _ -> new Buffer<float32>(length))

    let fill (b: MatrixView) (panels: Panels) =
        let mutable first = 0

        while first < b.Columns do
            let width = panels.PanelWidth first
            let columns = min width (b.Columns - first)
            let panel = panels.At first
            let start = b.Offset + first * b.ColumnStride

            if b.ColumnStride = 1 then
                for i in 0 .. b.Rows - 1 do
                    let target = Span<float32>(NativePtr.toVoidPtr (NativePtr.add panel (i * width)), width)
                    b.Data.AsSpan(start + i * b.RowStride, columns).CopyTo target
                    target.Slice(columns).Clear()
            else
                // A transposed matrix is read along its columns, where it lies in one stretch.
                for j in 0 .. columns - 1 do
                    let mutable source = start + j * b.ColumnStride
                    let mutable target = NativePtr.add panel j

                    for _ in 1 .. b.Rows do
                        NativePtr.write target b.Data[source]
                        source <- source + b.RowStride
                        target <- NativePtr.add target width

                for j in columns .. width - 1 do
                    for i in 0 .. b.Rows - 1 do
                        NativePtr.set panel (i * width + j) 0.0f

            first <- first + width

    let pack (b: MatrixView) =
        let packed = new PackedMatrix(b.Rows, b.Columns, lanes)
        fill b packed.Panels
        packed

    let packSpare (b: MatrixView) =
        let length = Panels.Length(b.Rows, b.Columns, lanes)

        if spare.Length < length then
            (spare :> IDisposable).Dispose()
            spare <- new Buffer<float32>(length)

        let panels = Panels.Over(spare, b.Rows, b.Columns, lanes)
        fill b panels
        panels

    /// `here`: by the calling thread alone, which allocates nothing.
    let run here (a: MatrixView) (b: Panels) columns (bias: float32[] | null) relu adds (c: MatrixView) =
        if a.Columns <> b.Rows || c.Rows <> a.Rows || c.Columns <> columns then
            Guard.refuse
                $"A product of {a.Rows} x {a.Columns} and {b.Rows} x {columns} cannot go into {c.Rows} x {c.Columns}."

        let bias =
            match bias with
            | null -> [||]
            | bias when bias.Length <> columns ->
                Guard.refuse $"A layer with {columns} columns needs as many biases, but {bias.Length} are given."
            | bias -> bias

        if a.Rows > 0 && columns > 0 then
            scratchFor (int64 (Bundle.scratch b.Rows))
            use pinnedA = fixed a.Data
            use pinnedC = fixed c.Data

            if start.Length < int64 b.Columns then
                (start :> IDisposable).Dispose()
                start <- new Buffer<float32>(int64 b.Columns)

            let first = Span<float32>(NativePtr.toVoidPtr start.Pointer, b.Columns)
            bias.AsSpan().CopyTo first
            first.Slice(bias.Length).Clear()

            let product =
                { A = NativePtr.add pinnedA a.Offset
                  ARow = a.RowStride
                  AStep = a.ColumnStride
                  Rows = a.Rows
                  B = b
                  Columns = columns
                  C = NativePtr.add pinnedC c.Offset
                  CRow = c.RowStride
                  CStep = c.ColumnStride
                  Start = start.Pointer
                  Adds = adds
                  Relu = relu }

            let count = (a.Rows + 7) / 8

            if here then
                let mutable first = 0

                while first < count do
                    strips.Run(&product, first, min Bundle.strips (count - first), scratches[0].Pointer)
                    first <- first + Bundle.strips
            else
                workers.Run(
                    (count + Bundle.strips - 1) / Bundle.strips,
                    Piece(fun worker piece ->
                        let first = piece * Bundle.strips
                        strips.Run(&product, first, min Bundle.strips (count - first), scratches[worker].Pointer))
                )

    let door =
        new Door(
            "Dense",
            1,
            fun () ->
                (workers :> IDisposable).Dispose()
                (spare :> IDisposable).Dispose()
                (start :> IDisposable).Dispose()

                for scratch in scratches do
                    (scratch :> IDisposable).Dispose()
        )

    member _.Threads = threads
    member _.Pack(b: MatrixView) = pack b

    member _.Repack(b: MatrixView, into: PackedMatrix) =
        if b.Rows <> into.Rows || b.Columns <> into.Columns then
            Guard.refuse
                $"A packed matrix of {into.Rows} x {into.Columns} cannot take up one of {b.Rows} x {b.Columns}."

        use _ = into.Enter()
        fill b into.Panels

    member _.Multiply(a: MatrixView, b: MatrixView, c: MatrixView) =
        use _ = door.Enter()
        run false a (packSpare b) b.Columns null false false c

    member _.MultiplyAdd(a: MatrixView, b: MatrixView, c: MatrixView) =
        use _ = door.Enter()
        run false a (packSpare b) b.Columns null false true c

    member _.Layer(a: MatrixView, b: PackedMatrix, bias: float32[] | null, relu: bool, c: MatrixView) =
        use _ = door.Enter()
        use _ = b.Enter()
        run false a b.Panels b.Columns bias relu false c

    member _.LayerHere(a: MatrixView, b: PackedMatrix, bias: float32[], relu: bool, c: MatrixView) =
        use _ = door.Enter()
        use _ = b.Enter()
        run true a b.Panels b.Columns bias relu false c

    member _.Dispose() = (door :> IDisposable).Dispose()

    interface IDisposable with
        member it.Dispose() = it.Dispose()
