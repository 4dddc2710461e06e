namespace GaryMesh

/// Gives every rollout of a batch sums of its own to learn from: strips side by side whose cells are told their digits, and whose loss
/// asks every cell for its digit of the sum in each of the last steps; carries are labelled nowhere. A third of the strips start from
/// zeros, a quarter from noise, the rest from where other sums have left them.
[<Sealed>]
type Sums
    /// <summary>Sums for cells of a kind of their own.</summary>
    /// <param name="name">Stands in checkpoints.</param>
    /// <param name="strips">Number of strips.</param>
    /// <param name="digits">Digits of the operands at most; a strip has one cell more.</param>
    /// <param name="shuffled">The share of the strips whose cells each start from the state of any cell.</param>
    /// <param name="world">The graph of strips and what their cells are told.</param>
    /// <param name="loss">The loss that asks for a digit of every cell.</param>
    internal
    (
        name: string,
        strips: int,
        digits: int,
        shuffled: float,
        world: Addends[] -> struct (Graph * State),
        loss: int[] -> Loss
    ) =
    inherit BatchHook(name)

    do
        Guard.positive (nameof strips) "The number of strips" strips
        Guard.positive (nameof digits) "The number of digits" digits

    let draw key = Array.init strips (fun i -> Addends.Draw(digits, Counter.subkey key i))

    /// A sample with sums of its own under a key, from the state that it has, zeros or noise.
    let asked (key: uint64) (sample: Sample) =
        let cells = digits + 1

        let started key (state: State) =
            State.Create(
                state.Cells,
                state.Channels,
                fun cell channel ->
                    let kind = Counter.uniform (Counter.subkey key 0) (int64 (cell / cells))

                    if kind < 0.34 then
                        0.0f
                    elif kind < 0.6 then
                        3.0f * float32 (Counter.normal (Counter.subkey key 1) (int64 (cell * state.Channels + channel)))
                    elif kind < 0.6 + shuffled then
                        state[Counter.below state.Cells (Counter.subkey key 2) (int64 cell), channel]
                    else
                        state[cell, channel]
            )

        let sums = draw key
        let struct (_, told) = world sums

        let labels =
            [| for sum in sums do
                   let struct (digits, _) = sum.Sum
                   yield! digits |]

        { Start = started (Counter.subkey key -1) sample.Start
          Inputs = Inputs.Constant told
          Loss = loss labels }

    /// Strips of cells that hear one bit, so many of operands of so many digits at most, asked for their digits in each of the last three steps.
    new(strips: int, digits: int) =
        Sums(
            $"sums:{WholeNumber.text strips}:{WholeNumber.text digits}",
            strips,
            digits,
            0.0,
            Addends.World,
            fun labels -> CrossEntropy(labels, 0, 10).At(fun step steps -> step > steps - 3)
        )

    /// The graph of the strips.
    member _.Graph: Graph =
        let struct (graph, _) = world (draw 0UL)
        graph

    override _.Prepare(samples, context) =
        samples |> Array.mapi (fun i sample -> asked (Counter.subkey context.Key i) sample)

    override _.PrepareValidation samples =
        samples |> Array.mapi (fun i sample -> asked (Counter.subkey 0x5355A5UL i) sample)
