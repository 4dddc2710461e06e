/// Work distribution: threads that claim pieces of one job after the other.
namespace GaryMesh.Kernels

open System
open System.Runtime.ExceptionServices
open System.Threading

/// One piece of work, done by some worker: the worker's number and the piece's.
type internal Piece = delegate of worker: int * piece: int -> unit

/// A job in progress: pieces are claimed from a counter, so a worker that the system holds up claims none, and the
/// caller waits only for what somebody has claimed.
[<Sealed>]
type private Job(pieces: int, work: Piece) =
    let mutable next = 0
    let mutable finished = 0
    let mutable failure: exn | null = null

    member _.IsDone = Volatile.Read &finished >= pieces
    member _.Failure = failure

    member _.Take(worker: int) =
        let mutable claiming = true

        while claiming do
            let piece = Interlocked.Increment &next - 1

            if piece >= pieces then
                claiming <- false
            else
                try
                    work.Invoke(worker, piece)
                with error ->
                    failure <- error

                Interlocked.Increment &finished |> ignore

/// A fixed number of threads, the caller among them. Workers spin for a moment between jobs and then sleep.
[<Sealed>]
type internal Workers(threads: int) =
    let mutable job: Job | null = null
    let mutable sleeping = 0
    let mutable stopping = false
    let wake = new SemaphoreSlim 0

    let loop worker =
        let mutable last: Job | null = null

        while not (Volatile.Read &stopping) do
            let mutable spins = 0

            while Object.ReferenceEquals(Volatile.Read &job, last) && spins < 2000 && not (Volatile.Read &stopping) do
                spins <- spins + 1
                Thread.SpinWait 8

            let current = Volatile.Read &job

            if Object.ReferenceEquals(current, last) then
                Interlocked.Increment &sleeping |> ignore

                // Looks once more after announcing sleep, so that no job is missed; the timeout is a safety net.
                if Object.ReferenceEquals(Volatile.Read &job, last) && not (Volatile.Read &stopping) then
                    wake.Wait 100 |> ignore

                Interlocked.Decrement &sleeping |> ignore
            else
                last <- current

                match current with
                | null -> ()
                | current -> current.Take worker

    do
        for worker in 1 .. threads - 1 do
            Thread((fun () -> loop worker), IsBackground = true, Name = $"GaryMesh worker {worker}").Start()

    member _.Threads = threads

    /// Runs `work` once for each piece 0 .. pieces - 1, in any order, and returns when all are done.
    member _.Run(pieces: int, work: Piece) =
        if threads = 1 || pieces <= 1 then
            for piece in 0 .. pieces - 1 do
                work.Invoke(0, piece)
        else
            let current = Job(pieces, work)
            Volatile.Write(&job, current)
            let asleep = Volatile.Read &sleeping

            if asleep > 0 then
                wake.Release(min asleep (pieces - 1)) |> ignore

            current.Take 0
            let mutable spins = 0

            while not current.IsDone do
                spins <- spins + 1

                if spins < 2000 then Thread.SpinWait 8 else Thread.Yield() |> ignore

            match current.Failure with
            | null -> ()
            // As it was thrown: what a caller sees does not depend on the number of threads.
            | failure -> ExceptionDispatchInfo.Throw failure

    interface IDisposable with
        member _.Dispose() =
            Volatile.Write(&stopping, true)
            wake.Release(max 1 threads) |> ignore
