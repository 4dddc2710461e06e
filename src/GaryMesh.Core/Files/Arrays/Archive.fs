namespace GaryMesh

open System
open System.Collections.Generic
open System.IO
open System.Runtime.InteropServices
open GaryMesh.Arrays

[<Sealed>]
type ArchiveReader(name: string, arrays: IReadOnlyDictionary<string, NpyArray>) =
    let asked = HashSet<string> StringComparer.Ordinal

    let sizes (shape: int[]) =
        let size n = if n < 0 then "any" else string<int> n
        "[" + String.Join(" x ", Array.map size shape) + "]"

    let fetch (entry: string) =
        asked.Add entry |> ignore

        match arrays.TryGetValue entry with
        | true, array -> array
        | _ -> Guard.badData $"{name}: the entry '{entry}' is missing."

    let values (entry: string) (shape: int[]) (convert: NpyArray -> 'a[]) : 'a[] =
        let array = fetch entry
        let wanted, given = (if shape.Length = 0 then [| -1 |] else shape), array.Shape

        if
            given.Length <> wanted.Length
            || Array.exists2 (fun wanted size -> wanted >= 0 && wanted <> size) wanted given
        then
            Guard.badData $"{name}: '{entry}' must have the shape {sizes wanted}, but has {sizes given}."

        convert array

    let single (entry: string) (convert: NpyArray -> 'a[]) : 'a =
        let array = fetch entry

        if array.Length <> 1 then
            Guard.badData $"{name}: '{entry}' must be a single value, but has the shape {sizes array.Shape}."

        (convert array)[0]

    static member Open(path: string) = ArchiveReader(path, Npz.Read path)
    static member Open(stream: Stream, name: string) = ArchiveReader(name, Npz.Read(stream, name))

    member _.Refusal(what: string) = InvalidDataException(Guard.line $"{name}: {what}.")
    member _.Bad(what: FormattableString) : 'a = Guard.badData $"{name}: {what}."
    member _.Names = arrays.Keys
    member _.Has(entry: string) = arrays.ContainsKey entry
    member _.Shape(entry: string) = (fetch entry).Shape

    member _.Int(entry: string) = single entry _.ToInt32()
    member _.Double(entry: string) = single entry _.ToFloat64()
    member _.Truth(entry: string) = single entry _.ToBool()
    member _.Text(entry: string) = single entry _.ToText()

    member _.Ints(entry: string, [<ParamArray>] shape: int[]) = values entry shape _.ToInt32()
    member _.Longs(entry: string, [<ParamArray>] shape: int[]) = values entry shape _.ToInt64()
    member _.Doubles(entry: string, [<ParamArray>] shape: int[]) = values entry shape _.ToFloat64()
    member _.Truths(entry: string, [<ParamArray>] shape: int[]) = values entry shape _.ToBool()
    member _.Texts(entry: string, [<ParamArray>] shape: int[]) = values entry shape _.ToText()
    member _.Bytes(entry: string, [<ParamArray>] shape: int[]) = values entry shape _.ToByte()

    member _.Floats(entry: string, [<ParamArray>] shape: int[]) =
        let values = values entry shape _.ToFloat32()

        match Array.tryFindIndex (Single.IsFinite >> not) values with
        | Some at ->
            // As the file says it: a float64 may be finite, but too large for a float32.
            let value = (fetch entry).ToFloat64()[at]
            Guard.badData $"{name}: every number of '{entry}' must be finite in float32, but number {at} is {value}."
        | None -> values

    member entries.Version(kind: string, oldest: int, newest: int) =
        let format = entries.Text "format"
        let old = [ oldest..newest ] |> List.tryFind (fun version -> format = $"{kind} {version}")

        match old with
        | Some version when not (entries.Has "format_version") -> version
        | _ ->
            if format <> kind then
                Guard.badData $"{name}: the format must be '{kind}', but is '{Foreign.shown format}'."

            let version = entries.Int "format_version"

            if version < oldest || version > newest then
                let read =
                    if oldest = newest then
                        $"version {newest} is"
                    else
                        $"versions {oldest} to {newest} are"

                Guard.badData $"{name}: this is version {version} of '{kind}', but {read} read."

            version

    member entries.CheckAllRead(what: string) =
        match arrays.Keys |> Seq.except asked |> Seq.sort |> Seq.tryHead with
        | Some entry ->
            entries.Bad $"the entry '{Foreign.shown entry}' is unknown, and {what} may mean something else without it"
        | None -> ()

    member _.Trying(read: Func<'a>) : 'a =
        try
            read.Invoke()
        with :? ArgumentException as error ->
            Guard.badDataFrom error $"{name}: {Guard.sentence error}"

[<Sealed>]
type ArchiveWriter() =
    let entries = Dictionary<string, NpyArray> StringComparer.Ordinal

    let shaped (shape: int[]) (values: 'a[]) = if shape.Length = 0 then [| values.Length |] else shape

    new(kind: string, version: int) as this =
        ArchiveWriter()
        then this.Text("format", kind).Int("format_version", version) |> ignore

    member _.Entries: IReadOnlyDictionary<string, NpyArray> = entries

    member private this.Add(entry: string, array: NpyArray) =
        entries.Add(entry, array)
        this

    member this.Int(entry: string, value: int) = this.Add(entry, NpyArray.OfInt32([||], [| value |]))
    member this.Double(entry: string, value: float) = this.Add(entry, NpyArray.OfFloat64([||], [| value |]))
    member this.Truth(entry: string, value: bool) = this.Add(entry, NpyArray.OfBool([||], [| value |]))
    member this.Text(entry: string, value: string) : ArchiveWriter = this.Add(entry, NpyArray.OfText value)

    member this.Ints(entry: string, values: int[], [<ParamArray>] shape: int[]) =
        this.Add(entry, NpyArray.OfInt32(shaped shape values, values))

    member this.Floats(entry: string, values: float32[], [<ParamArray>] shape: int[]) =
        this.Add(entry, NpyArray.OfFloat32(shaped shape values, values))

    member this.Doubles(entry: string, values: float[], [<ParamArray>] shape: int[]) =
        this.Add(entry, NpyArray.OfFloat64(shaped shape values, values))

    member this.Truths(entry: string, values: bool[], [<ParamArray>] shape: int[]) =
        this.Add(entry, NpyArray.OfBool(shaped shape values, values))

    member this.Texts(entry: string, values: string[], [<ParamArray>] shape: int[]) =
        this.Add(entry, NpyArray.OfText(shaped shape values, values))

    member this.Bytes(entry: string, values: byte[], [<ParamArray>] shape: int[]) =
        this.Add(entry, NpyArray.OfByte(shaped shape values, values))

    // Stored rather than deflated, equal entries are equal bytes on every runtime.
    member _.Write(path: string, [<Optional; DefaultParameterValue(false)>] compress: bool) =
        Npz.Write(path, entries, compress)

    member _.Write(stream: Stream, [<Optional; DefaultParameterValue(false)>] compress: bool) =
        Npz.Write(stream, entries, compress)
