/// Damaged files by the thousand: each is read, or refused in one sentence, without more memory than its size explains. Linked
/// into the tests of each library that reads files. GARYMESH_MUTANTS=10 makes ten times as many.
module GaryMesh.Tests.Mutants

open System
open System.IO
open System.IO.Compression
open Expecto

let private factor =
    match Int32.TryParse(Environment.GetEnvironmentVariable "GARYMESH_MUTANTS") with
    | true, factor -> factor
    | _ -> 1

/// Numbers at the ends of their types, NaN and a negative one.
let private extremes =
    [| BitConverter.GetBytes Int32.MaxValue
       BitConverter.GetBytes Int32.MinValue
       BitConverter.GetBytes -1L
       BitConverter.GetBytes nan
       BitConverter.GetBytes 1e300
       BitConverter.GetBytes nanf
       BitConverter.GetBytes 0L |]

/// Random damage: bytes flipped, an extreme number written, a part cut out, the end cut off.
let damaged (random: Random) (bytes: byte[]) : byte[] =
    let copy = Array.copy bytes

    match random.Next 6 with
    | _ when bytes.Length = 0 -> [| byte (random.Next 256) |]
    | 0 -> Array.truncate (random.Next bytes.Length) copy
    | 1 ->
        let at = random.Next bytes.Length
        Array.append copy[.. at - 1] copy[min bytes.Length (at + random.Next(1, 20)) ..]
    | 2
    | 3 ->
        // Numbers stand at the end, in steps of their width.
        let value = extremes[random.Next extremes.Length]
        let at = bytes.Length - 4 * random.Next(1, 1 + max 1 (bytes.Length / 4))
        Array.blit value 0 copy (max 0 at) (min value.Length (bytes.Length - max 0 at))
        copy
    | _ ->
        for _ in 0 .. random.Next 4 do
            copy[random.Next copy.Length] <- byte (random.Next 256)

        copy

/// Damage behind an archive's check sums: one entry's content or name is another, it is gone, or another's content.
let private repacked (random: Random) (bytes: byte[]) : byte[] =
    use archive = new ZipArchive(new MemoryStream(bytes), ZipArchiveMode.Read)

    let content (entry: ZipArchiveEntry) =
        use stream = entry.Open()
        use memory = new MemoryStream()
        stream.CopyTo memory
        entry.FullName, memory.ToArray()

    let entries = archive.Entries |> Seq.map content |> Array.ofSeq
    let at = random.Next entries.Length
    let name, data = entries[at]

    let changed =
        match random.Next 8 with
        | 0 -> [||]
        | 1 -> [| name, snd entries[random.Next entries.Length] |]
        | 2 -> [| name.Insert(random.Next name.Length, "\u001b[31m\n"), data |]
        | _ -> [| name, damaged random data |]

    use memory = new MemoryStream()

    using (new ZipArchive(memory, ZipArchiveMode.Create, true)) (fun archive ->
        for name, data in Array.concat [ entries[.. at - 1]; changed; entries[at + 1 ..] ] do
            use stream = archive.CreateEntry(name, CompressionLevel.NoCompression).Open()
            stream.Write(ReadOnlySpan data))

    memory.ToArray()

/// Changes bytes many times: each must be read or refused as bad data, in one sentence that begins with the name.
let survivesAny mutate (name: string) (rounds: int) (seed: int) (bytes: byte[]) (read: byte[] -> unit) : unit =
    let random = Random seed
    let mutable refusals = 0
    read bytes // What is made once is not the mutants'.

    for round in 1 .. factor * rounds do
        let mutant: byte[] = mutate random bytes
        let before = GC.GetAllocatedBytesForCurrentThread()

        try
            read mutant
        with
        | :? InvalidDataException as error ->
            refusals <- refusals + 1
            Expect.stringStarts error.Message name $"round {round} names the file"
            Expect.isFalse (error.Message |> Seq.exists Char.IsControl) $"round {round} is one line: {error.Message}"
        | error -> failtest $"Round {round} of seed {seed} threw {error}"

        let allocated = GC.GetAllocatedBytesForCurrentThread() - before
        Expect.isLessThan allocated (10L * int64 mutant.Length + (16L <<< 20)) $"bytes allocated in round {round}"

    Expect.isGreaterThan refusals 0 "some damage shows"

/// Damaged bytes, those of an archive also behind its check sums.
let mutated (random: Random) (bytes: byte[]) : byte[] =
    if bytes.AsSpan().StartsWith(ReadOnlySpan "PK"B) && random.Next 2 = 0 then
        repacked random bytes
    else
        damaged random bytes

/// Damages bytes many times.
let survives name rounds seed bytes read : unit = survivesAny mutated name rounds seed bytes read
