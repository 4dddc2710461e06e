/// Rows of features on their way into a model: chosen, disturbed in training, and in the model's units.
namespace GaryMesh.Models

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open GaryMesh

/// What is left out or moved at random in training; each is drawn from the key of an iteration.
[<NoComparison; ReferenceEquality>]
type internal Noise =
    {
        Key: uint64
        FeatureDropout: float
        HiddenDropout: float
        StateDropout: float
        /// Share of the feature values that count as not measured.
        MissingRate: float
        /// Cells of a lattice by which a row is shifted at most.
        Shift: int
    }

    member noise.Part(part: int) = Counter.subkey noise.Key part

    static member None =
        { Key = 0UL
          FeatureDropout = 0.0
          HiddenDropout = 0.0
          StateDropout = 0.0
          MissingRate = 0.0
          Shift = 0 }

/// Arrays that are used again batch after batch, and grow where a batch is larger.
[<Sealed>]
type internal Room() =
    let mutable data: float32[] = [||]

    member _.Of(length: int) =
        if data.Length < length then
            data <- Array.zeroCreate length

        data

/// `encodes`: whether an encoder reads the rows, which may then be sparse.
[<Sealed>]
type internal ModelRows(shape: ModelShape, scaling: Scaling, graph: Graph, encodes: bool) =
    let cells = graph.Cells
    let features, seen = Room(), Room()
    let mutable bases: float32[] = [||]
    let matrix (data: float32[]) rows columns = MatrixView(data, 0, rows, columns, columns, 1)
    let sparse = ConditionalWeakTable<ModelData, SparseRows>()

    /// Rows that are worth keeping as their nonzero numbers: wide, nearly all zero, and entered as they are.
    let isSparse (data: ModelData) =
        shape.Features >= 64
        && encodes
        && not shape.Missing
        && shape.Residual.IsEmpty
        && scaling.FeatureShift |> Array.forall ((=) 0.0f)
        && (let nonzero = data.Features |> Array.sumBy (fun x -> if x = 0.0f then 0L else 1L)
            8L * nonzero < int64 data.Features.Length)

    let unitScale (features: ReadOnlySpan<float32>) =
        if scaling.UnitSum then
            let mutable sum = 0.0f

            for i in 0 .. features.Length - 1 do
                if not (Single.IsNaN features[i]) then
                    sum <- sum + abs features[i]

            if sum > 0.0f then 1.0f / sum else 0.0f
        else
            1.0f

    let compress (data: ModelData) =
        let starts = Array.zeroCreate (data.Rows * cells + 1)
        let columns, values = List<int>(), List<float32>()

        for row in 0 .. data.Rows * cells - 1 do
            let own = ReadOnlySpan(data.Features, row * shape.Features, shape.Features)
            let scale = unitScale own

            for column in 0 .. shape.Features - 1 do
                if own[column] <> 0.0f then
                    columns.Add column
                    values.Add(own[column] * scale * scaling.FeatureScale[column])

            starts[row + 1] <- columns.Count

        SparseRows(starts, columns.ToArray(), values.ToArray())

    /// The rows of a batch out of all of them.
    let gatherSparse (all: SparseRows) (chosen: int[]) =
        let whole =
            chosen.Length * cells = all.Starts.Length - 1
            && Array.forall2 (=) chosen [| 0 .. chosen.Length - 1 |]

        if whole then
            SparseRows(all.Starts, all.Columns, Array.copy all.Values)
        else
            let starts = Array.zeroCreate (chosen.Length * cells + 1)
            let columns, values = List<int>(), List<float32>()

            for i in 0 .. chosen.Length * cells - 1 do
                let row = chosen[i / cells] * cells + i % cells

                for n in all.Starts[row] .. all.Starts[row + 1] - 1 do
                    columns.Add all.Columns[n]
                    values.Add all.Values[n]

                starts[i + 1] <- columns.Count

            SparseRows(starts, columns.ToArray(), values.ToArray())

    /// One row of features in the model's units [cells x EncoderInputs], and what its outputs are added to [cells].
    let enter (raw: Span<float32>) (into: Span<float32>) (added: Span<float32>) =
        let k = shape.Features

        for cell in 0 .. cells - 1 do
            let own = Span<float32>.op_Implicit(raw.Slice(cell * k, k)): ReadOnlySpan<float32>
            let scale = unitScale own

            let start = if added.Length > 0 then scaling.Base(shape, own) else 0.0f

            if added.Length > 0 then
                added[cell] <- start

            for column in 0 .. k - 1 do
                let at = cell * shape.EncoderInputs + column

                if Single.IsNaN own[column] then
                    into[at] <-
                        if added.Length > 0 && not (shape.IsRelative column) then
                            (start - scaling.FeatureShift[column]) * scaling.FeatureScale[column]
                        else
                            0.0f

                    if shape.Missing then
                        into[at + k] <- 0.0f
                else
                    let value = if shape.IsRelative column then own[column] - start else own[column]
                    into[at] <- (value * scale - scaling.FeatureShift[column]) * scaling.FeatureScale[column]

                    if shape.Missing then
                        into[at + k] <- 1.0f

    /// Copies a row's features, moved over the lattice and with some of them hidden.
    let disturb (noise: Noise) (from: ReadOnlySpan<float32>) (into: Span<float32>) (key: uint64) =
        let k = shape.Features

        match graph.Topology with
        | Topology.Grid(height, width)
        | Topology.Torus(height, width) when noise.Shift > 0 ->
            let closed = graph.Topology.IsTorus
            let way index = Counter.below (2 * noise.Shift + 1) key index - noise.Shift
            let down, right = way -1L, way -2L
            let wrap size i = ((i % size) + size) % size

            for cell in 0 .. cells - 1 do
                let row, column = cell / width + down, cell % width + right
                let inside = row >= 0 && row < height && column >= 0 && column < width
                let own = into.Slice(cell * k, k)

                if inside || closed then
                    from.Slice((wrap height row * width + wrap width column) * k, k).CopyTo own
                else
                    own.Clear()
        | _ -> from.CopyTo into

        if noise.MissingRate > 0.0 then
            for i in 0 .. into.Length - 1 do
                if Counter.uniform key (int64 i) < noise.MissingRate then
                    into[i] <- nanf

    let gatherDense (noise: Noise) (data: ModelData) (chosen: int[]) =
        let length = cells * shape.Features
        let raw = features.Of length
        let entered = seen.Of(chosen.Length * cells * shape.EncoderInputs)

        if not shape.Residual.IsEmpty && bases.Length < chosen.Length * cells then
            bases <- Array.zeroCreate (chosen.Length * cells)

        chosen
        |> Array.iteri (fun i row ->
            let raw = Span(raw, 0, length)
            disturb noise (ReadOnlySpan(data.Features, row * length, length)) raw (Counter.subkey (noise.Part 0) i)

            let added = if shape.Residual.IsEmpty then Span() else Span(bases, i * cells, cells)
            enter raw (Span(entered, i * cells * shape.EncoderInputs, cells * shape.EncoderInputs)) added)

        if noise.FeatureDropout > 0.0 then
            Dropout.apply
                noise.FeatureDropout
                (noise.Part 1)
                (Span(entered, 0, chosen.Length * cells * shape.EncoderInputs))

        Rows.Dense(matrix entered (chosen.Length * cells) shape.EncoderInputs)

    /// What the rows of the last batch are added to [rows x cells]; empty where there is no residual.
    member _.Bases = bases

    /// Looks at data that will be read many times.
    member _.Prepare(data: ModelData) =
        if isSparse data then
            sparse.AddOrUpdate(data, compress data)

    /// The chosen rows, disturbed [chosen x cells x EncoderInputs]; the room is used again by the next batch.
    member _.Gather(data: ModelData, chosen: int[], noise: Noise) =
        match sparse.TryGetValue data with
        | true, all ->
            let rows = gatherSparse all chosen

            if noise.FeatureDropout > 0.0 then
                Dropout.apply noise.FeatureDropout (noise.Part 1) (Span rows.Values)

            Rows.Sparse rows
        | _ -> gatherDense noise data chosen

    /// One row as it is [cells x EncoderInputs], without allocation once there was one before.
    member _.Enter(given: ReadOnlySpan<float32>) : float32[] =
        let raw = features.Of(cells * shape.Features)
        given.CopyTo(Span raw)
        let entered = seen.Of(cells * shape.EncoderInputs)

        if not shape.Residual.IsEmpty && bases.Length < cells then
            bases <- Array.zeroCreate cells

        let added = if shape.Residual.IsEmpty then Span() else Span(bases, 0, cells)
        enter (Span(raw, 0, cells * shape.Features)) (Span(entered, 0, cells * shape.EncoderInputs)) added
        entered
