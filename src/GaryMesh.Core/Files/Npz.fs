namespace GaryMesh

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.Collections.ObjectModel
open System.Globalization
open System.IO
open System.IO.Compression
open System.Runtime.InteropServices
open System.Text

type NpyType =
    | Float32 = 0
    | Float64 = 1
    | Int32 = 2
    | Int64 = 3
    | Byte = 4
    | Bool = 5
    | Text = 6

/// The check sum of zip (CRC-32, reflected polynomial 0xEDB88320), eight bytes at a time.
module private Crc32 =
    let private table: uint32[] =
        let table = Array.zeroCreate (8 * 256)

        for n in 0..255 do
            let mutable c = uint32 n

            for _ in 1..8 do
                c <- if c &&& 1u = 1u then 0xEDB88320u ^^^ (c >>> 1) else c >>> 1

            table[n] <- c

        for at in 256 .. table.Length - 1 do
            let before = table[at - 256]
            table[at] <- (before >>> 8) ^^^ table[int (before &&& 0xFFu)]

        table

    /// The sum after more bytes; the sum of none is 0.
    let update (sum: uint32) (bytes: ReadOnlySpan<byte>) : uint32 =
        let mutable c = ~~~sum
        let mutable at = 0

        while at + 8 <= bytes.Length do
            let a = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice at) ^^^ c
            let b = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(at + 4))

            c <-
                table[1792 + int (a &&& 0xFFu)]
                ^^^ table[1536 + int ((a >>> 8) &&& 0xFFu)]
                ^^^ table[1280 + int ((a >>> 16) &&& 0xFFu)]
                ^^^ table[1024 + int (a >>> 24)]
                ^^^ table[768 + int (b &&& 0xFFu)]
                ^^^ table[512 + int ((b >>> 8) &&& 0xFFu)]
                ^^^ table[256 + int ((b >>> 16) &&& 0xFFu)]
                ^^^ table[int (b >>> 24)]

            at <- at + 8

        while at < bytes.Length do
            c <- table[int ((c ^^^ uint32 bytes[at]) &&& 0xFFu)] ^^^ (c >>> 8)
            at <- at + 1

        ~~~c

/// What an array holds, in C order.
[<ReferenceEquality>]
type internal NpyValues =
    | Float32s of float32[]
    | Float64s of float[]
    | Int32s of int[]
    | Int64s of int64[]
    | Bytes of byte[]
    | Bools of bool[]
    | Texts of string[]

module private NpyShape =
    let maxRank = 32

    let show (shape: int[]) : string =
        match shape with
        | [| size |] -> $"({size},)"
        | _ -> "(" + String.Join(", ", shape) + ")"

    /// The number of elements, or -1 if no array can hold as many.
    let count (shape: int[]) : int =
        if Array.contains 0 shape then
            0
        else
            let mutable count = 1L

            for size in shape do
                if count >= 0L then
                    count <- count * int64 size

                    if count > int64 Array.MaxLength then
                        count <- -1L

            int count

    /// A copy of a shape that agrees with so many elements.
    let check (shape: int[]) (length: int) : int[] =
        if shape.Length > maxRank then
            Guard.refuse $"A shape has at most {maxRank} axes, but this one has {shape.Length}."

        for axis in 0 .. shape.Length - 1 do
            if shape[axis] < 0 then
                Guard.outOfRange (nameof shape) $"Axis {axis} of the shape {show shape} has a negative size."

        if count shape <> length then
            let told = String.Join(" x ", shape)
            let told = if shape.Length = 0 then "1" else told
            Guard.refuse $"The shape {show shape} asks for {told} values, but {length} are given."

        Array.copy shape

/// The .npy format: a magic word, a version, a Python dictionary as text, the elements.
module private NpyFormat =
    let magic = Array.append [| 0x93uy |] "NUMPY"B

    /// A longer header than any array of these types can need.
    let maxHeader = 1 <<< 16

    /// How many elements are handled at a time.
    let chunk = 1 <<< 16

    /// Foreign text as a message can show it: short, on one line.
    let shown (text: string) : string =
        let text = if text.Length > 60 then text.Substring(0, 57) + "..." else text
        String.map (fun c -> if Char.IsControl c || Char.IsSurrogate c then '?' else c) text

    /// Bytes that are read in order, with their check sum; every failure is told as bad data.
    [<Sealed>]
    type Source(where: string, stream: Stream) =
        let mutable sum = 0u
        let mutable count = 0L

        member _.Where = where
        member _.Sum = sum
        member _.Count = count

        member _.Fill(bytes: Span<byte>) : unit =
            let got =
                try
                    stream.ReadAtLeast(bytes, bytes.Length, false)
                with
                | :? InvalidDataException
                | :? IOException as error -> raise (InvalidDataException($"{where}: the data is damaged.", error))

            sum <- Crc32.update sum (Span.op_Implicit (bytes.Slice(0, got)))
            count <- count + int64 got

            if got < bytes.Length then
                Guard.badData $"{where}: the data ends after {count} bytes, before the array does."

        member this.Take(length: int) : byte[] =
            let bytes = Array.zeroCreate length
            this.Fill(bytes.AsSpan())
            bytes

        member _.AtEnd() : bool =
            try
                stream.ReadByte() < 0
            with
            | :? InvalidDataException
            | :? IOException as error -> raise (InvalidDataException($"{where}: the data is damaged.", error))

    [<NoComparison; NoEquality>]
    type Header = { Descr: string; Fortran: bool; Shape: int[] }

    /// Reads the header's dictionary: three keys in any order, as Python writes them.
    [<Sealed>]
    type HeaderReader(where: string, text: string) =
        let mutable at = 0

        let bad (what: string) : 'a = Guard.badData $"{where}: the array's header {what} ('{shown text}')."

        let skip () =
            while at < text.Length && Char.IsWhiteSpace text[at] do
                at <- at + 1

        let peek () =
            skip ()
            if at < text.Length then text[at] else '\000'

        let expect (c: char) =
            if peek () <> c then
                bad $"lacks a '{c}' at position {at}"

            at <- at + 1

        let quoted () : string =
            let quote = peek ()

            if quote <> '\'' && quote <> '"' then
                bad $"lacks a quoted text at position {at}"

            let stop = text.IndexOf(quote, at + 1)

            if stop < 0 then
                bad "ends inside a quoted text"

            let value = text.Substring(at + 1, stop - at - 1)
            at <- stop + 1
            value

        let truth () : bool =
            skip ()

            if String.CompareOrdinal(text, at, "True", 0, 4) = 0 then
                at <- at + 4
                true
            elif String.CompareOrdinal(text, at, "False", 0, 5) = 0 then
                at <- at + 5
                false
            else
                bad "has a 'fortran_order' other than True or False"

        let size () : int =
            skip ()
            let start = at

            if at < text.Length && text[at] = '-' then
                bad "has a negative size"

            while at < text.Length && Char.IsAsciiDigit text[at] do
                at <- at + 1

            match Int32.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture) with
            | true, value ->
                // Python 2 ended long integers in an L.
                if at < text.Length && text[at] = 'L' then
                    at <- at + 1

                value
            | _ when at > start -> bad "has a size beyond 32 bits"
            | _ -> bad "has a size that is no whole number"

        let tuple () : int[] =
            let sizes = ResizeArray<int>()
            expect '('

            while peek () <> ')' do
                sizes.Add(size ())

                if sizes.Count > NpyShape.maxRank then
                    bad $"has more than {NpyShape.maxRank} axes"

                if peek () <> ')' then
                    expect ','

            at <- at + 1
            sizes.ToArray()

        member _.Read() : Header =
            let mutable descr = None
            let mutable fortran = None
            let mutable shape = None
            expect '{'

            while peek () <> '}' do
                let key = quoted ()
                expect ':'

                match key with
                | "descr" when descr.IsNone ->
                    if peek () = '[' then
                        Guard.badData $"{where}: arrays of structures are not read."

                    descr <- Some(quoted ())
                | "fortran_order" when fortran.IsNone -> fortran <- Some(truth ())
                | "shape" when shape.IsNone -> shape <- Some(tuple ())
                | _ -> bad $"has an unexpected key '{shown key}'"

                if peek () <> '}' then
                    expect ','

            at <- at + 1

            if peek () <> '\000' || at < text.Length then
                bad "goes on after its end"

            match descr, fortran, shape with
            | Some descr, Some fortran, Some shape -> { Descr = descr; Fortran = fortran; Shape = shape }
            | _ -> bad "lacks one of 'descr', 'fortran_order' and 'shape'"

    /// The type of the elements and the bytes of each.
    let elements (where: string) (descr: string) : struct (NpyType * int64) =
        let order, kind =
            if descr.Length > 0 && "<>|=".Contains descr[0] then
                descr[0], descr.Substring 1
            else
                '<', descr

        if kind.StartsWith('O') then
            Guard.badData $"{where}: arrays of Python objects ('{shown descr}') are not read."

        if order = '>' then
            Guard.badData $"{where}: the array is big-endian ('{shown descr}'), but only little-endian arrays are read."

        match kind with
        | "f4" -> NpyType.Float32, 4L
        | "f8" -> NpyType.Float64, 8L
        | "i4" -> NpyType.Int32, 4L
        | "i8" -> NpyType.Int64, 8L
        | "u1" -> NpyType.Byte, 1L
        | "b1" -> NpyType.Bool, 1L
        | _ ->
            let width = kind.AsSpan(min 1 kind.Length)

            match Int32.TryParse(width, NumberStyles.None, CultureInfo.InvariantCulture) with
            | true, width when kind[0] = 'U' -> NpyType.Text, 4L * int64 width
            | _ ->
                Guard.badData (
                    $"{where}: the array's type is '{shown descr}', "
                    + "but only float32, float64, int32, int64, uint8, bool and text are read."
                )

    let readHeader (source: Source) : Header =
        let where = source.Where
        let start = source.Take 8

        if not (start.AsSpan(0, 6).SequenceEqual(magic.AsSpan())) then
            Guard.badData $"{where}: this is no NumPy array, which would begin with '\\x93NUMPY'."

        let length =
            match start[6], start[7] with
            | 1uy, 0uy -> int64 (BinaryPrimitives.ReadUInt16LittleEndian(ReadOnlySpan(source.Take 2)))
            | (2uy | 3uy), 0uy -> int64 (BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan(source.Take 4)))
            | major, minor ->
                Guard.badData
                    $"{where}: the array's format is version {major}.{minor}, but only 1.0, 2.0 and 3.0 are read."

        if length > int64 maxHeader then
            Guard.badData $"{where}: the array's header claims {length} bytes, but at most {maxHeader} are read."

        let encoding = if start[6] = 3uy then Encoding.UTF8 else Encoding.Latin1
        HeaderReader(where, encoding.GetString(source.Take(int length))).Read()

    let readPlain<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        (source: Source)
        (count: int)
        : 'T[] =
        let values: 'T[] = GC.AllocateUninitializedArray<'T> count
        let mutable at = 0

        while at < count do
            let size = min chunk (count - at)
            source.Fill(MemoryMarshal.AsBytes(values.AsSpan(at, size)))
            at <- at + size

        values

    let readTexts (source: Source) (count: int) (width: int) : string[] =
        let cells: uint32[] = Array.zeroCreate (if count = 0 then 0 else width)
        let text = StringBuilder()

        Array.init count (fun at ->
            source.Fill(MemoryMarshal.AsBytes(cells.AsSpan()))
            text.Clear() |> ignore
            let length = 1 + Array.FindLastIndex(cells, (fun cell -> cell <> 0u))

            for i in 0 .. length - 1 do
                if not (Rune.IsValid cells[i]) then
                    Guard.badData $"{source.Where}: text {at} holds 0x{cells[i]:X}, which is no Unicode character."

                text.Append(Rune(cells[i]).ToString()) |> ignore

            text.ToString())

    /// Elements in Fortran order (the first index moves fastest) brought into C order.
    let ofFortran (shape: int[]) (values: 'T[]) : 'T[] =
        if shape.Length < 2 || values.Length < 2 then
            values
        else
            let strides = Array.scan (*) 1 shape
            let index = Array.zeroCreate shape.Length
            let result = Array.zeroCreate values.Length
            let mutable from = 0

            for at in 0 .. result.Length - 1 do
                result[at] <- values[from]
                let mutable axis = shape.Length - 1

                while axis >= 0 do
                    index[axis] <- index[axis] + 1
                    from <- from + strides[axis]

                    if index[axis] = shape[axis] then
                        from <- from - strides[axis] * shape[axis]
                        index[axis] <- 0
                        axis <- axis - 1
                    else
                        axis <- -1

            result

    /// Reads an array that fills so many bytes exactly. Nothing is allocated for the elements before their number
    /// agrees.
    let read (source: Source) (available: int64) : struct (int[] * NpyValues) =
        let where = source.Where
        let header = readHeader source
        let shape = header.Shape
        let struct (kind, size) = elements where header.Descr
        let count = NpyShape.count shape

        if count < 0 then
            Guard.badData $"{where}: the shape {NpyShape.show shape} is larger than an array can be."

        let rest = available - source.Count
        // Divided rather than multiplied: the product might not fit into 64 bits.
        let agrees =
            if count = 0 then rest = 0L
            elif size = 0L then false
            else rest % int64 count = 0L && rest / int64 count = size

        if not agrees then
            Guard.badData (
                $"{where}: the shape {NpyShape.show shape} needs {count} values of {size} bytes, "
                + $"but {rest} bytes follow the header."
            )

        let order values = if header.Fortran then ofFortran shape values else values

        let values =
            match kind with
            | NpyType.Float32 -> Float32s(order (readPlain<float32> source count))
            | NpyType.Float64 -> Float64s(order (readPlain<float> source count))
            | NpyType.Int32 -> Int32s(order (readPlain<int> source count))
            | NpyType.Int64 -> Int64s(order (readPlain<int64> source count))
            | NpyType.Byte -> Bytes(order (readPlain<byte> source count))
            | NpyType.Bool -> Bools(order (readPlain<byte> source count) |> Array.map (fun b -> b <> 0uy))
            | _ -> Texts(order (readTexts source count (int (size / 4L))))

        if not (source.AtEnd()) then
            Guard.badData $"{where}: the data goes on after the array's end."

        struct (shape, values)

    let runes (text: string) : int =
        let mutable count = 0

        for c in text do
            if not (Char.IsLowSurrogate c) then
                count <- count + 1

        count

    let width (texts: string[]) : int = texts |> Array.fold (fun widest text -> max widest (runes text)) 1

    let header (descr: string) (shape: int[]) : byte[] =
        let text = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': {NpyShape.show shape}, }}"

        // NumPy leaves room for the first size to grow to 21 digits, then pads the whole to 64 bytes
        // (by 64 if it fits).
        let room = if shape.Length = 0 then 0 else 21 - (string shape[0]).Length
        let length = text.Length + room + 1
        let length = length + 64 - (magic.Length + 4 + length) % 64
        let bytes = Array.create (magic.Length + 4 + length) (byte ' ')
        magic.CopyTo(bytes, 0)
        bytes[6] <- 1uy
        bytes[7] <- 0uy
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan 8, uint16 length)
        Encoding.ASCII.GetBytes(text).CopyTo(bytes, 10)
        bytes[bytes.Length - 1] <- byte '\n'
        bytes

    let writePlain<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType> (stream: Stream) (values: 'T[]) =
        let mutable at = 0

        while at < values.Length do
            let size = min chunk (values.Length - at)
            stream.Write(Span.op_Implicit (MemoryMarshal.AsBytes(values.AsSpan(at, size))): ReadOnlySpan<byte>)
            at <- at + size

    let writeTexts (stream: Stream) (width: int) (texts: string[]) =
        let cells: uint32[] = Array.zeroCreate width

        for text in texts do
            Array.Clear cells
            let mutable at = 0

            for rune in text.EnumerateRunes() do
                cells[at] <- uint32 rune.Value
                at <- at + 1

            writePlain stream cells

    let write (stream: Stream) (shape: int[]) (values: NpyValues) : unit =
        let start (descr: string) = stream.Write(ReadOnlySpan(header descr shape))

        match values with
        | Float32s values ->
            start "<f4"
            writePlain stream values
        | Float64s values ->
            start "<f8"
            writePlain stream values
        | Int32s values ->
            start "<i4"
            writePlain stream values
        | Int64s values ->
            start "<i8"
            writePlain stream values
        | Bytes values ->
            start "|u1"
            writePlain stream values
        | Bools values ->
            start "|b1"
            writePlain stream (values |> Array.map (fun value -> if value then 1uy else 0uy))
        | Texts values ->
            let width = width values
            start $"<U{width}"
            writeTexts stream width values

    /// Whether every surrogate stands in a pair.
    let isUnicode (text: string) : bool =
        let mutable at = 0
        let mutable valid = true

        while valid && at < text.Length do
            if not (Char.IsSurrogate text[at]) then
                at <- at + 1
            elif at + 1 < text.Length && Char.IsSurrogatePair(text[at], text[at + 1]) then
                at <- at + 2
            else
                valid <- false

        valid

    /// Copies of texts that the format can keep.
    let checkTexts (texts: string[]) : string[] =
        texts
        |> Array.iteri (fun at text ->
            if isNull (box text) then
                Guard.refuse $"Text {at} is null."

            if text.EndsWith('\000') then
                Guard.refuse $"Text {at} ends in a NUL character, which the format cannot keep."

            if not (isUnicode text) then
                Guard.refuse $"Text {at} holds half a surrogate pair, so it is no valid Unicode.")

        Array.copy texts

[<Sealed; NoComparison; NoEquality>]
type NpyArray private (where: string, shape: int[], values: NpyValues) =

    static let make (shape: int[]) (data: 'T[]) (values: 'T[] -> NpyValues) =
        ArgumentNullException.ThrowIfNull(shape, nameof shape)
        ArgumentNullException.ThrowIfNull(data, nameof data)
        NpyArray("The array", NpyShape.check shape data.Length, values data)

    let length = NpyShape.count shape

    let kind =
        match values with
        | Float32s _ -> NpyType.Float32
        | Float64s _ -> NpyType.Float64
        | Int32s _ -> NpyType.Int32
        | Int64s _ -> NpyType.Int64
        | Bytes _ -> NpyType.Byte
        | Bools _ -> NpyType.Bool
        | Texts _ -> NpyType.Text

    let refuse (wanted: string) : 'a =
        let name =
            match kind with
            | NpyType.Byte -> "uint8"
            | kind -> kind.ToString().ToLowerInvariant()

        Guard.badData $"{where}: the elements are {name}, but {wanted} is asked for."

    static member internal Of(where: string, struct (shape: int[], values: NpyValues)) = NpyArray(where, shape, values)

    member internal _.WriteTo(stream: Stream) : unit = NpyFormat.write stream shape values

    static member OfFloat32(shape: int[], data: float32[]) : NpyArray = make shape data (Array.copy >> Float32s)
    static member OfFloat64(shape: int[], data: float[]) : NpyArray = make shape data (Array.copy >> Float64s)
    static member OfInt32(shape: int[], data: int[]) : NpyArray = make shape data (Array.copy >> Int32s)
    static member OfInt64(shape: int[], data: int64[]) : NpyArray = make shape data (Array.copy >> Int64s)
    static member OfByte(shape: int[], data: byte[]) : NpyArray = make shape data (Array.copy >> Bytes)
    static member OfBool(shape: int[], data: bool[]) : NpyArray = make shape data (Array.copy >> Bools)

    static member OfText(shape: int[], data: string[]) : NpyArray = make shape data (NpyFormat.checkTexts >> Texts)

    static member OfText(text: string) : NpyArray = NpyArray.OfText([||], [| text |])

    member _.Type: NpyType = kind
    member _.Shape: int[] = Array.copy shape
    member _.Length: int = length

    member _.ToFloat32() : float32[] =
        match values with
        | Float32s values -> Array.copy values
        | Float64s values -> Array.map float32 values
        | Int32s values -> Array.map float32 values
        | Int64s values -> Array.map float32 values
        | Bytes values -> Array.map float32 values
        | Bools _
        | Texts _ -> refuse "float32"

    member _.ToFloat64() : float[] =
        match values with
        | Float32s values -> Array.map float values
        | Float64s values -> Array.copy values
        | Int32s values -> Array.map float values
        | Int64s values -> Array.map float values
        | Bytes values -> Array.map float values
        | Bools _
        | Texts _ -> refuse "float64"

    member _.ToInt32() : int[] =
        match values with
        | Int32s values -> Array.copy values
        | Int64s values ->
            values
            |> Array.map (fun value ->
                if value < int64 Int32.MinValue || value > int64 Int32.MaxValue then
                    Guard.badData $"{where}: an element is {value}, beyond the range of the int32 asked for."

                int value)
        | Bytes values -> Array.map int values
        | _ -> refuse "int32"

    member _.ToInt64() : int64[] =
        match values with
        | Int32s values -> Array.map int64 values
        | Int64s values -> Array.copy values
        | Bytes values -> Array.map int64 values
        | _ -> refuse "int64"

    member _.ToByte() : byte[] =
        match values with
        | Bytes values -> Array.copy values
        | _ -> refuse "uint8"

    member _.ToBool() : bool[] =
        match values with
        | Bools values -> Array.copy values
        | _ -> refuse "bool"

    member _.ToText() : string[] =
        match values with
        | Texts values -> Array.copy values
        | _ -> refuse "text"

module private Streams =
    /// The rest of a stream in memory.
    let buffered (stream: Stream) : Stream =
        let memory = new MemoryStream()
        stream.CopyTo memory
        memory.Position <- 0L
        memory

    let openRead (path: string) : Stream =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)

[<AbstractClass; Sealed>]
type Npy =

    static member Read(stream: Stream, name: string) : NpyArray =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(name, nameof name)
        let stream = if stream.CanSeek then stream else Streams.buffered stream
        let available = stream.Length - stream.Position
        NpyArray.Of(name, NpyFormat.read (NpyFormat.Source(name, stream)) available)

    static member Read(path: string) : NpyArray = using (Streams.openRead path) (fun stream -> Npy.Read(stream, path))

    static member Write(stream: Stream, array: NpyArray) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(array, nameof array)
        array.WriteTo stream

    static member Write(path: string, array: NpyArray) : unit =
        ArgumentNullException.ThrowIfNull(array, nameof array)
        SafeFile.Write(path, (fun stream -> array.WriteTo stream))

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
        let where = $"{name}, entry '{NpyFormat.shown entry.FullName}'"

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

        let source = NpyFormat.Source(where, stream)
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
                    $"{name}, entry '{NpyFormat.shown entry.FullName}': the entry claims {length} compressed bytes, "
                    + $"more than the file's {stream.Length} bytes leave."
                )

            claimed <- claimed + length
            let struct (key, array) = readEntry name entry

            if not (arrays.TryAdd(key, array)) then
                Guard.badData $"{name}: the entry '{NpyFormat.shown entry.FullName}' stands in the archive twice."

        ReadOnlyDictionary arrays

    /// The entries in the order in which they are written.
    let sorted (entries: IEnumerable<KeyValuePair<string, NpyArray>>) : KeyValuePair<string, NpyArray>[] =
        ArgumentNullException.ThrowIfNull(entries, nameof entries)
        let entries = Array.ofSeq entries

        for entry in entries do
            if String.IsNullOrEmpty entry.Key then
                Guard.refuse "An entry of an .npz archive needs a name, but one is empty."

            if not (NpyFormat.isUnicode entry.Key) then
                Guard.refuse $"The entry name '{NpyFormat.shown entry.Key}' holds half a surrogate pair."

            if Encoding.UTF8.GetByteCount entry.Key > 1000 then
                Guard.refuse
                    $"An entry name has at most 1000 bytes of UTF-8, but '{NpyFormat.shown entry.Key}' has more."

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
            NpzFormat.read (Streams.buffered stream) name

    static member Read(path: string) : IReadOnlyDictionary<string, NpyArray> =
        using (Streams.openRead path) (fun stream -> Npz.Read(stream, path))

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
