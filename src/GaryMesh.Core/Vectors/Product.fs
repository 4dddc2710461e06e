/// The register-blocked kernel that every dense product of the engine is made of.
namespace GaryMesh.Vectors

open Microsoft.FSharp.NativeInterop

/// What becomes of a finished sum.
type internal Finish =
    | Plain = 0
    /// Negative sums become 0.
    | Relu = 1
    /// Sums become 0 where the gating matrix is not above 0: the derivative of ReLU.
    | Gated = 2

module internal Product =
    /// Eight rows of a product, one tile of columns wide:
    /// out[i, n] = finish (init[i, n] + sum over k < count of x[i, k] w[k, n]).
    ///
    /// x[i, k] lies at x + i * xRow + k * xStep, w[k, n] at w + k * wRow + n, and likewise for init, out and gate. With
    /// xRow and xStep exchanged the same kernel adds up outer products. The sum of an element is one chain in the order
    /// of k, the same for every row.
    let private rows8<'O, 'V, 'T when 'O: struct and 'O :> ILanes<'V> and 'T: struct and 'T :> ITile<'T, 'V>>
        (x: P)
        (xRow: int)
        (xStep: int)
        (w: P)
        (wRow: int)
        (count: int)
        (init: P)
        (initRow: int)
        (out: P)
        (outRow: int)
        (finish: Finish)
        (gate: P)
        =
        let mutable t0 = 'T.Load init
        let mutable t1 = 'T.Load(NativePtr.add init initRow)
        let mutable t2 = 'T.Load(NativePtr.add init (2 * initRow))
        let mutable t3 = 'T.Load(NativePtr.add init (3 * initRow))
        let mutable t4 = 'T.Load(NativePtr.add init (4 * initRow))
        let mutable t5 = 'T.Load(NativePtr.add init (5 * initRow))
        let mutable t6 = 'T.Load(NativePtr.add init (6 * initRow))
        let mutable t7 = 'T.Load(NativePtr.add init (7 * initRow))
        let row2 = 2 * xRow
        let row3 = 3 * xRow
        let mutable p = x
        let mutable q = NativePtr.add x (4 * xRow)
        let mutable weights = w
        let mutable left = count

        while left > 0 do
            let tile = 'T.Load weights
            t0 <- 'T.Fma('O.Spread(NativePtr.read p), tile, t0)
            t1 <- 'T.Fma('O.Spread(NativePtr.get p xRow), tile, t1)
            t2 <- 'T.Fma('O.Spread(NativePtr.get p row2), tile, t2)
            t3 <- 'T.Fma('O.Spread(NativePtr.get p row3), tile, t3)
            t4 <- 'T.Fma('O.Spread(NativePtr.read q), tile, t4)
            t5 <- 'T.Fma('O.Spread(NativePtr.get q xRow), tile, t5)
            t6 <- 'T.Fma('O.Spread(NativePtr.get q row2), tile, t6)
            t7 <- 'T.Fma('O.Spread(NativePtr.get q row3), tile, t7)
            weights <- NativePtr.add weights wRow
            p <- NativePtr.add p xStep
            q <- NativePtr.add q xStep
            left <- left - 1

        if finish = Finish.Relu then
            t0 <- 'T.Relu t0
            t1 <- 'T.Relu t1
            t2 <- 'T.Relu t2
            t3 <- 'T.Relu t3
            t4 <- 'T.Relu t4
            t5 <- 'T.Relu t5
            t6 <- 'T.Relu t6
            t7 <- 'T.Relu t7
        elif finish = Finish.Gated then
            t0 <- 'T.Gate(t0, 'T.Load gate)
            t1 <- 'T.Gate(t1, 'T.Load(NativePtr.add gate outRow))
            t2 <- 'T.Gate(t2, 'T.Load(NativePtr.add gate (2 * outRow)))
            t3 <- 'T.Gate(t3, 'T.Load(NativePtr.add gate (3 * outRow)))
            t4 <- 'T.Gate(t4, 'T.Load(NativePtr.add gate (4 * outRow)))
            t5 <- 'T.Gate(t5, 'T.Load(NativePtr.add gate (5 * outRow)))
            t6 <- 'T.Gate(t6, 'T.Load(NativePtr.add gate (6 * outRow)))
            t7 <- 'T.Gate(t7, 'T.Load(NativePtr.add gate (7 * outRow)))

        'T.Store(t0, out)
        'T.Store(t1, NativePtr.add out outRow)
        'T.Store(t2, NativePtr.add out (2 * outRow))
        'T.Store(t3, NativePtr.add out (3 * outRow))
        'T.Store(t4, NativePtr.add out (4 * outRow))
        'T.Store(t5, NativePtr.add out (5 * outRow))
        'T.Store(t6, NativePtr.add out (6 * outRow))
        'T.Store(t7, NativePtr.add out (7 * outRow))

    /// The first four rows of `rows8`, for machines with too few registers for eight.
    let private rows4<'O, 'V, 'T when 'O: struct and 'O :> ILanes<'V> and 'T: struct and 'T :> ITile<'T, 'V>>
        (x: P)
        (xRow: int)
        (xStep: int)
        (w: P)
        (wRow: int)
        (count: int)
        (init: P)
        (initRow: int)
        (out: P)
        (outRow: int)
        (finish: Finish)
        (gate: P)
        =
        let mutable t0 = 'T.Load init
        let mutable t1 = 'T.Load(NativePtr.add init initRow)
        let mutable t2 = 'T.Load(NativePtr.add init (2 * initRow))
        let mutable t3 = 'T.Load(NativePtr.add init (3 * initRow))
        let row2 = 2 * xRow
        let row3 = 3 * xRow
        let mutable p = x
        let mutable weights = w
        let mutable left = count

        while left > 0 do
            let tile = 'T.Load weights
            t0 <- 'T.Fma('O.Spread(NativePtr.read p), tile, t0)
            t1 <- 'T.Fma('O.Spread(NativePtr.get p xRow), tile, t1)
            t2 <- 'T.Fma('O.Spread(NativePtr.get p row2), tile, t2)
            t3 <- 'T.Fma('O.Spread(NativePtr.get p row3), tile, t3)
            weights <- NativePtr.add weights wRow
            p <- NativePtr.add p xStep
            left <- left - 1

        if finish = Finish.Relu then
            t0 <- 'T.Relu t0
            t1 <- 'T.Relu t1
            t2 <- 'T.Relu t2
            t3 <- 'T.Relu t3
        elif finish = Finish.Gated then
            t0 <- 'T.Gate(t0, 'T.Load gate)
            t1 <- 'T.Gate(t1, 'T.Load(NativePtr.add gate outRow))
            t2 <- 'T.Gate(t2, 'T.Load(NativePtr.add gate (2 * outRow)))
            t3 <- 'T.Gate(t3, 'T.Load(NativePtr.add gate (3 * outRow)))

        'T.Store(t0, out)
        'T.Store(t1, NativePtr.add out outRow)
        'T.Store(t2, NativePtr.add out (2 * outRow))
        'T.Store(t3, NativePtr.add out (3 * outRow))

    /// `rows8` for a single vector of columns. Eight chains are too few to hide the latency of a multiply-add, so odd k
    /// go into eight of their own.
    let private thinRows8<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        (x: P)
        (xRow: int)
        (xStep: int)
        (w: P)
        (wRow: int)
        (count: int)
        (init: P)
        (initRow: int)
        (out: P)
        (outRow: int)
        (finish: Finish)
        (gate: P)
        =
        let mutable t0 = 'O.Load init
        let mutable t1 = 'O.Load(NativePtr.add init initRow)
        let mutable t2 = 'O.Load(NativePtr.add init (2 * initRow))
        let mutable t3 = 'O.Load(NativePtr.add init (3 * initRow))
        let mutable t4 = 'O.Load(NativePtr.add init (4 * initRow))
        let mutable t5 = 'O.Load(NativePtr.add init (5 * initRow))
        let mutable t6 = 'O.Load(NativePtr.add init (6 * initRow))
        let mutable t7 = 'O.Load(NativePtr.add init (7 * initRow))
        let mutable u0 = 'O.Zero
        let mutable u1 = 'O.Zero
        let mutable u2 = 'O.Zero
        let mutable u3 = 'O.Zero
        let mutable u4 = 'O.Zero
        let mutable u5 = 'O.Zero
        let mutable u6 = 'O.Zero
        let mutable u7 = 'O.Zero
        let row2 = 2 * xRow
        let row3 = 3 * xRow
        let mutable p = x
        let mutable q = NativePtr.add x (4 * xRow)
        let mutable weights = w
        let mutable left = count

        while left > 1 do
            let even = 'O.Load weights
            let odd = 'O.Load(NativePtr.add weights wRow)
            t0 <- 'O.Fma('O.Spread(NativePtr.read p), even, t0)
            t1 <- 'O.Fma('O.Spread(NativePtr.get p xRow), even, t1)
            t2 <- 'O.Fma('O.Spread(NativePtr.get p row2), even, t2)
            t3 <- 'O.Fma('O.Spread(NativePtr.get p row3), even, t3)
            t4 <- 'O.Fma('O.Spread(NativePtr.read q), even, t4)
            t5 <- 'O.Fma('O.Spread(NativePtr.get q xRow), even, t5)
            t6 <- 'O.Fma('O.Spread(NativePtr.get q row2), even, t6)
            t7 <- 'O.Fma('O.Spread(NativePtr.get q row3), even, t7)
            p <- NativePtr.add p xStep
            q <- NativePtr.add q xStep
            u0 <- 'O.Fma('O.Spread(NativePtr.read p), odd, u0)
            u1 <- 'O.Fma('O.Spread(NativePtr.get p xRow), odd, u1)
            u2 <- 'O.Fma('O.Spread(NativePtr.get p row2), odd, u2)
            u3 <- 'O.Fma('O.Spread(NativePtr.get p row3), odd, u3)
            u4 <- 'O.Fma('O.Spread(NativePtr.read q), odd, u4)
            u5 <- 'O.Fma('O.Spread(NativePtr.get q xRow), odd, u5)
            u6 <- 'O.Fma('O.Spread(NativePtr.get q row2), odd, u6)
            u7 <- 'O.Fma('O.Spread(NativePtr.get q row3), odd, u7)
            p <- NativePtr.add p xStep
            q <- NativePtr.add q xStep
            weights <- NativePtr.add weights (2 * wRow)
            left <- left - 2

        if left = 1 then
            let even = 'O.Load weights
            t0 <- 'O.Fma('O.Spread(NativePtr.read p), even, t0)
            t1 <- 'O.Fma('O.Spread(NativePtr.get p xRow), even, t1)
            t2 <- 'O.Fma('O.Spread(NativePtr.get p row2), even, t2)
            t3 <- 'O.Fma('O.Spread(NativePtr.get p row3), even, t3)
            t4 <- 'O.Fma('O.Spread(NativePtr.read q), even, t4)
            t5 <- 'O.Fma('O.Spread(NativePtr.get q xRow), even, t5)
            t6 <- 'O.Fma('O.Spread(NativePtr.get q row2), even, t6)
            t7 <- 'O.Fma('O.Spread(NativePtr.get q row3), even, t7)

        t0 <- 'O.Add(t0, u0)
        t1 <- 'O.Add(t1, u1)
        t2 <- 'O.Add(t2, u2)
        t3 <- 'O.Add(t3, u3)
        t4 <- 'O.Add(t4, u4)
        t5 <- 'O.Add(t5, u5)
        t6 <- 'O.Add(t6, u6)
        t7 <- 'O.Add(t7, u7)

        if finish = Finish.Relu then
            t0 <- 'O.Max(t0, 'O.Zero)
            t1 <- 'O.Max(t1, 'O.Zero)
            t2 <- 'O.Max(t2, 'O.Zero)
            t3 <- 'O.Max(t3, 'O.Zero)
            t4 <- 'O.Max(t4, 'O.Zero)
            t5 <- 'O.Max(t5, 'O.Zero)
            t6 <- 'O.Max(t6, 'O.Zero)
            t7 <- 'O.Max(t7, 'O.Zero)
        elif finish = Finish.Gated then
            t0 <- 'O.KeepPositive(t0, 'O.Load gate)
            t1 <- 'O.KeepPositive(t1, 'O.Load(NativePtr.add gate outRow))
            t2 <- 'O.KeepPositive(t2, 'O.Load(NativePtr.add gate (2 * outRow)))
            t3 <- 'O.KeepPositive(t3, 'O.Load(NativePtr.add gate (3 * outRow)))
            t4 <- 'O.KeepPositive(t4, 'O.Load(NativePtr.add gate (4 * outRow)))
            t5 <- 'O.KeepPositive(t5, 'O.Load(NativePtr.add gate (5 * outRow)))
            t6 <- 'O.KeepPositive(t6, 'O.Load(NativePtr.add gate (6 * outRow)))
            t7 <- 'O.KeepPositive(t7, 'O.Load(NativePtr.add gate (7 * outRow)))

        'O.Store(t0, out)
        'O.Store(t1, NativePtr.add out outRow)
        'O.Store(t2, NativePtr.add out (2 * outRow))
        'O.Store(t3, NativePtr.add out (3 * outRow))
        'O.Store(t4, NativePtr.add out (4 * outRow))
        'O.Store(t5, NativePtr.add out (5 * outRow))
        'O.Store(t6, NativePtr.add out (6 * outRow))
        'O.Store(t7, NativePtr.add out (7 * outRow))

    /// `rows8` in the form that suits the machine, for a number of columns that is one, two or three vectors wide.
    let wideRows8<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        vectors
        x
        xRow
        xStep
        w
        wRow
        count
        init
        initRow
        out
        outRow
        finish
        gate
        =
        if 'O.ManyRegisters then
            match vectors with
            | 3 -> rows8<'O, 'V, Tile3<'O, 'V>> x xRow xStep w wRow count init initRow out outRow finish gate
            | 2 -> rows8<'O, 'V, Tile2<'O, 'V>> x xRow xStep w wRow count init initRow out outRow finish gate
            | _ -> thinRows8<'O, 'V> x xRow xStep w wRow count init initRow out outRow finish gate
        elif vectors = 1 then
            rows8<'O, 'V, Tile1<'O, 'V>> x xRow xStep w wRow count init initRow out outRow finish gate
        else
            for half in 0..1 do
                let row = 4 * half
                let x = NativePtr.add x (row * xRow)
                let init = NativePtr.add init (row * initRow)
                let out = NativePtr.add out (row * outRow)
                let gate = NativePtr.add gate (row * outRow)

                if vectors = 3 then
                    rows4<'O, 'V, Tile3<'O, 'V>> x xRow xStep w wRow count init initRow out outRow finish gate
                else
                    rows4<'O, 'V, Tile2<'O, 'V>> x xRow xStep w wRow count init initRow out outRow finish gate

    /// Eight or more rows (a multiple of eight) of x times the panels of a packed matrix.
    let packed<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        (x: P)
        (xRow: int)
        (rows: int)
        (matrix: Panels)
        (init: P)
        (out: P)
        (outRow: int)
        (finish: Finish)
        (gate: P)
        =
        let lanes = 'O.Width
        let mutable column = 0

        while column < matrix.Columns do
            let w = matrix.At column
            let width = matrix.PanelWidth column
            let vectors = width / lanes
            let start = NativePtr.add init column
            let mutable row = 0

            while row < rows do
                let x = NativePtr.add x (row * xRow)
                let out = NativePtr.add out (row * outRow + column)
                let gate = NativePtr.add gate (row * outRow + column)

                wideRows8<'O, 'V> vectors x xRow 1 w width matrix.Rows start 0 out outRow finish gate
                row <- row + 8

            column <- column + width

    /// Adds x' y to sums [rows x columns], x and y both having `count` rows: the gradient of a weight matrix. `rows` is a
    /// multiple of eight, `columns` of the vector's width.
    let addOuter<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        (x: P)
        (xRow: int)
        (rows: int)
        (y: P)
        (yRow: int)
        (columns: int)
        (count: int)
        (sums: P)
        =
        let lanes = 'O.Width
        let mutable row = 0

        while row < rows do
            let x = NativePtr.add x row
            let mutable column = 0

            while column < columns do
                let y = NativePtr.add y column
                let out = NativePtr.add sums (row * columns + column)
                let vectors = min 3 ((columns - column) / lanes)
                wideRows8<'O, 'V> vectors x 1 xRow y yRow count out columns out columns Finish.Plain out
                column <- column + vectors * lanes

            row <- row + 8

    /// Adds the rows of y to sums [columns]: the gradient of a bias.
    let addRows<'O, 'V when 'O: struct and 'O :> ILanes<'V>> (y: P) (yRow: int) (columns: int) (count: int) (sums: P) =
        let mutable column = 0

        while column < columns do
            let mutable sum = 'O.Load(NativePtr.add sums column)

            for row in 0 .. count - 1 do
                sum <- 'O.Add(sum, 'O.Load(NativePtr.add y (row * yRow + column)))

            'O.Store(sum, NativePtr.add sums column)
            column <- column + 'O.Width
