namespace GaryMesh

/// Gives every rollout of a batch sums of its own to learn from: strips side by side whose cells are told their digits, and whose loss
/// asks every cell for its digit of the sum in each of the last three steps; carries are labelled nowhere. A third of the strips start from
/// zeros, a quarter from noise, the rest from where other sums have left them.
[<Sealed>]
type Sums
    /// So many strips of operands of so many digits at most.
    (strips: int, digits: int) =
    inherit BatchHook($"sums:{WholeNumber.text strips}:{WholeNumber.text digits}")

    do
        Guard.positive (nameof strips) "The number of strips" strips
        Guard.positive (nameof digits) "The number of digits" digits

    let draw key = Array.init strips (fun i -> Addends.Draw(digits, Counter.subkey key i))

    /// The graph of the strips.
    member _.Graph: Graph =
        let struct (graph, _) = Addends.World(draw 0UL)
        graph

    override _.Prepare(samples, context) =
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
                    else
                        state[cell, channel]
            )

        samples
        |> Array.mapi (fun i sample ->
            let key = Counter.subkey context.Key i
            let sums = draw key
            let struct (_, told) = Addends.World sums

            let labels =
                [| for sum in sums do
                       let struct (digits, _) = sum.Sum
                       yield! digits |]

            { Start = started (Counter.subkey key -1) sample.Start
              Inputs = Inputs.Constant told
              Loss = CrossEntropy(labels, 0, 10).At(fun step steps -> step > steps - 3) })
