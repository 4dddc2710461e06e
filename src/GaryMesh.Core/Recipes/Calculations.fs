namespace GaryMesh

/// Gives every rollout of a batch numbers of its own to calculate with: strips of one to some more cells side by side, of each operation,
/// whose cells are told operation and digits and asked for theirs of the result in each of the last three steps. What is handed on from cell to
/// cell is labelled nowhere.
///
/// Three fifths of the strips are mostly ties: digits that add up to nine, or that are the same, which is what a carry, a borrow and a comparison
/// run through. In the first part of a training bits are asked to say either sign as often in each operation (`EvenSigns`), so that none is
/// constant before it means something; later on they are asked to be clear (`ClearSigns`).
[<Sealed>]
type internal Calculations(strips: int, up: int, down: int, even: int, clear: int) =
    inherit BatchHook($"calculations:{WholeNumber.text strips}")

    // Comparisons serve the maximum, too.
    let kinds =
        [| Operation.Add; Operation.Subtract; Operation.Compare; Operation.Compare; Operation.Maximum |]

    let operation strip = kinds[strip % kinds.Length]
    let cells strip = [| 4; 4; 3; 3; 2; 1 |][strip / kinds.Length % 6]
    let first = Seq.init strips cells |> Seq.scan (+) 0 |> Array.ofSeq
    let stripOf = [| for strip in 0 .. strips - 1 -> Array.replicate (cells strip) strip |] |> Array.concat
    let total = stripOf.Length
    let operations = stripOf |> Array.map (operation >> int)

    let maxima = operations |> Array.map ((=) (int Operation.Maximum))

    /// The digits of a strip. There is no room for a last carry, so that the most significant cells see all digits, too.
    let draw (key: uint64) strip : Exercise =
        let uniform purpose i = Counter.uniform (Counter.subkey key purpose) (int64 i)
        let digit purpose i = int (10.0 * uniform purpose i)
        let ties, operation = uniform 0 strip < 0.6, operation strip
        let places = [| first[strip] .. first[strip + 1] - 1 |]
        let a = places |> Array.map (digit 1)

        // Where the numbers of a maximum part, seen from the most significant side; what goes up from there decides.
        let turn = int (float places.Length * uniform 4 strip)

        let tie i =
            if operation = Operation.Maximum then
                i > turn || (i < turn && uniform 2 places[i] < 0.3)
            else
                uniform 2 places[i] < 0.85

        let b =
            places
            |> Array.mapi (fun i place ->
                if not (ties && tie i) then digit 3 place
                elif operation = Operation.Add then 9 - a[i]
                else a[i])

        { Operation = operation; Numbers = { A = a; B = b } }

    /// Each of the last three steps.
    let late (loss: Loss) = loss.At(fun step steps -> step > steps - 3)

    let lossOf iteration labels =
        let maximum operation = operation = int Operation.Maximum

        /// Of the bit that goes down only the maximum has a use; the other operations say either sign, so that all cells learn not to mind.
        let downs =
            if iteration < even then
                operations
            else
                operations |> Array.map (fun operation -> if maximum operation then -1 else operation)

        [| 1.0, CrossEntropy(labels, 0, 10) :> Loss
           if iteration < even then
               0.05, EvenSigns(operations, up)
           0.05, EvenSigns(downs, down)
           if iteration >= clear then
               0.1, ClearSigns(Array.replicate total true, up)
               0.1, ClearSigns(maxima, down) |]
        |> Array.unzip
        |> fun (weights, losses) -> WeightedSum(weights, losses |> Array.map late)

    let asked iteration (key: uint64) (sample: Sample) =
        let drawn = Array.init strips (draw (Counter.subkey key 0))
        let start = sample.Start

        // A third of the strips starts from zeros, a quarter from noise, the rest from where others have left them.
        let started =
            State.Create(
                total,
                start.Channels,
                fun cell channel ->
                    let kind = Counter.uniform (Counter.subkey key 1) (int64 stripOf[cell])

                    if kind < 0.34 then
                        0.0f
                    elif kind < 0.6 then
                        3.0f * float32 (Counter.normal (Counter.subkey key 2) (int64 (cell * start.Channels + channel)))
                    else
                        start[cell, channel]
            )

        { Start = started
          Inputs = Inputs.Constant(Exercise.Inputs drawn)
          Loss = lossOf iteration (drawn |> Array.collect _.Answers) }

    /// The graph of the strips.
    member _.Graph: Graph = Exercise.Graph(Array.init strips (draw 0UL))

    override _.Prepare(samples, context) =
        samples
        |> Array.mapi (fun i sample -> asked context.Iteration (Counter.subkey context.Key i) sample)
