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
        | :? NotSupportedException as error -> Guard.badDataFrom error $"{where}: {what}."

    /// Whether an entry is an array: a folder, a note and what macOS adds are none.
    let isArray (entry: ZipArchiveEntry) =
        entry.FullName.EndsWith(ending, StringComparison.Ordinal)
        && not (entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal))

    let decode (name: string) (entry: ZipArchiveEntry) =
        let where = $"{name}, entry '{Foreign.shown entry.FullName}'"

        if entry.IsEncrypted then
            Guard.badData $"{where}: encrypted entries are not read."

        if entry.Length < 0L || entry.Length / maxRatio > entry.CompressedLength then
            Guard.badData
                $"{where}: the entry claims {entry.Length} bytes, more than its {entry.CompressedLength} compressed bytes can hold."

        use stream = guarded where "the entry is damaged or compressed in a way that is not read" entry.Open

        let source = Foreign.Source(where, stream)
        let content = NpyFormat.read source entry.Length

        if source.Sum <> entry.Crc32 then
            Guard.badData $"{where}: the data has the check sum {source.Sum:x8}, but the archive says {entry.Crc32:x8}."

        content

    let read (stream: Stream) (name: string) : IReadOnlyDictionary<string, NpyArray> =
        let foreign = "this is no readable .npz (zip) archive, or a damaged one"

        // The arrays are decoded when they are asked for, from memory: the stream may be closed by then. Too much for that
        // is decoded at once.
        let inMemory = not stream.CanSeek || stream.Length - stream.Position <= (1L <<< 30)
        let stream = if inMemory || stream.Position <> 0L then Foreign.buffered stream else stream
        let archive = guarded name foreign (fun () -> new ZipArchive(stream, ZipArchiveMode.Read, true))

        let entries = guarded name foreign (fun () -> archive.Entries)
        let arrays = Dictionary<string, NpyArray>(StringComparer.Ordinal)
        // Entries that share their bytes could claim any amount of memory.
        let mutable claimed = 0L

        for entry in entries do
            let length = entry.CompressedLength

            if length < 0L || length > stream.Length - claimed then
                Guard.badData
                    $"{name}, entry '{Foreign.shown entry.FullName}': the entry claims {length} compressed bytes, more than the file's {stream.Length} bytes leave."

            claimed <- claimed + length

            if isArray entry then
                let key = entry.FullName.Substring(0, entry.FullName.Length - ending.Length)
                let read () = lock archive (fun () -> decode name entry)

                if not (arrays.TryAdd(key, NpyArray.Of($"{name}: '{Foreign.shown key}'", read))) then
                    Guard.badData $"{name}: the archive has two entries named '{Foreign.shown entry.FullName}'."

        if not inMemory then
            for array in arrays.Values do
                try
                    array.Force()
                with :? InvalidDataException ->
                    () // Said again to who asks for it.

        ReadOnlyDictionary arrays

    /// The entries in the order in which they are written.
    let sorted (entries: IEnumerable<KeyValuePair<string, NpyArray>>) : KeyValuePair<string, NpyArray>[] =
        ArgumentNullException.ThrowIfNull(entries, nameof entries)
        let entries = Array.ofSeq entries

        for entry in entries do
            if String.IsNullOrEmpty entry.Key then
                Guard.refuse $"An entry of an .npz archive needs a name, but one is empty."

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

    let writeEntry level (archive: ZipArchive) (name: string) (fill: Stream -> unit) =
        let part = archive.CreateEntry(name + ending, level)
        part.LastWriteTime <- stamp
        use stream = part.Open()
        fill stream

    let write (compress: bool) (entries: KeyValuePair<string, NpyArray>[]) (stream: Stream) : unit =
        let level = if compress then CompressionLevel.Optimal else CompressionLevel.NoCompression

        use archive = new ZipArchive(stream, ZipArchiveMode.Create, true)

        for entry in entries do
            writeEntry level archive entry.Key entry.Value.WriteTo

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
        NpzFormat.read stream name

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

    static member WritePieces(stream: Stream, entry: string, shape: int[], pieces: IEnumerable<float32[]>) : unit =
        use archive = new ZipArchive(stream, ZipArchiveMode.Create, true)

        NpzFormat.writeEntry CompressionLevel.Optimal archive entry (fun stream ->
            NpyFormat.writePieces stream shape pieces)
