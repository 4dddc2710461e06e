namespace GaryMesh

open System
open System.Globalization
open System.IO
open System.Runtime.InteropServices

[<Sealed>]
type Known() =
    member val EdgeWeights: EdgeWeight seq = Seq.empty with get, set
    member val Lifts: Lift seq = Seq.empty with get, set
    member val RuleKinds: RuleKind seq = Seq.empty with get, set

    static member Or(known: Known | null) =
        match known with
        | null -> Known()
        | known -> known

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
    let write (perception: Perception) (file: ArchiveWriter) =
        let lift =
            match perception.Lift with
            | null -> "none"
            | lift -> lift.Name

        file.Texts("perception", [| for operator in perception.Operators -> operator.Text |]).Text("lift", lift)

    let read (file: ArchiveReader) (known: Known) (lifts: bool) =
        let operators =
            file.Texts "perception" |> Array.map (fun text -> Operator.Parse(text, known.EdgeWeights))

        match if lifts then file.Text "lift" else "none" with
        | "none" -> Perception operators
        | lift -> Perception(operators, Lifts.parse lift known.Lifts)

/// How a palette's pictures stand in a text: "albedo:3;height:1".
module private PicturesText =
    let write (pictures: struct (string * int) seq) =
        String.Join(';', pictures |> Seq.map (fun struct (name, maps) -> Guard.line $"{name}:{maps}"))

    let parse (text: string) =
        text.Split ';'
        |> Array.map (fun part ->
            let words = part.Split ':'

            match words.Length, WholeNumber.read words[words.Length - 1] with
            | 2, Some maps -> struct (words[0], maps)
            | _ -> Guard.refuse $"A palette's pictures are written as NAME:MAPS;NAME:MAPS, but not '{text}'.")

module private RuleEntries =
    [<Literal>]
    let Kind = "gary-mesh rule"

    [<Literal>]
    let Version = 2

    [<Literal>]
    let Scale = ".scale"

    /// A matrix in bytes, 128 for 0, with a scale a row: its greatest absolute value is 127 of it.
    let private pack (view: ParameterView) (numbers: float32[]) (file: ArchiveWriter) =
        let row i = ReadOnlySpan(numbers, i * view.Columns, view.Columns).ToArray()
        let scales = Array.init view.Rows (fun i -> (row i |> Array.map abs |> Array.max) / 127.0f)

        let byteOf i =
            let scale = scales[i / view.Columns]
            byte (128.0f + (if scale = 0.0f then 0.0f else MathF.Round(numbers[i] / scale)))

        file.Bytes(view.Name, Array.init view.Length byteOf, view.FileShape).Floats(view.Name + Scale, scales)

    let write (packed: bool) (automaton: Automaton) =
        automaton.Check()
        let rule = automaton.Rule

        let file =
            ArchiveWriter(Kind, Version)
                .Text("kind", rule.Shape.Kind.Name)
                .Int("channels", rule.Shape.Channels)
                .Int("hidden", rule.Shape.Hidden)
                .Int("inputs", rule.Shape.Inputs)
                .Double("fire_rate", automaton.FireRate)
                .Double("time_step", automaton.TimeStep)
                .Text("gate", GateText.write automaton.Gate)
                .Text("start", automaton.Start.Text)
                .Ints("steps", [| automaton.MinSteps; automaton.MaxSteps |])
            |> PerceptionEntries.write automaton.Perception

        // Only where they are not the default: whoever does not know them refuses the file.
        if automaton.Bound < infinityf then
            file.Floats("bound", [| automaton.Bound |]) |> ignore

        if automaton.Keep <> 1.0 then
            file.Double("keep", automaton.Keep) |> ignore

        if automaton.Spacing <> 1.0 then
            file.Double("spacing", automaton.Spacing) |> ignore

        match automaton.Palette with
        | null -> ()
        | palette ->
            file
                .Doubles("palette.mean", palette.Mean.ToArray())
                .Doubles("palette.basis", palette.Basis.ToArray(), palette.Maps, palette.Maps)
            |> ignore

            if not palette.Pictures.IsEmpty then
                file.Text("palette.pictures", PicturesText.write palette.Pictures) |> ignore

        (file, rule.Views)
        ||> Seq.fold (fun file view ->
            if packed && not view.Role.IsBias then
                pack view (rule.View view.Name) file
            else
                file.Floats(view.Name, rule.View view.Name, view.FileShape))

    /// The rule of the entries, once its shape is known: parts are compared with it before they are read.
    let rule (file: ArchiveReader) (shape: RuleShape) =
        let part (view: ParameterView) =
            let sizes (shape: int[]) = "[" + String.Join(" x ", shape) + "]"
            let wanted, given = view.FileShape, file.Shape view.Name

            if wanted <> given then
                file.Bad
                    $"a rule {shape.Text} for {shape.Channels} channels, {shape.Perceived} perceived values and {shape.Inputs} inputs asks for '{view.Name}' {sizes wanted}, but it is {sizes given}"

            if file.Has(view.Name + Scale) then
                let bytes, scales = file.Bytes(view.Name, wanted), file.Floats(view.Name + Scale, view.Rows)
                bytes |> Array.mapi (fun i value -> float32 (int value - 128) * scales[i / view.Columns])
            else
                file.Floats(view.Name, wanted)

        let parameters = shape.Views |> Seq.map part |> Array.concat
        file.Trying(fun () -> Rule(shape, ReadOnlySpan parameters))

    let meshNca (file: ArchiveReader) =
        match file.Shape "fc1.weight", file.Shape "fc2.weight" with
        | [| hidden; perceived |], [| channels; _ |] when
            hidden > 0 && channels > 0 && int64 perceived = 5L * int64 channels
            ->
            Automaton.Of(Perception.Harmonics, rule file (RuleShape(channels, perceived, hidden)))
        | first, second ->
            let channels = if second.Length = 0 then 0 else second[0]

            file.Bad
                $"""a MeshNCA rule for {channels} channels must read {5L * int64 channels} perceived values (four harmonics and the own state), but 'fc1.weight' is [{String.Join(" x ", first)}]"""

    let palette (file: ArchiveReader) : Palette | null =
        if file.Has "palette.mean" then
            let mean = file.Doubles("palette.mean", -1)

            let pictures =
                if file.Has "palette.pictures" then
                    PicturesText.parse (file.Text "palette.pictures")
                else
                    [||]

            Palette(mean, file.Doubles("palette.basis", mean.Length, mean.Length), pictures)
        else
            null

    let own (file: ArchiveReader) (known: Known) =
        let version = file.Version(Kind, 0, Version)
        let since first read otherwise = if version >= first then read () else otherwise
        let most = 1 <<< 20

        /// Before a shape is made of numbers that a file may set at will.
        let size entry =
            match file.Int entry with
            | value when value >= 0 && value <= most -> value
            | value -> file.Bad $"'{entry}' must lie in 0..{most}, but is {value}"

        let automaton =
            file.Trying(fun () ->
                let perception = PerceptionEntries.read file known (version >= 2)
                let channels, hidden = size "channels", size "hidden"
                let inputs = since 1 (fun () -> size "inputs") 0
                let kind = since 2 (fun () -> RuleKinds.parse (file.Text "kind") known.RuleKinds) DenseRule.Kind
                let steps = file.Ints("steps", 2)

                { Perception = perception
                  Rule = rule file (RuleShape.For(perception, channels, hidden, inputs).WithKind kind)
                  FireRate = file.Double "fire_rate"
                  TimeStep = since 1 (fun () -> file.Double "time_step") 1.0
                  Keep = if file.Has "keep" then file.Double "keep" else 1.0
                  Gate = since 1 (fun () -> GateText.parse (file.Text "gate")) Gate.Open
                  Bound = if file.Has "bound" then (file.Floats("bound", 1))[0] else infinityf
                  Spacing = if file.Has "spacing" then file.Double "spacing" else 1.0
                  Palette = palette file
                  Start = Start.Parse(file.Text "start")
                  MinSteps = steps[0]
                  MaxSteps = steps[1] })

        file.CheckAllRead "the rule"
        file.Trying(fun () -> automaton.Check())
        automaton

    let read (file: ArchiveReader) (known: Known) =
        if file.Has "format" then
            own file known
        elif set file.Names = set [ "fc1.weight"; "fc1.bias"; "fc2.weight"; "fc2.bias" ] then
            meshNca file
        else
            file.Bad
                $"a rule file has the entry 'format', or (MeshNCA's) 'fc1.weight', 'fc1.bias', 'fc2.weight' and 'fc2.bias' alone, but this has neither"

[<AbstractClass; Sealed>]
type RuleFile =

    static member Version = RuleEntries.Version

    static member Read
        (path: string, [<Optional; DefaultParameterValue(null: Known | null)>] known: Known | null)
        : Automaton =
        RuleEntries.read (ArchiveReader.Open path) (Known.Or known)

    static member Read
        (stream: Stream, name: string, [<Optional; DefaultParameterValue(null: Known | null)>] known: Known | null)
        : Automaton =
        RuleEntries.read (ArchiveReader.Open(stream, name)) (Known.Or known)

    static member Write(path: string, automaton: Automaton) = (RuleEntries.write false automaton).Write path
    static member Write(stream: Stream, automaton: Automaton) = (RuleEntries.write false automaton).Write stream
    static member WriteBytes(path: string, automaton: Automaton) = (RuleEntries.write true automaton).Write(path, true)
