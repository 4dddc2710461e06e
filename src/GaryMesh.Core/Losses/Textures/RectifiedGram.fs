namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics
open GaryMesh.Graphs
open GaryMesh.Losses
open GaryMesh.Vectors
open Microsoft.FSharp.NativeInterop

/// How far the look of a graph's cells is from an exemplar's: the differences of the mean products of rectified band-pass
/// responses, at scales of 1, 2, 4, ... hops, within each scale and between neighbouring ones, after the last step.
///
/// The channels 0 .. maps - 1 are read through the exemplar's palette. A graph is a lattice, or has frames whose u points to the
/// right of the picture and v downwards. Nothing is drawn at random. Kinks: responses and differences of 0.
///
/// After A. Brochard, S. Zhang and S. Mallat, "Generalized rectifier wavelet covariance models for texture synthesis" (ICLR
/// 2022), with filters that any graph has, and the Gram matrices of L. Gatys, A. Ecker and M. Bethge (NeurIPS 2015).
[<Sealed>]
type RectifiedGram
    /// <summary>The loss of textures on a graph.</summary>
    /// <exception cref="T:System.ArgumentException">The graph is no lattice and has no frames, or is of another dimension than the exemplar: a
    /// picture lies on a surface, a signal on a ring or line.</exception>
    (exemplar: Exemplar, graph: Graph) =
    inherit Loss "rectified Gram"

    let exemplar: Exemplar = exemplar.On graph
    let { Shape = shape; Units = units; Terms = target } = exemplar.Target
    let canvas = Canvas(exemplar, graph, shape.Levels)
    let maps, levels, cells, strides = shape.Maps, shape.Levels, graph.Cells, canvas.Strides
    let share = 1.0 / float (Statistics.count shape)

    let bank = FastBank(shape, strides, units, cells)
    let row, width = bank.Row, bank.Width
    /// Cells whose features lie in a core's cache together; a multiple of eight.
    let block = 256
    let kernel = GramKernel.ofLanes shape row Lanes.widest

    /// Runs over all cells block by block; `run first count` with features written for `count` cells.
    let blocks bands (memory: Buffer<float32>) (run: int -> int -> unit) =
        for first in 0..block .. cells - 1 do
            let count = min block (cells - first)
            bank.Fill(bands, first, count, memory.Pointer)
            run first count

    /// Sums over all cells: of the products of each level with its partners, and of the features.
    let sums bands (memory: Buffer<float32>) =
        let products = Array.init levels (fun j -> Array.zeroCreate<float>(row * shape.Partners j * row))
        let totals = Array.zeroCreate<float> width
        let partial = Array.init levels (fun j -> new Buffer<float32>(int64 products[j].Length))

        try
            blocks bands memory (fun _ count ->
                for buffer in partial do
                    buffer.Clear()

                kernel.AddProducts(memory.Pointer, count, partial |> Array.map _.Pointer)

                for j in 0 .. levels - 1 do
                    let from, into = partial[j].Pointer, products[j]

                    for at in 0 .. into.Length - 1 do
                        into[at] <- into[at] + float (NativePtr.get from at)

                for i in 0 .. count - 1 do
                    for f in 0 .. width - 1 do
                        totals[f] <- totals[f] + float (NativePtr.get memory.Pointer (i * width + f)))
        finally
            for buffer in partial do
                (buffer :> IDisposable).Dispose()

        struct (products, totals)

    /// The part that a term has in the loss; its derivatives are handed to `bar` by their places.
    let compare (target: float[]) (value: int -> float) (bar: int -> float -> unit) =
        let term = Array.init target.Length value
        let weight = share / float term.Length
        term |> Array.iteri (fun at value -> bar at (weight * Statistics.slope (value - target[at])))
        share * Statistics.difference<float, Reals> term target

    override _.Evaluate(state, _, _) =
        let values = canvas.MapsOf(state.Channels, ReadOnlySpan state.Data)
        let perCell = 1.0 / float cells
        let bands = bank.Bands values
        use memory = new Buffer<float32>(int64 block * int64 width)
        let struct (products, totals) = sums bands memory
        let features = shape.Features
        let scaleLosses = Array.zeroCreate<float> levels
        // Derivatives by the features: a matrix for each level over the levels that it is multiplied with, and a shared row.
        let first j = max 0 (j - 2)
        let last j = min (levels - 1) (j + 2)

        let matrices =
            Array.init levels (fun j -> Array.zeroCreate<float32>((last j - first j + 1) * row * row))

        let shared = Array.zeroCreate<float32> width

        let add j k p q (bar: float) =
            let at = ((k - first j) * row + p) * row + q
            matrices[j][at] <- matrices[j][at] + float32 bar

        for j in 0 .. levels - 1 do
            let means =
                compare (target.Means[j]) (fun f -> perCell * totals[j * row + f]) (fun f bar ->
                    shared[j * row + f] <- float32 (perCell * bar))

            scaleLosses[j] <- scaleLosses[j] + means
            let columns = shape.Partners j * row

            for k in 0 .. shape.Partners j - 1 do
                let value at = perCell * products[j][at / features * columns + k * row + at % features]

                let products =
                    compare (target.Products[j][k]) value (fun at bar ->
                        let p, q = at / features, at % features
                        add j (j + k) q p (perCell * bar)
                        add (j + k) j p q (perCell * bar))

                scaleLosses[j] <- scaleLosses[j] + products

        let adjoint = Array.zeroCreate<float32> values.Length
        let bars = Array.init levels (fun _ -> Array.zeroCreate<float32> values.Length)

        let panels =
            matrices
            |> Array.map (fun matrix ->
                let panels = new Panels(matrix.Length / row, row, Lanes.widest)
                panels.Fill(matrix, Array.init (matrix.Length / row) (fun r -> r * row), Array.init row id, 1.0f)
                panels)

        try
            use featureBars = new Buffer<float32>(int64 block * int64 width)
            use common = Buffer.ofArray shared

            blocks bands memory (fun first count ->
                kernel.Back(memory.Pointer, Pad.rows count, panels, common.Pointer, featureBars.Pointer)
                bank.FillBack(bands, bars, first, count, featureBars.Pointer))
        finally
            for panel in panels do
                (panel :> IDisposable).Dispose()

        let level = bank.BandsBack bars
        let channel cell m = float values[cell * maps + m]

        let average value =
            let mutable sum = 0.0

            for cell in 0 .. cells - 1 do
                sum <- sum + value cell

            perCell * sum

        let mean = Array.init maps (fun m -> average (fun cell -> channel cell m))

        let covariance =
            Array.init (maps * maps) (fun at ->
                average (fun cell -> channel cell (at / maps) * channel cell (at % maps)))

        let third = Array.init maps (fun m -> average (fun cell -> Math.Pow(channel cell m, 3.0)))

        let meanBar, covarianceBar, thirdBar =
            Array.zeroCreate maps, Array.zeroCreate (maps * maps), Array.zeroCreate maps

        let colours =
            compare target.Mean (fun m -> 3.0 * mean[m]) (fun m bar -> meanBar[m] <- 3.0 * perCell * bar)
            + compare target.Covariance (fun at -> covariance[at]) (fun at bar -> covarianceBar[at] <- perCell * bar)
            + compare target.Third (fun m -> third[m]) (fun m bar -> thirdBar[m] <- 3.0 * perCell * bar)

        for cell in 0 .. cells - 1 do
            for m in 0 .. maps - 1 do
                let mutable bar = meanBar[m] + thirdBar[m] * channel cell m * channel cell m

                for other in 0 .. maps - 1 do
                    bar <-
                        bar + (covarianceBar[m * maps + other] + covarianceBar[other * maps + m]) * channel cell other

                adjoint[cell * maps + m] <- level[cell * maps + m] + float32 bar

        { LossValue.Of(colours + Array.sum scaleLosses, canvas.Adjoint(state.Channels, adjoint)) with
            Parts =
                ImmutableArray.CreateRange
                    [ struct ("colours", colours)
                      for j in 0 .. levels - 1 do
                          struct (Guard.line $"scale {1 <<< j}", scaleLosses[j]) ] }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        let values = canvas.MapsOf(channels, state)
        let chosen = [| 0 .. cells - 1 |]
        let features = Statistics.features<'T, 'F> shape strides chosen values
        let terms = Statistics.terms<'T, 'F> shape units chosen values features
        let mutable sum = 'T.Zero

        for j in 0 .. levels - 1 do
            sum <- sum + Statistics.difference<'T, 'F> (terms.Means[j]) (target.Means[j])

            for k in 0 .. shape.Partners j - 1 do
                sum <- sum + Statistics.difference<'T, 'F> (terms.Products[j][k]) (target.Products[j][k])

        for term, target in [ terms.Mean, target.Mean; terms.Covariance, target.Covariance; terms.Third, target.Third ] do
            sum <- sum + Statistics.difference<'T, 'F> term target

        sum * 'F.Of share
