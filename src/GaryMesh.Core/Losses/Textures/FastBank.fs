namespace GaryMesh.Losses

open GaryMesh.Graphs
open GaryMesh.Vectors
open Microsoft.FSharp.NativeInterop

/// The filters of `Bank` and their adjoints in single precision: channels to bands, and bands to rows of rectified responses in an
/// exemplar's units, each level filled up to whole vectors.
[<Sealed>]
type internal FastBank(shape: BankShape, strides: Strides, units: Units, cells: int) =
    let maps, levels, directions = shape.Maps, shape.Levels, shape.Directions
    let row = Pad.lanes shape.Features
    let width = levels * row

    /// Of each feature: its mean, and one over its deviation.
    let padded (values: float[][]) (convert: float -> float32) =
        let row' = Array.zeroCreate<float32> width

        for j in 0 .. levels - 1 do
            for f in 0 .. shape.Features - 1 do
                row'[j * row + f] <- convert (values[j][f])

        row'

    let means = padded units.Mean float32
    let scales = padded units.Deviation (fun deviation -> float32 (1.0 / deviation))

    let binomial = BinomialPass(maps, strides, cells)

    /// Where the two values of a response lie for a cell's first map; the band alone has no second, below 0.
    let ends (table: int[]) cell kind =
        if kind = 0 then
            struct (cell * maps, -1)
        else
            let ahead = cell * directions + kind - 1
            struct (table[ahead] * maps, table[ahead + directions / 2] * maps)

    /// Numbers of a level in a row of features.
    member _.Row = row
    /// Numbers in a row of features.
    member _.Width = width

    /// The bands of channels [cells x maps], finest first.
    member _.Bands(values: float32[]) : float32[][] =
        let mutable level = values

        Array.init levels (fun j ->
            let next = binomial.Forward(j, binomial.Forward(j, level))
            let band = Array.map2 (-) level next
            level <- next
            band)

    /// The standardised features of cells `first` .. `first + count - 1`, row by row.
    member _.Fill(bands: float32[][], first: int, count: int, out: P) =
        let responses = shape.Responses

        for j in 0 .. levels - 1 do
            let band, table, at = bands[j], strides.Table j, j * row

            for i in 0 .. count - 1 do
                let cell = first + i
                let row' = NativePtr.add out (i * width + at)

                for kind in 0 .. shape.Kinds - 1 do
                    let struct (ahead, behind) = ends table cell kind

                    for m in 0 .. maps - 1 do
                        let q =
                            if behind < 0 then
                                band[ahead + m]
                            else
                                0.5f * (band[ahead + m] - band[behind + m])

                        let f = kind * maps + m
                        NativePtr.set row' f ((max q 0.0f - means[at + f]) * scales[at + f])
                        let f = responses + f
                        NativePtr.set row' f ((max -q 0.0f - means[at + f]) * scales[at + f])

    /// Adds what the derivatives of these cells' features say of the bands.
    member _.FillBack(bands: float32[][], bars: float32[][], first: int, count: int, featureBars: P) =
        let responses = shape.Responses

        for j in 0 .. levels - 1 do
            let band, bar, table, at = bands[j], bars[j], strides.Table j, j * row

            for i in 0 .. count - 1 do
                let cell = first + i
                let row' = NativePtr.add featureBars (i * width + at)

                for kind in 0 .. shape.Kinds - 1 do
                    let struct (ahead, behind) = ends table cell kind

                    for m in 0 .. maps - 1 do
                        let f = kind * maps + m

                        let back q =
                            if q > 0.0f then
                                scales[at + f] * NativePtr.get row' f
                            elif q < 0.0f then
                                -scales[at + responses + f] * NativePtr.get row' (responses + f)
                            else
                                0.0f

                        if behind < 0 then
                            bar[ahead + m] <- bar[ahead + m] + back (band[ahead + m])
                        else
                            let b = 0.5f * back (band[ahead + m] - band[behind + m])
                            bar[ahead + m] <- bar[ahead + m] + b
                            bar[behind + m] <- bar[behind + m] - b

    /// What the bands' derivatives say of the channels: band j is level j without level j + 1.
    member _.BandsBack(bars: float32[][]) : float32[] =
        let mutable level = Array.zeroCreate<float32> bars[0].Length

        for j in shape.Levels - 1 .. -1 .. 0 do
            level <- binomial.Back(j, binomial.Back(j, Array.map2 (-) level bars[j]))
            level <- Array.map2 (+) level bars[j]

        level
