namespace GaryMesh

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open GaryMesh.Graphs

[<NoComparison; ReferenceEquality>]
type Exchange = { From: int; Source: ImmutableArray<int>; Target: ImmutableArray<int> }

/// What a part is made of.
[<NoComparison; NoEquality>]
type private PartData =
    { Owned: int
      Cells: int
      Global: unit -> ImmutableArray<int>
      Graph: unit -> Graph
      Exchanges: ImmutableArray<Exchange>
      Form: string
      Middle: int }

[<Sealed>]
type Part private (data: PartData) =
    static member internal Of(owned, cells, indices, graph, exchanges, form, middle) =
        Part
            { Owned = owned
              Cells = cells
              Global = indices
              Graph = graph
              Exchanges = ImmutableCollectionsMarshal.AsImmutableArray exchanges
              Form = form
              Middle = middle }

    member _.Graph = data.Graph()
    member _.Global = data.Global()
    member _.Owned = data.Owned
    member _.Cells = data.Cells
    member _.Exchanges = data.Exchanges
    member _.Form = data.Form
    member _.Middle = data.Middle

module private Blocks =
    let check (name: string) (cells: int) (parts: int) (halo: int) =
        if parts < 1 || parts > cells then
            Guard.outOfRange
                (nameof parts)
                $"{name} of {cells} cells can have 1 to {cells} parts, but {parts} are asked for."

        if halo < 1 then
            Guard.outOfRange (nameof halo) $"Ghosts must lie at least 1 hop wide, but {halo} are asked for."

    /// The part that owns the cell at a place of the order that is cut.
    let owner cells parts place = int (int64 place * int64 parts / int64 cells)
    /// The first place of a part.
    let first cells parts part = int ((int64 part * int64 cells + int64 parts - 1L) / int64 parts)

    let named name part parts = $"{name}, part {part + 1} of {parts}"

    /// Where the ghosts come from, which lie behind the owned cells by their owner: `inside` says what each is called there.
    let exchanges (owned: int) (ghosts: int[]) (ownerOf: int -> int) (inside: int -> int) =
        ghosts
        |> Array.indexed
        |> Array.groupBy (fun (_, cell) -> ownerOf cell)
        |> Array.map (fun (owner, ghosts) ->
            { From = owner
              Source = ImmutableArray.CreateRange(ghosts |> Seq.map (fun (_, cell) -> inside cell))
              Target = ImmutableArray.CreateRange(ghosts |> Seq.map (fun (at, _) -> owned + at)) })

/// Parts of a lattice, by arithmetic.
module private LatticeParts =
    /// The ghosts of the block first .. last - 1, and how many hops away each lies.
    let private around (lattice: Lattice) first last halo =
        let hops = Dictionary<int, int>()

        let rec widen hop (rim: int seq) =
            let next = ResizeArray<int>()

            for cell in rim do
                for n in 0 .. lattice.Most - 1 do
                    let neighbour = lattice.Neighbour(cell, n)

                    if neighbour >= 0 && (neighbour < first || neighbour >= last) && hops.TryAdd(neighbour, hop) then
                        next.Add neighbour

            if hop < halo then
                widen (hop + 1) next

        // Only cells near the ends of the block see others.
        let reach = lattice.Reach
        let upTo, from = int (min (int64 last) (int64 first + int64 reach)), max first (last - reach)
        widen 1 (Seq.append (seq { first .. upTo - 1 }) (seq { max upTo from .. last - 1 }))
        hops

    /// What tells parts apart whose engine tables differ: how the ghosts lie to the block, and the block to the rows.
    let private formOf (lattice: Lattice) first last (ghosts: int[]) halo part =
        /// How near a border lies, by which the degrees of the outermost ghosts differ.
        let near cells = if lattice.IsClosed then 0 else min (cells / lattice.Period) (halo + 1)

        if lattice.Period = 0 then
            $"part {part}"
        else
            let relative cell =
                let apart = int64 cell - int64 first
                if lattice.IsClosed && apart < 0L then apart + int64 lattice.Cells else apart

            let runs = ResizeArray<string>()
            let mutable at = 0

            while at < ghosts.Length do
                let mutable length = 1

                while at + length < ghosts.Length && ghosts[at + length] = ghosts[at] + length do
                    length <- length + 1

                runs.Add $"{relative ghosts[at]}+{length}"
                at <- at + length

            let listed = String.Join(" ", runs)
            $"{last - first} from {first % lattice.Period}, {near first} {near (lattice.Cells - last)}: {listed}"

    let make (lattice: Lattice) parts halo part =
        let cells = lattice.Cells
        let owner = Blocks.owner cells parts
        let first, last = Blocks.first cells parts part, Blocks.first cells parts (part + 1)
        let owned = last - first
        let ghosts = Seq.toArray (around lattice first last halo).Keys
        // Blocks lie in the order of the cells, so that this is also the order of the owners.
        Array.sortInPlace ghosts
        let cellOf label = if label < owned then first + label else ghosts[label - owned]

        let graph () =
            let hops = around lattice first last halo
            let labels = Dictionary<int, int> ghosts.Length
            ghosts |> Array.iteri (fun at cell -> labels[cell] <- owned + at)
            let labelOf cell = if cell >= first && cell < last then cell - first else labels[cell]
            let complete label = label < owned || hops[cellOf label] < halo

            Graph.OfLattice(
                lattice,
                Blocks.named lattice.Name part parts,
                owned + ghosts.Length,
                cellOf,
                labelOf,
                complete
            )

        let indices () = ImmutableCollectionsMarshal.AsImmutableArray(Array.init (owned + ghosts.Length) cellOf)

        let exchanges =
            Blocks.exchanges owned ghosts owner (fun cell -> cell - Blocks.first cells parts (owner cell))

        let form = formOf lattice first last ghosts halo part
        Part.Of(owned, owned + ghosts.Length, indices, graph, exchanges, form, lattice.Middle)

[<AbstractClass; Sealed; Extension>]
type GraphPartition =

    /// The part that owns each cell.
    static member private Owners(graph: Graph, parts: int) =
        let blocks (order: int[]) =
            let owners = Array.zeroCreate graph.Cells
            order |> Array.iteri (fun place cell -> owners[cell] <- Blocks.owner graph.Cells parts place)
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

    static member private Cut(graph: Graph, parts: int, halo: int, owners: int[]) =
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
            let complete = cells |> Array.map (fun cell -> hops[cell] < halo)

            for cell in cells do
                hops[cell] <- -1

            let local = lazy graph.Cut(cells, Array.get complete).Named(Blocks.named graph.Name part parts)
            let indices = ImmutableArray.CreateRange cells
            let exchanges = Blocks.exchanges count cells[count..] (Array.get owners) (Array.get indexOf)
            let form = $"part {part}"
            Part.Of(count, cells.Length, (fun () -> indices), local.Force, exchanges, form, graph.Middle))

    [<Extension>]
    static member Partition(graph: Graph, parts: int, halo: int) =
        Blocks.check graph.Name graph.Cells parts halo
        GraphPartition.Cut(graph, parts, halo, GraphPartition.Owners(graph, parts))

    static member InBlocks(graph: Graph, parts: int, halo: int) =
        Blocks.check graph.Name graph.Cells parts halo
        GraphPartition.Cut(graph, parts, halo, Array.init graph.Cells (Blocks.owner graph.Cells parts))

[<Sealed>]
type Partition private (name: string, cells: int, count: int, inOrder: bool, make: int -> Part, beside: int -> seq<int>)
    =
    member _.Name = name
    member _.Cells = cells
    member _.Count = count

    member _.Item
        with get (part: int) = make part

    member _.Owned(part: int) = Blocks.first cells count (part + 1) - Blocks.first cells count part
    member _.Beside(part: int) = ImmutableArray.CreateRange(beside part)
    member _.InOrder = inOrder

    static member Of(lattice: Lattice, count: int, halo: int) =
        Blocks.check lattice.Name lattice.Cells count halo
        let make = LatticeParts.make lattice count halo
        // Edges go both ways: who has ghosts here has cells that are ghosts there.
        let beside part = (make part).Exchanges |> Seq.map _.From
        Partition(lattice.Name, lattice.Cells, count, true, make, beside)

    static member Of(graph: Graph, count: int, halo: int) =
        let parts = graph.Partition(count, halo)
        let beside part = seq { 0 .. count - 1 } |> Seq.filter ((<>) part)
        Partition(graph.Name, graph.Cells, count, false, Array.get parts, beside)
