namespace GaryMesh

open System.Collections.Generic
open System.IO

module private StateEntries =
    let write (state: State) = ArchiveWriter().Floats("state", state.ToArray(), state.Cells, state.Channels)

    let read (file: ArchiveReader) =
        let values = file.Floats("state", -1, -1)
        let shape = file.Shape "state"

        if values.Length = 0 then
            file.Bad $"a state has at least one cell and one channel, but 'state' is [{shape[0]} x {shape[1]}]"

        State(shape[0], shape[1], System.ReadOnlySpan values)

[<AbstractClass; Sealed>]
type StateFile =

    static member Read(path: string) : State = StateEntries.read (ArchiveReader.Open path)
    static member Read(stream: Stream, name: string) : State = StateEntries.read (ArchiveReader.Open(stream, name))
    static member Write(path: string, state: State) = (StateEntries.write state).Write(path, true)
    static member Write(stream: Stream, state: State) = (StateEntries.write state).Write(stream, true)

    static member Write(path: string, cells: int, channels: int, pieces: IEnumerable<float32[]>) =
        SafeFile.Write(path, (fun stream -> Npz.WritePieces(stream, "state", [| cells; channels |], pieces)))
