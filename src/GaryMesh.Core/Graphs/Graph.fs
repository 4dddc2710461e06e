namespace GaryMesh

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Runtime.InteropServices
open GaryMesh.Graphs

[<RequireQualifiedAccess>]
type Topology =
    | Ring
    | Line
    | Grid of Height: int * Width: int
    | Torus of Height: int * Width: int
    | General

/// What a graph holds; an array is empty where the graph has nothing of its kind.
[<NoComparison; NoEquality>]
type private GraphData =
    {
        Name: string
        Topology: Topology
        Middle: int
        RowStart: int[]
        Neighbours: int[]
        Offsets: float[]
        Weights: float[]
        Positions: float[]
        Frames: float[]
        /// The degree of each cell in the whole graph, where this graph is cut from one.
        WholeDegrees: int[]
        MeanLength: float
    }

/// Rows under construction: what each cell sees, in order.
module private Rows =
    /// The cell at the other end of an edge, and the offset to it.
    [<Struct>]
    type Link = { Neighbour: int; X: float; Y: float; Z: float }

    let between (positions: float[]) (cell: int) (neighbour: int) =
        let at axis = positions[3 * neighbour + axis] - positions[3 * cell + axis]
        { Neighbour = neighbour; X = at 0; Y = at 1; Z = at 2 }

    /// The mean length of offsets, to the same bits in whatever order the edges come: lengths are added as whole multiples
    /// of the last bit of the longest.
    let meanLength (offsets: float[]) =
        let edges = offsets.Length / 3
        let length edge = Double.Hypot(Double.Hypot(offsets[3 * edge], offsets[3 * edge + 1]), offsets[3 * edge + 2])
        let mutable longest = 0.0

        for edge in 0 .. edges - 1 do
            longest <- max longest (length edge)

        if longest = 0.0 then
            0.0
        else
            let bit = max Double.Epsilon (Math.ScaleB(1.0, Math.ILogB longest - 52))
            let mutable sum = UInt128.Zero

            for edge in 0 .. edges - 1 do
                sum <- sum + UInt128.op_Implicit (uint64 (Math.Round(length edge / bit)))

            float sum / float edges * bit

    let finite name what (values: float[]) =
        match Array.tryFindIndex (Double.IsFinite >> not) values with
        | Some at -> Guard.refuse $"Every {what} must be finite, but number {at} of {name} is {values[at]}."
        | None -> ()

    let wrap size i = ((i % size) + size) % size

[<Sealed>]
type Graph private (data: GraphData) =
    let { RowStart = rowStart; Neighbours = neighbours } = data
    let cells = rowStart.Length - 1

    do
        if cells < 1 then
            Guard.refuse $"A graph needs at least one cell, but {data.Name} has none."

        Rows.finite data.Name "position" data.Positions
        Rows.finite data.Name "weight" data.Weights
        Rows.finite data.Name "offset" data.Offsets

    member _.Name = data.Name
    member _.Topology = data.Topology
    member _.Cells = cells
    member _.Edges = neighbours.Length
    member _.RowStart = ImmutableCollectionsMarshal.AsImmutableArray rowStart
    member _.Neighbours = ImmutableCollectionsMarshal.AsImmutableArray neighbours
    member _.Offsets = ImmutableCollectionsMarshal.AsImmutableArray data.Offsets
    member _.Weights = ImmutableCollectionsMarshal.AsImmutableArray data.Weights
    member _.Positions = ImmutableCollectionsMarshal.AsImmutableArray data.Positions
    member _.Frames = ImmutableCollectionsMarshal.AsImmutableArray data.Frames
    member _.MeanLength = data.MeanLength
    member _.Degree(cell: int) = rowStart[cell + 1] - rowStart[cell]

    member graph.WholeDegree(cell: int) =
        if data.WholeDegrees.Length = 0 then
            graph.Degree cell
        else
            data.WholeDegrees[cell]

    member _.Middle = data.Middle

    member _.Named(name: string) = Graph { data with Name = name }

    member _.WithFrames(frames: float[]) =
        if frames.Length <> 9 * cells then
            Guard.refuse
                $"Frames are 9 numbers a cell, {9 * cells} for the {cells} cells of {data.Name}, but {frames.Length} are given."

        Rows.finite data.Name "number of a frame" frames
        let names = "uvn"

        for cell in 0 .. cells - 1 do
            for a in 0..2 do
                for b in a..2 do
                    let at = 9 * cell
                    let mutable product = 0.0

                    for axis in 0..2 do
                        product <- product + frames[at + 3 * a + axis] * frames[at + 3 * b + axis]

                    let expected = if a = b then 1.0 else 0.0

                    if abs (product - expected) > 1e-6 then
                        Guard.refuse
                            $"A frame is three unit vectors u, v and n at right angles, to within 1e-6, but for cell {cell} of {data.Name} the product {names[a]} . {names[b]} is {product} and not {expected}."

        Graph { data with Frames = Array.copy frames }

    /// A graph that is whole and has no frames.
    static member private Whole(name, topology, middle, rowStart, neighbours, offsets: float[], weights, positions) =
        Graph
            { Name = name
              Topology = topology
              Middle = middle
              RowStart = rowStart
              Neighbours = neighbours
              Offsets = offsets
              Weights = weights
              Positions = positions
              Frames = [||]
              WholeDegrees = [||]
              MeanLength = Rows.meanLength offsets }

    /// A graph of weights 1: `edgeOf cell n` gives the n-th edge that a cell may have, 0 <= n < most, or none. It is asked
    /// twice, so that the arrays have their final size from the start: a graph may fill a good part of the memory.
    static member private Build
        (name, topology, cells: int, positions, most: int, edgeOf: int -> int -> Rows.Link voption)
        =
        let rowStart = Array.zeroCreate (cells + 1)

        for cell in 0 .. cells - 1 do
            let mutable degree = 0

            for n in 0 .. most - 1 do
                if (edgeOf cell n).IsSome then
                    degree <- degree + 1

            rowStart[cell + 1] <- rowStart[cell] + degree

        let neighbours = Array.zeroCreate rowStart[cells]
        let offsets = Array.zeroCreate (3 * rowStart[cells])
        let mutable filled = 0

        for cell in 0 .. cells - 1 do
            for n in 0 .. most - 1 do
                match edgeOf cell n with
                | ValueNone -> ()
                | ValueSome edge ->
                    neighbours[filled] <- edge.Neighbour
                    offsets[3 * filled] <- edge.X
                    offsets[3 * filled + 1] <- edge.Y
                    offsets[3 * filled + 2] <- edge.Z
                    filled <- filled + 1

        let middle =
            match topology with
            | Topology.Line -> cells / 2
            | Topology.Grid(height, width) -> (height / 2) * width + width / 2
            | Topology.Ring
            | Topology.Torus _
            | Topology.General -> 0

        Graph.Whole(name, topology, middle, rowStart, neighbours, offsets, [||], positions)

    /// Edges of a lattice cell: the given steps, wrapped or cut at the border.
    static member private Lattice(name, topology, height, width, closed, steps, place: float * float -> float * float) =
        let steps = Array.ofList steps

        let positions =
            Array.init (3 * height * width) (fun at ->
                let x, y = place (float (at / 3 % width), float (at / 3 / width))

                match at % 3 with
                | 0 -> x
                | 1 -> y
                | _ -> 0.0)

        let offsets = steps |> Array.map (fun (down, right) -> place (float right, float down))

        Graph.Build(
            name,
            topology,
            height * width,
            positions,
            steps.Length,
            fun cell n ->
                let down, right = steps[n]
                let r, c = cell / width + down, cell % width + right

                if closed || (r >= 0 && r < height && c >= 0 && c < width) then
                    let x, y = offsets[n]

                    ValueSome
                        { Rows.Neighbour = Rows.wrap height r * width + Rows.wrap width c
                          Rows.X = x
                          Rows.Y = y
                          Rows.Z = 0.0 }
                else
                    ValueNone
        )

    static member private Moore =
        [ for down in -1 .. 1 do
              for right in -1 .. 1 do
                  if (down, right) <> (0, 0) then
                      down, right ]

    static member Ring(cells: int) =
        Guard.positive (nameof cells) "The number of cells of a ring" cells

        let positions =
            Array.init (3 * cells) (fun at ->
                let angle = 2.0 * Math.PI * float (at / 3) / float cells

                match at % 3 with
                | 0 -> cos angle
                | 1 -> sin angle
                | _ -> 0.0)

        Graph.Build(
            $"ring:{cells}",
            Topology.Ring,
            cells,
            positions,
            (if cells = 1 then 0 else 2),
            fun cell n -> ValueSome(Rows.between positions cell (Rows.wrap cells (cell + 2 * n - 1)))
        )

    static member Strip(cells: int, offsets: int seq) =
        Guard.positive (nameof cells) "The number of cells of a strip" cells
        let offsets = Array.ofSeq offsets

        if Array.contains 0 offsets || (Array.distinct offsets).Length <> offsets.Length then
            let listed = String.Join(", ", offsets)
            Guard.refuse $"The offsets of a strip must differ from 0 and from each other, but are {listed}."

        let positions = Array.init (3 * cells) (fun i -> if i % 3 = 0 then float (i / 3) else 0.0)

        Graph.Build(
            $"strip:{cells}",
            Topology.Line,
            cells,
            positions,
            offsets.Length,
            fun cell n ->
                let neighbour = cell + offsets[n]

                if neighbour >= 0 && neighbour < cells then
                    ValueSome(Rows.between positions cell neighbour)
                else
                    ValueNone
        )

    static member Line(cells: int) = Graph.Strip(cells, [ -1; 1 ]).Named $"line:{cells}"

    static member Grid(height: int, width: int) =
        Guard.positive (nameof height) "The height of a grid" height
        Guard.positive (nameof width) "The width of a grid" width
        Graph.Lattice($"grid:{height}x{width}", Topology.Grid(height, width), height, width, false, Graph.Moore, id)

    static member private Closed(kind: string, height: int, width: int) =
        if height < 3 || width < 3 then
            Guard.outOfRange null $"The sides of a {kind} must be at least 3, but are {height} x {width}."

    static member Torus(height: int, width: int) =
        Graph.Closed("torus", height, width)
        Graph.Lattice($"torus:{height}x{width}", Topology.Torus(height, width), height, width, true, Graph.Moore, id)

    static member Torus6(height: int, width: int) =
        Graph.Closed("torus6", height, width)
        let steps = [ 0, 1; 0, -1; 1, 0; -1, 0; 1, -1; -1, 1 ]
        // Rows lean by half a cell, so that all six neighbours lie at distance 1.
        let place (column, row) = column + row / 2.0, row * sqrt 3.0 / 2.0
        Graph.Lattice($"torus6:{height}x{width}", Topology.General, height, width, true, steps, place)

    static member OfRows
        (rowStart: int[], neighbours: int[], offsets: float[] | null, weights: float[] | null, positions: float[] | null) =
        if rowStart.Length < 2 then
            Guard.refuse $"A graph needs at least one cell, but the row starts describe none."

        let cells = rowStart.Length - 1
        let edges = neighbours.Length

        if rowStart[0] <> 0 || rowStart[cells] <> edges then
            Guard.refuse
                $"Row starts must run from 0 to the {edges} edges, but run from {rowStart[0]} to {rowStart[cells]}."

        for cell in 0 .. cells - 1 do
            if rowStart[cell + 1] < rowStart[cell] then
                Guard.refuse $"Row starts must not decrease, but cell {cell} ends before it starts."

        for edge in 0 .. edges - 1 do
            if uint32 neighbours[edge] >= uint32 cells then
                Guard.refuse
                    $"Edge {edge} leads to cell {neighbours[edge]}, but the graph has the cells 0 to {cells - 1}."

        let optional what perItem items (values: float[] | null) =
            match values with
            | null -> [||]
            | values when values.Length = perItem * items || values.Length = 0 -> Array.copy values
            | values ->
                Guard.refuse
                    $"There must be {perItem * items} {what} for {items} of them, but {values.Length} are given."

        let positions = optional "position coordinates" 3 cells positions
        let weights = optional "weights" 1 edges weights

        let offsets =
            match optional "offset coordinates" 3 edges offsets with
            | [||] when positions.Length > 0 ->
                [| for cell in 0 .. cells - 1 do
                       for edge in rowStart[cell] .. rowStart[cell + 1] - 1 do
                           for axis in 0..2 do
                               positions[3 * neighbours[edge] + axis] - positions[3 * cell + axis] |]
            | offsets -> offsets

        Graph.Whole(
            "graph",
            Topology.General,
            0,
            Array.copy rowStart,
            Array.copy neighbours,
            offsets,
            weights,
            positions
        )

    static member OfEdges
        (cells: int, sources: int[], targets: int[], directed: bool, weights: float[] | null, positions: float[] | null)
        =
        if cells < 1 then
            Guard.refuse $"A graph needs at least one cell, but {cells} are given."

        let count = sources.Length

        if targets.Length <> count then
            Guard.refuse $"Every edge needs both ends, but there are {count} sources and {targets.Length} targets."

        for edge in 0 .. count - 1 do
            for last in [ sources[edge]; targets[edge] ] do
                if uint32 last >= uint32 cells then
                    Guard.refuse $"Edge {edge} touches cell {last}, but the graph has the cells 0 to {cells - 1}."

        match weights with
        | null -> ()
        | weights when weights.Length <> count -> Guard.refuse $"There are {count} edges, but {weights.Length} weights."
        | _ -> ()

        let weight edge =
            match weights with
            | null -> 1.0
            | weights -> weights[edge]

        // A counting sort keeps the order of the list within each cell.
        let both = not directed
        let back edge = both && sources[edge] <> targets[edge]
        let rowStart = Array.zeroCreate (cells + 1)

        for edge in 0 .. count - 1 do
            rowStart[targets[edge] + 1] <- rowStart[targets[edge] + 1] + 1

            if back edge then
                rowStart[sources[edge] + 1] <- rowStart[sources[edge] + 1] + 1

        for cell in 0 .. cells - 1 do
            rowStart[cell + 1] <- rowStart[cell + 1] + rowStart[cell]

        let next = Array.copy rowStart
        let neighbours = Array.zeroCreate rowStart[cells]
        let weightOf = Array.zeroCreate rowStart[cells]

        let put cell neighbour edge =
            neighbours[next[cell]] <- neighbour
            weightOf[next[cell]] <- weight edge
            next[cell] <- next[cell] + 1

        for edge in 0 .. count - 1 do
            put targets[edge] sources[edge] edge

            if back edge then
                put sources[edge] targets[edge] edge

        Graph.OfRows(rowStart, neighbours, null, (if isNull weights then null else weightOf), positions)

    static member OfEdges(cells: int, sources: int[], targets: int[], directed: bool) =
        Graph.OfEdges(cells, sources, targets, directed, null, null)

    static member OfTriangles(name: string, positions: float[], triangles: int[]) =
        let cells = positions.Length / 3

        if positions.Length % 3 <> 0 || triangles.Length % 3 <> 0 then
            Guard.refuse
                $"Positions and triangles come in threes, but {name} has {positions.Length} and {triangles.Length} numbers."

        let sides = HashSet<struct (int * int)>()

        for t in 0..3 .. triangles.Length - 3 do
            for a, b in [ 0, 1; 1, 2; 2, 0 ] do
                let i, j = triangles[t + a], triangles[t + b]

                if i <> j then
                    sides.Add(struct (min i j, max i j)) |> ignore

        let sides = Array.ofSeq sides
        Array.sortInPlace sides
        let ends pick = Array.map pick sides

        Graph.OfEdges(cells, ends (fun struct (i, _) -> i), ends (fun struct (_, j) -> j), false, null, positions).Named
            name

    static member Icosphere(frequency: int) =
        Guard.positive (nameof frequency) "The frequency of an icosphere" frequency
        let struct (positions, triangles) = Icosphere.make frequency
        Graph.OfTriangles($"icosphere:{frequency}", positions, triangles)

    static member NearestNeighbours(positions: float[], k: int) =
        let cells = positions.Length / 3

        if positions.Length = 0 || positions.Length % 3 <> 0 then
            Guard.refuse $"Positions come as x, y, z of each cell, but there are {positions.Length} numbers."

        if k < 1 || k >= cells then
            Guard.refuse
                $"A cell can have 1 to {cells - 1} nearest neighbours among {cells} cells, but {k} are asked for."

        for at in 0 .. positions.Length - 1 do
            if not (Double.IsFinite positions[at]) then
                Guard.refuse
                    $"Every position must be finite, but coordinate {at % 3} of cell {at / 3} is {positions[at]}."

        let nearest = Nearest.among positions k
        let edgeOf cell (n: int) = ValueSome(Rows.between positions cell (nearest[cell][n]))
        Graph.Build($"knn:{k}", Topology.General, cells, Array.copy positions, k, edgeOf)

    static member Union(name: string, graphs: Graph seq) =
        let graphs = Array.ofSeq graphs

        if graphs.Length = 0 then
            Guard.refuse $"A union needs at least one graph, but there is none."

        let first = graphs |> Array.map _.Cells |> Array.scan (+) 0

        /// What all graphs have or none; one that has no edge lacks no directions.
        let together what needed (values: Graph -> ImmutableArray<float>) =
            let missing, having =
                graphs |> Array.filter (needed >> (<>) 0) |> Array.partition (fun graph -> (values graph).IsEmpty)

            if missing.Length > 0 && having.Length > 0 then
                Guard.refuse
                    $"The graphs of a union have {what} all or none, but {having[0].Name} has them and {missing[0].Name} has none."

            graphs |> Array.collect (values >> Seq.toArray)

        let weights (graph: Graph) =
            if graph.Weights.IsEmpty then
                Array.create graph.Edges 1.0
            else
                Seq.toArray graph.Weights

        let offsets = together "directions" _.Edges _.Offsets

        Graph
            { Name = name
              Topology = Topology.General
              Middle = graphs[0].Middle
              RowStart = graphs |> Array.collect (fun graph -> Array.init graph.Cells graph.Degree) |> Array.scan (+) 0
              Neighbours =
                Array.map2
                    (fun (graph: Graph) first -> graph.Neighbours |> Seq.map ((+) first) |> Array.ofSeq)
                    graphs
                    first[.. graphs.Length - 1]
                |> Array.concat
              Offsets = offsets
              Weights =
                if graphs |> Array.forall _.Weights.IsEmpty then
                    [||]
                else
                    Array.collect weights graphs
              Positions = together "positions" _.Cells _.Positions
              Frames = together "frames" _.Cells _.Frames
              WholeDegrees = [||]
              MeanLength = Rows.meanLength offsets }

    member graph.Cut(chosen: int[], complete: int -> bool) =
        let labelOf = Array.create cells -1
        chosen |> Array.iteri (fun label cell -> labelOf[cell] <- label)
        let degreeOf label = if complete label then graph.Degree chosen[label] else 0
        let starts = Array.scan (+) 0 (Array.init chosen.Length degreeOf)
        let edges = Array.zeroCreate starts[chosen.Length]

        for label in 0 .. chosen.Length - 1 do
            for i in 0 .. degreeOf label - 1 do
                edges[starts[label] + i] <- rowStart[chosen[label]] + i

        let pick per (values: float[]) (items: int[]) =
            if values.Length = 0 then
                [||]
            else
                Array.init (per * items.Length) (fun i -> values[per * items[i / per] + i % per])

        Graph
            { data with
                Topology = Topology.General
                Middle = max 0 labelOf[data.Middle]
                RowStart = starts
                Neighbours = edges |> Array.map (fun edge -> labelOf[neighbours[edge]])
                Offsets = pick 3 data.Offsets edges
                Weights = pick 1 data.Weights edges
                Positions = pick 3 data.Positions chosen
                Frames = pick 9 data.Frames chosen
                WholeDegrees = Array.map graph.WholeDegree chosen }

    member graph.Relabelled(order: int[]) =
        if order.Length <> cells || Array.sort order <> [| 0 .. cells - 1 |] then
            Guard.refuse $"A relabelling must name each of the {cells} cells once."

        let oldOf = Array.zeroCreate cells
        order |> Array.iteri (fun old label -> oldOf[label] <- old)
        graph.Cut(oldOf, fun _ -> true)

    member _.HopsFrom(source: int) =
        if uint32 source >= uint32 cells then
            Guard.refuse $"Cell {source} is not among the cells 0 to {cells - 1}."

        // A change at `source` is felt by those who see it, so edges are walked backwards.
        let seenBy = Array.init cells (fun _ -> List<int>())

        for cell in 0 .. cells - 1 do
            for edge in rowStart[cell] .. rowStart[cell + 1] - 1 do
                seenBy[neighbours[edge]].Add cell

        let hops = Array.create cells -1
        let queue = Queue [ source ]
        hops[source] <- 0

        while queue.Count > 0 do
            let cell = queue.Dequeue()

            for next in seenBy[cell] do
                if hops[next] < 0 then
                    hops[next] <- hops[cell] + 1
                    queue.Enqueue next

        hops
