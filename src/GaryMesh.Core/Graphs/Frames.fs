namespace GaryMesh

open System
open GaryMesh.Graphs

type private Complex = System.Numerics.Complex

/// A vector in space.
[<Struct>]
type Vector =
    { X: float
      Y: float
      Z: float }

    static member Zero = { X = 0.0; Y = 0.0; Z = 0.0 }
    static member (+)(a, b) = { X = a.X + b.X; Y = a.Y + b.Y; Z = a.Z + b.Z }
    static member (-)(a, b) = { X = a.X - b.X; Y = a.Y - b.Y; Z = a.Z - b.Z }
    static member (*)(factor, a) = { X = factor * a.X; Y = factor * a.Y; Z = factor * a.Z }
    member a.Dot b = a.X * b.X + a.Y * b.Y + a.Z * b.Z

    member a.Cross b =
        { X = a.Y * b.Z - a.Z * b.Y
          Y = a.Z * b.X - a.X * b.Z
          Z = a.X * b.Y - a.Y * b.X }

    member a.Length = sqrt (a.Dot a)
    member a.Unit = (1.0 / a.Length) * a
    /// The part of a vector at right angles to this one, which is of length 1.
    member n.Rest(a: Vector) = a - n.Dot a * n
    /// Its direction. The second projection takes away what rounding leaves of the normal where the first leaves little.
    member n.Along(a: Vector) = (n.Rest (n.Rest a).Unit).Unit

    /// The axis x, y or z farthest from it.
    member n.Axis =
        if abs n.X <= min (abs n.Y) (abs n.Z) then { Vector.Zero with X = 1.0 }
        elif abs n.Y <= abs n.Z then { Vector.Zero with Y = 1.0 }
        else { Vector.Zero with Z = 1.0 }

    static member At(numbers: float[], i: int) = { X = numbers[3 * i]; Y = numbers[3 * i + 1]; Z = numbers[3 * i + 2] }
    static member Flatten(vectors: Vector[]) = vectors |> Array.collect (fun a -> [| a.X; a.Y; a.Z |])

/// Directions along a surface as complex numbers, each in its cell's own base, and their parallel transport along edges.
[<Sealed>]
type private DirectionField(graph: Graph, normals: Vector[]) =
    let cells, rowStart, neighbours, offsets = graph.Cells, graph.RowStart, graph.Neighbours, graph.Offsets

    let bases =
        normals
        |> Array.map (fun n ->
            let a = n.Along n.Axis
            struct (a, n.Cross a))

    let coordinates cell (vector: Vector) =
        let struct (a, b) = bases[cell]
        Complex(a.Dot vector, b.Dot vector)

    /// For each edge what takes the neighbour's coordinates to the cell's: by the smallest rotation that takes its normal to the
    /// cell's. 0 where the normals are opposite and many rotations are smallest.
    let transport =
        lazy
            [| for cell in 0 .. cells - 1 do
                   for edge in rowStart[cell] .. rowStart[cell + 1] - 1 do
                       let other = neighbours[edge]
                       let struct (a, _) = bases[other]
                       let n = normals[cell]
                       let both = 1.0 + n.Dot normals[other]

                       if both < 1e-9 then
                           Complex.Zero
                       else
                           coordinates cell (a - n.Dot a / both * (n + normals[other])) |]

    let unitOrNone size (z: Complex) =
        if z.Magnitude > DirectionField.Least * size then
            z / z.Magnitude
        else
            Complex.Zero

    let offset edge =
        if offsets.IsEmpty then
            Vector.Zero
        else
            { X = offsets[3 * edge]; Y = offsets[3 * edge + 1]; Z = offsets[3 * edge + 2] }

    /// The direction of the first edge that has one along the surface; the base's where no edge has.
    let firstEdge cell =
        seq { rowStart[cell] .. rowStart[cell + 1] - 1 }
        |> Seq.map (fun edge -> unitOrNone (offset edge).Length (coordinates cell (offset edge)))
        |> Seq.tryFind (fun z -> z <> Complex.Zero)
        |> Option.defaultValue Complex.One

    /// The sum over a cell's edges of the directions that it sees, in its own base.
    let seen (field: Complex[]) cell =
        let transport = transport.Value
        let mutable sum = Complex.Zero

        for edge in rowStart[cell] .. rowStart[cell + 1] - 1 do
            sum <- sum + transport[edge] * field[neighbours[edge]]

        sum

    /// What counts as nothing: of a direction along the normal, the part along the surface; of directions that cancel, the
    /// mean. Little is left of the digits of less.
    static member Least = 1e-3

    /// Unit numbers of vectors' parts along the surface, 0 where there is none.
    member _.Of(directions: Vector[]) =
        Array.init cells (fun cell -> unitOrNone directions[cell].Length (coordinates cell directions[cell]))

    /// A direction for the cells that have none: the mean of those that they see, from neighbour to neighbour. Where these
    /// cancel, and where nobody has one, the first edge's.
    member _.Fill(start: Complex[]) =
        let none z = (z = Complex.Zero)
        let waiting field = field |> Array.filter none |> Array.length

        let filled (field: Complex[]) cell =
            let mutable informed = 0

            for edge in rowStart[cell] .. rowStart[cell + 1] - 1 do
                if not (none field[neighbours[edge]]) then
                    informed <- informed + 1

            if informed = 0 then
                Complex.Zero
            else
                let mean = unitOrNone (float informed) (seen field cell)
                if none mean then firstEdge cell else mean

        let rec spread field left =
            let next = field |> Array.mapi (fun cell z -> if none z then filled field cell else z)

            match waiting next with
            | 0 -> next
            | still when still = left -> next |> Array.mapi (fun cell z -> if none z then firstEdge cell else z)
            | still -> spread next still

        match waiting start with
        | 0 -> start
        | left -> spread start left

    /// Each cell's direction becomes the mean of its own, which weighs as much as all others, and of those that it sees. So
    /// much of its own makes the sum of squared differences along edges fall in every pass (where edges go both ways): it
    /// is then a convex function of the field, which its tangent bounds.
    member _.Smooth(start: Complex[], held: int -> bool, passes: int) =
        let mutable field, next = Array.copy start, Array.copy start
        let mutable pass, moved = 0, infinity

        while pass < passes && moved > 1e-14 do
            moved <- 0.0

            for cell in 0 .. cells - 1 do
                let degree = float (rowStart[cell + 1] - rowStart[cell])

                if not (held cell) then
                    let sum = degree * field[cell] + seen field cell
                    let length = sum.Magnitude
                    // Opposite directions: the cell keeps its own.
                    next[cell] <- if length > 1e-9 * degree then sum / length else field[cell]
                    moved <- max moved (next[cell] - field[cell]).Magnitude

            let last = field
            field <- next
            next <- last
            pass <- pass + 1

        field

    /// The gradient of numbers of the cells: the plane that fits their differences along edges best, short edges and long
    /// alike.
    member _.Gradient(values: float[]) =
        Array.init cells (fun cell ->
            let mutable xx, xy, yy, b = 0.0, 0.0, 0.0, Complex.Zero

            for edge in rowStart[cell] .. rowStart[cell + 1] - 1 do
                let d = coordinates cell (offset edge)
                let size = d.Real * d.Real + d.Imaginary * d.Imaginary

                if size > 0.0 then
                    xx <- xx + d.Real * d.Real / size
                    xy <- xy + d.Real * d.Imaginary / size
                    yy <- yy + d.Imaginary * d.Imaginary / size
                    b <- b + (values[neighbours[edge]] - values[cell]) / size * d

            let determinant = xx * yy - xy * xy

            if determinant > 1e-6 * (xx + yy) * (xx + yy) then
                Complex(yy * b.Real - xy * b.Imaginary, xx * b.Imaginary - xy * b.Real) / determinant
            else
                b)

    /// u, v = n x u and n of each cell.
    member _.Frames(field: Complex[]) =
        Array.init cells (fun cell ->
            let struct (a, b) = bases[cell]
            let u = field[cell].Real * a + field[cell].Imaginary * b
            Vector.Flatten [| u; normals[cell].Cross u; normals[cell] |])
        |> Array.concat

[<AbstractClass; Sealed>]
type Frames =

    /// The normals, and for a vertex whose triangles settle none what `otherwise` says.
    static member private NormalsOr(positions: float[], triangles: int[], otherwise: int -> Vector) =
        let count = positions.Length / 3

        if positions.Length % 3 <> 0 || triangles.Length % 3 <> 0 then
            Guard.refuse
                $"Positions and triangles come in threes, but there are {positions.Length} and {triangles.Length} numbers."

        match triangles |> Array.tryFind (fun corner -> uint32 corner >= uint32 count) with
        | Some corner ->
            Guard.refuse $"A triangle has the corner {corner}, but there are the vertices 0 to {count - 1}."
        | None -> ()

        let sums = Array.create count Vector.Zero

        for t in 0..3 .. triangles.Length - 3 do
            for turn in 0..2 do
                let corner k = triangles[t + (turn + k) % 3]
                let side k = Vector.At(positions, corner k) - Vector.At(positions, corner 0)
                let a, b = side 1, side 2
                let weight = 1.0 / (a.Dot a * b.Dot b)

                // A triangle two of whose corners are one has no say.
                if Double.IsFinite weight then
                    sums[corner 0] <- sums[corner 0] + weight * a.Cross b

        sums
        |> Array.mapi (fun vertex sum -> if sum.Length > 0.0 then sum.Unit else otherwise vertex)
        |> Vector.Flatten

    static member Normals(positions: float[], triangles: int[]) =
        Frames.NormalsOr(
            positions,
            triangles,
            fun vertex -> Guard.refuse $"Vertex {vertex} has no normal: its triangles have no area, or there are none."
        )

    static member Normals(positions: float[], triangles: int[], otherwise: struct (float * float * float)) =
        let struct (x, y, z) = otherwise
        Frames.NormalsOr(positions, triangles, (fun _ -> { X = x; Y = y; Z = z }))

    static member Normals(graph: Graph) =
        let positions = graph.Positions.AsSpan().ToArray()
        let placeOf cell = if positions.Length = 0 then Vector.Zero else Vector.At(positions, cell)
        let mean vectors = (1.0 / float (Array.length vectors)) * Array.fold (+) Vector.Zero vectors
        let centre = mean (Array.init graph.Cells placeOf)

        /// The normal of the plane through the origin near which vectors lie: their cross products, turned to one side.
        /// None where they fill too little of it.
        let normal least (vectors: Vector[]) =
            let mutable sum = Vector.Zero

            for i in 0 .. vectors.Length - 1 do
                for j in i + 1 .. vectors.Length - 1 do
                    let product = vectors[i].Cross vectors[j]
                    sum <- if sum.Dot product < 0.0 then sum - product else sum + product

            let size = vectors |> Array.sumBy (fun a -> a.Dot a)
            if sum.Length > least * size then ValueSome sum.Unit else ValueNone

        let normalOf cell =
            let offsets =
                [| for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 do
                       if not graph.Offsets.IsEmpty then
                           { X = graph.Offsets[3 * edge]
                             Y = graph.Offsets[3 * edge + 1]
                             Z = graph.Offsets[3 * edge + 2] } |]

            // An inversion makes of a sphere through the cell a plane at right angles to the normal, and leaves a plane
            // through it. Neighbours near a circle through the cell, as a lattice's corner has them, come to lie near a
            // line: they say nothing of a sphere, and their plane is the circle's.
            let inverted =
                offsets |> Array.filter (fun a -> a.Dot a > 0.0) |> Array.map (fun a -> (1.0 / a.Dot a) * a)

            let candidate =
                if inverted.Length = 0 then
                    ValueNone
                else
                    let middle = mean inverted

                    inverted
                    |> Array.map (fun a -> a - middle)
                    |> normal 0.1
                    |> ValueOption.orElseWith (fun () -> normal 1e-9 inverted)

            match candidate with
            | ValueNone ->
                Guard.refuse $"Cell {cell} of {graph.Name} has no normal: its {offsets.Length} edges span no plane."
            | ValueSome normal ->
                let outward = placeOf cell - centre
                let height = normal.Dot outward
                let clear x = abs x > 1e-9

                let side =
                    if clear (height / (outward.Length + Double.Epsilon)) then height
                    elif clear normal.Z then normal.Z
                    elif clear normal.Y then normal.Y
                    else normal.X

                if side < 0.0 then -1.0 * normal else normal

        Array.init graph.Cells normalOf |> Vector.Flatten

    /// Unit normals, and the directions that go with them.
    static member private Read(normals: float[], directions: float[]) =
        if normals.Length % 3 <> 0 || directions.Length <> normals.Length then
            Guard.refuse
                $"There must be x, y and z of as many directions as of normals, but there are {directions.Length} and {normals.Length} numbers."

        for name, numbers in [ "normal", normals; "direction", directions ] do
            match numbers |> Array.tryFindIndex (Double.IsFinite >> not) with
            | Some at -> Guard.refuse $"Every {name} must be finite, but that of cell {at / 3} has {numbers[at]}."
            | None -> ()

        let unit cell =
            let normal = Vector.At(normals, cell)

            if normal.Length = 0.0 then
                Guard.refuse $"Every normal must have a length, but that of cell {cell} is zero."

            normal.Unit

        let count = normals.Length / 3
        struct (Array.init count unit, Array.init count (fun cell -> Vector.At(directions, cell)))

    /// One vector for each of some numbers' cells.
    static member private Each(numbers: float[], vector: struct (float * float * float)) =
        let struct (x, y, z) = vector
        let one = [| x; y; z |]
        Array.init numbers.Length (fun i -> one[i % 3])

    static member Along(normals: float[], directions: float[]) =
        let struct (units, vectors) = Frames.Read(normals, directions)

        Array.map2
            (fun (n: Vector) (direction: Vector) ->
                let clear = (n.Rest direction).Length > 1e-6 * direction.Length
                let u = n.Along(if clear then direction else n.Axis)
                Vector.Flatten [| u; n.Cross u; n |])
            units
            vectors
        |> Array.concat

    static member Towards(normals: float[], direction: struct (float * float * float)) =
        Frames.Along(normals, Frames.Each(normals, direction))

    static member Towards(graph: Graph, direction: struct (float * float * float)) =
        Frames.Towards(Frames.Normals graph, direction)

    /// Refuses normals or whatever else is not as many as a graph has cells.
    static member private CheckCount(graph: Graph, what: string, count: int) =
        if count <> graph.Cells then
            Guard.refuse $"{graph.Name} has {graph.Cells} cells, but {count} {what} are given."

    static member private Smooth(graph: Graph, normals: float[], directions: float[], held: int -> bool, passes: int) =
        Frames.CheckCount(graph, "normals", normals.Length / 3)
        Guard.notNegative (nameof passes) "The number of passes" passes
        let struct (units, vectors) = Frames.Read(normals, directions)
        let field = DirectionField(graph, units)
        let start = field.Of vectors

        match Seq.tryFind (fun cell -> held cell && start[cell] = Complex.Zero) [| 0 .. graph.Cells - 1 |] with
        | Some cell -> Guard.refuse $"Cell {cell} is held, but its direction is zero or runs along its normal."
        | None -> ()

        field.Frames(field.Smooth(field.Fill start, held, passes))

    static member Smoothed(graph: Graph, normals: float[], directions: float[], passes: int) =
        Frames.Smooth(graph, normals, directions, (fun _ -> false), passes)

    static member Smoothed(graph: Graph, normals: float[], directions: float[], held: bool[], passes: int) =
        Frames.CheckCount(graph, "marks of held cells", held.Length)
        Frames.Smooth(graph, normals, directions, (fun cell -> held[cell]), passes)

    static member Between(graph: Graph, normals: float[], source: int, sink: int) =
        Frames.CheckCount(graph, "normals", normals.Length / 3)

        for cell in [ source; sink ] do
            if uint32 cell >= uint32 graph.Cells then
                Guard.refuse $"Cell {cell} is not among the cells 0 to {graph.Cells - 1} of {graph.Name}."

        if source = sink then
            Guard.refuse $"Source and sink must be two cells, but both are cell {source}."

        if graph.HopsFrom(source)[sink] < 0 && graph.HopsFrom(sink)[source] < 0 then
            Guard.refuse $"No edges of {graph.Name} lead from the source, cell {source}, to the sink, cell {sink}."

        let struct (units, _) = Frames.Read(normals, normals)
        let field = DirectionField(graph, units)
        let gradient = field.Gradient(Potential.between graph source sink)

        let downhill cell =
            let z = -gradient[cell]

            if cell = source || cell = sink || z = Complex.Zero then
                Complex.Zero
            else
                z / z.Magnitude

        field.Frames(field.Fill(Array.init graph.Cells downhill))

    static member Upright(graph: Graph, normals: float[], up: struct (float * float * float), passes: int) =
        if up = struct (0.0, 0.0, 0.0) then
            Guard.refuse $"The direction that is up must have a length, but is zero."

        let struct (units, ups) = Frames.Read(normals, Frames.Each(normals, up))
        let inwards = Vector.Flatten(units |> Array.map (fun n -> -1.0 * n))

        let rightOf (up: Vector) n =
            let right = up.Unit.Cross n
            if right.Length > DirectionField.Least then right else Vector.Zero

        let right = Vector.Flatten(Array.map2 rightOf ups units)
        Frames.Smoothed(graph, inwards, right, passes)

    static member Upright(graph: Graph, up: struct (float * float * float), passes: int) =
        let flat =
            graph.Topology <> Topology.General
            || (not graph.Offsets.IsEmpty
                && Seq.forall (fun edge -> graph.Offsets[3 * edge + 2] = 0.0) [| 0 .. graph.Edges - 1 |])

        if flat then
            let axes = [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |]
            Array.init (9 * graph.Cells) (fun i -> axes[i % 9])
        else
            Frames.Upright(graph, Frames.Normals graph, up, passes)
