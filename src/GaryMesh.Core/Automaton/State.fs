namespace GaryMesh

open System
open System.Globalization

[<Sealed>]
type State internal (cells: int, channels: int, data: float32[]) =
    do
        Guard.positive (nameof cells) "The number of cells" cells
        Guard.notNegative (nameof channels) "The number of channels" channels

        if data.Length <> cells * channels then
            Guard.refuse
                $"A state of {cells} cells x {channels} channels has {cells * channels} values, but {data.Length} are given."

    new(cells: int, channels: int, values: ReadOnlySpan<float32>) = State(cells, channels, values.ToArray())

    member _.Cells = cells
    member _.Channels = channels
    member _.Data = data
    member _.Values = ReadOnlySpan data

    member _.Item
        with get (cell: int, channel: int) =
            if uint32 cell >= uint32 cells || uint32 channel >= uint32 channels then
                Guard.outOfRange
                    null
                    $"Cell {cell}, channel {channel} is not in a state of {cells} cells x {channels} channels."

            data[cell * channels + channel]

    member _.ToArray() = Array.copy data

    member _.Channel(channel: int) =
        if uint32 channel >= uint32 channels then
            Guard.outOfRange (nameof channel) $"Channel {channel} is not among the channels 0 to {channels - 1}."

        Array.init cells (fun cell -> data[cell * channels + channel])

    member _.IsFinite = Array.forall Single.IsFinite data

    static member Create(cells: int, channels: int, value: Func<int, int, float32>) =
        State(cells, channels, Array.init (cells * channels) (fun i -> value.Invoke(i / channels, i % channels)))

    static member Zeros(cells: int, channels: int) = State(cells, channels, Array.zeroCreate<float32>(cells * channels))

    member _.Relabelled(order: int[]) =
        if order.Length <> cells || Array.sort order <> [| 0 .. cells - 1 |] then
            Guard.refuse $"A relabelling must name each of the {cells} cells once."

        let relabelled = Array.zeroCreate<float32> data.Length

        for cell in 0 .. cells - 1 do
            Array.blit data (cell * channels) relabelled (order[cell] * channels) channels

        State(cells, channels, relabelled)

[<RequireQualifiedAccess>]
type Start =
    | Zeros
    | Seed
    | Noise of Amplitude: float32

    member start.Text =
        match start with
        | Zeros -> "zeros"
        | Seed -> "seed"
        | Noise amplitude -> "noise:" + amplitude.ToString("R", CultureInfo.InvariantCulture)

    static member Parse(text: string) =
        let amplitude (digits: string) =
            match Single.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, value when Single.IsFinite value -> Some value
            | _ -> None

        match text with
        | "zeros" -> Zeros
        | "seed" -> Seed
        | _ when text.StartsWith("noise:", StringComparison.Ordinal) && (amplitude (text.Substring 6)).IsSome ->
            Noise (amplitude (text.Substring 6)).Value
        | _ -> Guard.refuse $"A start is 'zeros', 'seed' or 'noise:A' with a finite A, but '{text}' is none of them."

    static member OfNoise(amplitude: float32) = Noise amplitude

    /// On cells that have these numbers in the whole graph, with that middle.
    member private start.On(cells: int, channels: int, seed: uint64, middle: int, wholeOf: int -> int) =
        match start with
        | Zeros -> State.Zeros(cells, channels)
        | Seed ->
            let first = min 3 (channels - 1)
            let value cell channel = if wholeOf cell = middle && channel >= first then 1.0f else 0.0f
            State.Create(cells, channels, value)
        | Noise amplitude ->
            let key = Counter.key seed [ 0x5EED ]
            let index cell channel = int64 (wholeOf cell) * int64 channels + int64 channel

            State.Create(
                cells,
                channels,
                fun cell channel -> float32 (Counter.uniform key (index cell channel)) * amplitude
            )

    member start.On(graph: Graph, channels: int, seed: uint64) = start.On(graph.Cells, channels, seed, graph.Middle, id)

    member start.On(part: Part, channels: int, seed: uint64) =
        let known = part.Global
        start.On(part.Cells, channels, seed, part.Middle, (fun cell -> known[cell]))
