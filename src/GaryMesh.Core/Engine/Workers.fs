/// Work distribution: threads that claim pieces of one job after the other.
namespace GaryMesh.Kernels

open System
open System.Runtime.ExceptionServices
open System.Threading

/// One piece of work, done by some worker: the worker's number and the piece's.
type internal Piece = delegate of worker: int * piece: int -> unit

module private Spin =
    /// Waits a moment at first, then lets another thread have the core. Inline, as a closure would be memory for every job.
    let inline until ([<InlineIfLambda>] isSo: unit -> bool) =
        let mutable spins = 0

        while not (isSo ()) do
            spins <- spins + 1

            if spins < 2000 then Thread.SpinWait 8 else Thread.Yield() |> ignore

/// The job in progress: pieces are claimed from counters, so a worker that the system holds up claims none, and the caller
/// waits only for what somebody has claimed. One object serves job after job, so that a job costs no memory.
///
/// Each worker begins with a share of its own, the same in every job over as many pieces, before it helps the others: what
/// it wrote in one pass it finds in its own cache in the next.
[<Sealed>]
type private Job(threads: int) =
    /// A counter to each share, on a cache line of its own.
    let claimed = Array.zeroCreate<int>(threads * 32)
    let mutable pieces = 0
    let mutable work = Unchecked.defaultof<Piece>
    let mutable finished = 0
    let failing = obj ()
    let mutable failure: exn | null = null
    let mutable failed = 0
    let mutable opened = 0
    /// Workers that may look at the fields above.
    let mutable inside = 0

    /// Keeps what the first piece to fail says, which is what a thread alone would have heard.
    let fail piece error =
        lock failing (fun () ->
            if isNull failure || piece < failed then
                failure <- error
                failed <- piece)

    let firstOf share = int (int64 share * int64 pieces / int64 threads)

    let take worker =
        for turn in 0 .. threads - 1 do
            let share = (worker + turn) % threads
            let first, last = firstOf share, firstOf (share + 1)
            let mutable claiming = true

            while claiming do
                let piece = first + Interlocked.Increment &claimed[share * 32 + 16] - 1

                if piece >= last then
                    claiming <- false
                else
                    try
                        work.Invoke(worker, piece)
                    with error ->
                        fail piece error

                    Interlocked.Increment &finished |> ignore

    /// Begins a job, once nobody is left in the one before.
    member _.Begin(count: int, next: Piece) =
        // A worker counts itself in before it looks: either it is seen here, or it sees that the job is closed.
        Interlocked.Exchange(&opened, 0) |> ignore
        Spin.until (fun () -> Volatile.Read &inside = 0)
        Array.Clear claimed
        pieces <- count
        work <- next
        finished <- 0
        failure <- null
        Volatile.Write(&opened, 1)

    /// Waits for the last piece and lets go of the job; what the first piece to fail says, or null.
    member _.End() : exn | null =
        Spin.until (fun () -> Volatile.Read &finished >= pieces)
        let error = failure
        // Whoever is still inside has no piece left to claim, and looks at neither.
        work <- Unchecked.defaultof<Piece>
        failure <- null
        error

    member _.Take(worker: int) =
        Interlocked.Increment &inside |> ignore

        if Volatile.Read &opened = 1 then
            take worker

        Interlocked.Decrement &inside |> ignore

/// A fixed number of threads, the caller among them. Workers spin for a moment between jobs and then sleep.
[<Sealed>]
type internal Workers(threads: int) =
    let job = Job threads
    /// Counts the jobs: a worker sees by it that there is another one.
    let mutable number = 0
    let mutable sleeping = 0
    let mutable stopping = false
    let wake = new SemaphoreSlim 0

    let loop worker =
        let mutable last = 0

        while not (Volatile.Read &stopping) do
            let mutable spins = 0

            while Volatile.Read &number = last && spins < 2000 && not (Volatile.Read &stopping) do
                spins <- spins + 1
                Thread.SpinWait 8

            let current = Volatile.Read &number

            if current = last then
                Interlocked.Increment &sleeping |> ignore

                // Looks once more after announcing sleep, so that no job is missed; the timeout is a safety net. An idle
                // worker does not spin again before it has worked.
                while Volatile.Read &number = last && not (Volatile.Read &stopping) do
                    wake.Wait 100 |> ignore

                Interlocked.Decrement &sleeping |> ignore
            else
                last <- current
                job.Take worker

    do
        for worker in 1 .. threads - 1 do
            Thread((fun () -> loop worker), IsBackground = true, Name = $"GaryMesh worker {worker}").Start()

    member _.Threads = threads

    /// Runs `work` once for each piece 0 .. pieces - 1, in any order, and returns when all are done. One call at a time, and
    /// none from within a piece.
    member _.Run(pieces: int, work: Piece) =
        if threads = 1 || pieces <= 1 then
            for piece in 0 .. pieces - 1 do
                work.Invoke(0, piece)
        else
            job.Begin(pieces, work)
            // With a fence: a worker that is not seen asleep sees the number.
            Interlocked.Increment &number |> ignore
            let asleep = Volatile.Read &sleeping

            if asleep > 0 then
                wake.Release(min asleep (pieces - 1)) |> ignore

            job.Take 0

            match job.End() with
            | null -> ()
            // As it was thrown: what a caller sees does not depend on the number of threads.
            | failure -> ExceptionDispatchInfo.Throw failure

    interface IDisposable with
        member _.Dispose() =
            Volatile.Write(&stopping, true)
            wake.Release(max 1 threads) |> ignore
