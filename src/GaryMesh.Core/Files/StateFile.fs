namespace GaryMesh

open System
open System.Collections.Generic
open System.IO

module private StateEntries =
    let write (state: State) =
        [ KeyValuePair("state", NpyArray.OfFloat32([| state.Cells; state.Channels |], state.ToArray())) ]

    let read (name: string) (arrays: IReadOnlyDictionary<string, NpyArray>) =
        let entries = ArchiveReader(name, arrays)
        let struct (shape, values) = entries.Floats("state", [ -1; -1 ])

        if shape[0] < 1 || shape[1] < 1 then
            entries.Bad $"a state has at least one cell and one channel, but 'state' is [{shape[0]} x {shape[1]}]"

        State(shape[0], shape[1], ReadOnlySpan values)

[<AbstractClass; Sealed>]
type StateFile =

    static member Read(path: string) : State = StateEntries.read path (Npz.Read path)
    static member Read(stream: Stream, name: string) : State = StateEntries.read name (Npz.Read(stream, name))
    static member Write(path: string, state: State) = Npz.Write(path, StateEntries.write state)
    static member Write(stream: Stream, state: State) = Npz.Write(stream, StateEntries.write state)
