namespace GaryMesh

open System.Collections.Generic
open System.IO

/// <summary>A rule file: an automaton as an <c>.npz</c> that NumPy opens.</summary>
/// <remarks>
/// Its entries, in format version 1:
/// <list type="bullet">
/// <item>`format` text "gary-mesh rule", `format_version` int32 1;</item>
/// <item>`fc1.weight` [hidden x perceived], `fc1.bias` [hidden], `fc2.weight` [channels x hidden], `fc2.bias` [channels],
/// all float32; perceived = operators x channels + inputs, operator by operator, then the inputs;</item>
/// <item>`perception` text [operators]: each operator's <c>Text</c>;</item>
/// <item>`channels`, `hidden`, `inputs` int32; `fire_rate`, `time_step` float64;</item>
/// <item>`gate` text: "open" or "alive:CHANNEL:THRESHOLD"; `start` text: <c>Start.Text</c>; `steps` int32 [least, most].</item>
/// </list>
/// Version 0 had no `inputs`, `time_step` and `gate`: none, 1 and "open" stand for them. A newer version, and any entry
/// that the version does not have, is refused: it may hold what changes the rule's meaning.
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
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no rule, or one of a newer version or with an
    /// unknown feature: one sentence begins with the path.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string -> Automaton

    /// <summary>Reads a rule file whose perception has edge weights of your own.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="known">The edge weights that the file may name beside the built-in ones; they come before
    /// these.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no rule, or one of a newer version or with an
    /// unknown feature: one sentence begins with the path.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string * known: EdgeWeight seq -> Automaton

    /// <summary>Reads a rule from a stream's position to its end.</summary>
    /// <param name="stream">The stream to read; left open.</param>
    /// <param name="name">What to call the stream in messages, such as its file name.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no rule, or one of a newer version or with an
    /// unknown feature.</exception>
    static member Read: stream: Stream * name: string -> Automaton

    /// <summary>Reads a rule with edge weights of your own from a stream's position to its end.</summary>
    /// <param name="stream">The stream to read; left open.</param>
    /// <param name="name">What to call the stream in messages, such as its file name.</param>
    /// <param name="known">The edge weights that the file may name beside the built-in ones.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no rule, or one of a newer version or with an
    /// unknown feature.</exception>
    static member Read: stream: Stream * name: string * known: EdgeWeight seq -> Automaton

    /// <summary>Writes a rule file, replacing one that stands there only once the new one is complete. Equal automata
    /// are equal bytes.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="automaton">The automaton; of an edge weight of your own the file holds the name alone.</param>
    /// <exception cref="T:System.ArgumentException">The automaton's parts do not fit each other.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * automaton: Automaton -> unit

    /// <summary>Writes a rule file to a stream; the bytes are those of a file.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="automaton">The automaton.</param>
    /// <exception cref="T:System.ArgumentException">The automaton's parts do not fit each other.</exception>
    static member Write: stream: Stream * automaton: Automaton -> unit

/// The entries of an archive, each fetched with its type and shape checked; every refusal begins with the file's name.
[<Sealed>]
type internal Entries =
    new: name: string * arrays: IReadOnlyDictionary<string, NpyArray> -> Entries
    /// Refuses the file: "NAME: what."
    member Bad: what: string -> 'a
    member Names: string seq
    member Has: entry: string -> bool
    /// Refuses entries beside these.
    member Only: kind: string * known: string seq -> unit
    /// float32 or float64 numbers of a shape, all finite; -1 stands for any size.
    member Floats: entry: string * shape: int list -> struct (int[] * float32[])
    /// float64 numbers of a shape, as they are.
    member Doubles: entry: string * shape: int list -> float[]
    /// Whole numbers of a shape.
    member Ints: entry: string * shape: int list -> int[]
    member Truths: entry: string * shape: int list -> bool[]
    member Texts: entry: string * shape: int list -> string[]
    /// Checks `format` and `format_version`; gives the version.
    member Version: kind: string * newest: int -> int
    /// Turns the refusal of an argument, found in the file, into one of the file.
    member Trying: read: (unit -> 'a) -> 'a

/// How texts stand for the parts of an automaton.
module internal GateText =
    val write: gate: Gate -> string
    val parse: text: string -> Gate
