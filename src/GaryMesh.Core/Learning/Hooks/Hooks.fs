namespace GaryMesh

/// Several batch hooks, one after another.
[<Sealed>]
type Hooks
    /// The hooks, in the order in which they see a batch.
    (hooks: BatchHook seq) =
    inherit BatchHook(hooks |> Seq.map _.Name |> String.concat ", ")
    let hooks = Array.ofSeq hooks

    // Each draws from a stream of its own; a start that one has changed has no loss for the next.
    override _.Prepare(samples, context) =
        hooks
        |> Array.indexed
        |> Array.fold
            (fun now (number, hook) ->
                let loss i (sample: Sample) =
                    if obj.ReferenceEquals(sample.Start, samples[i].Start) then
                        context.Losses[i]
                    else
                        nan

                hook.Prepare(
                    now,
                    { context with
                        Key = Counter.subkey context.Key number
                        Losses = Array.mapi loss now }
                ))
            samples

    override _.PrepareValidation samples =
        hooks |> Array.fold (fun samples hook -> hook.PrepareValidation samples) samples
