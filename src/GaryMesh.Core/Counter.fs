module GaryMesh.Counter

open System
open System.Numerics

[<Literal>]
let private Golden = 0x9E3779B97F4A7C15UL

[<CompiledName "Mix">]
let mix (word: uint64) =
    let mutable x = word
    x <- (x ^^^ (x >>> 30)) * 0xBF58476D1CE4E5B9UL
    x <- (x ^^^ (x >>> 27)) * 0x94D049BB133111EBUL
    x ^^^ (x >>> 31)

[<CompiledName "Subkey">]
let subkey (key: uint64) (part: int) = mix ((key ^^^ uint64 (uint32 part)) + Golden)

[<CompiledName "KeyOfList">]
let key (seed: uint64) (parts: int list) = List.fold subkey (mix (seed + Golden)) parts

[<CompiledName "Key">]
let keyOf (seed: uint64, [<ParamArray>] parts: int[]) = key seed (List.ofArray parts)

[<CompiledName "Word">]
let word (key: uint64) (index: int64) = mix (key + uint64 (index + 1L) * Golden)

[<CompiledName "Uniform">]
let uniform (key: uint64) (index: int64) = float (word key index >>> 11) / 9007199254740992.0

[<CompiledName "Normal">]
let normal (key: uint64) (index: int64) =
    // 1 - u lies in (0, 1], so its logarithm is finite.
    let radius = sqrt (-2.0 * log (1.0 - uniform key (2L * index)))
    radius * cos (2.0 * Math.PI * uniform key (2L * index + 1L))

[<CompiledName "Below">]
let below (bound: int) (key: uint64) (index: int64) =
    int (UInt128.op_Explicit (UInt128.op_Implicit (word key index) * UInt128.op_Implicit (uint64 bound) >>> 64): uint64)

[<CompiledName "FiringBits">]
let firingBits (rate65536: int) (key: uint64) (block: int) =
    if rate65536 >= 65536 then
        UInt64.MaxValue
    elif rate65536 <= 0 then
        0UL
    else
        let lowest = BitOperations.TrailingZeroCount rate65536
        let mutable bits = 0UL

        for bit in lowest..15 do
            let fair = word key (int64 block * 16L + int64 (15 - bit))
            bits <- if (rate65536 >>> bit) &&& 1 = 1 then bits ||| fair else bits &&& fair

        bits
