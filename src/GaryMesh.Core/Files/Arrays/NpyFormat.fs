/// The elements of a .npy file behind its header, as they are read and written.
module internal GaryMesh.Arrays.NpyFormat

open System
open System.Globalization
open System.IO
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Text
open GaryMesh
open GaryMesh.Arrays.Foreign

/// What an array holds, in C order.
[<ReferenceEquality>]
type NpyValues =
    | Float32s of float32[]
    | Float64s of float[]
    | Int32s of int[]
    | Int64s of int64[]
    | Bytes of byte[]
    | Bools of bool[]
    | Texts of string[]

/// How many elements are handled at a time.
let private chunk = 1 <<< 16

/// Numbers of a type as wide as the file's, whose bytes are swapped where it has them in the other order.
let private readPlain<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
    (swapped: bool)
    (source: Source)
    (count: int)
    : 'T[] =
    let values: 'T[] = GC.AllocateUninitializedArray<'T> count
    let width = Unsafe.SizeOf<'T>()
    let mutable at = 0

    while at < count do
        let size = min chunk (count - at)
        let bytes = MemoryMarshal.AsBytes(values.AsSpan(at, size))
        source.Fill bytes

        if swapped then
            for i in 0 .. size - 1 do
                bytes.Slice(i * width, width).Reverse()

        at <- at + size

    values

let private readTexts (swapped: bool) (width: int) (source: Source) (count: int) : string[] =
    let width = if count = 0 then 0 else width
    let text = StringBuilder()

    Array.init count (fun at ->
        let cells: uint32[] = readPlain swapped source width
        text.Clear() |> ignore
        let length = 1 + Array.FindLastIndex(cells, (fun cell -> cell <> 0u))

        for i in 0 .. length - 1 do
            if not (Rune.IsValid cells[i]) then
                Guard.badData $"{source.Where}: text {at} holds 0x{cells[i]:X}, which is no Unicode character."

            text.Append(Rune(cells[i]).ToString()) |> ignore

        text.ToString())

/// Python's byte strings, filled up with zeros.
let private readBytesAsTexts (source: Source) (count: int) (width: int) : string[] =
    let bytes: byte[] = Array.zeroCreate (if count = 0 then 0 else width)

    Array.init count (fun _ ->
        source.Fill(bytes.AsSpan())
        (Encoding.Latin1.GetString bytes).TrimEnd '\000')

/// Elements brought into C order; in Fortran order the first index moves fastest.
let private ordered (header: NpyHeader.Header) (values: 'T[]) : 'T[] =
    let shape = header.Shape

    if not header.Fortran || shape.Length < 2 || values.Length < 2 then
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

/// The bytes of each element, and what reads so many of them.
let private elements (header: NpyHeader.Header) (where: string) : struct (int64 * (Source -> int -> NpyValues)) =
    let descr = header.Descr

    let order, kind =
        if descr.Length > 0 && "<>|=".Contains descr[0] then
            descr[0], descr.Substring 1
        else
            '<', descr

    if kind.StartsWith('O') then
        Guard.badData $"{where}: arrays of Python objects ('{shown descr}') are not read."

    let swapped = order = '>'

    let numbers make source count = make (ordered header (readPlain swapped source count))
    let widened widen make = numbers (Array.map widen >> make)

    // Types that are narrower than those kept become the next wider one.
    match kind with
    | "f2" -> 2L, widened (fun (value: Half) -> float32 value) Float32s
    | "f4" -> 4L, numbers Float32s
    | "f8" -> 8L, numbers Float64s
    | "i1" -> 1L, widened (fun (value: sbyte) -> int value) Int32s
    | "i2" -> 2L, widened (fun (value: int16) -> int value) Int32s
    | "u2" -> 2L, widened (fun (value: uint16) -> int value) Int32s
    | "i4" -> 4L, numbers Int32s
    | "u4" -> 4L, widened (fun (value: uint32) -> int64 value) Int64s
    | "i8" -> 8L, numbers Int64s
    | "u8" ->
        let narrow (value: uint64) =
            if value > uint64 Int64.MaxValue then
                Guard.badData $"{where}: an element is {value}, beyond the range of int64."

            int64 value

        8L, widened narrow Int64s
    | "u1" -> 1L, numbers Bytes
    | "b1" -> 1L, widened (fun (value: byte) -> value <> 0uy) Bools
    | _ ->
        let width = kind.AsSpan(min 1 kind.Length)

        match Int32.TryParse(width, NumberStyles.None, CultureInfo.InvariantCulture) with
        | true, width when kind[0] = 'U' ->
            4L * int64 width, (fun source count -> Texts(ordered header (readTexts swapped width source count)))
        | true, width when kind[0] = 'S' ->
            int64 width, (fun source count -> Texts(ordered header (readBytesAsTexts source count width)))
        | _ ->
            Guard.badData
                $"{where}: arrays of the type '{shown descr}' are not read, only whole and floating-point numbers of up to 64 bits, truth values and text."

/// Reads an array that fills so many bytes exactly. Nothing is allocated for the elements before their number
/// agrees.
let read (source: Source) (available: int64) : struct (int[] * NpyValues) =
    let where = source.Where
    let header = NpyHeader.read source
    let shape = header.Shape
    let struct (size, readAll) = elements header where
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
        Guard.badData
            $"{where}: the shape {NpyShape.show shape} needs {count} values of {size} bytes, but {rest} bytes follow the header."

    let values = readAll source count

    if not (source.AtEnd()) then
        Guard.badData $"{where}: the data goes on after the array's end."

    struct (shape, values)

let private runes (text: string) : int =
    let mutable count = 0

    for c in text do
        if not (Char.IsLowSurrogate c) then
            count <- count + 1

    count

let private width (texts: string[]) : int = texts |> Array.fold (fun widest text -> max widest (runes text)) 1

let private writePlain<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
    (stream: Stream)
    (values: 'T[])
    =
    let mutable at = 0

    while at < values.Length do
        let size = min chunk (values.Length - at)
        stream.Write(Span.op_Implicit (MemoryMarshal.AsBytes(values.AsSpan(at, size))): ReadOnlySpan<byte>)
        at <- at + size

let private writeTexts (stream: Stream) (width: int) (texts: string[]) =
    let cells: uint32[] = Array.zeroCreate width

    for text in texts do
        Array.Clear cells
        let mutable at = 0

        for rune in text.EnumerateRunes() do
            cells[at] <- uint32 rune.Value
            at <- at + 1

        writePlain stream cells

let write (stream: Stream) (shape: int[]) (values: NpyValues) : unit =
    let start (descr: string) = stream.Write(ReadOnlySpan(NpyHeader.bytesOf descr shape))

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

/// Numbers of a shape that come piece after piece.
let writePieces (stream: Stream) (shape: int[]) (pieces: float32[] seq) : unit =
    let wanted = Seq.fold (fun product size -> product * int64 size) 1L shape
    let mutable given = 0L
    stream.Write(ReadOnlySpan(NpyHeader.bytesOf "<f4" shape))

    for piece in pieces do
        writePlain stream piece
        given <- given + int64 piece.Length

    if given <> wanted then
        Guard.refuse $"The shape {NpyShape.show shape} asks for {wanted} values, but the pieces have {given}."

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
