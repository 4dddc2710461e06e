namespace GaryMesh

open System.IO
open System.Runtime.InteropServices

/// What a file may name beside the built-in members of a family; what is handed in comes first.
[<Sealed>]
type Known =
    /// Nothing beside the built-in members.
    new: unit -> Known
    /// Edge weights of your own.
    member EdgeWeights: EdgeWeight seq with get, set
    /// Lifts of your own.
    member Lifts: Lift seq with get, set
    /// Rule kinds of your own.
    member RuleKinds: RuleKind seq with get, set
    /// What is given, or nothing.
    static member internal Or: known: (Known | null) -> Known

/// <summary>A rule file: an automaton as an <c>.npz</c> that NumPy opens.</summary>
/// <remarks>
/// Its entries, in format version 2:
/// <list type="bullet">
/// <item>`format` text "gary-mesh rule", `format_version` int32 2; `kind` text: the rule kind's name, such as "dense";</item>
/// <item>the rule's parts by name, float32; of two dense layers `fc1.weight` [hidden x read], `fc1.bias` [hidden], `fc2.weight`
/// [channels x hidden], `fc2.bias` [channels]; read = what the perception gives, operator by operator, then the inputs;</item>
/// <item>of a file of bytes, in place of each matrix its values as uint8, 128 for 0, and under its name with `.scale` a float32 a row;</item>
/// <item>`perception` text [operators]: each operator's <c>Text</c>; `lift` text: the lift's name, or "none";</item>
/// <item>`channels`, `hidden`, `inputs` int32; `fire_rate`, `time_step` float64;</item>
/// <item>`gate` text: "open", "alive:CHANNEL:THRESHOLD" or "alive-published:CHANNEL:THRESHOLD" (`Gate`); `start` text: <c>Start.Text</c>; `steps` int32 [min, max];</item>
/// <item>`bound` float32 [1] where the automaton has one, and `spacing` float64 where it is not 1.</item>
/// <item>`palette.mean` float64 [M] and `palette.basis` [M x M] where its channels are a picture; `palette.pictures` text, such as
/// "albedo:3;height:1", where they are several: name and number of maps of each.</item>
/// </list>
/// Version 1 had no `kind` and `lift`: "dense" and "none" stand for them; version 0 had no `inputs`, `time_step` and `gate`,
/// either: none, 1 and "open". A newer version, and any entry that the version does not have, is refused: it may hold what
/// changes the rule's meaning.
///
/// A file of `fc1.weight`, `fc1.bias`, `fc2.weight` and `fc2.bias` alone is read as a MeshNCA rule (Pajouheshgar et al.,
/// TOG 2024), [H x 5C], [H], [C x H], [C]: difference messages under the four harmonics 1, y, z, x, harmonic by harmonic,
/// then the own state; fire rate 0.5, zero start, no gate.
/// </remarks>
[<AbstractClass; Sealed>]
type RuleFile =

    /// <summary>The format version that is written.</summary>
    static member Version: int

    /// <summary>Reads a rule file.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="known">The edge weights, lifts and rule kinds that the file may name beside the built-in ones.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no rule, or one of a newer version or with an
    /// unknown feature: one sentence begins with the path.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read:
        path: string * [<Optional; DefaultParameterValue(null: Known | null)>] known: (Known | null) -> Automaton

    /// <summary>Reads a rule from a stream's position to its end.</summary>
    /// <param name="stream">The stream to read; left open.</param>
    /// <param name="name">What to call the stream in messages, such as its file name.</param>
    /// <param name="known">The edge weights, lifts and rule kinds that the file may name beside the built-in ones.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no rule, or one of a newer version or with an
    /// unknown feature.</exception>
    static member Read:
        stream: Stream * name: string * [<Optional; DefaultParameterValue(null: Known | null)>] known: (Known | null) ->
            Automaton

    /// <summary>Writes a rule file, replacing one that stands there only once the new one is complete. Equal automata
    /// are equal bytes.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="automaton">The automaton; of a member of your own the file holds the name alone.</param>
    /// <exception cref="T:System.ArgumentException">The automaton's parts do not fit each other.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * automaton: Automaton -> unit

    /// <summary>Writes a rule file whose matrices are of one byte a weight with a scale a row, compressed: a quarter of the size.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="automaton">The automaton; whoever reads the file gets its weights to half a 127th of the greatest in their row.</param>
    /// <exception cref="T:System.ArgumentException">The automaton's parts do not fit each other.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member WriteBytes: path: string * automaton: Automaton -> unit

    /// <summary>Writes a rule file to a stream; the bytes are those of a file.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="automaton">The automaton.</param>
    /// <exception cref="T:System.ArgumentException">The automaton's parts do not fit each other.</exception>
    static member Write: stream: Stream * automaton: Automaton -> unit

/// How texts stand for the parts of an automaton.
module internal GateText =
    val write: gate: Gate -> string
    val parse: text: string -> Gate

/// A perception as two entries, `perception` and `lift`. Files of old versions have no lift.
module internal PerceptionEntries =
    val write: perception: Perception -> file: ArchiveWriter -> ArchiveWriter
    val read: file: ArchiveReader -> known: Known -> lifts: bool -> Perception
