/// Threads that share out jobs: each piece is done once, by a worker of its own, and a failing piece is heard.
module GaryMesh.Tests.WorkersTests

open System
open System.Diagnostics
open System.Runtime.CompilerServices
open System.Threading
open Expecto
open GaryMesh.Kernels

/// What a piece fails with.
exception private Failed of piece: int

/// Job after job of a few pieces that take next to no time, so that workers come late to nearly all of them; some pieces
/// fail. Ends after so many jobs or milliseconds.
let private storm (threads: int) (jobs: int) (milliseconds: int64) =
    let workers = new Workers(threads)
    use _ = workers :> IDisposable
    let clock = Stopwatch.StartNew()
    let mutable job = 0

    while job < jobs && clock.ElapsedMilliseconds < milliseconds do
        let drawn purpose bound = GaryMesh.Counter.below bound (GaryMesh.Counter.key 5UL [ job ]) purpose
        let pieces = drawn 0L 20
        let failing = drawn 1L 200 = 0
        let fails piece = failing && piece % 3 = 1
        // Its own arrays, so that a piece of another job shows.
        let times = Array.zeroCreate<int> pieces
        let busy = Array.zeroCreate<int> threads
        let mutable wrong = 0

        let work =
            Piece(fun worker piece ->
                if Interlocked.Increment &busy[worker] <> 1 then
                    Interlocked.Increment &wrong |> ignore

                Interlocked.Increment &times[piece] |> ignore

                // Now and then a piece that others must wait for, and a worker that comes late.
                if (job + 7 * piece) % 200 = 0 then
                    Thread.Yield() |> ignore

                Interlocked.Decrement &busy[worker] |> ignore

                if fails piece then
                    raise (Failed piece))

        let first = if fails 1 && pieces > 1 then Some 1 else None

        match first with
        | Some first ->
            let heard =
                try
                    workers.Run(pieces, work)
                    -1
                with Failed piece ->
                    piece

            Expect.equal heard first $"job {job} of {threads} threads: what the first piece to fail says"
        | None -> workers.Run(pieces, work)

        // A thread alone stops at the first failure.
        let due piece = if threads > 1 || first.IsNone || piece <= first.Value then 1 else 0

        if times <> Array.init pieces due then
            failtest $"job {job} of {threads} threads: its pieces are done %A{times} times"

        if wrong > 0 then
            failtest $"job {job} of {threads} threads: a worker is given two pieces at a time"

        // Long enough for workers to fall asleep.
        if job % 5000 = 4999 then
            Thread.Sleep 2

        job <- job + 1

    job

/// What a job of its own has written to, once it is done.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private heldBy (workers: Workers) =
    let large = Array.zeroCreate<byte> 1000
    workers.Run(4, Piece(fun _ piece -> large[piece] <- 1uy))
    WeakReference large

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Workers"
        [ for threads in [ 1; 2; 4; 8 ] do
              test $"{threads} threads do every piece of many tiny jobs once, and a failing piece is heard" {
                  Expect.isGreaterThan (storm threads 100_000 700L) 100 "enough jobs to meet a race"
              }

          test "a job costs no memory" {
              let workers = new Workers(2)
              use _ = workers :> IDisposable
              let mutable sum = 0
              let work = Piece(fun _ piece -> Interlocked.Add(&sum, piece) |> ignore)

              let bytes () =
                  let before = GC.GetAllocatedBytesForCurrentThread()

                  for _ in 1..1000 do
                      workers.Run(8, work)

                  GC.GetAllocatedBytesForCurrentThread() - before

              // The first sleepers cost a little, once.
              Expect.equal (List.min [ for _ in 1..3 -> bytes () ]) 0L "bytes in 1,000 jobs"
              Expect.equal sum (3000 * 28) "each piece counted"
          }

          test "nothing of a job is kept once it is done" {
              let workers = new Workers(2)
              use _ = workers :> IDisposable
              let held = heldBy workers
              GC.Collect()
              Expect.isFalse held.IsAlive "let go of"
          } ]
