/// Rule and state files: what is written is what is read, older files open, and whatever else is refused.
module GaryMesh.Tests.Files.RuleFileTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Tests
open GaryMesh.Tests.Mutants
open GaryMesh.Tests.Files.Support

let private bytesOf (automaton: Automaton) =
    use memory = new MemoryStream()
    RuleFile.Write(memory, automaton)
    memory.ToArray()

let private readBytes (known: EdgeWeight seq) (bytes: byte[]) =
    use memory = new MemoryStream(bytes)
    RuleFile.Read(memory, "rule.npz", Known(EdgeWeights = known))

let private arrays (automaton: Automaton) =
    use memory = new MemoryStream(bytesOf automaton)
    Dictionary(Npz.Read(memory, "rule.npz"))

/// Reads the automaton's file with one entry changed.
let private changed (automaton: Automaton) (entry: string) (array: NpyArray | null) () =
    let entries = arrays automaton

    match array with
    | null -> entries.Remove entry |> ignore
    | array -> entries[entry] <- array

    use memory = new MemoryStream()
    Npz.Write(memory, entries)
    readBytes [] (memory.ToArray()) |> ignore

let private same (a: Automaton) (b: Automaton) =
    Expect.equal a.Perception.Text b.Perception.Text "the perception"

    Expect.equal a.Rule.Shape b.Rule.Shape "the shape"
    Expect.equal (a.Rule.ToArray()) (b.Rule.ToArray()) "the parameters"

    Expect.equal
        (a.FireRate, a.TimeStep, a.Keep, a.Gate, a.Bound, a.Spacing, a.Start, a.MinSteps, a.MaxSteps)
        (b.FireRate, b.TimeStep, b.Keep, b.Gate, b.Bound, b.Spacing, b.Start, b.MinSteps, b.MaxSteps)
        "everything else"

    let palette (automaton: Automaton) =
        match automaton.Palette with
        | null -> None
        | palette -> Some(palette.Mean.ToArray(), palette.Basis.ToArray(), List.ofSeq palette.Pictures)

    Expect.equal (palette a) (palette b) "the palette"

let private halves = [| for i in 0..100 -> float32 (i % 7) / 8f - 0.25f |]

/// The weights of the fixtures: each matrix counts up from the same number.
let private counting (shape: RuleShape) =
    let part (view: ParameterView) = Array.truncate view.Length halves
    let parameters = shape.Views |> Seq.map part |> Array.concat
    Rule(shape, ReadOnlySpan parameters)

let private fixtureAutomaton =
    Automaton
        .Of(Perception.Planar, counting (RuleShape(2, 6, 3)))
        .WithFireRate(0.25)
        .WithStart(Start.Noise 0.5f)
        .WithSteps(8, 12)

let private automata =
    gen {
        let! perception =
            Gen.elements
                [ Perception.Planar
                  Perception.Planar.WithLift(GradientNorm(1, 2))
                  Perception.Planar.WithLift(Steering(0, 1, 2, 0))
                  Perception.Planar.WithLift(Spoken(2, 0))
                  Perception.Planar.WithLift(Spoken [ 0; 1 ])
                  Perception.Harmonics
                  Perception.Sobel
                  Perception.Offsets [ -3; 2 ]
                  Perception [ Operator.Own ] ]

        let! channels = Gen.choose (2, 20)
        let! hidden = Gen.choose (1, 30)
        let! inputs = Gen.elements [ 0; 0; 1; 5 ]
        let! seed = Gen.choose (0, 1000000)

        let kinds: RuleKind list =
            [ DenseRule.Kind
              MixtureRule(2, 3)
              EmbeddedRule(0, 2, MixtureRule(1, 2))
              SecantRule(1, DenseRule.Kind) ]

        let! kind = Gen.elements kinds

        let inputs = if kind :? EmbeddedRule then max 1 inputs else inputs
        let shape = RuleShape.For(perception, channels, hidden, inputs).WithKind kind
        let! keep = Gen.elements [ 1.0; 0.0; 0.5 ]
        let! rate = Gen.choose (0, 65536)
        let! step = Gen.elements [ 1.0; 0.1; -0.3 ]
        let! channel = Gen.choose (0, channels - 1)
        let! gate = Gen.elements [ Gate.Open; Gate.Alive(channel, 0.1f); Gate.AlivePublished(channel, -1e-20f) ]
        let! bound = Gen.elements [ infinityf; 2f; 0.1f ]
        let! spacing = Gen.elements [ 1.0; 0.3 ]
        let! maps = Gen.choose (0, shape.Channels)
        let! named = Gen.choose (0, 1)

        let palette =
            if maps = 0 then
                null
            else
                let palette = Palette.Of(Array.truncate (maps * (halves.Length / maps)) halves, maps)

                if maps < 2 || named = 0 then
                    palette
                else
                    palette.WithPictures [ struct ("albedo", maps - 1); struct ("height_2", 1) ]

        let! start = Gen.elements [ Start.Zeros; Start.Seed; Start.Noise 0.1f ]
        let! least = Gen.choose (1, 50)
        let! more = Gen.choose (0, 50)

        return
            Automaton
                .Of(perception, GradientCheck.RuleFor(shape, uint64 seed, 1.0))
                .WithFireRate(float rate / 65536.0)
                .WithKeep(keep)
                .WithTimeStep(step)
                .WithGate(gate)
                .WithBound(bound)
                .WithSpacing(spacing)
                .WithPalette(palette)
                .WithStart(start)
                .WithSteps(least, least + more)
    }

[<Tests>]
let tests =
    testList
        "Rule files"
        [ propertyOf automata "what is written is what is read, in equal bytes" (fun automaton ->
              let bytes = bytesOf automaton
              let again = readBytes [] bytes
              same again automaton
              Expect.equal (bytesOf again) bytes "equal automata are equal bytes")

          test "a file is replaced whole, and reads as its stream does" {
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "rule.npz")
                  RuleFile.Write(path, Automaton.MeshNca 1UL)
                  RuleFile.Write(path, Automaton.Growing 2UL)
                  same (RuleFile.Read path) (Automaton.Growing 2UL)
                  Expect.equal (File.ReadAllBytes path) (bytesOf (Automaton.Growing 2UL)) "the stream's bytes"
                  Expect.hasLength (Directory.GetFiles folder) 1 "nothing else is left")
          }

          propertyOf
              automata
              "a file of bytes holds each weight to half a 127th of the greatest in its row"
              (fun automaton ->
                  inFolder (fun folder ->
                      let path = Path.Combine(folder, "rule.npz")
                      RuleFile.WriteBytes(path, automaton)
                      let packed = RuleFile.Read path
                      same (packed.WithRule automaton.Rule) automaton

                      for view in automaton.Rule.Views do
                          let exact, given = automaton.Rule.View view.Name, packed.Rule.View view.Name

                          for row in 0 .. view.Rows - 1 do
                              let exact = Array.sub exact (row * view.Columns) view.Columns
                              let step = (exact |> Seq.map abs |> Seq.max) / 127f
                              let allowed = if view.Role.IsBias then 0f else 0.50001f * step

                              for i in 0 .. view.Columns - 1 do
                                  let off = abs (given[row * view.Columns + i] - exact[i])
                                  Expect.isLessThanOrEqual off allowed view.Name

                      let again = Path.Combine(folder, "again.npz")
                      RuleFile.WriteBytes(again, packed)
                      // A row's greatest weight divided and multiplied by 127 may round, but no weight goes to another byte.
                      let bytes (file: string) (name: string) =
                          let entries = Npz.Read file
                          entries[name].ToByte()

                      for view in automaton.Rule.Views do
                          if not view.Role.IsBias then
                              Expect.equal (bytes again view.Name) (bytes path view.Name) "the same bytes again"))

          test "weights stand by name, in the shapes that the rule's matrices have" {
              let entries = arrays (Automaton.GaryMesh 1UL)
              Expect.equal entries["fc1.weight"].Shape [| 48; 36 |] "hidden x perceived"
              Expect.equal entries["fc1.bias"].Shape [| 48 |] "hidden"
              Expect.equal entries["fc2.weight"].Shape [| 12; 48 |] "channels x hidden"
              Expect.equal entries["fc2.bias"].Shape [| 12 |] "channels"
              Expect.equal (entries["perception"].ToText()[1]) "mean difference cos" "operators as text"
              // One channel: a vector all the same.
              let thin = arrays (Automaton.Of(Perception.Planar, Rule.Zero(RuleShape(1, 3, 1))))
              Expect.equal thin["fc2.bias"].Shape [| 1 |] "a bias of one channel"
              Expect.equal thin["fc2.weight"].Shape [| 1; 1 |] "a matrix of one weight"
          }

          test "the file of version 2 reads, and is still what is written" {
              let half = RuleShape(2, 4, 3)

              let automaton =
                  { fixtureAutomaton.WithTimeStep(0.5).WithGate(Gate.Alive(1, 0.1f)) with
                      Perception = Perception.Planar.WithLift(GradientNorm(1, 2))
                      Rule = Rule.Blend(counting half, Rule.Zero half) }

              same (RuleFile.Read(fixture "rule_version2.npz")) automaton
              Expect.equal (bytesOf automaton) (File.ReadAllBytes(fixture "rule_version2.npz")) "the same bytes"
          }

          test
              "bound and spacing stand in a file where they are not the default, as entries that an older reader refuses" {
              let more (automaton: Automaton) = set (arrays automaton).Keys - set (arrays (Automaton.GaryMesh 1UL)).Keys

              let automaton = Automaton.GaryMesh 1UL
              Expect.equal (more (automaton.WithBound(infinityf).WithSpacing 1.0)) Set.empty "the defaults"
              Expect.equal (more (automaton.WithBound 2f)) (set [ "bound" ]) "a bound"
              Expect.equal (more (automaton.WithSpacing 0.5)) (set [ "spacing" ]) "a spacing"
              let bad words entry array = refused ("rule.npz" :: words) (changed automaton entry array)
              let single value = NpyArray.OfFloat32([| 1 |], [| value |])
              let number value = NpyArray.OfFloat64([||], [| value |])
              bad [ "bound must be above 0"; "is 0" ] "bound" (single 0f)
              bad [ "bound must be above 0"; "is -2" ] "bound" (single -2f)
              bad [ "'bound'"; "finite"; "NaN" ] "bound" (single nanf)
              bad [ "'bound'"; "finite"; "1E+300" ] "bound" (NpyArray.OfFloat64([| 1 |], [| 1e300 |]))
              bad [ "spacing must be finite and above 0"; "is 0" ] "spacing" (number 0.0)
              bad [ "spacing"; "NaN" ] "spacing" (number nan)
          }

          test "a palette's pictures stand in a file beside it, and what is no name of a file is refused" {
              let palette = Palette([| 0.5; 0.25 |], [| 1.0; 0.5; 0.0; 2.0 |])
              let pictures = [ struct ("albedo", 1); struct ("height", 1) ]
              let automaton = (Automaton.GaryMesh 1UL).WithPalette(palette.WithPictures pictures)
              let entries = arrays automaton
              Expect.isTrue (entries.ContainsKey "palette.pictures") "an entry of its own"

              for text, words in
                  [ "albedo:1;height:2", [ "2 maps"; "3" ]
                    "albedo:2;height:0", [ "2 maps"; "at least 1" ]
                    "albedo:1;ALBEDO:1", [ "'ALBEDO'" ]
                    "../x:1;y:1", [ "'../x'" ]
                    ":1;y:1", [ "''" ]
                    "albedo", [ "NAME:MAPS"; "'albedo'" ]
                    "a:1:1;b:1", [ "NAME:MAPS" ] ] do
                  refused
                      ("rule.npz" :: words)
                      (changed automaton "palette.pictures" ((ArchiveWriter()).Text("t", text).Entries["t"]))
          }

          test "a palette stands in a file as entries that are refused where they are not one" {
              let automaton = (Automaton.GaryMesh 1UL).WithPalette(Palette([| 0.5; 0.25 |], [| 1.0; 0.5; 0.0; 2.0 |]))
              let more = set (arrays automaton).Keys - set (arrays (Automaton.GaryMesh 1UL)).Keys
              Expect.equal more (set [ "palette.mean"; "palette.basis" ]) "its entries"

              let bad words entry (array: NpyArray | null) =
                  refused ("rule.npz" :: words) (changed automaton entry array)

              let numbers (values: float list) = NpyArray.OfFloat64([| values.Length |], Array.ofList values)
              let square (values: float list) = NpyArray.OfFloat64([| 2; 2 |], Array.ofList values)
              bad [ "'palette.basis'" ] "palette.mean" (numbers [ 0.5 ])
              bad [ "'palette.basis'"; "0 x 0" ] "palette.mean" (numbers [])
              bad [ "finite"; "NaN" ] "palette.mean" (numbers [ nan; 0.0 ])
              bad [ "'palette.basis'" ] "palette.basis" (numbers [ 1.0; 0.5; 0.0; 2.0 ])
              bad [ "finite"; "Infinity" ] "palette.basis" (square [ 1.0; infinity; 0.0; 2.0 ])
              bad [ "2 maps"; "inverted" ] "palette.basis" (square [ 1.0; 2.0; 2.0; 4.0 ])
              let many = List.replicate 20 0.0

              let basis =
                  NpyArray.OfFloat64([| 20; 20 |], Array.init 400 (fun at -> if at / 20 = at % 20 then 1.0 else 0.0))

              // Both entries at once.
              refused [ "rule.npz"; "20 maps"; "12 channels" ] (fun () ->
                  let entries = arrays automaton
                  entries["palette.mean"] <- numbers many
                  entries["palette.basis"] <- basis
                  use memory = new MemoryStream()
                  Npz.Write(memory, entries)
                  readBytes [] (memory.ToArray()) |> ignore)

              for gone in [ "palette.mean"; "palette.basis" ] do
                  bad [ "palette." ] gone null

              survives "rule.npz" 300 23 (bytesOf automaton) (fun bytes -> readBytes [] bytes |> ignore)
          }

          test "a file of version 1 reads as two dense layers without a lift" {
              same
                  (RuleFile.Read(fixture "rule_version1.npz"))
                  (fixtureAutomaton.WithTimeStep(0.5).WithGate(Gate.Alive(1, 0.1f)))
          }

          test "NumPy's own file of the same rule reads the same" {
              same
                  (RuleFile.Read(fixture "rule_numpy.npz"))
                  (fixtureAutomaton.WithTimeStep(0.5).WithGate(Gate.Alive(1, 0.1f)))
          }

          test "a file of version 0 reads with a time step of 1, no gate and no inputs" {
              same (RuleFile.Read(fixture "rule_version0.npz")) fixtureAutomaton
          }

          test "a newer version is refused" {
              refused [ "rule_newer.npz"; "0 to 2"; "version 3" ] (fun () ->
                  RuleFile.Read(fixture "rule_newer.npz") |> ignore)
          }

          test "an unknown feature is refused" {
              refused [ "rule_unknown.npz"; "'experts'" ] (fun () ->
                  RuleFile.Read(fixture "rule_unknown.npz") |> ignore)
          }

          test "the four arrays of MeshNCA alone are a MeshNCA rule" {
              let expected = Automaton.Of(Perception.Harmonics, counting (RuleShape(2, 10, 3)))
              same (RuleFile.Read(fixture "rule_meshnca.npz")) expected
          }

          test "MeshNCA's arrays for another perception are refused with both sizes" {
              let rule = Automaton.GaryMesh 1UL
              let weights = arrays rule |> Seq.filter (fun entry -> entry.Key.StartsWith "fc") |> Array.ofSeq
              use memory = new MemoryStream()
              Npz.Write(memory, weights)

              refused [ "rule.npz"; "60"; "[48 x 36]" ] (fun () -> readBytes [] (memory.ToArray()) |> ignore)
          }

          test "edge weights of one's own are found by name, and asked for where they are not at hand" {
              let mine = EdgeWeight("my own", fun edge -> edge.X + 2.0)
              let operator = Operator.Neighbours(mine, Messages.Value, Aggregation.Sum)
              let automaton = Automaton.Of(Perception [ operator ], Rule.Zero(RuleShape(2, 2, 3)))
              let again = readBytes [ mine ] (bytesOf automaton)
              same again automaton

              match again.Perception.Operators[0] with
              | Operator.Neighbours(weight, _, _) -> Expect.isTrue (obj.ReferenceEquals(weight, mine)) "the one given"
              | Operator.Own -> failtest "an own state was read"

              refused [ "rule.npz"; "'my own'" ] (fun () -> readBytes [] (bytesOf automaton) |> ignore)
          }

          test "what does not fit is refused in one sentence that names it" {
              let bad words entry array = refused ("rule.npz" :: words) (changed (Automaton.GaryMesh 1UL) entry array)
              let number value = NpyArray.OfFloat64([||], [| value |])
              let whole value = NpyArray.OfInt32([||], [| value |])
              bad [ "'fc1.bias'"; "missing" ] "fc1.bias" null
              bad [ "'fc1.bias'"; "[48]"; "[47]" ] "fc1.bias" (NpyArray.OfFloat32([| 47 |], Array.zeroCreate 47))
              bad [ "'fc1.bias'"; "finite" ] "fc1.bias" (NpyArray.OfFloat32([| 48 |], Array.create 48 nanf))
              bad [ "'fc1.bias'"; "numbers" ] "fc1.bias" (NpyArray.OfText([| 48 |], Array.create 48 "1"))
              bad [ "'gary-mesh rule'"; "'mine'" ] "format" (NpyArray.OfText "mine")
              bad [ "fire rate"; "1.5" ] "fire_rate" (number 1.5)
              bad [ "fire rate" ] "fire_rate" (number nan)
              bad [ "time step" ] "time_step" (number infinity)
              bad [ "channels"; "36" ] "channels" (whole 13)
              bad [ "channels" ] "channels" (whole Int32.MaxValue)
              bad [ "hidden" ] "hidden" (whole -1)
              bad [ "inputs" ] "inputs" (whole 1)
              bad [ "gate"; "'half'" ] "gate" (NpyArray.OfText "half")
              bad [ "gate"; "12" ] "gate" (NpyArray.OfText "alive:12:0.1")
              bad [ "gate"; "threshold" ] "gate" (NpyArray.OfText "alive:1:NaN")
              bad [ "start"; "'ones'" ] "start" (NpyArray.OfText "ones")
              bad [ "steps" ] "steps" (NpyArray.OfInt32([| 2 |], [| 5; 4 |]))
              bad [ "steps" ] "steps" (NpyArray.OfInt32([| 2 |], [| 0; 4 |]))
              bad [ "'steps'"; "[2]"; "[3]" ] "steps" (NpyArray.OfInt32([| 3 |], [| 1; 2; 3 |]))
              bad [ "operator"; "'max'" ] "perception" (NpyArray.OfText([| 3 |], [| "own"; "max"; "own" |]))
              bad [ "'perception'" ] "perception" (NpyArray.OfText "own")
              bad [ "operator" ] "perception" (NpyArray.OfText([| 0 |], [||]))
          }

          test "another npz is refused" {
              refused [ "numpy_stored.npz"; "'format'"; "MeshNCA" ] (fun () ->
                  RuleFile.Read(fixture "numpy_stored.npz") |> ignore)
          }

          test "damaged files are read or refused, never worse" {
              survives
                  "rule.npz"
                  3000
                  7
                  (bytesOf (Automaton.Of(Perception.Planar, counting (RuleShape(2, 6, 3)))))
                  (fun bytes -> (readBytes [] bytes).Check())
          }

          test "entries of the wrong kind in every place are refused, never worse" {
              let strange =
                  [ NpyArray.OfText "x"
                    NpyArray.OfFloat64([||], [| nan |])
                    NpyArray.OfFloat32([| 0; 3 |], [||])
                    NpyArray.OfInt64([||], [| Int64.MaxValue |])
                    NpyArray.OfInt32([| 2 |], [| Int32.MinValue; Int32.MaxValue |])
                    NpyArray.OfBool([| 2; 1 |], [| true; false |])
                    NpyArray.OfText([| 1 |], [| "" |]) ]

              let automaton = (Automaton.GaryMesh 1UL).WithBound(2f).WithSpacing 0.5
              // A whole number is a time step or spacing like any other.
              let fits entry (array: NpyArray) =
                  List.contains entry [ "time_step"; "spacing" ] && array.Type = NpyType.Int64

              for entry in (arrays automaton).Keys do
                  for array in strange |> List.filter (fits entry >> not) do
                      refused [ "rule.npz" ] (changed automaton entry array)
          } ]

let private stateOf (array: NpyArray) =
    use memory = new MemoryStream()
    Npz.Write(memory, [ KeyValuePair("state", array) ])
    memory.Position <- 0L
    StateFile.Read(memory, "state.npz")

[<Tests>]
let stateTests =
    testList
        "State files"
        [ test "what is written is what is read" {
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "state.npz")
                  let state = State.Create(7, 5, fun cell channel -> float32 cell / 3f - float32 channel)
                  StateFile.Write(path, state)
                  let again = StateFile.Read path
                  Expect.equal (again.Cells, again.Channels) (7, 5) "the sizes"
                  Expect.equal (again.ToArray()) (state.ToArray()) "the values")
          }

          test "a state that comes in pieces has the bytes of the whole; what pieces throw leaves no file" {
              inFolder (fun folder ->
                  let at name = Path.Combine(folder, name)

                  let state =
                      State.Create(
                          50021,
                          7,
                          fun cell channel -> float32 (Counter.uniform 3UL (int64 (7 * cell + channel)))
                      )

                  StateFile.Write(at "whole.npz", state)

                  for size in [ 1000; 65536; 65537; 350147 ] do
                      StateFile.Write(at "pieces.npz", 50021, 7, Array.chunkBySize size (state.ToArray()))

                      Expect.equal
                          (File.ReadAllBytes(at "pieces.npz"))
                          (File.ReadAllBytes(at "whole.npz"))
                          $"by {size}"

                  let short () = StateFile.Write(at "short.npz", 3, 2, [ [| 1f; 2f |]; [| 3f |] ])
                  Expect.throwsT<ArgumentException> short "three of six values" |> ignore

                  let lost () =
                      StateFile.Write(
                          at "lost.npz",
                          3,
                          2,
                          seq {
                              yield [| 1f; 2f |]
                              failwith "lost"
                          }
                      )

                  Expect.throws lost "what the pieces throw"
                  let files = Directory.GetFiles folder |> Array.map Path.GetFileName |> Array.sort
                  Expect.equal files [| "pieces.npz"; "whole.npz" |] "no other file")
          }

          test "float64 is rounded" {
              let state = stateOf (NpyArray.OfFloat64([| 2; 1 |], [| 0.1; -3.0 |]))
              Expect.equal (state.ToArray()) [| 0.1f; -3f |] "nearest"
          }

          test "whatever else is refused" {
              let bad words array = refused ("state.npz" :: words) (fun () -> stateOf array |> ignore)
              bad [ "'state'"; "[any x any]"; "[3]" ] (NpyArray.OfFloat32([| 3 |], [| 1f; 2f; 3f |]))
              bad [ "[0 x 3]" ] (NpyArray.OfFloat32([| 0; 3 |], [||]))
              bad [ "finite" ] (NpyArray.OfFloat32([| 1; 2 |], [| 1f; infinityf |]))
              bad [ "finite"; "1E+300" ] (NpyArray.OfFloat64([| 1; 1 |], [| 1e300 |]))
              bad [ "'state'"; "numbers"; "text" ] (NpyArray.OfText([| 1; 1 |], [| "1" |]))
              refused [ "'state'"; "missing" ] (fun () -> StateFile.Read(fixture "numpy_stored.npz") |> ignore)
          }

          test "damaged files are read or refused, never worse" {
              use memory = new MemoryStream()
              StateFile.Write(memory, State.Create(7, 5, fun cell channel -> float32 (cell - channel)))

              survives "state.npz" 1000 3 (memory.ToArray()) (fun bytes ->
                  StateFile.Read(new MemoryStream(bytes), "state.npz") |> ignore)
          } ]
