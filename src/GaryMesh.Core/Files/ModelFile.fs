namespace GaryMesh

open System
open System.Collections.Immutable
open System.IO
open System.Runtime.InteropServices

/// A graph among the entries of a file: the word that it follows from, or its rows; and its frames.
module private GraphEntries =
    let private rows =
        [ "graph.row_start"; "graph.neighbours"; "graph.offsets"; "graph.weights"; "graph.positions" ]

    /// The graph that the name stands for, if it is a word at all.
    let private ofWord (name: string) =
        try
            Some(GraphFile.Parse name)
        with :? ArgumentException ->
            None

    let private equal (x: ImmutableArray<'a>) (y: ImmutableArray<'a>) = x.AsSpan().SequenceEqual(y.AsSpan())

    /// Whether two graphs are the same but for their frames.
    let private same (a: Graph) (b: Graph) =
        a.Topology = b.Topology
        && equal a.RowStart b.RowStart
        && equal a.Neighbours b.Neighbours
        && equal a.Offsets b.Offsets
        && equal a.Weights b.Weights
        && equal a.Positions b.Positions

    let write (graph: Graph) (file: ArchiveWriter) =
        let floats entry (values: ImmutableArray<float>) (columns: int list) (file: ArchiveWriter) =
            if values.IsEmpty then
                file
            else
                let shape = [| values.Length / List.fold (*) 1 columns; yield! columns |]
                file.Doubles(entry, values.AsSpan().ToArray(), shape)

        let file = file.Text("graph", graph.Name)

        match ofWord graph.Name with
        | Some word when same word graph -> file
        | _ ->
            file
                .Ints("graph.row_start", graph.RowStart.AsSpan().ToArray())
                .Ints("graph.neighbours", graph.Neighbours.AsSpan().ToArray())
            |> floats "graph.offsets" graph.Offsets [ 3 ]
            |> floats "graph.weights" graph.Weights []
            |> floats "graph.positions" graph.Positions [ 3 ]
        |> floats "graph.frames" graph.Frames [ 9 ]
        |> floats "graph.spacings" graph.Spacings []

    let read (file: ArchiveReader) (frames: bool) : Graph | null =
        let doubles entry (shape: int[]) : float[] | null = if file.Has entry then file.Doubles(entry, shape) else null

        /// Refuses entries that say nothing without another.
        let alone entry others =
            match others |> List.tryFind file.Has with
            | Some stray -> file.Bad $"the entry '{stray}' is there without the entry '{entry}'"
            | None -> ()

        if not (file.Has "graph") then
            alone "graph" ("graph.frames" :: "graph.spacings" :: rows)
            null
        else
            let name = file.Text "graph"

            file.Trying(fun () ->
                let unframed =
                    if file.Has "graph.row_start" then
                        let rowStart, neighbours = file.Ints "graph.row_start", file.Ints "graph.neighbours"
                        let offsets = doubles "graph.offsets" [| neighbours.Length; 3 |]
                        let weights = doubles "graph.weights" [| neighbours.Length |]
                        let positions = doubles "graph.positions" [| rowStart.Length - 1; 3 |]
                        Graph.OfRows(rowStart, neighbours, offsets, weights, positions).Named name
                    else
                        alone "graph.row_start" rows
                        GraphFile.Parse name

                let framed =
                    match if frames then doubles "graph.frames" [| unframed.Cells; 9 |] else null with
                    | null -> unframed
                    | frames -> unframed.WithFrames frames

                match doubles "graph.spacings" [| framed.Cells |] with
                | null -> framed
                | spacings -> framed.WithSpacing spacings)

module private ModelEntries =
    [<Literal>]
    let Kind = "gary-mesh model"

    [<Literal>]
    let Version = 2

    /// What an entry is called in a version.
    let nameIn version entry =
        match version, entry with
        | 1, "encoding_as_input" -> "told"
        | 1, "encoding_as_state" -> "starts"
        | 1, "skip_connection" -> "read"
        | _ -> entry

    let private poolings =
        [ "cells", Pooling.Cells; "mean", Pooling.Mean; "sum", Pooling.Sum; "max", Pooling.Max ]

    let write (model: Model) (graph: Graph | null) =
        let shape, scaling = model.Shape, model.Scaling

        let file =
            ArchiveWriter(Kind, Version)
                .Int("features", shape.Features)
                .Truth("missing", shape.Missing)
                .Int("encoder_hidden", shape.EncoderHidden)
                .Int("encoded", shape.EncoderOutputs)
                .Truth("encoding_as_input", shape.EncodingAsInput)
                .Truth("encoding_as_state", shape.EncodingAsState)
                .Truth("skip_connection", shape.SkipConnection)
                .Int("channels", shape.Channels)
                .Int("hidden", shape.Hidden)
                .Int("steps", shape.Steps)
                .Double("fire_rate", shape.FireRate)
                .Double("time_step", shape.TimeStep)
                .Text("gate", GateText.write shape.Gate)
                .Int("readout_hidden", shape.ReadoutHidden)
                .Int("outputs", shape.Outputs)
                .Text("pooling", fst (poolings |> List.find (fun (_, pooling) -> pooling = shape.Pooling)))
                .Text("head", shape.Head.Text)
                .Ints("residual", Seq.toArray shape.Residual)
                .Floats("feature_shift", scaling.FeatureShift)
                .Floats("feature_scale", scaling.FeatureScale)
                .Truth("unit_sum", scaling.UnitSum)
                .Floats("output_shift", scaling.OutputShift)
                .Floats("output_scale", scaling.OutputScale)
            |> PerceptionEntries.write shape.Perception

        let file =
            (file, model.Views)
            ||> Seq.fold (fun file view -> file.Floats(view.Name, model.View view.Name, view.FileShape))

        match graph with
        | null -> file
        | graph -> GraphEntries.write graph file

    let read (file: ArchiveReader) (known: Known) =
        let version = file.Version(Kind, 1, Version)
        let truth entry = file.Truth(nameIn version entry)

        let model =
            file.Trying(fun () ->
                let perception = PerceptionEntries.read file known (version >= 2)

                let pooling =
                    let text = file.Text "pooling"

                    match poolings |> List.tryFind (fun (name, _) -> name = text) with
                    | Some(_, pooling) -> pooling
                    | None ->
                        let names = String.Join(", ", List.map fst poolings)
                        file.Bad $"'pooling' must be one of {names}, but is '{text}'"

                let shape =
                    ModelShape
                        .Of(perception, file.Int "features", Head.Parse(file.Text "head"), file.Int "outputs", pooling)
                        .WithMissing(truth "missing")
                        .WithEncoder(file.Int "encoder_hidden", file.Int "encoded")
                        .WithEncoding(truth "encoding_as_input", truth "encoding_as_state", truth "skip_connection")
                        .WithRule(file.Int "channels", file.Int "hidden", file.Int "steps")
                        .WithRunning(
                            file.Double "fire_rate",
                            file.Double "time_step",
                            GateText.parse (file.Text "gate")
                        )
                        .WithReadout(file.Int "readout_hidden")
                        .WithResidual(file.Ints "residual")

                // The parts are compared with what the file holds before anything is made in the sizes that it names.
                let parameters =
                    [| for view in shape.Views do
                           yield! file.Floats(view.Name, view.FileShape) |]

                let scaling =
                    { FeatureShift = file.Floats("feature_shift", shape.Features)
                      FeatureScale = file.Floats("feature_scale", shape.Features)
                      UnitSum = truth "unit_sum"
                      OutputShift = file.Floats("output_shift", shape.Outputs)
                      OutputScale = file.Floats("output_scale", shape.Outputs) }

                Model(shape, scaling, ReadOnlySpan parameters))

        let graph = GraphEntries.read file (version >= 2)
        file.CheckAllRead "the model"
        struct (model, graph)

[<AbstractClass; Sealed>]
type ModelFile =

    static member Version = ModelEntries.Version

    static member Read
        (path: string, [<Optional; DefaultParameterValue(null: Known | null)>] known: Known | null)
        : struct (Model * (Graph | null)) =
        ModelEntries.read (ArchiveReader.Open path) (Known.Or known)

    static member Read
        (stream: Stream, name: string, [<Optional; DefaultParameterValue(null: Known | null)>] known: Known | null)
        : struct (Model * (Graph | null)) =
        ModelEntries.read (ArchiveReader.Open(stream, name)) (Known.Or known)

    static member Write(path: string, model: Model, graph: Graph | null) = (ModelEntries.write model graph).Write path

    static member Write(stream: Stream, model: Model, graph: Graph | null) =
        (ModelEntries.write model graph).Write stream
