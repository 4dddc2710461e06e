namespace GaryMesh

open System

[<RequireQualifiedAccess>]
type Topology =
    | Ring
    | Line
    | Grid of Height: int * Width: int
    | Torus of Height: int * Width: int
    | General

module internal Lengths =
    let mean (each: (float -> int64 -> unit) -> unit) =
        let longest, edges = ref 0.0, ref 0L

        each (fun length count ->
            longest.Value <- max longest.Value length
            edges.Value <- edges.Value + count)

        if longest.Value = 0.0 then
            0.0
        else
            let bit = max Double.Epsilon (Math.ScaleB(1.0, Math.ILogB longest.Value - 52))
            let sum = ref UInt128.Zero

            each (fun length count ->
                let multiples = UInt128.op_Implicit (uint64 (Math.Round(length / bit)))
                sum.Value <- sum.Value + multiples * UInt128.op_Implicit (uint64 count))

            float sum.Value / float edges.Value * bit

/// How the cells of a lattice lie.
[<NoComparison; ReferenceEquality>]
type private Lie =
    | Circle
    | Strip of Offsets: int[]
    /// Rows of cells, each seeing those at the steps down and right, which lie at the offsets; rows may lean.
    | Plane of
        Height: int *
        Width: int *
        Closed: bool *
        Steps: struct (int * int)[] *
        Offsets: struct (float * float)[] *
        PlaceOf: (float -> float -> struct (float * float))

[<Sealed>]
type Lattice private (name: string, topology: Topology, cells: int, middle: int, lie: Lie) =
    static let wrap size i = ((i % size) + size) % size

    static let moore =
        [| for down in -1 .. 1 do
               for right in -1 .. 1 do
                   if (down, right) <> (0, 0) then
                       struct (down, right) |]

    static let plane name topology height width closed steps place =
        let middle = if closed then 0 else (height / 2) * width + width / 2
        let offsets = steps |> Array.map (fun (struct (down, right)) -> place (float right) (float down))
        Lattice(name, topology, height * width, middle, Plane(height, width, closed, steps, offsets, place))

    static let straight x y = struct (x, y)

    static let checkClosed (kind: string) height width =
        if height < 3 || width < 3 then
            Guard.outOfRange null $"The sides of a {kind} must be at least 3, but are {height} x {width}."

    let place cell =
        match lie with
        | Circle ->
            let angle = 2.0 * Math.PI * float cell / float cells
            struct (cos angle, sin angle, 0.0)
        | Strip _ -> struct (float cell, 0.0, 0.0)
        | Plane(_, width, _, _, _, placeOf) ->
            let struct (x, y) = placeOf (float (cell % width)) (float (cell / width))
            struct (x, y, 0.0)

    let most =
        match lie with
        | Circle -> if cells = 1 then 0 else 2
        | Strip offsets -> offsets.Length
        | Plane(_, _, _, steps, _, _) -> steps.Length

    let neighbour cell n =
        match lie with
        | Circle -> wrap cells (cell + 2 * n - 1)
        | Strip offsets ->
            let neighbour = cell + offsets[n]
            if neighbour >= 0 && neighbour < cells then neighbour else -1
        | Plane(height, width, closed, steps, _, _) ->
            let struct (down, right) = steps[n]
            let r, c = cell / width + down, cell % width + right

            if r >= 0 && r < height && c >= 0 && c < width then r * width + c
            elif closed then wrap height r * width + wrap width c
            else -1

    let offset cell n =
        match lie with
        | Plane(_, _, _, _, offsets, _) ->
            let struct (x, y) = offsets[n]
            struct (x, y, 0.0)
        | _ ->
            let struct (x, y, z) = place cell
            let struct (atX, atY, atZ) = place (neighbour cell n)
            struct (atX - x, atY - y, atZ - z)

    let eachLength visit =
        let length cell n =
            let struct (x, y, z) = offset cell n
            Double.Hypot(Double.Hypot(x, y), z)

        match lie with
        | Circle ->
            for cell in 0 .. cells - 1 do
                for n in 0 .. most - 1 do
                    visit (length cell n) 1L
        | Strip offsets ->
            for step in offsets do
                visit (float (abs step)) (max 0L (int64 cells - abs (int64 step)))
        | Plane(height, width, closed, steps, _, _) ->
            for n in 0 .. most - 1 do
                let struct (down, right) = steps[n]

                let count =
                    if closed then
                        int64 cells
                    else
                        int64 (height - abs down) * int64 (width - abs right)

                if count > 0L then
                    visit (length 0 n) count

    let meanLength = lazy Lengths.mean eachLength

    member _.Name = name
    member _.Topology = topology
    member _.Cells = cells
    member _.Middle = middle
    member _.MeanLength = meanLength.Value
    member _.Place(cell: int) = place cell
    member _.Most = most
    member _.Neighbour(cell: int, n: int) = neighbour cell n
    member _.Offset(cell: int, n: int) = offset cell n

    member _.Degree(cell: int) =
        let mutable degree = 0

        for n in 0 .. most - 1 do
            if neighbour cell n >= 0 then
                degree <- degree + 1

        degree

    member _.Reach =
        match lie with
        | Circle -> 1
        | Strip offsets -> offsets |> Array.map abs |> Array.fold max 0
        | Plane(_, width, _, _, _, _) -> 2 * width

    member _.Period =
        match lie with
        | Circle -> 0
        | Strip _ -> 1
        | Plane(_, width, _, _, _, _) -> width

    member _.IsClosed =
        match lie with
        | Circle
        | Plane(_, _, true, _, _, _) -> true
        | _ -> false

    static member Ring(cells: int) =
        Guard.positive (nameof cells) "The number of cells of a ring" cells
        Lattice($"ring:{cells}", Topology.Ring, cells, 0, Circle)

    static member Strip(name: string, cells: int, offsets: int[]) =
        Guard.positive (nameof cells) "The number of cells of a strip" cells

        if Array.contains 0 offsets || (Array.distinct offsets).Length <> offsets.Length then
            let listed = String.Join(", ", offsets)
            Guard.refuse $"The offsets of a strip must differ from 0 and from each other, but are {listed}."

        Lattice(name, Topology.Line, cells, cells / 2, Strip offsets)

    static member Line(cells: int) = Lattice.Strip($"line:{cells}", cells, [| -1; 1 |])

    static member Grid(height: int, width: int) =
        Guard.positive (nameof height) "The height of a grid" height
        Guard.positive (nameof width) "The width of a grid" width
        plane $"grid:{height}x{width}" (Topology.Grid(height, width)) height width false moore straight

    static member Torus(height: int, width: int) =
        checkClosed "torus" height width
        plane $"torus:{height}x{width}" (Topology.Torus(height, width)) height width true moore straight

    static member Torus6(height: int, width: int) =
        checkClosed "torus6" height width

        let steps =
            [| struct (0, 1); struct (0, -1); struct (1, 0); struct (-1, 0); struct (1, -1); struct (-1, 1) |]
        // Rows lean by half a cell, so that all six neighbours lie at distance 1.
        let leaning column row = struct (column + row / 2.0, row * sqrt 3.0 / 2.0)
        plane $"torus6:{height}x{width}" Topology.General height width true steps leaning
