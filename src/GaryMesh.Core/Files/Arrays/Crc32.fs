/// The check sum of zip (CRC-32, reflected polynomial 0xEDB88320), eight bytes at a time.
module internal GaryMesh.Arrays.Crc32

open System
open System.Buffers.Binary

let private table: uint32[] =
    let table = Array.zeroCreate (8 * 256)

    for n in 0..255 do
        let mutable c = uint32 n

        for _ in 1..8 do
            c <- if c &&& 1u = 1u then 0xEDB88320u ^^^ (c >>> 1) else c >>> 1

        table[n] <- c

    for at in 256 .. table.Length - 1 do
        let before = table[at - 256]
        table[at] <- (before >>> 8) ^^^ table[int (before &&& 0xFFu)]

    table

/// The sum after more bytes; the sum of none is 0.
let update (sum: uint32) (bytes: ReadOnlySpan<byte>) : uint32 =
    let mutable c = ~~~sum
    let mutable at = 0

    while at + 8 <= bytes.Length do
        let a = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice at) ^^^ c
        let b = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(at + 4))

        c <-
            table[1792 + int (a &&& 0xFFu)]
            ^^^ table[1536 + int ((a >>> 8) &&& 0xFFu)]
            ^^^ table[1280 + int ((a >>> 16) &&& 0xFFu)]
            ^^^ table[1024 + int (a >>> 24)]
            ^^^ table[768 + int (b &&& 0xFFu)]
            ^^^ table[512 + int ((b >>> 8) &&& 0xFFu)]
            ^^^ table[256 + int ((b >>> 16) &&& 0xFFu)]
            ^^^ table[int (b >>> 24)]

        at <- at + 8

    while at < bytes.Length do
        c <- table[int ((c ^^^ uint32 bytes[at]) &&& 0xFFu)] ^^^ (c >>> 8)
        at <- at + 1

    ~~~c
