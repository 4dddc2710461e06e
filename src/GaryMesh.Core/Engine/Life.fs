/// Who has a state under an alive gate, and so where a step has anything to do: dead regions cost nothing.
namespace GaryMesh.Kernels

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open GaryMesh
open GaryMesh.Vectors

/// The cells of each state of a rollout. A cell that is not present has a row of zeros; after a step those that live are
/// present.
///
/// A word of cells in which nobody, and in whose surroundings nobody, is above the gate's threshold is dead at the next step
/// whatever its cells hold. So a step goes through the words that see one with such a cell, and the rows elsewhere become
/// zero once.
[<Sealed>]
type internal Life(plan: Plan, channel: int, threshold: float32, states: int, backward: bool) =
    let layout, row = plan.Layout, plan.Sizes.StateRow
    let cells = layout.Cells
    let words = Bits.words cells
    let memory = new Buffer<uint64>(int64 (2 * states + 2) * int64 words)
    let marks = Marks.Many(memory, 2 * states + 2, words)
    let present, above = Array.sub marks 0 states, Array.sub marks states states
    /// The cells whose rows a step writes, and those above the threshold before anybody is set to zero.
    let written, moved = marks[2 * states], marks[2 * states + 1]
    /// Dead cells fire as well.
    let deadFire = not plan.Gate.IsAlive
    /// A cell of zeros is above a threshold below zero.
    let zerosLive = 0.0f > threshold
    /// Nothing can be left out, as where dead cells report.
    let everywhere = zerosLive || (deadFire && plan.Sizes.Auxiliary > 0)

    /// Who was present in the state that the rows written next have held.
    let mutable was = present[0].Bits

    let whole word = UInt64.MaxValue >>> max 0 (64 * word + 64 - cells)

    member _.Present(state: int) = present[state]
    member _.Written = written

    /// Makes ready for a state that comes from outside into the rows that held the state `old`.
    member _.Begin(state: int, old: int) =
        was <- present[old].Bits
        present[state].HoldAll()
        above[state].HoldAll()

    /// Copies in the places `from` .. `until - 1` of such a state.
    member _.Enter(state: int, source: float32[], rows: P, from: int, until: int) =
        let channels = plan.Sizes.Channels

        for word in from >>> 6 .. (until - 1) >>> 6 do
            let old = NativePtr.get was word
            let mutable here, mature = 0UL, 0UL

            for bit in 0 .. min 63 (until - 1 - 64 * word) do
                let place = 64 * word + bit
                let given = ReadOnlySpan<float32>(source, layout.UserOf place * channels, channels)

                if MemoryMarshal.Cast<float32, int>(given).ContainsAnyExcept 0 then
                    given.CopyTo(Passes.span (Passes.row rows place row) channels)
                    here <- here ||| (1UL <<< bit)
                elif (old >>> bit) &&& 1UL = 1UL then
                    (Passes.span (Passes.row rows place row) channels).Clear()

                if given[channel] > threshold then
                    mature <- mature ||| (1UL <<< bit)

            NativePtr.set present[state].Bits word here
            NativePtr.set above[state].Bits word mature

    /// Takes notice of a row that has been written from outside.
    member _.Notice(state: int, place: int, values: ReadOnlySpan<float32>) =
        let word = place >>> 6

        let set (marks: Marks) isSo =
            let bit = 1UL <<< (place &&& 63)
            let others = NativePtr.get marks.Bits word &&& ~~~bit
            marks.Hold word
            NativePtr.set marks.Bits word (if isSo then others ||| bit else others)

        set present[state] (MemoryMarshal.Cast<float32, int>(values).ContainsAnyExcept 0)
        set above[state] (values[channel] > threshold)

    /// The words that a step from a state goes through.
    member _.Wake(state: int, region: Region) =
        region.Clear()

        if everywhere then
            region.Fill()
        else
            let above, seers = above[state], layout.Seers

            for i in 0 .. above.Held.Length - 1 do
                Bits.each above.Held[i] (64 * i) (fun word ->
                    if NativePtr.get above.Bits word <> 0UL then
                        for at in seers.Start[word] .. seers.Start[word + 1] - 1 do
                            region.Add seers.Joined[at])

            if deadFire then
                // What a dead cell becomes counts for those that see it.
                region.Widen(layout.Seen.Start, layout.Seen.Joined)

                // The bits of a gradient hang on who fires in a stretch, dead cells included.
                if backward then
                    region.WidenToStretches()

    /// Makes ready for a step to the state `next`, in the rows that held the state `old`: outside the step's region they
    /// become zero.
    member _.Turn(next: int, old: int, rows: P, region: Region) =
        let left = present[old]
        was <- left.Bits

        for i in 0 .. left.Held.Length - 1 do
            Bits.each (left.Held[i] &&& ~~~region.Set[i]) (64 * i) (fun word ->
                Passes.clear rows row word (NativePtr.get left.Bits word))

        present[next].Renew region
        above[next].Renew region
        written.Renew region
        moved.Renew region

    /// Before the update of a word: who fires of those drawn. The rows of those who lived and have no part in it become
    /// zero.
    member _.Fire(word: int, state: int, next: int, after: P, drawn: uint64) =
        let lives = Passes.near layout above[state].Bits word (whole word)
        let fires = if deadFire then drawn else drawn &&& lives
        let writes = if zerosLive then whole word else lives ||| fires
        Passes.clear after row word (NativePtr.get was word &&& ~~~writes)
        NativePtr.set present[next].Bits word lives
        NativePtr.set written.Bits word writes
        fires

    /// After the update of a word.
    member _.Move(word: int, after: P) =
        NativePtr.set moved.Bits word (Passes.above after row channel threshold word (NativePtr.get written.Bits word))

    /// After the update of all words: who of a word lives on. The others' rows become zero.
    member _.Bury(word: int, next: int, after: P) =
        let lives = Passes.near layout moved.Bits word (NativePtr.get present[next].Bits word)
        Passes.clear after row word (NativePtr.get written.Bits word &&& ~~~lives)
        NativePtr.set present[next].Bits word lives
        let mature = NativePtr.get moved.Bits word &&& lives
        NativePtr.set above[next].Bits word (if zerosLive then mature ||| (whole word &&& ~~~lives) else mature)

    member _.Bytes = memory.Bytes

    interface IDisposable with
        member _.Dispose() = (memory :> IDisposable).Dispose()
