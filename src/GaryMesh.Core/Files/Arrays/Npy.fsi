namespace GaryMesh

open System.IO
open GaryMesh.Arrays.NpyFormat

/// <summary>What the elements of an <see cref="T:GaryMesh.NpyArray" /> are.</summary>
type NpyType =
    /// 32-bit floating point, '&lt;f4'; '&lt;f2' is read as it.
    | Float32 = 0
    /// 64-bit floating point, '&lt;f8'.
    | Float64 = 1
    /// Signed 32-bit integers, '&lt;i4'; '|i1', '&lt;i2' and '&lt;u2' are read as it.
    | Int32 = 2
    /// Signed 64-bit integers, '&lt;i8'; '&lt;u4' and '&lt;u8' are read as it.
    | Int64 = 3
    /// Unsigned 8-bit integers, '|u1'.
    | Byte = 4
    /// Truth values, '|b1'.
    | Bool = 5
    /// Unicode text of a fixed width, '&lt;U'.
    | Text = 6

/// <summary>An immutable array as NumPy stores it: a shape and the elements in C order (the last index moves fastest).
/// The factories copy what they are given and the conversions return new arrays.</summary>
/// <remarks>An array of an archive is decoded when something of it is asked for: where the archive holds none that can be
/// read, that throws an <c>InvalidDataException</c>.</remarks>
[<Sealed; NoComparison; NoEquality>]
type NpyArray =

    /// <summary>An array of 32-bit floats.</summary>
    /// <param name="shape">Sizes of 0 to 32 axes; empty for a single value.</param>
    /// <param name="data">The elements in C order, as many as the product of the shape.</param>
    /// <exception cref="T:System.ArgumentException">Shape and data do not agree, or the shape has more than 32
    /// axes.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A size is negative.</exception>
    static member OfFloat32: shape: int[] * data: float32[] -> NpyArray

    /// <summary>An array of 64-bit floats.</summary>
    /// <param name="shape">Sizes of 0 to 32 axes; empty for a single value.</param>
    /// <param name="data">The elements in C order, as many as the product of the shape.</param>
    /// <exception cref="T:System.ArgumentException">Shape and data do not agree, or the shape has more than 32
    /// axes.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A size is negative.</exception>
    static member OfFloat64: shape: int[] * data: float[] -> NpyArray

    /// <summary>An array of signed 32-bit integers.</summary>
    /// <param name="shape">Sizes of 0 to 32 axes; empty for a single value.</param>
    /// <param name="data">The elements in C order, as many as the product of the shape.</param>
    /// <exception cref="T:System.ArgumentException">Shape and data do not agree, or the shape has more than 32
    /// axes.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A size is negative.</exception>
    static member OfInt32: shape: int[] * data: int[] -> NpyArray

    /// <summary>An array of signed 64-bit integers.</summary>
    /// <param name="shape">Sizes of 0 to 32 axes; empty for a single value.</param>
    /// <param name="data">The elements in C order, as many as the product of the shape.</param>
    /// <exception cref="T:System.ArgumentException">Shape and data do not agree, or the shape has more than 32
    /// axes.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A size is negative.</exception>
    static member OfInt64: shape: int[] * data: int64[] -> NpyArray

    /// <summary>An array of bytes.</summary>
    /// <param name="shape">Sizes of 0 to 32 axes; empty for a single value.</param>
    /// <param name="data">The elements in C order, as many as the product of the shape.</param>
    /// <exception cref="T:System.ArgumentException">Shape and data do not agree, or the shape has more than 32
    /// axes.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A size is negative.</exception>
    static member OfByte: shape: int[] * data: byte[] -> NpyArray

    /// <summary>An array of truth values.</summary>
    /// <param name="shape">Sizes of 0 to 32 axes; empty for a single value.</param>
    /// <param name="data">The elements in C order, as many as the product of the shape.</param>
    /// <exception cref="T:System.ArgumentException">Shape and data do not agree, or the shape has more than 32
    /// axes.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A size is negative.</exception>
    static member OfBool: shape: int[] * data: bool[] -> NpyArray

    /// <summary>An array of texts, stored at the width of the longest.</summary>
    /// <param name="shape">Sizes of 0 to 32 axes; empty for a single text.</param>
    /// <param name="data">The texts in C order, as many as the product of the shape. The format pads with NUL
    /// characters, so that none may end in one.</param>
    /// <exception cref="T:System.ArgumentException">Shape and data do not agree, the shape has more than 32 axes, a
    /// text is not valid Unicode or ends in a NUL character.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A size is negative.</exception>
    static member OfText: shape: int[] * data: string[] -> NpyArray

    /// A single text, an array without axes.
    static member OfText: text: string -> NpyArray

    /// What the elements are.
    member Type: NpyType

    /// A copy of the sizes of the axes; empty for a single value.
    member Shape: int[]

    /// The number of elements: the product of the shape, 1 for an array without axes.
    member Length: int

    /// <summary>The elements as 32-bit floats, in C order: numbers of other types are rounded to the nearest, and
    /// 64-bit floats beyond the range become infinite, as NumPy's <c>astype</c> does; truth values are 0 and 1.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The elements are text.</exception>
    member ToFloat32: unit -> float32[]

    /// <summary>The elements as 64-bit floats, in C order: 64-bit integers are rounded to the nearest.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The elements are text.</exception>
    member ToFloat64: unit -> float[]

    /// <summary>The elements as 32-bit integers, in C order.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The elements are text, or one is no whole number of 32
    /// bits.</exception>
    member ToInt32: unit -> int[]

    /// <summary>The elements as 64-bit integers, in C order.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The elements are text, or one is no whole number; of floats that
    /// is beyond 2^53, too.</exception>
    member ToInt64: unit -> int64[]

    /// <summary>The elements as bytes, in C order.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The elements are not bytes.</exception>
    member ToByte: unit -> byte[]

    /// <summary>The elements as truth values, in C order; the numbers 0 and 1 are false and true.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The elements are text, or one is neither 0 nor 1.</exception>
    member ToBool: unit -> bool[]

    /// <summary>The elements as texts, in C order.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The elements are not texts.</exception>
    member ToText: unit -> string[]

    /// What is read when it is asked for; messages call it by the name of where it stands.
    static member internal Of: where: string * read: (unit -> struct (int[] * NpyValues)) -> NpyArray

    /// Reads it now.
    member internal Force: unit -> unit

    /// Writes the array as a .npy file holds it.
    member internal WriteTo: stream: Stream -> unit

/// <summary>Reads and writes single arrays, NumPy's <c>.npy</c>: format versions 1.0, 2.0 and 3.0, either byte order,
/// C or Fortran order on reading (an array in memory is always in C order); version 1.0, little-endian, in C order on
/// writing, byte for byte as NumPy does.</summary>
[<AbstractClass; Sealed>]
type Npy =

    /// <summary>Reads a <c>.npy</c> file.</summary>
    /// <param name="path">The file to read.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file is no readable array: one sentence names the
    /// file.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string -> NpyArray

    /// <summary>Reads an array from a stream's position to its end.</summary>
    /// <param name="stream">The stream to read; left open. One that cannot seek is first read into memory.</param>
    /// <param name="name">What to call the stream in messages, such as its file name.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no readable array: one sentence names
    /// it.</exception>
    static member Read: stream: Stream * name: string -> NpyArray

    /// <summary>Writes a <c>.npy</c> file, replacing one that stands there only once the new one is complete.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="array">The array.</param>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * array: NpyArray -> unit

    /// <summary>Writes an array to a stream.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="array">The array.</param>
    static member Write: stream: Stream * array: NpyArray -> unit
