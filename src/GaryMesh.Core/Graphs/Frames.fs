namespace GaryMesh

open System

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
    static member At(numbers: float[], i: int) = { X = numbers[3 * i]; Y = numbers[3 * i + 1]; Z = numbers[3 * i + 2] }
    static member Flatten(vectors: Vector[]) = vectors |> Array.collect (fun a -> [| a.X; a.Y; a.Z |])

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

    static member Along(normals: float[], directions: float[]) =
        if normals.Length % 3 <> 0 || directions.Length <> normals.Length then
            Guard.refuse
                $"There must be x, y and z of as many directions as of normals, but there are {directions.Length} and {normals.Length} numbers."

        for name, numbers in [ "normal", normals; "direction", directions ] do
            match numbers |> Array.tryFindIndex (Double.IsFinite >> not) with
            | Some at -> Guard.refuse $"Every {name} must be finite, but that of cell {at / 3} has {numbers[at]}."
            | None -> ()

        let axes =
            [| { Vector.Zero with X = 1.0 }; { Vector.Zero with Y = 1.0 }; { Vector.Zero with Z = 1.0 } |]

        Array.init (normals.Length / 3) (fun cell ->
            let normal, direction = Vector.At(normals, cell), Vector.At(directions, cell)

            if normal.Length = 0.0 then
                Guard.refuse $"Every normal must have a length, but that of cell {cell} is zero."

            let n = normal.Unit
            let tangent (a: Vector) = a - n.Dot a * n

            let along =
                if (tangent direction).Length > 1e-6 * direction.Length then
                    direction
                else
                    axes |> Array.minBy (fun axis -> abs (n.Dot axis))

            // The second projection takes away what rounding leaves of the normal where the first leaves little.
            let u = (tangent (tangent along).Unit).Unit
            Vector.Flatten [| u; n.Cross u; n |])
        |> Array.concat

    static member Towards(normals: float[], direction: struct (float * float * float)) =
        let struct (x, y, z) = direction
        let one = [| x; y; z |]
        Frames.Along(normals, Array.init normals.Length (fun i -> one[i % 3]))

    static member Towards(graph: Graph, direction: struct (float * float * float)) =
        Frames.Towards(Frames.Normals graph, direction)
