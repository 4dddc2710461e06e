/// A model at work on a batch of rows: features -> encoding -> rollouts -> readout, and the backward pass through all of it.
namespace GaryMesh.Models

open System
open System.Collections.Generic
open GaryMesh

/// The layers around the rollout, whatever graph it runs on.
[<Sealed>]
type internal ModelLayers(shape: ModelShape, options: EngineOptions) =
    let dense = new Dense(options)
    let views = Dictionary(shape.Views |> Seq.map (fun view -> KeyValuePair(view.Name, view)))

    let layer name relu =
        match views.TryGetValue(name + ".weight") with
        | true, weight -> Some(new Layer(dense, weight, views[name + ".bias"], relu))
        | _ -> None

    let perceptron name =
        layer name false |> Option.map (fun last -> new Perceptron(layer (name + ".hidden") true, last))

    let encoder, readout = perceptron "encoder", perceptron "readout"
    let perceptrons = [ encoder; readout ] |> List.choose id
    member _.Encoder = encoder
    member _.Readout = readout

    /// The options for a run that is made for a few rows alone: threads that wait for work cost more than small graphs are worth.
    member _.Brief(cells: int) =
        EngineOptions(
            Threads = min dense.Threads (1 + cells / 1024),
            Lanes = options.Lanes,
            TraceMemory = options.TraceMemory
        )

    member _.Load(parameters: float32[]) =
        for perceptron in perceptrons do
            perceptron.Load parameters

    interface IDisposable with
        member _.Dispose() =
            for perceptron in perceptrons do
                (perceptron :> IDisposable).Dispose()

            (dense :> IDisposable).Dispose()

/// `starts`: the first cell of each part of the graph that is pooled for itself, then the number of cells.
[<Sealed>]
type internal ModelRun
    (
        shape: ModelShape,
        scaling: Scaling,
        layers: ModelLayers,
        graph: Graph,
        starts: int[],
        automaton: Automaton,
        options: EngineOptions
    ) =
    let prepared = new Prepared(automaton, graph, options)
    let cells, parts = graph.Cells, starts.Length - 1
    let encoded, outputs = shape.EncodedValues, shape.Outputs
    let encoder, readout = layers.Encoder, layers.Readout

    let given = ModelRows(shape, scaling, graph, encoder.IsSome)
    let readable, answer = Room(), Room()
    let dEncoding, dReadable, dOutputs = Room(), Room(), Room()

    // What the backward pass needs of the forward pass.
    let silence = Noise.None
    let mutable noise = silence
    let mutable rows = 0
    let mutable read = Rows.Dense(MatrixView([||], 0, 0))
    let mutable rollouts: Rollout[] = [||]
    /// The cell that each pooled maximum was found at.
    let mutable largest: int[] = [||]

    let matrix (data: float32[]) rows columns = MatrixView(data, 0, rows, columns, columns, 1)

    /// The start and the inputs of one rollout, from its row of the encoding.
    let rolloutOf (encoding: float32[]) row firing =
        let from = row * cells * encoded

        let start =
            let values = Array.zeroCreate<float32>(cells * shape.Channels)

            if shape.EncodingAsState then
                for cell in 0 .. cells - 1 do
                    Array.Copy(encoding, from + cell * encoded, values, cell * shape.Channels, encoded)

            State(cells, shape.Channels, values)

        let inputs =
            if shape.EncodingAsInput then
                Inputs.Constant(State(cells, encoded, Array.sub encoding from (cells * encoded)))
            else
                Inputs.Absent

        Rollout.Of(start, shape.Steps, firing).WithInputs inputs

    // One row, again and again: the initial state and the inputs of a rollout are written over in place.
    let startHere = lazy State(cells, shape.Channels, Array.zeroCreate<float32>(cells * shape.Channels))
    let inputsHere = lazy State(cells, encoded, Array.zeroCreate<float32>(cells * encoded))
    let finalHere = lazy Array.zeroCreate<float32>(cells * shape.Channels)
    let mutable rolloutHere: Rollout | null = null

    let rolloutFor firing =
        match rolloutHere with
        | null ->
            let inputs =
                if shape.EncodingAsInput then
                    Inputs.Constant(inputsHere.Force())
                else
                    Inputs.Absent

            let rollout = Rollout.Of(startHere.Force(), shape.Steps, firing).WithInputs inputs
            rolloutHere <- rollout
            rollout
        | rollout -> rollout

    /// The cells of a target among all of the batch, and what its sum is multiplied by.
    let firstOf target = target / parts * cells + starts[target % parts]
    let pastOf target = target / parts * cells + starts[target % parts + 1]

    let share target =
        if shape.Pooling.IsMean then
            1.0f / float32 (pastOf target - firstOf target)
        else
            1.0f

    /// What the cells of the batch's rows say, pooled where the model does so.
    let pooled (cellOutputs: float32[]) =
        if shape.Pooling.IsCells then
            cellOutputs
        else
            let answers = answer.Of(rows * parts * outputs)

            if shape.Pooling.IsMax && largest.Length < rows * parts * outputs then
                largest <- Array.zeroCreate (rows * parts * outputs)

            for target in 0 .. rows * parts - 1 do
                let first, past = firstOf target, pastOf target

                for j in 0 .. outputs - 1 do
                    let at = target * outputs + j

                    if shape.Pooling.IsMax then
                        let mutable best = first

                        for cell in first + 1 .. past - 1 do
                            if cellOutputs[cell * outputs + j] > cellOutputs[best * outputs + j] then
                                best <- cell

                        largest[at] <- best
                        answers[at] <- cellOutputs[best * outputs + j]
                    else
                        let mutable sum = 0.0f

                        for cell in first .. past - 1 do
                            sum <- sum + cellOutputs[cell * outputs + j]

                        answers[at] <- sum * share target

            answers

    /// What the readout reads of row `row`: its last states and, where wanted, its encoding.
    let assemble (final: float32[]) (codes: float32[]) row (states: float32[]) =
        let width = shape.ReadoutInputs

        for cell in 0 .. cells - 1 do
            let at = (row * cells + cell) * width
            Array.Copy(final, cell * shape.Channels, states, at, shape.Channels)

            if shape.SkipConnection then
                Array.Copy(codes, (row * cells + cell) * encoded, states, at + shape.Channels, encoded)

    member _.Prepared = prepared

    /// Takes up parameters; the array must not change until the next are taken up.
    member _.Load(parameters: float32[]) =
        layers.Load parameters
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
            match encoder, read with
            | Some encoder, _ -> encoder.Forward(read, count, noise.HiddenDropout, noise.Part 2)
            | None, Rows.Dense view -> view.Data
            | None, Rows.Sparse _ -> Guard.refuse $"Sparse rows need an encoder, but the model has none."

        rollouts <- Array.init rows (fun row -> rolloutOf codes row (firing row))
        let finals = if traced then prepared.Trace rollouts else prepared.Run rollouts
        let width = shape.ReadoutInputs
        let states = readable.Of(count * width)

        for row in 0 .. rows - 1 do
            assemble finals[row].Data codes row states

        if noise.StateDropout > 0.0 then
            Dropout.apply noise.StateDropout (noise.Part 3) (Span(states, 0, count * width))

        match readout with
        | None -> states
        | Some readout -> readout.Forward(Rows.Dense(matrix states count width), count, 0.0, 0UL) |> pooled

    /// `Forward` for one row, by the calling thread and without allocation on a small graph; the same bits.
    member _.ForwardHere(row: ReadOnlySpan<float32>, firing: Firing) : float32[] =
        noise <- silence
        rows <- 1
        let entered = given.Enter row

        let codes =
            match encoder with
            | None -> entered
            | Some encoder -> encoder.ForwardHere(entered, cells)

        let rollout = rolloutFor firing

        if shape.EncodingAsState then
            for cell in 0 .. cells - 1 do
                Array.Copy(codes, cell * encoded, rollout.Start.Data, cell * shape.Channels, encoded)

        if shape.EncodingAsInput then
            Array.Copy(codes, 0, inputsHere.Value.Data, 0, cells * encoded)

        prepared.RunInto(rollout, finalHere.Value)
        let states = readable.Of(cells * shape.ReadoutInputs)
        assemble finalHere.Value codes 0 states

        match readout with
        | None -> states
        | Some readout -> readout.ForwardHere(states, cells) |> pooled

    /// The last states of the last batch's rollouts, in the order of the rows.
    member _.CopyStates(into: Span<float32>) =
        let states = readable.Of 0

        for cell in 0 .. rows * cells - 1 do
            for channel in 0 .. shape.Channels - 1 do
                into[cell * shape.Channels + channel] <- states[cell * shape.ReadoutInputs + channel]

    /// Adds the derivative by the parameters to `gradient`, from that by the outputs of the last batch.
    member _.Backward(adjoint: float32[], gradient: float32[]) =
        let count = rows * cells
        let dOutputsHere = dOutputs.Of(count * outputs)

        if shape.Pooling.IsCells then
            Array.Copy(adjoint, dOutputsHere, count * outputs)
        else
            Array.Clear(dOutputsHere, 0, count * outputs)

            for target in 0 .. rows * parts - 1 do
                for j in 0 .. outputs - 1 do
                    let at = target * outputs + j

                    if shape.Pooling.IsMax then
                        dOutputsHere[largest[at] * outputs + j] <- adjoint[at]
                    else
                        for cell in firstOf target .. pastOf target - 1 do
                            dOutputsHere[cell * outputs + j] <- adjoint[at] * share target

        let width = shape.ReadoutInputs
        let states = Rows.Dense(matrix (readable.Of 0) count width)
        let dStates = dReadable.Of(count * width)

        match readout with
        | None -> Guard.refuse $"A model without outputs has no gradient."
        | Some readout -> readout.Backward(states, count, dOutputsHere, dStates, gradient)

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
        | Some encoder ->
            let dCodes = dEncoding.Of(count * encoded)
            Array.Clear(dCodes, 0, count * encoded)

            for row in 0 .. rows - 1 do
                let from = row * cells * encoded

                if shape.EncodingAsInput then
                    let inputs = back.Outcomes[row].Inputs[0].Data

                    for i in 0 .. cells * encoded - 1 do
                        dCodes[from + i] <- dCodes[from + i] + inputs[i]

                for cell in 0 .. cells - 1 do
                    let at = from + cell * encoded

                    if shape.EncodingAsState then
                        let start = back.Outcomes[row].Start.Data

                        for i in 0 .. encoded - 1 do
                            dCodes[at + i] <- dCodes[at + i] + start[cell * shape.Channels + i]

                    if shape.SkipConnection then
                        for i in 0 .. encoded - 1 do
                            dCodes[at + i] <-
                                dCodes[at + i] + dStates[(row * cells + cell) * width + shape.Channels + i]

            encoder.Backward(read, count, dCodes, null, gradient)

    interface IDisposable with
        member _.Dispose() = (prepared :> IDisposable).Dispose()
