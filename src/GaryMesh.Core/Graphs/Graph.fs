namespace GaryMesh

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Runtime.InteropServices
open GaryMesh.Graphs

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
        Spacings: float[]
        /// The degree of each cell in the whole graph, where this graph is cut from one.
        WholeDegrees: int[]
        MeanLength: float
    }

module private Rows =
    let meanLength (offsets: float[]) =
        Lengths.mean (fun visit ->
            for edge in 0 .. offsets.Length / 3 - 1 do
                let flat = Double.Hypot(offsets[3 * edge], offsets[3 * edge + 1])
                visit (Double.Hypot(flat, offsets[3 * edge + 2])) 1L)

    let finite name what (values: float[]) =
        match Array.tryFindIndex (Double.IsFinite >> not) values with
        | Some at -> Guard.refuse $"Every {what} must be finite, but number {at} of {name} is {values[at]}."
        | None -> ()

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
    member _.Spacings = ImmutableCollectionsMarshal.AsImmutableArray data.Spacings
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

    member _.WithSpacing(spacings: float[]) =
        if spacings.Length <> cells then
            Guard.refuse $"Spacings are a number a cell, {cells} for {data.Name}, but {spacings.Length} are given."

        match spacings |> Array.tryFindIndex (fun spacing -> not (spacing > 0.0 && Double.IsFinite spacing)) with
        | Some cell ->
            Guard.refuse $"A spacing must be finite and above 0, but that of cell {cell} is {spacings[cell]}."
        | None -> ()

        // Where all are 1 there is nothing to keep, so that equal graphs hold equal arrays.
        let plain = spacings |> Array.forall ((=) 1.0)
        Graph { data with Spacings = if plain then [||] else Array.copy spacings }

    member graph.WithSpacing(spacing: float) = graph.WithSpacing(Array.create cells spacing)

    /// Cells of a lattice with edges of weight 1. Neighbours are asked for twice, so that the arrays have their final size
    /// from the start: a graph may fill a good part of the memory.
    static member private Laid
        (lattice: Lattice, count: int, cellOf: int -> int, labelOf: int -> int, complete: int -> bool)
        : GraphData =
        // Three offsets an edge are as many as an array holds.
        let most = Array.MaxLength / (3 * max 1 lattice.Most)

        if count > most then
            Guard.refuse
                $"A graph of up to {lattice.Most} edges a cell has at most {most} cells, but {count} cells of {lattice.Name} are asked for: cut it into more parts."

        let rowStart = Array.zeroCreate (count + 1)

        for label in 0 .. count - 1 do
            let degree = if complete label then lattice.Degree(cellOf label) else 0
            rowStart[label + 1] <- rowStart[label] + degree

        let neighbours = Array.zeroCreate rowStart[count]
        let offsets = Array.zeroCreate (3 * rowStart[count])
        let positions = Array.zeroCreate (3 * count)
        let mutable filled = 0

        let put (values: float[]) at (struct (x, y, z)) =
            values[3 * at] <- x
            values[3 * at + 1] <- y
            values[3 * at + 2] <- z

        for label in 0 .. count - 1 do
            let cell = cellOf label
            put positions label (lattice.Place cell)

            if complete label then
                for n in 0 .. lattice.Most - 1 do
                    let neighbour = lattice.Neighbour(cell, n)

                    if neighbour >= 0 then
                        neighbours[filled] <- labelOf neighbour
                        put offsets filled (lattice.Offset(cell, n))
                        filled <- filled + 1

        { Name = lattice.Name
          Topology = lattice.Topology
          Middle = lattice.Middle
          RowStart = rowStart
          Neighbours = neighbours
          Offsets = offsets
          Weights = [||]
          Positions = positions
          Frames = [||]
          Spacings = [||]
          WholeDegrees = [||]
          MeanLength = lattice.MeanLength }

    static member OfLattice(lattice: Lattice) = Graph(Graph.Laid(lattice, lattice.Cells, id, id, (fun _ -> true)))

    static member OfLattice(lattice: Lattice, name, cells, cellOf: int -> int, labelOf, complete) =
        let middle = Seq.tryFindIndex (fun label -> cellOf label = lattice.Middle) (seq { 0 .. cells - 1 })

        Graph
            { Graph.Laid(lattice, cells, cellOf, labelOf, complete) with
                Name = name
                Topology = Topology.General
                Middle = Option.defaultValue 0 middle
                WholeDegrees = Array.init cells (cellOf >> lattice.Degree) }

    static member Ring(cells: int) = Graph.OfLattice(Lattice.Ring cells)
    static member Line(cells: int) = Graph.OfLattice(Lattice.Line cells)
    static member Grid(height: int, width: int) = Graph.OfLattice(Lattice.Grid(height, width))
    static member Torus(height: int, width: int) = Graph.OfLattice(Lattice.Torus(height, width))
    static member Torus6(height: int, width: int) = Graph.OfLattice(Lattice.Torus6(height, width))

    static member Strip(cells: int, offsets: int seq) =
        Graph.OfLattice(Lattice.Strip($"strip:{cells}", cells, Array.ofSeq offsets))

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

        Graph
            { Name = "graph"
              Topology = Topology.General
              Middle = 0
              RowStart = Array.copy rowStart
              Neighbours = Array.copy neighbours
              Offsets = offsets
              Weights = weights
              Positions = positions
              Frames = [||]
              Spacings = [||]
              WholeDegrees = [||]
              MeanLength = Rows.meanLength offsets }

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

    static member Delaunay(cells: int, seed: uint64) =
        let struct (positions, triangles) = Delaunay.make cells seed
        // The word of a graph file means the first seed.
        let more = if seed = 1UL then "" else $", seed {seed}"
        Graph.OfTriangles($"delaunay:{cells}{more}", positions, triangles)

    static member Geometric(cells: int, degree: float, seed: uint64) =
        Guard.positive (nameof cells) "The number of cells" cells

        if not (degree > 0.0 && Double.IsFinite degree) then
            Guard.outOfRange
                (nameof degree)
                $"The mean number of neighbours must be positive and finite, but is {degree}."

        let struct (places, pairs) = Geometric.make cells degree seed
        let ends pick = Array.map pick pairs

        // The word of a graph file means these.
        let more =
            if degree = 10.0 && seed = 1UL then
                ""
            else
                $", {degree} neighbours, seed {seed}"

        Graph.OfEdges(cells, ends (fun struct (i, _) -> i), ends (fun struct (_, j) -> j), false, null, places).Named
            $"geometric:{cells}{more}"

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

        let neighbours = Array.concat (Nearest.among positions k)
        Graph.OfRows(Array.init (cells + 1) (fun cell -> k * cell), neighbours, null, null, positions).Named $"knn:{k}"

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

        /// What each cell or edge has, 1 where a graph says nothing; nothing where no graph does.
        let ones (count: Graph -> int) (values: Graph -> ImmutableArray<float>) =
            let own graph =
                if (values graph).IsEmpty then
                    Array.create (count graph) 1.0
                else
                    Seq.toArray (values graph)

            if graphs |> Array.forall (fun graph -> (values graph).IsEmpty) then
                [||]
            else
                Array.collect own graphs

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
              Weights = ones _.Edges _.Weights
              Positions = together "positions" _.Cells _.Positions
              Frames = together "frames" _.Cells _.Frames
              Spacings = ones _.Cells _.Spacings
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
                Spacings = pick 1 data.Spacings chosen
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
