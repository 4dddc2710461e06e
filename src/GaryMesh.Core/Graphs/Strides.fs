namespace GaryMesh.Graphs

open GaryMesh

/// For each cell the cells that are 1, 2, 4, ... hops away along the axes of its frame: what a picture's filters see at a
/// distance, on any surface.
///
/// A level is the one before composed with itself, so that all levels cost the same and follow the frames around the
/// surface. Directions go round as in a picture, x to the right and y downwards: east, south-east, south, ...; on a circle or
/// strip they are east and west. The second half is opposite to the first.
[<Sealed>]
type internal Strides private (directions: int, tables: int[][]) =

    /// The eight directions of a picture, x and y each.
    static let compass =
        [| struct (1, 0)
           struct (1, 1)
           struct (0, 1)
           struct (-1, 1)
           struct (-1, 0)
           struct (-1, -1)
           struct (0, -1)
           struct (1, -1) |]

    static let wrapped size at = ((at % size) + size) % size

    /// A border mirrors, so that nothing beyond it is made up.
    static let mirrored size at =
        let folded = wrapped (2 * size) at
        if folded < size then folded else 2 * size - 1 - folded

    static let lattice border height width levels =
        let table level =
            Array.init (8 * height * width) (fun at ->
                let cell, struct (dx, dy) = at / 8, compass[at % 8]
                let y = border height (cell / width + (dy <<< level))
                y * width + border width (cell % width + (dx <<< level)))

        Strides(8, Array.init levels table)

    static let strip border cells levels =
        let table level = Array.init (2 * cells) (fun at -> border cells (at / 2 + ((1 - 2 * (at % 2)) <<< level)))

        Strides(2, Array.init levels table)

    /// The neighbour, at one or two edges, nearest to each point of the compass in the plane of the cell's frame; the cell
    /// itself where nothing is nearer, as beyond a border.
    static let around (graph: Graph) =
        let table = Array.zeroCreate (8 * graph.Cells)
        let offset edge = struct (graph.Offsets[3 * edge], graph.Offsets[3 * edge + 1], graph.Offsets[3 * edge + 2])

        for cell in 0 .. graph.Cells - 1 do
            let axis a =
                struct (graph.Frames[9 * cell + a], graph.Frames[9 * cell + a + 1], graph.Frames[9 * cell + a + 2])

            let dot struct (x: float, y, z) struct (a, b, c) = x * a + y * b + z * c
            let length v = sqrt (dot v v)
            let u, v = axis 0, axis 3

            /// The offset laid into the plane at its full length.
            let flat o =
                let x, y = dot o u, dot o v
                let scale = length o / max 1e-300 (sqrt (x * x + y * y))
                struct (scale * x, scale * y)

            let edges = [| graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 |]

            let candidates =
                [| struct (cell, struct (0.0, 0.0))
                   for edge in edges do
                       let near, struct (x, y, z) = graph.Neighbours[edge], offset edge
                       struct (near, flat (struct (x, y, z)))

                       for further in graph.RowStart[near] .. graph.RowStart[near + 1] - 1 do
                           if graph.Neighbours[further] <> cell then
                               let struct (a, b, c) = offset further
                               struct (graph.Neighbours[further], flat (struct (x + a, y + b, z + c))) |]

            let hop =
                if edges.Length = 0 then
                    0.0
                else
                    edges |> Array.averageBy (fun edge -> length (offset edge))

            for d in 0..7 do
                let struct (dx, dy) = compass[d]

                let distance struct (_, struct (x, y)) =
                    let x, y = x - hop * float dx, y - hop * float dy
                    x * x + y * y

                let struct (nearest, _) = Array.minBy distance candidates
                table[8 * cell + d] <- nearest

        table

    static let composed (table: int[]) = Array.init table.Length (fun at -> table[8 * table[at] + at % 8])

    /// <summary>Strides of 1, 2, ... 2^(levels - 1) hops.</summary>
    /// <exception cref="T:System.ArgumentException">The graph is no lattice and has no frames.</exception>
    static member Of(graph: Graph, levels: int) =
        match graph.Topology with
        | Topology.Ring -> strip wrapped graph.Cells levels
        | Topology.Line -> strip mirrored graph.Cells levels
        | _ when not graph.Frames.IsEmpty && not graph.Offsets.IsEmpty ->
            let tables = Array.zeroCreate levels

            for level in 0 .. levels - 1 do
                tables[level] <- if level = 0 then around graph else composed tables[level - 1]

            Strides(8, tables)
        | Topology.Torus(height, width) -> lattice wrapped height width levels
        | Topology.Grid(height, width) -> lattice mirrored height width levels
        | Topology.General ->
            Guard.refuse
                $"A texture needs to know where right and down are, but the graph {graph.Name} is no lattice and has no frames: give it some with WithFrames."

    /// 8 on a surface, 2 on a circle or strip.
    member _.Directions = directions
    member _.Levels = tables.Length
    /// The cells `2^level` hops away [cells x directions].
    member _.Table(level: int) : int[] = tables[level]
