namespace GaryMesh

open System.Collections.Immutable
open System.Runtime.CompilerServices
open GaryMesh.Graphs

[<NoComparison; ReferenceEquality>]
type Exchange = { From: int; Source: ImmutableArray<int>; Target: ImmutableArray<int> }

[<NoComparison; ReferenceEquality>]
type Part =
    { Graph: Graph
      Global: ImmutableArray<int>
      Owned: int
      Exchanges: ImmutableArray<Exchange> }

[<AbstractClass; Sealed; Extension>]
type GraphPartition =

    /// The part that owns each cell.
    static member private Owners(graph: Graph, parts: int) =
        let blocks (order: int[]) =
            let owners = Array.zeroCreate graph.Cells

            order
            |> Array.iteri (fun place cell -> owners[cell] <- int (int64 place * int64 parts / int64 graph.Cells))

            owners

        let cuts (owners: int[]) =
            let mutable cuts = 0

            for cell in 0 .. graph.Cells - 1 do
                for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 do
                    if owners[graph.Neighbours[edge]] <> owners[cell] then
                        cuts <- cuts + 1

            cuts

        // Of equals the first, the graph's own.
        [ Array.init graph.Cells id; BreadthFirst.order graph ] |> List.map blocks |> List.minBy cuts

    [<Extension>]
    static member Partition(graph: Graph, parts: int, halo: int) =
        if parts < 1 || parts > graph.Cells then
            Guard.outOfRange
                (nameof parts)
                $"{graph.Name} of {graph.Cells} cells can have 1 to {graph.Cells} parts, but {parts} are asked for."

        if halo < 1 then
            Guard.outOfRange (nameof halo) $"Ghosts must lie at least 1 hop wide, but {halo} are asked for."

        let owners = GraphPartition.Owners(graph, parts)
        let owned = Array.init parts (fun _ -> ResizeArray<int>())
        let indexOf = Array.zeroCreate graph.Cells

        for cell in 0 .. graph.Cells - 1 do
            indexOf[cell] <- owned[owners[cell]].Count
            owned[owners[cell]].Add cell

        /// How many hops a cell lies outside the part at hand: -1 for more than the halo.
        let hops = Array.create graph.Cells -1

        Array.init parts (fun part ->
            let near = ResizeArray owned[part]

            for cell in near do
                hops[cell] <- 0

            let mutable read = 0

            while read < near.Count do
                let cell = near[read]
                read <- read + 1

                if hops[cell] < halo then
                    for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 do
                        let next = graph.Neighbours[edge]

                        if hops[next] < 0 then
                            hops[next] <- hops[cell] + 1
                            near.Add next

            let cells = near.ToArray()
            let count = owned[part].Count
            let key cell = struct ((if owners[cell] = part then -1 else owners[cell]), cell)
            Array.sortInPlaceBy key cells

            // The outermost ghosts are wrong after one step whatever they see, so they need no edges.
            let local =
                graph.Cut(cells, fun label -> hops[cells[label]] < halo).Named
                    $"{graph.Name}, part {part + 1} of {parts}"

            for cell in cells do
                hops[cell] <- -1

            let exchanges =
                [| count .. cells.Length - 1 |]
                |> Array.groupBy (fun ghost -> owners[cells[ghost]])
                |> Array.map (fun (owner, ghosts) ->
                    { From = owner
                      Source = ghosts |> Seq.map (fun ghost -> indexOf[cells[ghost]]) |> ImmutableArray.CreateRange
                      Target = ImmutableArray.CreateRange ghosts })

            { Graph = local
              Global = ImmutableArray.CreateRange cells
              Owned = count
              Exchanges = ImmutableArray.CreateRange exchanges })
