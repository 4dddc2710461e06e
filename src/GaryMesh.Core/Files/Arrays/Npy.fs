namespace GaryMesh

open System
open System.IO
open GaryMesh.Arrays
open GaryMesh.Arrays.NpyFormat

type NpyType =
    | Float32 = 0
    | Float64 = 1
    | Int32 = 2
    | Int64 = 3
    | Byte = 4
    | Bool = 5
    | Text = 6

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

[<AbstractClass; Sealed>]
type Npy =

    static member Read(stream: Stream, name: string) : NpyArray =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(name, nameof name)
        let stream = if stream.CanSeek then stream else Foreign.buffered stream
        let available = stream.Length - stream.Position
        NpyArray.Of(name, NpyFormat.read (Foreign.Source(name, stream)) available)

    static member Read(path: string) : NpyArray = using (Foreign.openRead path) (fun stream -> Npy.Read(stream, path))

    static member Write(stream: Stream, array: NpyArray) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(array, nameof array)
        array.WriteTo stream

    static member Write(path: string, array: NpyArray) : unit =
        ArgumentNullException.ThrowIfNull(array, nameof array)
        SafeFile.Write(path, (fun stream -> array.WriteTo stream))
