/// What batch hooks do to a batch: new starts, damage, several of them.
module GaryMesh.Tests.Learning.HooksTests

open System
open Expecto
open FsCheck
open GaryMesh
open GaryMesh.Tests

let private graph = Graph.Icosphere 4

let private ones value = State.Create(graph.Cells, 3, (fun _ _ -> value))

/// Samples whose starts are filled with 1, 2, ...
let private samples count =
    Array.init count (fun i -> { Start = ones (float32 (i + 1)); Inputs = Inputs.Absent; Loss = Overflow 1f })

let private context iteration key losses =
    { Iteration = iteration
      Key = key
      Graph = graph
      Pooled = true
      Losses = losses
      Fresh = Func<_, _>(fun i -> ones (float32 (-1 - i)))
      Evaluate = Func<_, _>(fun _ -> failtest "not asked for") }

let private firsts (samples: Sample[]) = samples |> Array.map (fun sample -> sample.Start[0, 0])

let private last (samples: Sample[]) = (Array.last samples).Start

/// The cells of a state that are zero all over.
let private zeroed (state: State) =
    [| for cell in 0 .. state.Cells - 1 do
           if [ 0 .. state.Channels - 1 ] |> List.forall (fun c -> state[cell, c] = 0f) then
               cell |]

let private refused (words: string list) (act: unit -> 'a) =
    Expect.throwsC (act >> ignore) (fun error ->
        Expect.isTrue (error :? ArgumentException) $"an argument is refused, but: {error}"

        for word in words do
            Expect.stringContains error.Message word "the sentence")

/// Writes down the key and the losses that it is given, and marks each start.
type private Spy(name, mark: float32, seen: Collections.Generic.List<uint64 * float[]>) =
    inherit BatchHook(name)

    override _.Prepare(samples, context) =
        seen.Add((context.Key, context.Losses))

        samples
        |> Array.mapi (fun i sample ->
            if i = 0 then
                { sample with Start = ones (10f * sample.Start[0, 0] + mark) }
            else
                sample)

    override _.PrepareValidation samples =
        samples |> Array.map (fun sample -> { sample with Start = ones (10f * sample.Start[0, 0] + mark) })

[<Tests>]
let tests =
    testList
        "Batch hooks"
        [ test "a new start replaces the first rollout when it is due, and any that was left too bad" {
              let prepare every limit iteration losses =
                  firsts (Renew(every, limit).Prepare(samples 3, context iteration 1UL losses))

              let good = [| 1.0; nan; 2.0 |]
              Expect.equal (prepare 5 3.0 10 good) [| -1f; 2f; 3f |] "due"
              Expect.equal (prepare 5 3.0 11 good) [| 1f; 2f; 3f |] "not due"
              Expect.equal (prepare 0 3.0 10 good) [| 1f; 2f; 3f |] "never due"
              Expect.equal (prepare 5 3.0 11 [| 1.0; 3.0; 3.1 |]) [| 1f; 2f; -3f |] "above the limit"
              Expect.equal (prepare 0 infinity 1 [| 1e300; infinity; nan |]) [| 1f; 2f; 3f |] "no limit"
          }

          property
              "a ball holds the nearest cells by hops, as many as are asked for or can be reached"
              (fun (seed: uint64) ->
                  let below purpose bound = Counter.below bound (Counter.key seed [ purpose ]) 0L

                  let graph =
                      match below 1 4 with
                      | 0 -> Graph.Ring(3 + below 2 30)
                      | 1 -> Graph.Icosphere(1 + below 2 4)
                      | 2 -> Graph.Union("u", [ Graph.Ring 5; Graph.Ring(4 + below 2 20) ])
                      | _ -> Graph.Grid(1 + below 2 8, 1 + below 3 8)

                  let cell, count = below 4 graph.Cells, 1 + below 5 (graph.Cells + 3)
                  let ball = Damage.Ball(graph, cell, count)
                  let hops = graph.HopsFrom cell
                  let reached = hops |> Array.filter (fun h -> h >= 0)
                  Expect.equal ball.Length (min count reached.Length) "its size"
                  Expect.equal (Array.distinct ball).Length ball.Length "each cell once"
                  Expect.equal ball[0] cell "its middle"

                  Expect.equal
                      (ball |> Array.map (Array.get hops) |> Array.sort)
                      (Array.truncate count (Array.sort reached))
                      "nearest first")

          property "damage zeroes balls in the last rollout and nothing else, by the key alone" (fun (seed: uint64) ->
              let below purpose bound = Counter.below bound (Counter.key seed [ purpose ]) 0L
              let balls, share = 1 + below 1 3, 0.05 + 0.9 * Counter.uniform seed 0L
              let count = 1 + below 2 3
              let hook, given = Damage(1, share, balls), samples count
              let context = context 7 seed (Array.create count nan)
              let damaged = hook.Prepare(given, context)

              for i in 0 .. count - 2 do
                  Expect.isTrue (Object.ReferenceEquals(damaged[i], given[i])) "only the last"

              let zero = zeroed damaged[count - 1].Start
              Expect.isNonEmpty zero "something"
              Expect.isLessThanOrEqual zero.Length (max balls (int (share * float graph.Cells))) "at most the share"
              let kept = damaged[count - 1].Start.ToArray() |> Array.filter ((<>) 0f)
              Expect.all kept ((=) (float32 count)) "the rest is as it was"
              Expect.equal kept.Length (3 * (graph.Cells - zero.Length)) "whole cells"

              // Every cell lies in a ball about one of the middles that the key draws.
              let middles = [ for ball in 0 .. balls - 1 -> Counter.below graph.Cells seed (int64 (2 * ball)) ]
              let largest = max 1 (int (share * float graph.Cells / float balls))

              let near =
                  middles |> List.map (fun middle -> set (Damage.Ball(graph, middle, largest))) |> Set.unionMany

              Expect.isTrue (Set.isSubset (set zero) near) "within reach of a middle"
              Expect.isTrue (List.forall (fun middle -> Array.contains middle zero) middles) "the middles"
              Expect.equal (zeroed (last (hook.Prepare(given, context)))) zero "the same again"
              Expect.equal (firsts given) (Array.init count (fun i -> float32 (i + 1))) "what was given stays")

          test "damage leaves batches without a pool, and iterations that are not due" {
              let given = samples 2
              let at = context 2 3UL [| nan; nan |]
              let prepare every context = (Damage(every, 0.5, 2)).Prepare(given, context)
              Expect.isTrue (Object.ReferenceEquals(prepare 1 { at with Pooled = false }, given)) "no pool"
              Expect.isTrue (Object.ReferenceEquals(prepare 0 at, given)) "never"
              let due = [ for i in 0..19 -> not (Object.ReferenceEquals(prepare 5 { at with Iteration = i }, given)) ]
              Expect.equal (due |> List.filter id |> List.length) 4 "every fifth"

              Expect.isTrue
                  (Object.ReferenceEquals((Renew(1, 0.0)).Prepare(given, { at with Pooled = false }), given))
                  "no pool"
          }

          test "damage does not fall on the new starts of the same rhythm, which it could not hurt" {
              for every in 2..9 do
                  for iteration in 0..99 do
                      let due (hook: BatchHook) =
                          firsts (hook.Prepare(samples 1, context iteration 5UL [| 1.0 |])) <> [| 1f |]
                          || (zeroed (last (hook.Prepare(samples 1, context iteration 5UL [| 1.0 |])))).Length > 0

                      Expect.isFalse
                          (due (Renew(every, infinity)) && due (Damage(every, 0.5, 1)))
                          $"every {every}, iteration {iteration}"
          }

          test "as many of the worst rollouts as are asked for start anew, a state that is no number first" {
              let losses = [| 3.0; 1.0; nan; 2.0 |]

              let context =
                  { context 6 1UL (Array.create 4 nan) with
                      Evaluate = Func<_, _>(fun state -> losses[int state[0, 0] - 1]) }

              let prepare every count = firsts (ReseedWorst(every, count).Prepare(samples 4, context))
              Expect.equal (prepare 1 1) [| 1f; 2f; -1f; 4f |] "the worst"
              Expect.equal (prepare 3 2) [| -2f; 2f; -1f; 4f |] "the two worst"
              Expect.equal (prepare 1 9) [| -2f; -4f; -1f; -3f |] "all"
              Expect.equal (prepare 5 2) [| 1f; 2f; 3f; 4f |] "not due"
              Expect.equal (prepare 0 2) [| 1f; 2f; 3f; 4f |] "never"
              Expect.equal (ReseedWorst 3).Name "reseed worst:3" "one"
              Expect.equal (ReseedWorst(3, 2)).Name "reseed worst:3:2" "two"
              refused [ "start anew"; "0" ] (fun () -> ReseedWorst(1, 0))
          }

          property "holes are cut into the best rollouts alone, about a cell of the pattern" (fun (seed: uint64) ->
              let below purpose bound = Counter.below bound (Counter.key seed [ purpose ]) 0L
              let graph = if below 0 2 = 0 then Graph.Torus(12, 13) else Graph.Icosphere 4
              let whole = Damage.Ball(graph, below 1 graph.Cells, 20 + below 2 60)

              let start value =
                  State.Create(graph.Cells, 3, fun cell _ -> if Array.contains cell whole then value else 0f)

              let losses = Array.init 5 (fun i -> if i = below 3 5 then nan else Counter.uniform seed (int64 i))
              let given = samples 5 |> Array.mapi (fun i one -> { one with Start = start (float32 (i + 1)) })
              let context = { context 4 seed losses with Graph = graph }
              let count, share = 1 + below 4 4, 0.2 + 0.8 * Counter.uniform seed 9L
              let cut = Holes(count, share).Prepare(given, context)

              let best =
                  [ 0..4 ]
                  |> List.filter (fun i -> Double.IsFinite losses[i])
                  |> List.sortBy (Array.get losses)
                  |> List.truncate count

              for i in 0..4 do
                  let hole = Set.difference (set (zeroed cut[i].Start)) (set (zeroed given[i].Start))

                  if List.contains i best then
                      Expect.isNonEmpty hole "a hole"
                      Expect.isTrue (Set.isSubset hole (set whole)) "in the pattern"
                      // A disc's cells may be a few more than its area.
                      Expect.isLessThan (float hole.Count) (share * float whole.Length + 7.0) "at most the share"
                  else
                      Expect.isTrue (Object.ReferenceEquals(cut[i], given[i])) "the others stay"

              let again = Holes(count, share).Prepare(given, context)

              Expect.equal
                  (again |> Array.map (fun s -> s.Start.ToArray()))
                  (cut |> Array.map (fun s -> s.Start.ToArray()))
                  "by the key alone"

              let unpooled = Holes(count, share).Prepare(given, { context with Pooled = false })
              Expect.isTrue (Array.forall2 (fun a b -> Object.ReferenceEquals(a, b)) unpooled given) "a pool alone")

          test "what has one cell left is not damaged, and out of range is refused" {
              let one = State.Create(graph.Cells, 3, fun cell _ -> if cell = 7 then 1f else 0f)
              Expect.isTrue (Object.ReferenceEquals(Holes.In(graph, one, 1.0, 3UL), one)) "a seed"
              Expect.equal (Holes(3, 0.25)).Name "holes:3:0.25" "its name"
              refused [ "damaged"; "0" ] (fun () -> Holes(0, 0.5))

              for share in [ 0.0; 1.5; nan ] do
                  refused [ "hole"; share.ToString(Globalization.CultureInfo.InvariantCulture) ] (fun () ->
                      Holes(1, share))
          }

          test "a disc is what lies within its radius, around a torus too, and on lattices alone" {
              let grid, torus = Graph.Grid(5, 7), Graph.Torus(5, 7)
              Expect.equal (Damage.Disc(grid, 1.0, 2.0, 1.0)) [| 8; 14; 15; 16; 22 |] "a cross"
              Expect.equal (Damage.Disc(grid, 0.0, 0.0, 1.0)) [| 0; 1; 7 |] "at a corner"
              Expect.equal (Damage.Disc(torus, 0.0, 0.0, 1.0)) [| 0; 1; 6; 7; 28 |] "around"
              Expect.equal (Damage.Disc(grid, 1.5, 2.0, 0.6)) [| 15; 16 |] "between two columns"
              refused [ "grid or torus"; "icosphere:4" ] (fun () -> Damage.Disc(graph, 0.0, 0.0, 1.0))
          }

          test "hooks stand one after another, each with a key of its own" {
              let seen = Collections.Generic.List()
              let hooks = Hooks [ Spy("one", 1f, seen); Spy("two", 2f, seen) ]
              let prepared = hooks.Prepare(samples 2, context 3 9UL [| 0.5; 0.25 |])
              Expect.equal (firsts prepared) [| 112f; 2f |] "in order"
              Expect.equal (firsts (hooks.PrepareValidation(samples 2))) [| 112f; 212f |] "validation too"
              Expect.equal hooks.Name "one, two" "all names"
              Expect.notEqual (fst seen[0]) (fst seen[1]) "keys"
              Expect.equal (snd seen[0]) [| 0.5; 0.25 |] "the losses of the pool"
              let later = snd seen[1]
              Expect.isTrue (Double.IsNaN later[0] && later[1] = 0.25) "a start that was changed has no loss"
              seen.Clear()
              hooks.Prepare(samples 2, context 3 9UL [| 0.5; 0.25 |]) |> ignore
              hooks.Prepare(samples 2, context 3 10UL [| 0.5; 0.25 |]) |> ignore
              Expect.equal (seen |> Seq.map fst |> Seq.distinct |> Seq.length) 4 "by key and place"
          }

          test "names hold every setting, under any culture" {
              Expect.equal (Renew(5, 3.5)).Name "renew:5:3.5" "renew"
              Expect.equal (Renew(0, infinity)).Name "renew:0:Infinity" "no limit"
              Expect.equal (Damage(5, 0.25, 2)).Name "damage:5:0.25:2" "damage"
              Expect.equal (Hooks [ Renew(5, 3.5); Damage(5, 0.25, 2) ]).Name "renew:5:3.5, damage:5:0.25:2" "both"
              Expect.equal (Hooks []).Name "" "none"
          }

          test "numbers out of range are refused" {
              refused [ "new starts"; "-1" ] (fun () -> Renew(-1, 1.0))
              refused [ "must be a number"; "NaN" ] (fun () -> Renew(1, nan))
              refused [ "between damages"; "-1" ] (fun () -> Damage(-1, 0.5, 1))

              for share in [ 0.0; -0.1; 1.5; nan ] do
                  refused [ "share"; share.ToString(Globalization.CultureInfo.InvariantCulture) ] (fun () ->
                      Damage(1, share, 1))

              refused [ "balls"; "0" ] (fun () -> Damage(1, 0.5, 0))
          } ]
