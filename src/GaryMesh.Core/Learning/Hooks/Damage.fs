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

    /// The height and width of a lattice, and whether it is closed.
    static member private Sides(graph: Graph) =
        match graph.Topology with
        | Topology.Grid(height, width) -> ValueSome(struct (height, width, false))
        | Topology.Torus(height, width) -> ValueSome(struct (height, width, true))
        | _ -> ValueNone

    /// <summary>The cells of a grid or torus within a radius of a place.</summary>
    /// <param name="graph">The lattice.</param>
    /// <param name="x">The column of the middle, which may lie between two.</param>
    /// <param name="y">The row of the middle.</param>
    /// <param name="radius">In cells.</param>
    /// <exception cref="T:System.ArgumentException">The graph is no lattice.</exception>
    static member Disc(graph: Graph, x: float, y: float, radius: float) : int[] =
        match Damage.Sides graph with
        | ValueNone -> Guard.refuse $"A disc lies on a grid or torus, but {graph.Name} is neither."
        | ValueSome(struct (height, width, closed)) ->
            let apart at middle size =
                let distance = abs (float at - middle)
                if closed then min distance (float size - distance) else distance

            [| for row in 0 .. height - 1 do
                   for column in 0 .. width - 1 do
                       let dx, dy = apart column x width, apart row y height

                       if dx * dx + dy * dy <= radius * radius then
                           row * width + column |]

    /// About `count` cells around a cell: a disc on a grid or torus, the nearest by hops on any other graph.
    static member Hole(graph: Graph, cell: int, count: int) : int[] =
        match Damage.Sides graph with
        | ValueNone -> Damage.Ball(graph, cell, count)
        | ValueSome(struct (_, width, _)) ->
            let radius = sqrt (float count / System.Math.PI)
            Damage.Disc(graph, float (cell % width), float (cell / width), radius)

    /// The state with some cells set to zero.
    static member Cut(state: State, cells: int[]) : State =
        let values = state.ToArray()

        for cell in cells do
            System.Array.Clear(values, cell * state.Channels, state.Channels)

        State(state.Cells, state.Channels, values)

    override _.Prepare(samples, context) =
        if not context.Pooled || every = 0 || context.Iteration % every <> every / 2 then
            samples
        else
            let graph, last = context.Graph, samples.Length - 1

            let balls =
                [| for ball in 0 .. balls - 1 do
                       let middle = Counter.below graph.Cells context.Key (int64 (2 * ball))
                       let drawn = Counter.uniform context.Key (int64 (2 * ball + 1))
                       let count = max 1 (int (drawn * share * float graph.Cells / float balls))
                       Damage.Ball(graph, middle, count) |]

            let damaged =
                { samples[last] with
                    Start = Damage.Cut(samples[last].Start, Array.concat balls) }

            samples |> Array.mapi (fun i sample -> if i = last then damaged else sample)
