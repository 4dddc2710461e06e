namespace GaryMesh

open System
open System.Collections.Generic
open System.Globalization
open System.IO

[<Sealed>]
type internal Entries(name: string, arrays: IReadOnlyDictionary<string, NpyArray>) =
    let sizes (shape: int seq) =
        let size n = if n < 0 then "any" else string<int> n
        "[" + String.Join(" x ", Seq.map size shape) + "]"

    /// ArgumentOutOfRangeException adds the parameter's name, which says nothing to who reads a file.
    let sentence (error: ArgumentException) =
        match error.Message.IndexOf(" (Parameter '", StringComparison.Ordinal) with
        | -1 -> error.Message
        | at -> error.Message.Substring(0, at)

    let fetch (entry: string) (shape: int list) (convert: NpyArray -> 'a) : struct (int[] * 'a) =
        match arrays.TryGetValue entry with
        | true, array ->
            let given = array.Shape

            if
                given.Length <> shape.Length
                || Seq.exists2 (fun wanted size -> wanted >= 0 && wanted <> size) shape given
            then
                Guard.badData $"{name}: '{entry}' must have the shape {sizes shape}, but has {sizes given}."

            try
                struct (given, convert array)
            with :? InvalidDataException as error ->
                let message = error.Message.Replace("\n", " ")

                raise (
                    InvalidDataException(
                        $"{name}: '{entry}' has elements of another type ({array.Type}): {message}",
                        error
                    )
                )
        | _ -> Guard.badData $"{name}: the entry '{entry}' is missing."

    let second (struct (_, values)) = values

    member _.Bad(what: string) : 'a = Guard.badData $"{name}: {what}."
    member _.Names = arrays.Keys
    member _.Has(entry: string) = arrays.ContainsKey entry

    member entries.Only(kind: string, known: string seq) =
        match arrays.Keys |> Seq.except known |> Seq.sort |> Seq.tryHead with
        | Some entry -> entries.Bad $"the entry '{entry}' is unknown, and {kind} without it may mean something else"
        | None -> ()

    member _.Floats(entry: string, shape: int list) =
        let struct (given, values) = fetch entry shape _.ToFloat32()

        match Array.tryFindIndex (Single.IsFinite >> not) values with
        | Some at -> Guard.badData $"{name}: every number of '{entry}' must be finite, but number {at} is {values[at]}."
        | None -> struct (given, values)

    member _.Doubles(entry: string, shape: int list) = second (fetch entry shape _.ToFloat64())
    member _.Ints(entry: string, shape: int list) = second (fetch entry shape _.ToInt32())
    member _.Truths(entry: string, shape: int list) = second (fetch entry shape _.ToBool())
    member _.Texts(entry: string, shape: int list) = second (fetch entry shape _.ToText())

    member entries.Version(kind: string, newest: int) =
        let format = entries.Texts("format", [])[0]

        if format <> kind then
            entries.Bad $"a file of the format '{kind}' is asked for, but this is '{format}'"

        let version = entries.Ints("format_version", [])[0]

        if version < 0 || version > newest then
            entries.Bad $"the format versions 0 to {newest} of '{kind}' are read, but this is version {version}"

        version

    member entries.Trying(read: unit -> 'a) : 'a =
        try
            read ()
        with :? ArgumentException as error ->
            raise (InvalidDataException($"{name}: {sentence error}", error))

module internal GateText =
    let write (gate: Gate) =
        match gate with
        | Gate.Open -> "open"
        | Gate.Alive(channel, threshold) ->
            "alive:" + string<int> channel + ":" + threshold.ToString("R", CultureInfo.InvariantCulture)

    let parse (text: string) =
        let invariant = CultureInfo.InvariantCulture

        match text.Split ':' with
        | [| "open" |] -> Gate.Open
        | [| "alive"; channel; threshold |] ->
            match Int32.TryParse(channel, NumberStyles.None, invariant), Single.TryParse(threshold, invariant) with
            | (true, channel), (true, threshold) -> Gate.Alive(channel, threshold)
            | _ -> Guard.refuse $"A gate is 'open' or 'alive:CHANNEL:THRESHOLD', but '{text}' is neither."
        | _ -> Guard.refuse $"A gate is 'open' or 'alive:CHANNEL:THRESHOLD', but '{text}' is neither."

module private RuleEntries =
    [<Literal>]
    let Kind = "gary-mesh rule"

    [<Literal>]
    let Version = 1

    let weights = [ "fc1.weight"; "fc1.bias"; "fc2.weight"; "fc2.bias" ]

    let version0 =
        weights
        @ [ "format"; "format_version"; "perception"; "channels"; "hidden"; "fire_rate"; "start"; "steps" ]

    let version1 = version0 @ [ "inputs"; "time_step"; "gate" ]

    let int32 value = NpyArray.OfInt32([||], [| value |])
    let float64 value = NpyArray.OfFloat64([||], [| value |])

    let entries (automaton: Automaton) =
        automaton.Check()
        let shape = automaton.Rule.Shape
        let operators = automaton.Perception.Operators |> Seq.map _.Text |> Array.ofSeq

        [ for view in automaton.Rule.Views do
              let size =
                  if view.Columns = 1 && view.Name.EndsWith "bias" then
                      [| view.Rows |]
                  else
                      [| view.Rows; view.Columns |]

              view.Name, NpyArray.OfFloat32(size, automaton.Rule.View view.Name)
          "format", NpyArray.OfText Kind
          "format_version", int32 Version
          "perception", NpyArray.OfText([| operators.Length |], operators)
          "channels", int32 shape.Channels
          "hidden", int32 shape.Hidden
          "inputs", int32 shape.Inputs
          "fire_rate", float64 automaton.FireRate
          "time_step", float64 automaton.TimeStep
          "gate", NpyArray.OfText(GateText.write automaton.Gate)
          "start", NpyArray.OfText automaton.Start.Text
          "steps", NpyArray.OfInt32([| 2 |], [| automaton.LeastSteps; automaton.MostSteps |]) ]
        |> List.map KeyValuePair

    /// The rule of the four entries, once its shape is known.
    let rule (entries: Entries) (shape: RuleShape) =
        let part (view: ParameterView) =
            let size = if view.Name.EndsWith "bias" then [ view.Rows ] else [ view.Rows; view.Columns ]
            let struct (_, values) = entries.Floats(view.Name, size)
            values

        let parameters = Rule.ViewsOf shape |> Seq.map part |> Array.concat
        entries.Trying(fun () -> Rule(shape, ReadOnlySpan parameters))

    let meshNca (entries: Entries) =
        let struct (first, _) = entries.Floats("fc1.weight", [ -1; -1 ])
        let struct (second, _) = entries.Floats("fc2.weight", [ -1; -1 ])
        let hidden, perceived, channels = first[0], first[1], second[0]

        if hidden < 1 || channels < 1 || int64 perceived <> 5L * int64 channels then
            entries.Bad
                $"a MeshNCA rule for {channels} channels must read {5L * int64 channels} perceived values (four harmonics and the own state), but 'fc1.weight' is [{hidden} x {perceived}]"

        Automaton.Of(Perception.Harmonics, rule entries (RuleShape(channels, 5, hidden)))

    let shape (entries: Entries) (operators: int) (inputs: int) =
        let channels, hidden = entries.Ints("channels", [])[0], entries.Ints("hidden", [])[0]
        let struct (first, _) = entries.Floats("fc1.weight", [ -1; -1 ])
        let perceived = int64 operators * int64 channels + int64 inputs

        // In 64 bits, before a shape is made of numbers that a file may set at will.
        if channels < 1 || hidden < 1 || inputs < 0 || int64 first[1] <> perceived || first[0] <> hidden then
            entries.Bad
                $"{operators} operators, {channels} channels, {inputs} inputs and {hidden} hidden units ask for 'fc1.weight' [{hidden} x {perceived}], but it is [{first[0]} x {first[1]}]"

        RuleShape(channels, operators, hidden, inputs)

    let own (entries: Entries) (known: EdgeWeight seq) =
        let version = entries.Version(Kind, Version)
        entries.Only("the rule", (if version = 0 then version0 else version1))
        let since1 read otherwise = if version >= 1 then read () else otherwise
        let operators = entries.Texts("perception", [ -1 ])

        let perception =
            entries.Trying(fun () -> Perception(operators |> Array.map (fun text -> Operator.Parse(text, known))))

        let inputs = since1 (fun () -> entries.Ints("inputs", [])[0]) 0
        let steps = entries.Ints("steps", [ 2 ])

        let automaton =
            { Perception = perception
              Rule = rule entries (shape entries operators.Length inputs)
              FireRate = entries.Doubles("fire_rate", [])[0]
              TimeStep = since1 (fun () -> entries.Doubles("time_step", [])[0]) 1.0
              Gate =
                since1 (fun () -> entries.Trying(fun () -> GateText.parse (entries.Texts("gate", [])[0]))) Gate.Open
              Start = entries.Trying(fun () -> Start.Parse(entries.Texts("start", [])[0]))
              LeastSteps = steps[0]
              MostSteps = steps[1] }

        entries.Trying automaton.Check
        automaton

    let read (name: string) (arrays: IReadOnlyDictionary<string, NpyArray>) (known: EdgeWeight seq) =
        let entries = Entries(name, arrays)

        if entries.Has "format" then
            own entries known
        elif Set.ofSeq entries.Names = Set.ofList weights then
            meshNca entries
        else
            entries.Bad
                "a rule file has the entry 'format', or (MeshNCA's) 'fc1.weight', 'fc1.bias', 'fc2.weight' and 'fc2.bias' alone, but this has neither"

[<AbstractClass; Sealed>]
type RuleFile =

    static member Version = RuleEntries.Version

    static member Read(path: string, known: EdgeWeight seq) : Automaton = RuleEntries.read path (Npz.Read path) known

    static member Read(path: string) : Automaton = RuleFile.Read(path, Seq.empty)

    static member Read(stream: Stream, name: string, known: EdgeWeight seq) : Automaton =
        RuleEntries.read name (Npz.Read(stream, name)) known

    static member Read(stream: Stream, name: string) : Automaton = RuleFile.Read(stream, name, Seq.empty)

    // Stored rather than deflated, so that equal automata are equal bytes on every runtime.
    static member Write(path: string, automaton: Automaton) = Npz.Write(path, RuleEntries.entries automaton, false)

    static member Write(stream: Stream, automaton: Automaton) = Npz.Write(stream, RuleEntries.entries automaton, false)
