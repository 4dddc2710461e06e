namespace GaryMesh

open System
open System.Collections.Generic
open System.Globalization
open System.IO

[<Sealed>]
type Known() =
    member val EdgeWeights: EdgeWeight seq = Seq.empty with get, set
    member val Lifts: Lift seq = Seq.empty with get, set
    member val RuleKinds: RuleKind seq = Seq.empty with get, set

module internal GateText =
    let write (gate: Gate) =
        match gate.Mask with
        | ValueNone -> "open"
        | ValueSome(channel, threshold) ->
            let kind = if gate.IsAlive then "alive:" else "alive-published:"
            kind + string<int> channel + ":" + threshold.ToString("R", CultureInfo.InvariantCulture)

    let parse (text: string) =
        let invariant = CultureInfo.InvariantCulture

        let refuse () : 'a =
            Guard.refuse
                $"A gate is 'open', 'alive:CHANNEL:THRESHOLD' or 'alive-published:CHANNEL:THRESHOLD', but '{text}' is none of them."

        match text.Split ':' with
        | [| "open" |] -> Gate.Open
        | [| kind; channel; threshold |] ->
            match
                kind, Int32.TryParse(channel, NumberStyles.None, invariant), Single.TryParse(threshold, invariant)
            with
            | "alive", (true, channel), (true, threshold) -> Gate.Alive(channel, threshold)
            | "alive-published", (true, channel), (true, threshold) -> Gate.AlivePublished(channel, threshold)
            | _ -> refuse ()
        | _ -> refuse ()

module internal PerceptionEntries =
    let write (perception: Perception) =
        let operators = perception.Operators |> Seq.map _.Text |> Array.ofSeq

        [ "perception", NpyArray.OfText([| operators.Length |], operators)
          "lift",
          NpyArray.OfText(
              match perception.Lift with
              | null -> "none"
              | lift -> lift.Name
          ) ]

    let read (entries: ArchiveReader) (known: Known) (lifts: bool) =
        let operators =
            entries.Texts("perception", [ -1 ])
            |> Array.map (fun text -> Operator.Parse(text, known.EdgeWeights))

        match if lifts then entries.Texts("lift", []).[0] else "none" with
        | "none" -> Perception operators
        | lift -> Perception(operators, Lifts.parse lift known.Lifts)

module private RuleEntries =
    [<Literal>]
    let Kind = "gary-mesh rule"

    [<Literal>]
    let Version = 2

    /// The rule of a file without settings, such as MeshNCA's.
    let bare = set [ "fc1.weight"; "fc1.bias"; "fc2.weight"; "fc2.bias" ]

    /// The settings that came with each version, oldest first.
    let settings =
        [ [ "format"; "format_version"; "perception"; "channels"; "hidden"; "fire_rate"; "start"; "steps" ]
          [ "inputs"; "time_step"; "gate" ]
          [ "kind"; "lift" ] ]

    let int32 value = NpyArray.OfInt32([||], [| value |])
    let float64 value = NpyArray.OfFloat64([||], [| value |])

    let entries (automaton: Automaton) =
        automaton.Check()
        let shape = automaton.Rule.Shape

        [ for view in automaton.Rule.Views do
              view.Name, NpyArray.OfFloat32(view.FileShape, automaton.Rule.View view.Name)
          "format", NpyArray.OfText Kind
          "format_version", int32 Version
          "kind", NpyArray.OfText shape.Kind.Name
          yield! PerceptionEntries.write automaton.Perception
          "channels", int32 shape.Channels
          "hidden", int32 shape.Hidden
          "inputs", int32 shape.Inputs
          "fire_rate", float64 automaton.FireRate
          "time_step", float64 automaton.TimeStep
          "gate", NpyArray.OfText(GateText.write automaton.Gate)
          "start", NpyArray.OfText automaton.Start.Text
          "steps", NpyArray.OfInt32([| 2 |], [| automaton.MinSteps; automaton.MaxSteps |]) ]
        |> List.map KeyValuePair

    /// The rule of the entries, once its shape is known: parts are compared with it before they are read.
    let rule (entries: ArchiveReader) (shape: RuleShape) =
        let part (view: ParameterView) =
            let sizes (shape: int seq) = "[" + String.Join(" x ", shape) + "]"
            let wanted, given = view.FileShape, entries.Shape view.Name

            if not (Seq.forall2 (=) wanted given) || wanted.Length <> Seq.length given then
                entries.Bad
                    $"a rule {shape.Text} for {shape.Channels} channels, {shape.Perceived} perceived values and {shape.Inputs} inputs asks for '{view.Name}' {sizes wanted}, but it is {sizes given}"

            let struct (_, values) = entries.Floats(view.Name, List.ofArray wanted)
            values

        let parameters = shape.Views |> Seq.map part |> Array.concat
        entries.Trying(fun () -> Rule(shape, ReadOnlySpan parameters))

    let meshNca (entries: ArchiveReader) =
        let struct (first, _) = entries.Floats("fc1.weight", [ -1; -1 ])
        let struct (second, _) = entries.Floats("fc2.weight", [ -1; -1 ])
        let hidden, perceived, channels = first[0], first[1], second[0]

        if hidden < 1 || channels < 1 || int64 perceived <> 5L * int64 channels then
            entries.Bad
                $"a MeshNCA rule for {channels} channels must read {5L * int64 channels} perceived values (four harmonics and the own state), but 'fc1.weight' is [{hidden} x {perceived}]"

        Automaton.Of(Perception.Harmonics, rule entries (RuleShape(channels, perceived, hidden)))

    let own (entries: ArchiveReader) (known: Known) =
        let version = entries.Version(Kind, Version)
        let since first read otherwise = if version >= first then entries.Trying read else otherwise
        let text entry = entries.Texts(entry, [])[0]

        let most = 1 <<< 20

        /// Before a shape is made of numbers that a file may set at will.
        let size entry =
            match entries.Ints(entry, [])[0] with
            | value when value >= 0 && value <= most -> value
            | value -> entries.Bad $"'{entry}' must lie in 0..{most}, but is {value}"

        let perception = entries.Trying(fun () -> PerceptionEntries.read entries known (version >= 2))

        let channels, hidden = size "channels", size "hidden"
        let inputs = since 1 (fun () -> size "inputs") 0

        let shape =
            entries.Trying(fun () ->
                let kind = since 2 (fun () -> RuleKinds.parse (text "kind") known.RuleKinds) DenseRule.Kind
                RuleShape.For(perception, channels, hidden, inputs).WithKind kind)

        entries.Only(
            "the rule",
            Seq.append (settings |> List.take (version + 1) |> Seq.concat) (shape.Views |> Seq.map _.Name)
        )

        let steps = entries.Ints("steps", [ 2 ])

        let automaton =
            { Perception = perception
              Rule = rule entries shape
              FireRate = entries.Doubles("fire_rate", [])[0]
              TimeStep = since 1 (fun () -> entries.Doubles("time_step", [])[0]) 1.0
              Gate = since 1 (fun () -> GateText.parse (text "gate")) Gate.Open
              Start = entries.Trying(fun () -> Start.Parse(text "start"))
              MinSteps = steps[0]
              MaxSteps = steps[1] }

        entries.Trying automaton.Check
        automaton

    let read name (arrays: IReadOnlyDictionary<string, NpyArray>) (known: Known) =
        let entries = ArchiveReader(name, arrays)

        if entries.Has "format" then
            own entries known
        elif Set.ofSeq entries.Names = bare then
            meshNca entries
        else
            entries.Bad
                "a rule file has the entry 'format', or (MeshNCA's) 'fc1.weight', 'fc1.bias', 'fc2.weight' and 'fc2.bias' alone, but this has neither"

[<AbstractClass; Sealed>]
type RuleFile =

    static member Version = RuleEntries.Version

    static member Read(path: string, known: Known) : Automaton = RuleEntries.read path (Npz.Read path) known
    static member Read(path: string) : Automaton = RuleFile.Read(path, Known())

    static member Read(stream: Stream, name: string, known: Known) : Automaton =
        RuleEntries.read name (Npz.Read(stream, name)) known

    static member Read(stream: Stream, name: string) : Automaton = RuleFile.Read(stream, name, Known())

    // Stored rather than deflated, so that equal automata are equal bytes on every runtime.
    static member Write(path: string, automaton: Automaton) = Npz.Write(path, RuleEntries.entries automaton, false)

    static member Write(stream: Stream, automaton: Automaton) = Npz.Write(stream, RuleEntries.entries automaton, false)
