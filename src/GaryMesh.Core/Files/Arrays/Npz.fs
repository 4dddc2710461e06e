namespace GaryMesh

open System
open System.Collections.Generic
open System.Collections.ObjectModel
open System.IO
open System.IO.Compression
open System.Runtime.InteropServices
open System.Text
open GaryMesh.Arrays

module private NpzFormat =
    let ending = ".npy"

    /// Deflate shrinks nothing further than this.
    let maxRatio = 1032L

    /// The earliest time that a zip archive can tell: constant, so that equal content is equal bytes.
    let stamp = DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero)

    /// Whatever the archive reader throws at damaged bytes, as bad data.
    let guarded (where: string) (what: string) (read: unit -> 'T) : 'T =
        try
            read ()
        with
        | :? InvalidDataException
        | :? IOException
        | :? ArgumentException
        | :? OverflowException
        | :? NotSupportedException as error -> raise (InvalidDataException($"{where}: {what}.", error))

    let readEntry (name: string) (entry: ZipArchiveEntry) : struct (string * NpyArray) =
        let where = $"{name}, entry '{Foreign.shown entry.FullName}'"

        if not (entry.FullName.EndsWith(ending, StringComparison.Ordinal)) then
            Guard.badData $"{where}: an archive of arrays holds '.npy' entries only."

        if entry.IsEncrypted then
            Guard.badData $"{where}: encrypted entries are not read."

        if entry.Length < 0L || entry.Length / maxRatio > entry.CompressedLength then
            Guard.badData (
                $"{where}: the entry claims {entry.Length} bytes, "
                + $"more than its {entry.CompressedLength} compressed bytes can hold."
            )

        use stream = guarded where "the entry is damaged or compressed in a way that is not read" entry.Open

        let source = Foreign.Source(where, stream)
        let array = NpyArray.Of(where, NpyFormat.read source entry.Length)

        if source.Sum <> entry.Crc32 then
            Guard.badData $"{where}: the data has the check sum {source.Sum:x8}, but the archive says {entry.Crc32:x8}."

        struct (entry.FullName.Substring(0, entry.FullName.Length - ending.Length), array)

    let read (stream: Stream) (name: string) : IReadOnlyDictionary<string, NpyArray> =
        let foreign = "this is no readable .npz (zip) archive, or a damaged one"

        use archive = guarded name foreign (fun () -> new ZipArchive(stream, ZipArchiveMode.Read, true))

        let entries = guarded name foreign (fun () -> archive.Entries)
        let arrays = Dictionary<string, NpyArray>(StringComparer.Ordinal)
        // Entries that share their bytes could claim any amount of memory.
        let mutable claimed = 0L

        for entry in entries do
            let length = entry.CompressedLength

            if length < 0L || length > stream.Length - claimed then
                Guard.badData (
                    $"{name}, entry '{Foreign.shown entry.FullName}': the entry claims {length} compressed bytes, "
                    + $"more than the file's {stream.Length} bytes leave."
                )

            claimed <- claimed + length
            let struct (key, array) = readEntry name entry

            if not (arrays.TryAdd(key, array)) then
                Guard.badData $"{name}: the entry '{Foreign.shown entry.FullName}' stands in the archive twice."

        ReadOnlyDictionary arrays

    /// The entries in the order in which they are written.
    let sorted (entries: IEnumerable<KeyValuePair<string, NpyArray>>) : KeyValuePair<string, NpyArray>[] =
        ArgumentNullException.ThrowIfNull(entries, nameof entries)
        let entries = Array.ofSeq entries

        for entry in entries do
            if String.IsNullOrEmpty entry.Key then
                Guard.refuse "An entry of an .npz archive needs a name, but one is empty."

            if not (NpyFormat.isUnicode entry.Key) then
                Guard.refuse $"The entry name '{Foreign.shown entry.Key}' holds half a surrogate pair."

            if Encoding.UTF8.GetByteCount entry.Key > 1000 then
                Guard.refuse $"An entry name has at most 1000 bytes of UTF-8, but '{Foreign.shown entry.Key}' has more."

            if isNull (box entry.Value) then
                Guard.refuse $"The entry '{entry.Key}' has no array."

        Array.Sort(entries, Comparison<KeyValuePair<string, NpyArray>>(fun a b -> String.CompareOrdinal(a.Key, b.Key)))

        for at in 1 .. entries.Length - 1 do
            if entries[at - 1].Key = entries[at].Key then
                Guard.refuse $"The entry name '{entries[at].Key}' is given twice."

        entries

    let write (compress: bool) (entries: KeyValuePair<string, NpyArray>[]) (stream: Stream) : unit =
        let level = if compress then CompressionLevel.Optimal else CompressionLevel.NoCompression

        use archive = new ZipArchive(stream, ZipArchiveMode.Create, true)

        for entry in entries do
            let part = archive.CreateEntry(entry.Key + ending, level)
            part.LastWriteTime <- stamp
            use stream = part.Open()
            entry.Value.WriteTo stream

    /// Writes to any stream: the offsets within an archive count from its beginning.
    let writeTo (compress: bool) (entries: KeyValuePair<string, NpyArray>[]) (stream: Stream) : unit =
        if stream.CanSeek && stream.Position = 0L && stream.Length = 0L then
            write compress entries stream
        else
            use memory = new MemoryStream()
            write compress entries memory
            memory.WriteTo stream

[<AbstractClass; Sealed>]
type Npz =

    static member Read(stream: Stream, name: string) : IReadOnlyDictionary<string, NpyArray> =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(name, nameof name)

        if stream.CanSeek && stream.Position = 0L then
            NpzFormat.read stream name
        else
            NpzFormat.read (Foreign.buffered stream) name

    static member Read(path: string) : IReadOnlyDictionary<string, NpyArray> =
        using (Foreign.openRead path) (fun stream -> Npz.Read(stream, path))

    static member Write
        (
            path: string,
            entries: IEnumerable<KeyValuePair<string, NpyArray>>,
            [<Optional; DefaultParameterValue(true)>] compress: bool
        ) : unit =
        let entries = NpzFormat.sorted entries
        SafeFile.Write(path, NpzFormat.writeTo compress entries)

    static member Write
        (
            stream: Stream,
            entries: IEnumerable<KeyValuePair<string, NpyArray>>,
            [<Optional; DefaultParameterValue(true)>] compress: bool
        ) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        NpzFormat.writeTo compress (NpzFormat.sorted entries) stream
