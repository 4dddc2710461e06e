namespace GaryMesh

open System

/// Cuts a hole into each of the best rollouts of a pooled batch, about a cell of the pattern: a disc on a grid or torus, the nearest
/// cells by hops on any other graph (Growing NCA, Distill 2020, experiment 3).
[<Sealed>]
type Holes
    /// <summary>Holes in patterns.</summary>
    /// <param name="count">Rollouts that are damaged, those that were left with the lowest losses; a new start is none of them.</param>
    /// <param name="share">The largest size of a hole as a share of the pattern, above 0 and at most 1; the size is drawn.</param>
    /// <exception cref="T:System.ArgumentException">A number is out of range.</exception>
    (count: int, share: float) =
    inherit BatchHook(Guard.line $"holes:{count}:{share}")

    do
        Guard.positive (nameof count) "The number of damaged rollouts" count

        if not (share > 0.0 && share <= 1.0) then
            Guard.outOfRange (nameof share) $"The largest hole must lie above 0 and up to 1, but is {share}."

    /// The cells that are not zero all over.
    static member private Pattern(state: State) =
        let channels = state.Channels

        [| for cell in 0 .. state.Cells - 1 do
               if state.Values.Slice(cell * channels, channels).IndexOfAnyExcept 0.0f >= 0 then
                   cell |]

    /// <summary>The state with a hole about one of the pattern's cells, whose place and size follow from the key; as it is where less
    /// than two cells are left to it.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="state">The state.</param>
    /// <param name="share">The largest size, as a share of the pattern.</param>
    /// <param name="key">Place and size follow from it.</param>
    static member In(graph: Graph, state: State, share: float, key: uint64) : State =
        let pattern = Holes.Pattern state

        if pattern.Length < 2 then
            state
        else
            let middle = pattern[Counter.below pattern.Length key 0L]
            let size = max 1 (int (Counter.uniform key 1L * share * float pattern.Length))
            Damage.Cut(state, Damage.Hole(graph, middle, size))

    override _.Prepare(samples, context) =
        let best =
            [ 0 .. samples.Length - 1 ]
            |> List.filter (fun i -> Double.IsFinite context.Losses[i])
            |> List.sortBy (fun i -> context.Losses[i])
            |> List.truncate (if context.Pooled then count else 0)

        samples
        |> Array.mapi (fun i sample ->
            match List.tryFindIndex ((=) i) best with
            | Some number ->
                let key = Counter.subkey context.Key number
                { sample with Start = Holes.In(context.Graph, sample.Start, share, key) }
            | None -> sample)
