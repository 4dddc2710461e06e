/// The elements of a .npy file behind its header, as they are read and written.
module internal GaryMesh.Arrays.NpyFormat

open System
open System.Globalization
open System.IO
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

let private readPlain<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
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

let private readTexts (source: Source) (count: int) (width: int) : string[] =
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

    if order = '>' then
        Guard.badData $"{where}: the array is big-endian ('{shown descr}'), but only little-endian arrays are read."

    match kind with
    | "f4" -> 4L, (fun source count -> Float32s(ordered header (readPlain source count)))
    | "f8" -> 8L, (fun source count -> Float64s(ordered header (readPlain source count)))
    | "i4" -> 4L, (fun source count -> Int32s(ordered header (readPlain source count)))
    | "i8" -> 8L, (fun source count -> Int64s(ordered header (readPlain source count)))
    | "u1" -> 1L, (fun source count -> Bytes(ordered header (readPlain source count)))
    | "b1" -> 1L, (fun source count -> Bools(ordered header (readPlain source count) |> Array.map (fun b -> b <> 0uy)))
    | _ ->
        let width = kind.AsSpan(min 1 kind.Length)

        match Int32.TryParse(width, NumberStyles.None, CultureInfo.InvariantCulture) with
        | true, width when kind[0] = 'U' ->
            4L * int64 width, (fun source count -> Texts(ordered header (readTexts source count width)))
        | true, width when kind[0] = 'S' ->
            int64 width, (fun source count -> Texts(ordered header (readBytesAsTexts source count width)))
        | _ ->
            Guard.badData (
                $"{where}: the array's type is '{shown descr}', "
                + "but only float32, float64, int32, int64, uint8, bool and text are read."
            )

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
        Guard.badData (
            $"{where}: the shape {NpyShape.show shape} needs {count} values of {size} bytes, "
            + $"but {rest} bytes follow the header."
        )

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
