/// The beginning of a .npy file: a magic word, a version, and a Python dictionary as text.
module internal GaryMesh.Arrays.NpyHeader

open System
open System.Buffers.Binary
open System.Globalization
open System.Text
open GaryMesh
open GaryMesh.Arrays.Foreign

let private magic = Array.append [| 0x93uy |] "NUMPY"B

/// A longer header than any array of these types can need.
let private maxHeader = 1 <<< 16

[<NoComparison; NoEquality>]
type Header = { Descr: string; Fortran: bool; Shape: int[] }

/// Reads the header's dictionary: three keys in any order, as Python writes them.
[<Sealed>]
type private HeaderReader(where: string, text: string) =
    let mutable at = 0

    let bad (what: FormattableString) : 'a = Guard.badData $"{where}: the array's header {what} ('{shown text}')."

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
            bad $"ends inside a quoted text"

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
            bad $"has a 'fortran_order' other than True or False"

    let size () : int =
        skip ()
        let start = at

        if at < text.Length && text[at] = '-' then
            bad $"has a negative size"

        while at < text.Length && Char.IsAsciiDigit text[at] do
            at <- at + 1

        match Int32.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture) with
        | true, value ->
            // Python 2 ended long integers in an L.
            if at < text.Length && text[at] = 'L' then
                at <- at + 1

            value
        | _ when at > start -> bad $"has a size beyond 32 bits"
        | _ -> bad $"has a size that is no whole number"

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
            bad $"goes on after its end"

        match descr, fortran, shape with
        | Some descr, Some fortran, Some shape -> { Descr = descr; Fortran = fortran; Shape = shape }
        | _ -> bad $"lacks one of 'descr', 'fortran_order' and 'shape'"

let read (source: Source) : Header =
    let where = source.Where
    let start = source.Take 8

    if not (start.AsSpan(0, 6).SequenceEqual(magic.AsSpan())) then
        Guard.badData $"{where}: this is no NumPy array, which would begin with '\\x93NUMPY'."

    let length =
        match start[6], start[7] with
        | 1uy, 0uy -> int64 (BinaryPrimitives.ReadUInt16LittleEndian(ReadOnlySpan(source.Take 2)))
        | (2uy | 3uy), 0uy -> int64 (BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan(source.Take 4)))
        | major, minor ->
            Guard.badData $"{where}: the array's format is version {major}.{minor}, but only 1.0, 2.0 and 3.0 are read."

    if length > int64 maxHeader then
        Guard.badData $"{where}: the array's header claims {length} bytes, but at most {maxHeader} are read."

    let encoding = if start[6] = 3uy then Encoding.UTF8 else Encoding.Latin1
    HeaderReader(where, encoding.GetString(source.Take(int length))).Read()

/// The bytes that NumPy writes before the elements.
let bytesOf (descr: string) (shape: int[]) : byte[] =
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
