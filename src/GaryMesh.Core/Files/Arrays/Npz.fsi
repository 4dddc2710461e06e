namespace GaryMesh

open System.Collections.Generic
open System.IO
open System.Runtime.InteropServices

/// <summary>Reads and writes arrays by name, NumPy's <c>.npz</c>: a zip archive of <c>.npy</c> entries, stored or
/// deflated.</summary>
[<AbstractClass; Sealed>]
type Npz =

    /// <summary>Opens a <c>.npz</c> file. Each array is decoded, and its check sum compared, when something of it is asked
    /// for, so that one that cannot be read does not matter to who does not need it; entries that are no arrays are left
    /// alone.</summary>
    /// <param name="path">The file to read.</param>
    /// <returns>The arrays by name, without the entries' ending <c>.npy</c>.</returns>
    /// <exception cref="T:System.IO.InvalidDataException">The file is no archive, now, or an array cannot be read, when it is
    /// asked for: one sentence names the file and the entry.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string -> IReadOnlyDictionary<string, NpyArray>

    /// <summary>Opens an archive from a stream's position to its end, as <c>Read(path)</c> does a file.</summary>
    /// <param name="stream">The stream to read; left open, and not needed any more afterwards.</param>
    /// <param name="name">What to call the stream in messages, such as its file name.</param>
    /// <returns>The arrays by name, without the entries' ending <c>.npy</c>.</returns>
    /// <exception cref="T:System.IO.InvalidDataException">The stream is no archive, now, or an array cannot be read, when it
    /// is asked for: one sentence names it and the entry.</exception>
    static member Read: stream: Stream * name: string -> IReadOnlyDictionary<string, NpyArray>

    /// <summary>Writes arrays as a <c>.npz</c> file, replacing one that stands there only once the new one is complete.
    /// Entries are sorted by name (ordinal) and carry one constant time stamp, so that on one runtime equal content is
    /// equal bytes.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="entries">The arrays by name: a dictionary, a map or any sequence of pairs, in any order.</param>
    /// <param name="compress">Whether to deflate the entries (the default) or store them as they are.</param>
    /// <exception cref="T:System.ArgumentException">A name is empty, too long, given twice or not valid
    /// Unicode.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write:
        path: string *
        entries: IEnumerable<KeyValuePair<string, NpyArray>> *
        [<Optional; DefaultParameterValue(true)>] compress: bool ->
            unit

    /// <summary>Writes arrays as a <c>.npz</c> archive to a stream; the bytes are those of a file.</summary>
    /// <param name="stream">The stream to write to; left open. For one that cannot seek, or does not stand at its
    /// beginning, the archive is first made in memory.</param>
    /// <param name="entries">The arrays by name: a dictionary, a map or any sequence of pairs, in any order.</param>
    /// <param name="compress">Whether to deflate the entries (the default) or store them as they are.</param>
    /// <exception cref="T:System.ArgumentException">A name is empty, too long, given twice or not valid
    /// Unicode.</exception>
    static member Write:
        stream: Stream *
        entries: IEnumerable<KeyValuePair<string, NpyArray>> *
        [<Optional; DefaultParameterValue(true)>] compress: bool ->
            unit

    /// An archive of one float32 array whose values come piece after piece, compressed; the bytes are those of `Write`.
    static member internal WritePieces:
        stream: Stream * entry: string * shape: int[] * pieces: IEnumerable<float32[]> -> unit
