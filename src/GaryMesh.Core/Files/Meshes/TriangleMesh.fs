namespace GaryMesh

open System
open GaryMesh.Graphs

[<Sealed; NoComparison; NoEquality>]
type TriangleMesh private (vertices: float[], faces: int[], _owned: unit) =

    /// Takes arrays that nobody else holds and that are known to be right.
    static member internal Own(vertices: float[], faces: int[]) = TriangleMesh(vertices, faces, ())

    new(vertices: float[], faces: int[]) =
        ArgumentNullException.ThrowIfNull(vertices, nameof vertices)
        ArgumentNullException.ThrowIfNull(faces, nameof faces)

        if vertices.Length % 3 <> 0 then
            Guard.refuse $"Positions come in threes, but {vertices.Length} values are given."

        if faces.Length % 3 <> 0 then
            Guard.refuse $"Triangles have three corners each, but {faces.Length} indices are given."

        if faces.Length = 0 then
            Guard.refuse $"A mesh needs at least one triangle, but none is given."

        let count = vertices.Length / 3
        let bad = vertices |> Array.tryFindIndex (Double.IsFinite >> not)

        if bad.IsSome then
            Guard.refuse $"Vertex {bad.Value / 3} has a position that is not finite, {vertices[bad.Value]}."

        let bad = faces |> Array.tryFindIndex (fun corner -> corner < 0 || corner >= count)

        if bad.IsSome then
            Guard.refuse
                $"Face {bad.Value / 3} names vertex {faces[bad.Value]}, but the mesh has vertices 0 to {count - 1}."

        TriangleMesh(Array.copy vertices, Array.copy faces, ())

    static member Icosphere(frequency: int) : TriangleMesh =
        Guard.positive (nameof frequency) "The frequency of an icosphere" frequency
        let struct (positions, triangles) = Icosphere.make frequency
        TriangleMesh(positions, triangles, ())

    static member Delaunay(cells: int, seed: uint64) : TriangleMesh =
        let struct (positions, triangles) = Delaunay.make cells seed
        TriangleMesh(positions, triangles, ())

    /// Two triangles for every cell of a lattice that has neighbours to the right and below, which both face the viewer.
    static member private Lattice(least, height, width, place: float -> float -> float[]) : TriangleMesh =
        if height < least || width < least then
            let shape = if least = 3 then "torus" else "sheet"
            Guard.outOfRange null $"The sides of a {shape} must be at least {least}, but are {height} x {width}."

        let rows, columns = if least = 3 then height, width else height - 1, width - 1
        let cell row column = row % height * width + column % width

        TriangleMesh(
            [| for row in 0 .. height - 1 do
                   for column in 0 .. width - 1 do
                       yield! place (float row) (float column) |],
            [| for row in 0 .. rows - 1 do
                   for column in 0 .. columns - 1 do
                       cell row column
                       cell (row + 1) column
                       cell row (column + 1)
                       cell (row + 1) column
                       cell (row + 1) (column + 1)
                       cell row (column + 1) |],
            ()
        )

    static member Torus(height: int, width: int) : TriangleMesh =
        let tube = Math.Clamp(float height / float width, 0.2, 0.5)

        TriangleMesh.Lattice(
            3,
            height,
            width,
            fun row column ->
                let around = 2.0 * Math.PI * column / float width
                let down = 2.0 * Math.PI * row / float height
                let radius = 1.0 + tube * cos down
                [| radius * sin around; -tube * sin down; radius * cos around |]
        )

    static member Grid(height: int, width: int) : TriangleMesh =
        TriangleMesh.Lattice(2, height, width, (fun row column -> [| column; -row; 0.0 |]))

    member _.VertexCount: int = vertices.Length / 3
    member _.FaceCount: int = faces.Length / 3
    member _.Vertices: ReadOnlyMemory<float> = ReadOnlyMemory vertices
    member _.Faces: ReadOnlyMemory<int> = ReadOnlyMemory faces

    member _.Edges() : struct (int * int)[] =
        let pairs = Array.zeroCreate<int64> faces.Length

        for at in 0 .. faces.Length - 1 do
            let a = faces[at]
            let b = if at % 3 = 2 then faces[at - 2] else faces[at + 1]
            pairs[at] <- (int64 (min a b) <<< 32) ||| int64 (max a b)

        Array.Sort pairs
        let edges = ResizeArray<struct (int * int)>(faces.Length / 2)

        for at in 0 .. pairs.Length - 1 do
            if at = 0 || pairs[at] <> pairs[at - 1] then
                let a = int (pairs[at] >>> 32)
                let b = int (pairs[at] &&& 0xFFFFFFFFL)

                if a <> b then
                    edges.Add(struct (a, b))

        edges.ToArray()

    member this.Normalised() : TriangleMesh =
        // Measured from the first vertex and brought to at most 1, so that nothing leaves the range of a double, nor is lost
        // where the mesh lies far from the origin. Values near the range's end are halved: their difference could leave it.
        let half = if Array.exists (fun value -> abs value > 1e307) vertices then 0.5 else 1.0
        let apart = vertices |> Array.mapi (fun at value -> half * value - half * vertices[at % 3])
        let largest = apart |> Array.fold (fun most value -> max most (abs value)) 0.0

        if largest = 0.0 then
            Guard.badData
                $"The mesh's {this.VertexCount} vertices all lie at one point, so that it has no size to scale."

        let mean = Array.zeroCreate<float> 3

        for at in 0 .. apart.Length - 1 do
            apart[at] <- apart[at] / largest
            mean[at % 3] <- mean[at % 3] + apart[at]

        let centred = apart |> Array.mapi (fun at value -> value - mean[at % 3] / float this.VertexCount)
        let mutable farthest = 0.0

        for at in 0..3 .. centred.Length - 3 do
            let x, y, z = centred[at], centred[at + 1], centred[at + 2]
            farthest <- max farthest (sqrt (x * x + y * y + z * z))

        TriangleMesh(centred |> Array.map (fun value -> value / farthest), faces, ())
