namespace GaryMesh

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.IO

/// A graph among the entries of a file: the word that it follows from, or its rows; and its frames.
module private GraphEntries =
    let private rows =
        [ "graph.row_start"; "graph.neighbours"; "graph.offsets"; "graph.weights"; "graph.positions" ]

    let names (version: int) =
        [ "graph"
          yield! rows
          if version > 1 then
              "graph.frames" ]

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

    let of' (graph: Graph) =
        let floats (values: ImmutableArray<float>) columns =
            let shape =
                if columns = 1 then
                    [| values.Length |]
                else
                    [| values.Length / columns; columns |]

            NpyArray.OfFloat64(shape, values.AsSpan().ToArray())

        let ints (values: ImmutableArray<int>) = NpyArray.OfInt32([| values.Length |], values.AsSpan().ToArray())

        [ "graph", NpyArray.OfText graph.Name

          match ofWord graph.Name with
          | Some word when same word graph -> ()
          | _ ->
              "graph.row_start", ints graph.RowStart
              "graph.neighbours", ints graph.Neighbours

              if not graph.Offsets.IsEmpty then
                  "graph.offsets", floats graph.Offsets 3

              if not graph.Weights.IsEmpty then
                  "graph.weights", floats graph.Weights 1

              if not graph.Positions.IsEmpty then
                  "graph.positions", floats graph.Positions 3

          if not graph.Frames.IsEmpty then
              "graph.frames", floats graph.Frames 9 ]
        |> List.map KeyValuePair

    let read (entries: ArchiveReader) : Graph | null =
        if not (entries.Has "graph") then
            match "graph.frames" :: rows |> List.tryFind entries.Has with
            | Some stray -> entries.Bad $"the entry '{stray}' is there without the entry 'graph'"
            | None -> null
        else
            let name = entries.Texts("graph", [])[0]

            let floats entry shape : float[] | null = if entries.Has entry then entries.Doubles(entry, shape) else null

            let unframed =
                if entries.Has "graph.row_start" then
                    let rowStart = entries.Ints("graph.row_start", [ -1 ])
                    let neighbours = entries.Ints("graph.neighbours", [ -1 ])
                    let offsets = floats "graph.offsets" [ neighbours.Length; 3 ]
                    let weights = floats "graph.weights" [ neighbours.Length ]
                    let positions = floats "graph.positions" [ rowStart.Length - 1; 3 ]

                    entries.Trying(fun () -> Graph.OfRows(rowStart, neighbours, offsets, weights, positions).Named name)
                else
                    match rows |> List.tryFind entries.Has with
                    | Some stray -> entries.Bad $"the entry '{stray}' is there without the entry 'graph.row_start'"
                    | None -> entries.Trying(fun () -> GraphFile.Parse name)

            match floats "graph.frames" [ unframed.Cells; 9 ] with
            | null -> unframed
            | frames -> entries.Trying(fun () -> unframed.WithFrames frames)

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

    /// Every entry beside the parameters and the graph.
    let settings (model: Model) =
        let shape, scaling = model.Shape, model.Scaling
        let int32 (value: int) = NpyArray.OfInt32([||], [| value |])
        let float64 (value: float) = NpyArray.OfFloat64([||], [| value |])
        let truth (value: bool) = NpyArray.OfBool([||], [| value |])
        let floats (values: float32[]) = NpyArray.OfFloat32([| values.Length |], values)

        [ "format", NpyArray.OfText Kind
          "format_version", int32 Version
          yield! PerceptionEntries.write shape.Perception
          "features", int32 shape.Features
          "missing", truth shape.Missing
          "encoder_hidden", int32 shape.EncoderHidden
          "encoded", int32 shape.EncoderOutputs
          "encoding_as_input", truth shape.EncodingAsInput
          "encoding_as_state", truth shape.EncodingAsState
          "skip_connection", truth shape.SkipConnection
          "channels", int32 shape.Channels
          "hidden", int32 shape.Hidden
          "steps", int32 shape.Steps
          "fire_rate", float64 shape.FireRate
          "time_step", float64 shape.TimeStep
          "gate", NpyArray.OfText(GateText.write shape.Gate)
          "readout_hidden", int32 shape.ReadoutHidden
          "outputs", int32 shape.Outputs
          "pooling", NpyArray.OfText(if shape.Pooling.IsMean then "mean" else "cells")
          "head", NpyArray.OfText shape.Head.Text
          "residual", NpyArray.OfInt32([| shape.Residual.Length |], Seq.toArray shape.Residual)
          "feature_shift", floats scaling.FeatureShift
          "feature_scale", floats scaling.FeatureScale
          "unit_sum", truth scaling.UnitSum
          "output_shift", floats scaling.OutputShift
          "output_scale", floats scaling.OutputScale ]

    let entries (model: Model) (graph: Graph | null) =
        [ for view in model.Views do
              KeyValuePair(view.Name, NpyArray.OfFloat32(view.FileShape, model.View view.Name))

          for name, entry in settings model do
              KeyValuePair(name, entry)

          match graph with
          | null -> ()
          | graph -> yield! GraphEntries.of' graph ]

    let read (name: string) (arrays: IReadOnlyDictionary<string, NpyArray>) (known: Known) =
        let entries = ArchiveReader(name, arrays)
        let version = entries.Version(Kind, Version)

        if version < 1 then
            entries.Bad $"models of version 1 and {Version} are read, but this is version {version}"

        let int32 entry = entries.Ints(entry, [])[0]
        let text entry = entries.Texts(entry, [])[0]
        let truth entry = entries.Truths(nameIn version entry, [])[0]

        let floats entry (shape: int list) =
            let struct (_, values) = entries.Floats(entry, shape)
            values

        let shape =
            entries.Trying(fun () ->
                let perception = PerceptionEntries.read entries known (version >= 2)

                let pooling =
                    match text "pooling" with
                    | "cells" -> Pooling.Cells
                    | "mean" -> Pooling.Mean
                    | other -> entries.Bad $"'pooling' must be 'cells' or 'mean', but is '{other}'"

                let gate = GateText.parse (text "gate")

                ModelShape
                    .Of(perception, int32 "features", Head.Parse(text "head"), int32 "outputs", pooling)
                    .WithMissing(truth "missing")
                    .WithEncoder(int32 "encoder_hidden", int32 "encoded")
                    .WithEncoding(truth "encoding_as_input", truth "encoding_as_state", truth "skip_connection")
                    .WithRule(int32 "channels", int32 "hidden", int32 "steps")
                    .WithRunning(entries.Doubles("fire_rate", [])[0], entries.Doubles("time_step", [])[0], gate)
                    .WithReadout(int32 "readout_hidden")
                    .WithResidual(entries.Ints("residual", [ -1 ])))

        // The parts are compared with what the file holds before anything is made in the sizes that it names.
        let parameters =
            shape.Views |> Seq.map (fun view -> floats view.Name (List.ofArray view.FileShape)) |> Array.concat

        let scaling =
            { FeatureShift = floats "feature_shift" [ shape.Features ]
              FeatureScale = floats "feature_scale" [ shape.Features ]
              UnitSum = truth "unit_sum"
              OutputShift = floats "output_shift" [ shape.Outputs ]
              OutputScale = floats "output_scale" [ shape.Outputs ] }

        let model = entries.Trying(fun () -> Model(shape, scaling, ReadOnlySpan parameters))
        let hasEntry entry = version >= 2 || entry <> "lift"
        let settings = settings model |> List.map fst |> List.filter hasEntry |> List.map (nameIn version)
        let parts = shape.Views |> Seq.map _.Name |> List.ofSeq
        entries.Only("the model", Seq.concat [ settings; GraphEntries.names version; parts ])
        struct (model, GraphEntries.read entries)

[<AbstractClass; Sealed>]
type ModelFile =

    static member Version = ModelEntries.Version

    static member Read(path: string) : struct (Model * (Graph | null)) =
        ModelEntries.read path (Npz.Read path) (Known())

    static member Read(stream: Stream, name: string, known: Known) : struct (Model * (Graph | null)) =
        ModelEntries.read name (Npz.Read(stream, name)) known

    static member Read(stream: Stream, name: string) : struct (Model * (Graph | null)) =
        ModelFile.Read(stream, name, Known())

    static member Write(path: string, model: Model, graph: Graph | null) =
        Npz.Write(path, ModelEntries.entries model graph, false)

    static member Write(stream: Stream, model: Model, graph: Graph | null) =
        Npz.Write(stream, ModelEntries.entries model graph, false)
