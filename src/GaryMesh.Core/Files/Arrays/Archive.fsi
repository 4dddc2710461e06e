namespace GaryMesh

open System
open System.Collections.Generic
open System.IO
open System.Runtime.InteropServices

/// <summary>The entries of an archive, each fetched with its type and shape checked. Every refusal is an
/// <c>InvalidDataException</c> of one sentence that begins with the file's name. All of GaryMesh's own formats are read
/// through it.</summary>
/// <remarks>A shape gives the size of each axis, -1 for any; no shape stands for one axis of any length.</remarks>
[<Sealed>]
type ArchiveReader =
    /// `name` is what messages call the file, `arrays` what `Npz.Read` gave.
    new: name: string * arrays: IReadOnlyDictionary<string, NpyArray> -> ArchiveReader
    /// Opens a file.
    static member Open: path: string -> ArchiveReader
    /// Opens an archive from a stream's position to its end; `name` is what messages call it.
    static member Open: stream: Stream * name: string -> ArchiveReader
    /// The exception that refuses the file, for you to throw: "NAME: what."
    member Refusal: what: string -> InvalidDataException
    member internal Bad: what: FormattableString -> 'a
    /// Checks `format` and `format_version`; gives the version. Older formats have both in one text, such as "my format 1".
    member Version: kind: string * oldest: int * newest: int -> int
    /// The names of the entries.
    member Names: string seq
    /// Whether the archive has an entry of that name.
    member Has: entry: string -> bool
    /// The sizes of an entry, which must be there.
    member Shape: entry: string -> int[]
    /// A single whole number.
    member Int: entry: string -> int
    /// A single float64 number, as it is.
    member Double: entry: string -> float
    /// A single truth value.
    member Truth: entry: string -> bool
    /// A single text.
    member Text: entry: string -> string
    /// Whole numbers of a shape.
    member Ints: entry: string * [<ParamArray>] shape: int[] -> int[]
    /// Whole numbers of a shape as int64.
    member Longs: entry: string * [<ParamArray>] shape: int[] -> int64[]
    /// Numbers of a shape as float32, all finite.
    member Floats: entry: string * [<ParamArray>] shape: int[] -> float32[]
    /// Numbers of a shape as float64, as they are.
    member Doubles: entry: string * [<ParamArray>] shape: int[] -> float[]
    /// Truth values of a shape.
    member Truths: entry: string * [<ParamArray>] shape: int[] -> bool[]
    /// Texts of a shape.
    member Texts: entry: string * [<ParamArray>] shape: int[] -> string[]
    /// Bytes of a shape.
    member Bytes: entry: string * [<ParamArray>] shape: int[] -> byte[]
    /// Refuses an entry that nothing has asked for: `what` without it may mean something else.
    member CheckAllRead: what: string -> unit
    /// Turns the refusal of an argument, found in the file, into one of the file.
    member Trying: read: Func<'a> -> 'a

/// <summary>Gathers the entries of an archive and writes it: what <see cref="T:GaryMesh.ArchiveReader" /> reads. Equal
/// entries, in whatever order, are equal bytes.</summary>
/// <remarks>No shape stands for one axis as long as the values. An entry given twice is refused with an
/// <c>ArgumentException</c>, as are values that do not fill their shape.</remarks>
[<Sealed>]
type ArchiveWriter =
    /// An archive without a format.
    new: unit -> ArchiveWriter
    /// An archive of a kind and a version of it, as the entries `format` and `format_version`.
    new: kind: string * version: int -> ArchiveWriter
    /// What has been gathered.
    member Entries: IReadOnlyDictionary<string, NpyArray>
    /// A single whole number.
    member Int: entry: string * value: int -> ArchiveWriter
    /// A single float64 number.
    member Double: entry: string * value: float -> ArchiveWriter
    /// A single truth value.
    member Truth: entry: string * value: bool -> ArchiveWriter
    /// A single text.
    member Text: entry: string * value: string -> ArchiveWriter
    /// Whole numbers.
    member Ints: entry: string * values: int[] * [<ParamArray>] shape: int[] -> ArchiveWriter
    /// float32 numbers.
    member Floats: entry: string * values: float32[] * [<ParamArray>] shape: int[] -> ArchiveWriter
    /// float64 numbers.
    member Doubles: entry: string * values: float[] * [<ParamArray>] shape: int[] -> ArchiveWriter
    /// Truth values.
    member Truths: entry: string * values: bool[] * [<ParamArray>] shape: int[] -> ArchiveWriter
    /// Texts.
    member Texts: entry: string * values: string[] * [<ParamArray>] shape: int[] -> ArchiveWriter
    /// Bytes.
    member Bytes: entry: string * values: byte[] * [<ParamArray>] shape: int[] -> ArchiveWriter
    /// Writes a file, replacing one that stands there only once the new one is complete.
    member Write: path: string * [<Optional; DefaultParameterValue(false)>] compress: bool -> unit
    /// Writes to a stream, which is left open; the bytes are those of a file.
    member Write: stream: Stream * [<Optional; DefaultParameterValue(false)>] compress: bool -> unit
