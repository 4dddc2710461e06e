namespace GaryMesh

open System.IO
open System.Runtime.InteropServices

/// <summary>A model file: encoder, rule and readout with everything that says how they run, and the graph where there is
/// one, as an <c>.npz</c> that NumPy opens.</summary>
/// <remarks>
/// Its entries, in format version 2:
/// <list type="bullet">
/// <item>`format` text "gary-mesh model", `format_version` int32 2;</item>
/// <item>each part of the parameters by its name (<c>ModelShape.Views</c>), float32: weights [outputs x inputs], biases
/// [outputs];</item>
/// <item>`perception` text [operators]; `lift` text: the lift's name, or "none"; `features`, `encoder_hidden`, `encoded`, `channels`, `hidden`, `steps`,
/// `readout_hidden`, `outputs` int32; `missing`, `encoding_as_input`, `encoding_as_state`,
/// `skip_connection`, `unit_sum` truth values; `residual` int32 [columns];</item>
/// <item>`fire_rate`, `time_step` float64; `gate` text; `head` text: <c>Head.Text</c>; `pooling` text "cells" or
/// "mean";</item>
/// <item>`feature_shift`, `feature_scale` float32 [features], `output_shift`, `output_scale` float32 [outputs];</item>
/// <item>the graph, where the file holds one: `graph` text, a word such as "grid:8x8"; or, for a graph that no word
/// stands for, `graph` its name, `graph.row_start` int32 [cells + 1], `graph.neighbours` int32 [edges], and where there are some
/// `graph.offsets` float64 [edges x 3], `graph.weights` float64 [edges], `graph.positions` float64 [cells x 3]; and with
/// either, where the graph has frames, `graph.frames` float64 [cells x 9].</item>
/// </list>
/// Version 1, which called three of them `told`, `starts` and `read` and had no lift and no frames, is read as well.
/// A newer version, and any entry that the version does not have, is refused: it may hold what changes the model's meaning.
/// </remarks>
[<AbstractClass; Sealed>]
type ModelFile =

    /// <summary>The format version that is written.</summary>
    static member Version: int

    /// <summary>Reads a model file.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="known">The edge weights and lifts that the file may name beside the built-in ones.</param>
    /// <returns>The model, and the graph or null.</returns>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no model, or one of a newer version or with an
    /// unknown feature: one sentence begins with the path.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read:
        path: string * [<Optional; DefaultParameterValue(null: Known | null)>] known: (Known | null) ->
            struct (Model * (Graph | null))

    /// <summary>Reads a model from a stream's position to its end.</summary>
    /// <param name="stream">The stream to read; left open.</param>
    /// <param name="name">What to call the stream in messages, such as its file name.</param>
    /// <param name="known">The edge weights and lifts that the file may name beside the built-in ones.</param>
    /// <returns>The model, and the graph or null.</returns>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no model, or one of a newer version or with an
    /// unknown feature.</exception>
    static member Read:
        stream: Stream * name: string * [<Optional; DefaultParameterValue(null: Known | null)>] known: (Known | null) ->
            struct (Model * (Graph | null))

    /// <summary>Writes a model file, replacing one that stands there only once the new one is complete. Equal models are
    /// equal bytes.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="model">The model; of a member of your own the file holds the name alone.</param>
    /// <param name="graph">The graph that its rows belong to, or null.</param>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * model: Model * graph: (Graph | null) -> unit

    /// <summary>Writes a model file to a stream; the bytes are those of a file.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="model">The model; of a member of your own the file holds the name alone.</param>
    /// <param name="graph">The graph that its rows belong to, or null.</param>
    static member Write: stream: Stream * model: Model * graph: (Graph | null) -> unit
