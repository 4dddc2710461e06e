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

/// A member of eight bytes to stand after a file: .NET unpacks a file that was cut short without a word, but does not come to
/// these then.
let private mark = "gzip end"B

let private markPacked =
    use memory = new MemoryStream()
    using (new GZipStream(memory, CompressionLevel.Fastest)) (fun stream -> stream.Write(ReadOnlySpan mark))
    memory.ToArray()

let private unpack (name: string) (bytes: byte[]) : byte[] =
    let most = (1L <<< 20) + ratio * int64 bytes.Length
    let packed = Array.append bytes markPacked

    let pour (take: byte[] -> int -> unit) : unit =
        use stream = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress)
        let buffer = Array.zeroCreate<byte>(1 <<< 16)
        let mutable length = 0L
        let mutable got = stream.Read(buffer, 0, buffer.Length)

        while got > 0 && length <= most do
            take buffer got
            length <- length + int64 got
            got <- stream.Read(buffer, 0, buffer.Length)

    // Unpacked once to learn the size and once to keep it, so that nothing is allocated for a bomb.
    let mutable length = 0L
    let mutable last = [||]

    try
        pour (fun buffer got ->
            length <- length + int64 got
            let both = Array.append last buffer[max 0 (got - mark.Length) .. got - 1]
            last <- both[max 0 (both.Length - mark.Length) ..])
    with :? InvalidDataException as error ->
        raise (InvalidDataException($"{name}: the gzip data is damaged.", error))

    if length > min most (int64 Array.MaxLength) then
        Guard.badData $"{name}: the gzip file unpacks to more than {ratio} times its size; unpack it first (gunzip)."

    if last <> mark then
        Guard.badData $"{name}: the gzip data is damaged."

    let unpacked = Array.zeroCreate<byte>(int length - mark.Length)
    let mutable at = 0

    pour (fun buffer got ->
        Array.Copy(buffer, 0, unpacked, at, min got (unpacked.Length - at))
        at <- min unpacked.Length (at + got))

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
