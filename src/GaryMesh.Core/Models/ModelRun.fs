/// A model at work on a batch of rows: features -> encoding -> rollouts -> readout, and the way back through all of it.
namespace GaryMesh.Models

open System
open System.Collections.Generic
open GaryMesh

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

    let given = ModelRows(shape, scaling, graph, encoder.IsSome)
    let hiddenRoom, encoding = Room(), Room()
    let readable, votes, answer = Room(), Room(), Room()
    let dEncoding, dHidden, dReadable, dVotes, dReadoutHidden = Room(), Room(), Room(), Room(), Room()
    let readoutHiddenRoom = Room()

    // What the way back needs of the way forward.
    let silence = Noise.None
    let mutable noise = silence
    let mutable rows = 0
    let mutable read = Rows.Dense(MatrixView([||], 0, 0))
    let mutable rollouts: Rollout[] = [||]

    let matrix (data: float32[]) rows columns = MatrixView(data, 0, rows, columns, columns, 1)

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
    member _.Prepare(data: ModelData) = given.Prepare data

    /// What the outputs of the last batch are added to [rows x cells]; empty where there is no residual.
    member _.Bases = given.Bases

    /// The outputs of a batch in the model's own units [rows x targets x m]; the array is used again by the next batch.
    /// `traced` keeps what `Backward` needs.
    member _.Forward(data: ModelData, chosen: int[], noiseNow: Noise, firing: int -> Firing, traced: bool) : float32[] =
        noise <- noiseNow
        rows <- chosen.Length
        let count = rows * cells
        read <- given.Gather(data, chosen, noise)

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
    member _.ForwardHere(row: ReadOnlySpan<float32>, firing: Firing) : float32[] =
        noise <- silence
        rows <- 1
        let mutable codes = given.Enter row
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
