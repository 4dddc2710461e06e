namespace GaryMesh

open System.Collections.Generic

/// The entries of an archive, each fetched with its type and shape checked; every refusal is one sentence that begins with
/// the file's name. All of GaryMesh's own formats are read through it.
[<Sealed>]
type ArchiveReader =
    /// `name` is what messages call the file, `arrays` what `Npz.Read` gave.
    new: name: string * arrays: IReadOnlyDictionary<string, NpyArray> -> ArchiveReader
    /// <summary>Refuses the file: "NAME: what."</summary>
    /// <exception cref="T:System.IO.InvalidDataException">Always.</exception>
    member Bad: what: string -> 'a
    /// The names of the entries.
    member Names: string seq
    /// Whether the archive has an entry of that name.
    member Has: entry: string -> bool
    /// The sizes of an entry, which must be there.
    member Shape: entry: string -> int seq
    /// Refuses entries beside these: `kind` without them may mean something else.
    member Only: kind: string * known: string seq -> unit
    /// float32 or float64 numbers of a shape, all finite; -1 stands for any size.
    member Floats: entry: string * shape: int list -> struct (int[] * float32[])
    /// float64 numbers of a shape, as they are.
    member Doubles: entry: string * shape: int list -> float[]
    /// Whole numbers of a shape.
    member Ints: entry: string * shape: int list -> int[]
    /// Truth values of a shape.
    member Truths: entry: string * shape: int list -> bool[]
    /// Texts of a shape.
    member Texts: entry: string * shape: int list -> string[]
    /// Checks `format` and `format_version`; gives the version.
    member Version: kind: string * newest: int -> int
    /// Turns the refusal of an argument, found in the file, into one of the file.
    member Trying: read: (unit -> 'a) -> 'a
