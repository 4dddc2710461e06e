namespace GaryMesh

open System
open System.Collections.Generic
open System.IO

[<Sealed>]
type ArchiveReader(name: string, arrays: IReadOnlyDictionary<string, NpyArray>) =
    let sizes (shape: int seq) =
        let size n = if n < 0 then "any" else string<int> n
        "[" + String.Join(" x ", Seq.map size shape) + "]"

    /// ArgumentOutOfRangeException adds the parameter's name, which says nothing to who reads a file.
    let sentence (error: ArgumentException) =
        match error.Message.IndexOf(" (Parameter '", StringComparison.Ordinal) with
        | -1 -> error.Message
        | at -> error.Message.Substring(0, at)

    let fetch (entry: string) (shape: int list) (convert: NpyArray -> 'a) : struct (int[] * 'a) =
        match arrays.TryGetValue entry with
        | true, array ->
            let given = array.Shape

            if
                given.Length <> shape.Length
                || Seq.exists2 (fun wanted size -> wanted >= 0 && wanted <> size) shape given
            then
                Guard.badData $"{name}: '{entry}' must have the shape {sizes shape}, but has {sizes given}."

            try
                struct (given, convert array)
            with :? InvalidDataException as error ->
                let message = error.Message.Replace("\n", " ")

                raise (
                    InvalidDataException(
                        $"{name}: '{entry}' has elements of another type ({array.Type}): {message}",
                        error
                    )
                )
        | _ -> Guard.badData $"{name}: the entry '{entry}' is missing."

    let second (struct (_, values)) = values

    member _.Shape(entry: string) : int seq =
        match arrays.TryGetValue entry with
        | true, array -> array.Shape
        | _ -> Guard.badData $"{name}: the entry '{entry}' is missing."

    member _.Bad(what: string) : 'a = Guard.badData $"{name}: {what}."
    member _.Names = arrays.Keys
    member _.Has(entry: string) = arrays.ContainsKey entry

    member entries.Only(kind: string, known: string seq) =
        match arrays.Keys |> Seq.except known |> Seq.sort |> Seq.tryHead with
        | Some entry -> entries.Bad $"the entry '{entry}' is unknown, and {kind} without it may mean something else"
        | None -> ()

    member _.Floats(entry: string, shape: int list) =
        let struct (given, values) = fetch entry shape _.ToFloat32()

        match Array.tryFindIndex (Single.IsFinite >> not) values with
        | Some at -> Guard.badData $"{name}: every number of '{entry}' must be finite, but number {at} is {values[at]}."
        | None -> struct (given, values)

    member _.Doubles(entry: string, shape: int list) = second (fetch entry shape _.ToFloat64())
    member _.Ints(entry: string, shape: int list) = second (fetch entry shape _.ToInt32())
    member _.Truths(entry: string, shape: int list) = second (fetch entry shape _.ToBool())
    member _.Texts(entry: string, shape: int list) = second (fetch entry shape _.ToText())

    member entries.Version(kind: string, newest: int) =
        let format = entries.Texts("format", [])[0]

        if format <> kind then
            entries.Bad $"a file of the format '{kind}' is asked for, but this is '{format}'"

        let version = entries.Ints("format_version", [])[0]

        if version < 0 || version > newest then
            entries.Bad $"the format versions 0 to {newest} of '{kind}' are read, but this is version {version}"

        version

    member entries.Trying(read: unit -> 'a) : 'a =
        try
            read ()
        with :? ArgumentException as error ->
            raise (InvalidDataException($"{name}: {sentence error}", error))
