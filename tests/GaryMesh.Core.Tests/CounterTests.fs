/// Counter-based random numbers: the published generator, fair, and a function of what they are for alone.
module GaryMesh.Tests.CounterTests

open System.Numerics
open Expecto
open GaryMesh

/// The share of set bits of the first blocks of a key.
let private share rate key blocks =
    let set =
        Seq.sumBy (fun block -> BitOperations.PopCount(Counter.firingBits rate key block)) [ 0 .. blocks - 1 ]

    float set / float (64 * blocks)

[<Tests>]
let tests =
    testList
        "Counter"
        [ test "words are those of splitmix64 from the key" {
              let published =
                  [ 6457827717110365317UL
                    3203168211198807973UL
                    9817491932198370423UL
                    4593380528125082431UL
                    16408922859458223821UL ]

              Expect.equal [ for i in 0L .. 4L -> Counter.word 1234567UL i ] published "splitmix64 from 1234567"
          }

          property "mix is one to one" (fun (a: uint64) (b: uint64) -> (Counter.mix a = Counter.mix b) = (a = b))

          property "a key depends on the seed and on each part in its place" (fun (seed: uint64) (a: int) (b: int) ->
              let key = Counter.key seed [ a; b ]

              key = Counter.key seed [ a; b ]
              && key <> Counter.key (seed + 1UL) [ a; b ]
              && key <> Counter.key seed [ a; b + 1 ]
              && (key = Counter.key seed [ b; a ]) = (a = b))

          property "uniform lies in [0, 1) on multiples of 2^-53" (fun (key: uint64) (index: int64) ->
              let u = Counter.uniform key index
              u >= 0.0 && u < 1.0 && u * 9007199254740992.0 = floor (u * 9007199254740992.0))

          property "below stays below its bound" (fun (key: uint64) (index: int64) (bound: int) ->
              let bound = 1 + abs (bound % 1000)
              let drawn = Counter.below bound key index
              drawn >= 0 && drawn < bound)

          test "below reaches every number about equally often" {
              let counts = Seq.countBy id (Seq.init 70000 (fun i -> Counter.below 7 42UL (int64 i))) |> Seq.map snd
              Expect.hasLength counts 7 "every number"
              Expect.all counts (fun count -> abs (count - 10000) < 500) "5.4 deviations"
          }

          test "normal has mean 0, variance 1 and the kurtosis of a normal" {
              let draws = Array.init 100000 (fun i -> Counter.normal 7UL (int64 i))
              let moment power = draws |> Array.averageBy (fun x -> x ** power)
              Expect.floatClose { absolute = 0.016; relative = 0.0 } (moment 1.0) 0.0 "mean"
              Expect.floatClose { absolute = 0.023; relative = 0.0 } (moment 2.0) 1.0 "variance"
              Expect.floatClose { absolute = 0.16; relative = 0.0 } (moment 4.0) 3.0 "fourth moment"
          }

          for rate, blocks in [ 1, 65536; 16384, 4096; 19661, 4096; 32768, 4096; 65535, 65536 ] do
              test $"{rate} of 65,536 bits fire, within five deviations" {
                  let p = float rate / 65536.0
                  let deviation = sqrt (p * (1.0 - p) / float (64 * blocks))
                  let fired = share rate (Counter.key 5UL [ rate ]) blocks
                  Expect.isLessThan (abs (fired - p)) (5.0 * deviation) $"{fired} against {p}"
              }

          property "no bit fires at rate 0 and every bit at rate 1" (fun (key: uint64) (block: int) ->
              Counter.firingBits 0 key block = 0UL && Counter.firingBits 65536 key block = System.UInt64.MaxValue)

          test "two neighbouring bits fire together as often as independent ones" {
              let both =
                  Seq.sumBy
                      (fun block ->
                          let bits = Counter.firingBits 19661 99UL block
                          BitOperations.PopCount(bits &&& (bits >>> 1)))
                      [ 0..4095 ]

              let p = (19661.0 / 65536.0) ** 2.0
              Expect.isLessThan (abs (float both / (63.0 * 4096.0) - p)) 0.005 "the square of the rate"
          } ]
