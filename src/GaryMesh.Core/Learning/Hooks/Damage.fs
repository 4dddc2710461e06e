namespace GaryMesh

open System.Collections.Generic

/// Sets balls of cells to zero in the last rollout of a pooled batch, so that a rule learns to heal (Growing NCA, Distill 2020,
/// experiment 3); midway between the new starts of a `Renew` of the same rhythm.
[<Sealed>]
type Damage
    /// <summary>Damage by balls.</summary>
    /// <param name="every">Iterations from one damage to the next; 0 for never.</param>
    /// <param name="share">The largest share of the cells that is damaged, above 0 and at most 1; the share is drawn.</param>
    /// <param name="balls">Balls among which it is divided.</param>
    /// <exception cref="T:System.ArgumentException">A number is out of range.</exception>
    (every: int, share: float, balls: int) =
    inherit BatchHook(Guard.line $"damage:{every}:{share}:{balls}")

    do
        Guard.notNegative (nameof every) "The number of iterations between damages" every

        if not (share > 0.0 && share <= 1.0) then
            Guard.outOfRange (nameof share) $"The share of damaged cells must lie above 0 and up to 1, but is {share}."

        Guard.positive (nameof balls) "The number of balls" balls

    /// The `count` cells nearest to a cell by hops, fewer where no more can be reached.
    static member Ball(graph: Graph, cell: int, count: int) : int[] =
        let found, known = List [ cell ], HashSet [ cell ]
        let mutable next = 0

        while next < found.Count && found.Count < count do
            for edge in graph.RowStart[found[next]] .. graph.RowStart[found[next] + 1] - 1 do
                let near = graph.Neighbours[edge]

                if found.Count < count && known.Add near then
                    found.Add near

            next <- next + 1

        found.ToArray()

    override _.Prepare(samples, context) =
        if not context.Pooled || every = 0 || context.Iteration % every <> every / 2 then
            samples
        else
            let graph, last = context.Graph, samples.Length - 1
            let start = samples[last].Start
            let values = start.ToArray()

            for ball in 0 .. balls - 1 do
                let middle = Counter.below graph.Cells context.Key (int64 (2 * ball))
                let drawn = Counter.uniform context.Key (int64 (2 * ball + 1))
                let count = max 1 (int (drawn * share * float graph.Cells / float balls))

                for cell in Damage.Ball(graph, middle, count) do
                    System.Array.Clear(values, cell * start.Channels, start.Channels)

            let damaged = { samples[last] with Start = State(start.Cells, start.Channels, values) }
            samples |> Array.mapi (fun i sample -> if i = last then damaged else sample)
