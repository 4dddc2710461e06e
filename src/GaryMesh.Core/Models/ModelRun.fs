/// A model at work on a batch of rows: features -> encoding -> rollouts -> readout, and the way back through all of it.
namespace GaryMesh.Models

open System
open System.Collections.Generic
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
type private Room() =
    let mutable data: float32[] = [||]

    member _.Of(length: int) =
        if data.Length < length then
            data <- Array.zeroCreate length

        data

[<Sealed>]
type internal ModelRun(shape: ModelShape, scaling: Scaling, graph: Graph, automaton: Automaton, options: EngineOptions)
    =
    let dense = new Dense(options)
    let prepared = new Prepared(automaton, graph, options)
    let cells = graph.Cells
    let encoded, outputs = shape.EncodedValues, shape.Outputs
    let views = Dictionary(shape.Views |> Seq.map (fun view -> KeyValuePair(view.Name, view)))

    let layer name relu =
        match views.TryGetValue(name + ".weight") with
        | true, weight -> Some(new Layer(dense, weight, views[name + ".bias"], relu))
        | _ -> None

    let encoderHidden, encoder = layer "encoder.hidden" true, layer "encoder" false
    let readoutHidden, readout = layer "readout.hidden" true, layer "readout" false
    let layers = [ encoderHidden; encoder; readoutHidden; readout ] |> List.choose id

    let features, seen, hiddenRoom, encoding = Room(), Room(), Room(), Room()
    let readable, votes, answer = Room(), Room(), Room()
    let dEncoding, dHidden, dReadable, dVotes, dReadoutHidden = Room(), Room(), Room(), Room(), Room()
    let readoutHiddenRoom = Room()
    let mutable bases: float32[] = [||]

    // What the way back needs of the way forward.
    let silence = Noise.None
    let mutable noise = silence
    let mutable rows = 0
    let mutable read = Rows.Dense(MatrixView([||], 0, 0))
    let mutable rollouts: Rollout[] = [||]

    let matrix (data: float32[]) rows columns = MatrixView(data, 0, rows, columns, columns, 1)

    let sparse = Runtime.CompilerServices.ConditionalWeakTable<ModelData, SparseRows>()

    /// Rows that are worth keeping as their nonzero numbers: wide, nearly all zero, and entered as they are.
    let isSparse (data: ModelData) =
        shape.Features >= 64
        && encoder.IsSome
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

    /// One row of features in the model's units [cells x Seen], and what its outputs are added to [cells].
    let enter (raw: Span<float32>) (into: Span<float32>) (added: Span<float32>) =
        let k = shape.Features

        for cell in 0 .. cells - 1 do
            let own = Span<float32>.op_Implicit(raw.Slice(cell * k, k)): ReadOnlySpan<float32>
            let scale = unitScale own

            let start = if added.Length > 0 then scaling.Base(shape, own) else 0.0f

            if added.Length > 0 then
                added[cell] <- start

            for column in 0 .. k - 1 do
                let at = cell * shape.Seen + column

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
    let disturb (from: ReadOnlySpan<float32>) (into: Span<float32>) (key: uint64) =
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

    let gatherDense (data: ModelData) (chosen: int[]) =
        let length = cells * shape.Features
        let raw = features.Of length
        let entered = seen.Of(chosen.Length * cells * shape.Seen)

        if not shape.Residual.IsEmpty && bases.Length < chosen.Length * cells then
            bases <- Array.zeroCreate (chosen.Length * cells)

        chosen
        |> Array.iteri (fun i row ->
            let raw = Span(raw, 0, length)
            disturb (ReadOnlySpan(data.Features, row * length, length)) raw (Counter.subkey (noise.Part 0) i)

            let added = if shape.Residual.IsEmpty then Span() else Span(bases, i * cells, cells)
            enter raw (Span(entered, i * cells * shape.Seen, cells * shape.Seen)) added)

        if noise.FeatureDropout > 0.0 then
            Dropout.apply noise.FeatureDropout (noise.Part 1) (Span(entered, 0, chosen.Length * cells * shape.Seen))

        Rows.Dense(matrix entered (chosen.Length * cells) shape.Seen)

    let gather (data: ModelData) (chosen: int[]) =
        match sparse.TryGetValue data with
        | true, all ->
            let rows = gatherSparse all chosen

            if noise.FeatureDropout > 0.0 then
                Dropout.apply noise.FeatureDropout (noise.Part 1) (Span rows.Values)

            Rows.Sparse rows
        | _ -> gatherDense data chosen

    /// The start and the inputs of one rollout, from its row of the encoding.
    let rolloutOf (encoding: float32[]) row firing =
        let from = row * cells * encoded

        let start =
            let values = Array.zeroCreate<float32>(cells * shape.Channels)

            if shape.Starts then
                for cell in 0 .. cells - 1 do
                    Array.Copy(encoding, from + cell * encoded, values, cell * shape.Channels, encoded)

            State(cells, shape.Channels, values)

        let inputs =
            if shape.Told then
                Inputs.Constant(State(cells, encoded, Array.sub encoding from (cells * encoded)))
            else
                Inputs.Absent

        Rollout.Of(start, shape.Steps, firing).WithInputs inputs

    // One row, again and again: what a rollout starts from and is told is written over in place.
    let startHere = lazy State(cells, shape.Channels, Array.zeroCreate<float32>(cells * shape.Channels))
    let toldHere = lazy State(cells, encoded, Array.zeroCreate<float32>(cells * encoded))
    let finalHere = lazy Array.zeroCreate<float32>(cells * shape.Channels)
    let mutable rolloutHere: Rollout | null = null

    let rolloutFor firing =
        match rolloutHere with
        | null ->
            let inputs = if shape.Told then Inputs.Constant(toldHere.Force()) else Inputs.Absent
            let rollout = Rollout.Of(startHere.Force(), shape.Steps, firing).WithInputs inputs
            rolloutHere <- rollout
            rollout
        | rollout -> rollout

    /// The mean over the cells of each output of row `row`.
    let pool (votes: float32[]) row (answers: float32[]) =
        let share = 1.0f / float32 cells

        for j in 0 .. outputs - 1 do
            let mutable sum = 0.0f

            for cell in 0 .. cells - 1 do
                sum <- sum + votes[(row * cells + cell) * outputs + j]

            answers[row * outputs + j] <- sum * share

    /// What the readout reads of row `row`: its last states and, where wanted, its encoding.
    let assemble (final: float32[]) (codes: float32[]) row (states: float32[]) =
        let width = shape.Readable

        for cell in 0 .. cells - 1 do
            let at = (row * cells + cell) * width
            Array.Copy(final, cell * shape.Channels, states, at, shape.Channels)

            if shape.Read then
                Array.Copy(codes, (row * cells + cell) * encoded, states, at + shape.Channels, encoded)

    member _.Prepared = prepared

    /// Takes up parameters; the array must not change until the next are taken up.
    member _.Load(parameters: float32[]) =
        for layer in layers do
            layer.Load parameters

        let rule = shape.RuleShape
        prepared.Load(Rule(rule, ReadOnlySpan(parameters, shape.RuleOffset, rule.ParameterCount)))

    /// Looks at data that will be run many times.
    member _.Prepare(data: ModelData) =
        if isSparse data then
            sparse.AddOrUpdate(data, compress data)

    /// What the outputs of the last batch are added to [rows x cells]; empty where there is no residual.
    member _.Bases = bases

    /// The outputs of a batch in the model's own units [rows x targets x m]; the array is used again by the next batch.
    /// `traced` keeps what `Backward` needs.
    member _.Forward(data: ModelData, chosen: int[], noiseNow: Noise, firing: int -> Firing, traced: bool) : float32[] =
        noise <- noiseNow
        rows <- chosen.Length
        let count = rows * cells
        read <- gather data chosen

        let codes =
            match encoderHidden, encoder, read with
            | Some hidden, Some layer, _ ->
                let values = hiddenRoom.Of(count * hidden.Outputs)
                hidden.Forward(read, count, values)

                if noise.HiddenDropout > 0.0 then
                    Dropout.apply noise.HiddenDropout (noise.Part 2) (Span(values, 0, count * hidden.Outputs))

                let codes = encoding.Of(count * encoded)
                layer.Forward(Rows.Dense(matrix values count hidden.Outputs), count, codes)
                codes
            | None, Some layer, _ ->
                let codes = encoding.Of(count * encoded)
                layer.Forward(read, count, codes)
                codes
            | _, None, Rows.Dense view -> view.Data
            | _, None, Rows.Sparse _ -> Guard.refuse "Sparse rows need an encoder, but the model has none."

        rollouts <- Array.init rows (fun row -> rolloutOf codes row (firing row))
        let finals = if traced then prepared.Trace rollouts else prepared.Run rollouts
        let width = shape.Readable
        let states = readable.Of(count * width)

        for row in 0 .. rows - 1 do
            assemble finals[row].Data codes row states

        if noise.StateDropout > 0.0 then
            Dropout.apply noise.StateDropout (noise.Part 3) (Span(states, 0, count * width))

        match readoutHidden, readout with
        | _, None -> states
        | hidden, Some layer ->
            let votesHere = votes.Of(count * outputs)

            match hidden with
            | Some hidden ->
                let values = readoutHiddenRoom.Of(count * hidden.Outputs)
                hidden.Forward(Rows.Dense(matrix states count width), count, values)
                layer.Forward(Rows.Dense(matrix values count hidden.Outputs), count, votesHere)
            | None -> layer.Forward(Rows.Dense(matrix states count width), count, votesHere)

            if shape.Pooling.IsCells then
                votesHere
            else
                let answers = answer.Of(rows * outputs)

                for row in 0 .. rows - 1 do
                    pool votesHere row answers

                answers

    /// `Forward` for one row, by the calling thread and without allocation on a small graph; the same bits.
    member _.ForwardHere(given: ReadOnlySpan<float32>, firing: Firing) : float32[] =
        noise <- silence
        rows <- 1
        let raw = features.Of(cells * shape.Features)
        given.CopyTo(Span raw)
        let entered = seen.Of(cells * shape.Seen)

        if not shape.Residual.IsEmpty && bases.Length < cells then
            bases <- Array.zeroCreate cells

        let added = if shape.Residual.IsEmpty then Span() else Span(bases, 0, cells)
        enter (Span(raw, 0, cells * shape.Features)) (Span(entered, 0, cells * shape.Seen)) added
        let mutable codes = entered
        let mutable width = shape.Seen

        match encoderHidden with
        | Some layer ->
            let values = hiddenRoom.Of(cells * layer.Outputs)
            layer.ForwardHere(matrix codes cells width, matrix values cells layer.Outputs)
            codes <- values
            width <- layer.Outputs
        | None -> ()

        match encoder with
        | Some layer ->
            let values = encoding.Of(cells * encoded)
            layer.ForwardHere(matrix codes cells width, matrix values cells encoded)
            codes <- values
        | None -> ()

        let rollout = rolloutFor firing

        if shape.Starts then
            for cell in 0 .. cells - 1 do
                Array.Copy(codes, cell * encoded, rollout.Start.Data, cell * shape.Channels, encoded)

        if shape.Told then
            Array.Copy(codes, 0, toldHere.Value.Data, 0, cells * encoded)

        prepared.RunInto(rollout, finalHere.Value)
        let states = readable.Of(cells * shape.Readable)
        assemble finalHere.Value codes 0 states
        let mutable reading = states
        width <- shape.Readable

        match readoutHidden with
        | Some layer ->
            let values = readoutHiddenRoom.Of(cells * layer.Outputs)
            layer.ForwardHere(matrix reading cells width, matrix values cells layer.Outputs)
            reading <- values
            width <- layer.Outputs
        | None -> ()

        match readout with
        | None -> states
        | Some layer ->
            let votesHere = votes.Of(cells * outputs)
            layer.ForwardHere(matrix reading cells width, matrix votesHere cells outputs)

            if shape.Pooling.IsCells then
                votesHere
            else
                let answers = answer.Of outputs
                pool votesHere 0 answers
                answers

    /// The last states of the last batch's rollouts, in the order of the rows.
    member _.CopyStates(into: Span<float32>) =
        let states = readable.Of 0

        for cell in 0 .. rows * cells - 1 do
            for channel in 0 .. shape.Channels - 1 do
                into[cell * shape.Channels + channel] <- states[cell * shape.Readable + channel]

    /// Adds the derivative by the parameters to `gradient`, from that by the outputs of the last batch.
    member _.Backward(adjoint: float32[], gradient: float32[]) =
        let count = rows * cells
        let dVotesHere = dVotes.Of(count * outputs)

        if shape.Pooling.IsCells then
            Array.Copy(adjoint, dVotesHere, count * outputs)
        else
            let share = 1.0f / float32 cells

            for vote in 0 .. count - 1 do
                for j in 0 .. outputs - 1 do
                    dVotesHere[vote * outputs + j] <- adjoint[vote / cells * outputs + j] * share

        let width = shape.Readable
        let states = Rows.Dense(matrix (readable.Of 0) count width)
        let dStates = dReadable.Of(count * width)

        match readoutHidden, readout with
        | _, None -> Guard.refuse "A model without outputs has no gradient."
        | Some hidden, Some layer ->
            let values = readoutHiddenRoom.Of 0
            let dValues = dReadoutHidden.Of(count * hidden.Outputs)

            layer.Backward(
                Rows.Dense(matrix values count hidden.Outputs),
                count,
                [||],
                dVotesHere,
                1.0f,
                dValues,
                gradient
            )

            hidden.Backward(states, count, values, dValues, 1.0f, dStates, gradient)
        | None, Some layer -> layer.Backward(states, count, [||], dVotesHere, 1.0f, dStates, gradient)

        if noise.StateDropout > 0.0 then
            Dropout.apply noise.StateDropout (noise.Part 3) (Span(dStates, 0, count * width))

        let finals =
            Array.init rows (fun row ->
                let values = Array.zeroCreate<float32>(cells * shape.Channels)

                for cell in 0 .. cells - 1 do
                    Array.Copy(dStates, (row * cells + cell) * width, values, cell * shape.Channels, shape.Channels)

                State(cells, shape.Channels, values))

        let back = prepared.Adjoint finals

        for i in 0 .. back.Parameters.Length - 1 do
            let at = shape.RuleOffset + i
            gradient[at] <- gradient[at] + float32 back.Parameters[i]

        match encoder with
        | None -> ()
        | Some layer ->
            let dCodes = dEncoding.Of(count * encoded)
            Array.Clear(dCodes, 0, count * encoded)

            for row in 0 .. rows - 1 do
                let from = row * cells * encoded

                if shape.Told then
                    let told = back.Outcomes[row].Inputs[0].Data

                    for i in 0 .. cells * encoded - 1 do
                        dCodes[from + i] <- dCodes[from + i] + told[i]

                for cell in 0 .. cells - 1 do
                    let at = from + cell * encoded

                    if shape.Starts then
                        let start = back.Outcomes[row].Start.Data

                        for i in 0 .. encoded - 1 do
                            dCodes[at + i] <- dCodes[at + i] + start[cell * shape.Channels + i]

                    if shape.Read then
                        for i in 0 .. encoded - 1 do
                            dCodes[at + i] <-
                                dCodes[at + i] + dStates[(row * cells + cell) * width + shape.Channels + i]

            match encoderHidden with
            | None -> layer.Backward(read, count, [||], dCodes, 1.0f, null, gradient)
            | Some hidden ->
                let values = hiddenRoom.Of 0
                let dValues = dHidden.Of(count * hidden.Outputs)

                layer.Backward(
                    Rows.Dense(matrix values count hidden.Outputs),
                    count,
                    [||],
                    dCodes,
                    1.0f,
                    dValues,
                    gradient
                )

                let keep = 1.0 - Math.Round(noise.HiddenDropout * 65536.0) / 65536.0
                hidden.Backward(read, count, values, dValues, float32 (1.0 / keep), null, gradient)

    interface IDisposable with
        member _.Dispose() =
            for layer in layers do
                (layer :> IDisposable).Dispose()

            (prepared :> IDisposable).Dispose()
            (dense :> IDisposable).Dispose()
