/// Counter-based random numbers: every draw is a pure function of what it is for, so nothing depends on the order or
/// the number of threads that ask.
///
/// Built on the splitmix64 finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014).
module GaryMesh.Counter

/// A well-mixed 64-bit word of one 64-bit word (a bijection).
[<CompiledName "Mix">]
val mix: word: uint64 -> uint64

/// The key of a part of what another key is for.
[<CompiledName "Subkey">]
val subkey: key: uint64 -> part: int -> uint64

/// A key for one purpose: folds the parts into one word, order mattering.
[<CompiledName "KeyOfList">]
val key: seed: uint64 -> parts: int list -> uint64

/// As `key`, for C#.
[<CompiledName "Key">]
val keyOf: seed: uint64 * [<System.ParamArray>] parts: int[] -> uint64

/// The `index`-th 64-bit word of the stream that belongs to `key`.
[<CompiledName "Word">]
val word: key: uint64 -> index: int64 -> uint64

/// The `index`-th number of the stream of `key`, uniform in [0, 1), a multiple of 2^-53.
[<CompiledName "Uniform">]
val uniform: key: uint64 -> index: int64 -> float

/// The `index`-th number of the stream of `key`, standard normal (Box-Muller over two words).
[<CompiledName "Normal">]
val normal: key: uint64 -> index: int64 -> float

/// The `index`-th whole number of the stream of `key`, uniform in 0 .. bound - 1.
[<CompiledName "Below">]
val below: bound: int -> key: uint64 -> index: int64 -> int

/// 64 independent firing bits, each set with probability `rate65536` / 65,536.
///
/// The bits of the rate are combined with one fair word each, from the lowest set bit upwards (an `and` for a 0, an
/// `or` for a 1), so a rate of one half takes one word and no rate takes more than 16.
[<CompiledName "FiringBits">]
val firingBits: rate65536: int -> key: uint64 -> block: int -> uint64
