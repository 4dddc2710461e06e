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
type NpyArray private (where: string, content: Lazy<struct (int[] * NpyValues)>) =

    static let make (shape: int[]) (data: 'T[]) (values: 'T[] -> NpyValues) =
        ArgumentNullException.ThrowIfNull(shape, nameof shape)
        ArgumentNullException.ThrowIfNull(data, nameof data)
        NpyArray("The array", Lazy<_>.CreateFromValue(struct (NpyShape.check shape data.Length, values data)))

    let shape () =
        let struct (shape, _) = content.Value
        shape

    let values () =
        let struct (_, values) = content.Value
        values

    let kind () =
        match values () with
        | Float32s _ -> NpyType.Float32
        | Float64s _ -> NpyType.Float64
        | Int32s _ -> NpyType.Int32
        | Int64s _ -> NpyType.Int64
        | Bytes _ -> NpyType.Byte
        | Bools _ -> NpyType.Bool
        | Texts _ -> NpyType.Text

    let refuse (wanted: string) : 'a =
        let name =
            match kind () with
            | NpyType.Byte -> "uint8"
            | kind -> kind.ToString().ToLowerInvariant()

        Guard.badData $"{where} must hold {wanted}, but holds {name}."

    /// Any numbers, by way of a type that holds those of the array.
    let numbers (ofFloat: float -> 'T) (ofWhole: int64 -> 'T) : 'T[] =
        match values () with
        | Float32s values -> Array.map (float >> ofFloat) values
        | Float64s values -> Array.map ofFloat values
        | Int32s values -> Array.map (int64 >> ofWhole) values
        | Int64s values -> Array.map ofWhole values
        | Bytes values -> Array.map (int64 >> ofWhole) values
        | Bools values -> Array.map (fun value -> ofWhole (if value then 1L else 0L)) values
        | Texts _ -> refuse "numbers"

    let whole (value: float) =
        if value <> Math.Floor value || abs value > 9007199254740992.0 then
            Guard.badData $"{where} must hold whole numbers, but holds {value}."

        int64 value

    let within min max (name: string) (value: int64) =
        if value < min || value > max then
            Guard.badData $"{where} holds {value}, which is beyond the range of {name}."

        value

    let int32 = within (int64 Int32.MinValue) (int64 Int32.MaxValue) "int32" >> int

    let truth value = within 0L 1L "truth values" value = 1L

    static member internal Of(where: string, read: unit -> struct (int[] * NpyValues)) =
        NpyArray(where, Lazy<_>.Create read)

    member internal _.Force() = content.Value |> ignore
    member internal _.WriteTo(stream: Stream) : unit = NpyFormat.write stream (shape ()) (values ())

    static member OfFloat32(shape: int[], data: float32[]) : NpyArray = make shape data (Array.copy >> Float32s)
    static member OfFloat64(shape: int[], data: float[]) : NpyArray = make shape data (Array.copy >> Float64s)
    static member OfInt32(shape: int[], data: int[]) : NpyArray = make shape data (Array.copy >> Int32s)
    static member OfInt64(shape: int[], data: int64[]) : NpyArray = make shape data (Array.copy >> Int64s)
    static member OfByte(shape: int[], data: byte[]) : NpyArray = make shape data (Array.copy >> Bytes)
    static member OfBool(shape: int[], data: bool[]) : NpyArray = make shape data (Array.copy >> Bools)

    static member OfText(shape: int[], data: string[]) : NpyArray = make shape data (NpyFormat.checkTexts >> Texts)

    static member OfText(text: string) : NpyArray = NpyArray.OfText([||], [| text |])

    member _.Type: NpyType = kind ()
    member _.Shape: int[] = Array.copy (shape ())
    member _.Length: int = NpyShape.count (shape ())

    member _.ToFloat32() : float32[] =
        match values () with
        | Float32s values -> Array.copy values
        | _ -> numbers float32 float32

    member _.ToFloat64() : float[] = numbers id float
    member _.ToInt32() : int[] = numbers (whole >> int32) int32
    member _.ToInt64() : int64[] = numbers whole id
    member _.ToBool() : bool[] = numbers (whole >> truth) truth

    member _.ToByte() : byte[] =
        match values () with
        | Bytes values -> Array.copy values
        | _ -> refuse "bytes (uint8)"

    member _.ToText() : string[] =
        match values () with
        | Texts values -> Array.copy values
        | _ -> refuse "text"

[<AbstractClass; Sealed>]
type Npy =

    static member Read(stream: Stream, name: string) : NpyArray =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(name, nameof name)
        let stream = if stream.CanSeek then stream else Foreign.buffered stream
        let content = NpyFormat.read (Foreign.Source(name, stream)) (stream.Length - stream.Position)
        NpyArray.Of(name, fun () -> content)

    static member Read(path: string) : NpyArray = using (Foreign.openRead path) (fun stream -> Npy.Read(stream, path))

    static member Write(stream: Stream, array: NpyArray) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(array, nameof array)
        array.WriteTo stream

    static member Write(path: string, array: NpyArray) : unit =
        ArgumentNullException.ThrowIfNull(array, nameof array)
        SafeFile.Write(path, (fun stream -> array.WriteTo stream))
