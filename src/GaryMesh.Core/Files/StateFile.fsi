namespace GaryMesh

open System.Collections.Generic
open System.IO

/// <summary>A state file: an <c>.npz</c> with the array <c>state</c> [cells x channels], float32 (every other number
/// type is read, too, and rounded). Other arrays beside it are left alone.</summary>
[<AbstractClass; Sealed>]
type StateFile =

    /// <summary>Reads a state file.</summary>
    /// <param name="path">The file to read.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no array <c>state</c> of two axes of finite
    /// numbers: one sentence begins with the path.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string -> State

    /// <summary>Reads a state from a stream's position to its end.</summary>
    /// <param name="stream">The stream to read; left open.</param>
    /// <param name="name">What to call the stream in messages, such as its file name.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no array <c>state</c> of two axes of finite
    /// numbers.</exception>
    static member Read: stream: Stream * name: string -> State

    /// <summary>Writes a state file, replacing one that stands there only once the new one is complete.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="state">The state.</param>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * state: State -> unit

    /// <summary>Writes a state file of values that come piece after piece, so that nobody has to hold them all; the bytes are those
    /// of the whole state. What the pieces throw leaves no file.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="cells">Number of cells.</param>
    /// <param name="channels">Numbers a cell.</param>
    /// <param name="pieces">The values [cells x channels], cell by cell.</param>
    /// <exception cref="T:System.ArgumentException">There are not cells x channels values.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * cells: int * channels: int * pieces: IEnumerable<float32[]> -> unit

    /// <summary>Writes a state file to a stream; the bytes are those of a file.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="state">The state.</param>
    static member Write: stream: Stream * state: State -> unit
