namespace GaryMesh

/// Several batch hooks, one after another.
[<Sealed>]
type Hooks
    /// The hooks, in the order in which they see a batch.
    (hooks: BatchHook seq) =
    inherit BatchHook(hooks |> Seq.map _.Name |> String.concat ", ")
    let hooks = Array.ofSeq hooks

    // Each draws from a stream of its own.
    override _.Prepare(samples, context) =
        hooks
        |> Array.indexed
        |> Array.fold
            (fun samples (number, hook) ->
                hook.Prepare(samples, { context with Key = Counter.subkey context.Key number }))
            samples

    override _.PrepareValidation samples =
        hooks |> Array.fold (fun samples hook -> hook.PrepareValidation samples) samples
