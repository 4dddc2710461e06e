/// The bytes of a text or mesh file as its reader wants them: gzip is unpacked, what only looks like text is refused by name.
module internal GaryMesh.Gzip

open System
open System.IO
open System.IO.Compression
open GaryMesh

/// How many times its own size a file may unpack to: text comes to 10 times at most, a bomb to 1,000.
let private ratio = 64L

/// The name without an ending <c>.gz</c>, whose own ending tells the format.
let inner (name: string) : string =
    if name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) then
        name.Substring(0, name.Length - 3)
    else
        name

let private unpack (name: string) (bytes: byte[]) : byte[] =
    let most = (1L <<< 20) + ratio * int64 bytes.Length

    let pour (into: Stream) : int64 =
        use stream = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress)
        let buffer = Array.zeroCreate<byte>(1 <<< 16)
        let mutable length = 0L
        let mutable got = stream.Read(buffer, 0, buffer.Length)

        while got > 0 && length <= most do
            into.Write(buffer, 0, got)
            length <- length + int64 got
            got <- stream.Read(buffer, 0, buffer.Length)

        length

    // Unpacked once to learn the size and once to keep it, so that nothing is allocated for a bomb.
    let length =
        try
            pour Stream.Null
        with :? InvalidDataException as error ->
            raise (InvalidDataException($"{name}: the gzip data is damaged.", error))

    if length > min most (int64 Array.MaxLength) then
        Guard.badData $"{name}: the gzip file unpacks to more than {ratio} times its size; unpack it first (gunzip)."

    let unpacked = Array.zeroCreate<byte>(int length)
    pour (new MemoryStream(unpacked)) |> ignore
    unpacked

/// The bytes themselves or, where they are gzip, what they unpack to, whatever the file's name says.
let unpacked (name: string) (bytes: byte[]) : byte[] =
    let bytes =
        if bytes.Length >= 2 && bytes[0] = 0x1Fuy && bytes[1] = 0x8Buy then
            unpack name bytes
        else
            bytes

    let starts (head: byte[]) = bytes.AsSpan().StartsWith(ReadOnlySpan head)

    if starts [| 0xFFuy; 0xFEuy |] || starts [| 0xFEuy; 0xFFuy |] then
        Guard.badData $"{name}: the text is UTF-16, but UTF-8 is read."

    if starts "version https://git-lfs."B then
        Guard.badData $"{name}: the file is a Git LFS pointer; fetch what it stands for (git lfs pull)."

    bytes
