/// What comes from outside: streams, their bytes in order with a check sum, and text that a message can show.
module internal GaryMesh.Arrays.Foreign

open System
open System.IO
open GaryMesh

/// Foreign text as a message can show it: short, on one line.
let shown (text: string) : string =
    let text = if text.Length > 60 then text.Substring(0, 57) + "..." else text
    String.map (fun c -> if Char.IsSurrogate c then '?' else c) (Guard.line $"{text}")

/// The rest of a stream in memory.
let buffered (stream: Stream) : Stream =
    let length = if stream.CanSeek then stream.Length - stream.Position else 0L
    let memory = new MemoryStream(int (Math.Clamp(length, 0L, 1L <<< 30)))
    stream.CopyTo memory
    memory.Position <- 0L
    memory

let openRead (path: string) : Stream =
    ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
    new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)

/// Bytes that are read in order, with their check sum; every failure is told as bad data.
[<Sealed>]
type Source(where: string, stream: Stream) =
    let mutable sum = 0u
    let mutable count = 0L

    member _.Where = where
    member _.Sum = sum
    member _.Count = count

    member _.Fill(bytes: Span<byte>) : unit =
        let got =
            try
                stream.ReadAtLeast(bytes, bytes.Length, false)
            with
            | :? InvalidDataException
            | :? IOException as error -> Guard.badDataFrom error $"{where}: the data is damaged."

        sum <- Crc32.update sum (Span.op_Implicit (bytes.Slice(0, got)))
        count <- count + int64 got

        if got < bytes.Length then
            Guard.badData $"{where}: the data ends after {count} bytes, before the array does."

    member this.Take(length: int) : byte[] =
        let bytes = Array.zeroCreate length
        this.Fill(bytes.AsSpan())
        bytes

    member _.AtEnd() : bool =
        try
            stream.ReadByte() < 0
        with
        | :? InvalidDataException
        | :? IOException as error -> Guard.badDataFrom error $"{where}: the data is damaged."
