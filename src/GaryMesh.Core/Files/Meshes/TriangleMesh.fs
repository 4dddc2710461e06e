namespace GaryMesh

open System

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
            Guard.refuse "A mesh needs at least one triangle, but none is given."

        let count = vertices.Length / 3
        let bad = vertices |> Array.tryFindIndex (Double.IsFinite >> not)

        if bad.IsSome then
            Guard.refuse $"Vertex {bad.Value / 3} has a position that is not finite, {vertices[bad.Value]}."

        let bad = faces |> Array.tryFindIndex (fun corner -> corner < 0 || corner >= count)

        if bad.IsSome then
            Guard.refuse
                $"Face {bad.Value / 3} names vertex {faces[bad.Value]}, but the mesh has vertices 0 to {count - 1}."

        TriangleMesh(Array.copy vertices, Array.copy faces, ())

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
        // Brought to at most 1 first, so that no sum or square leaves the range of a double.
        let largest = vertices |> Array.fold (fun most value -> max most (abs value)) 0.0
        let unit = if largest > 0.0 then largest else 1.0
        let scaled = vertices |> Array.map (fun value -> value / unit)
        let mean = Array.zeroCreate<float> 3

        for at in 0 .. scaled.Length - 1 do
            mean[at % 3] <- mean[at % 3] + scaled[at]

        let centred = scaled |> Array.mapi (fun at value -> value - mean[at % 3] / float this.VertexCount)

        let mutable farthest = 0.0

        for at in 0..3 .. centred.Length - 3 do
            let x, y, z = centred[at], centred[at + 1], centred[at + 2]
            farthest <- max farthest (sqrt (x * x + y * y + z * z))

        // The mean of equal values may differ from them by rounding.
        if farthest <= 1e-14 then
            Guard.badData
                $"The mesh's {this.VertexCount} vertices all lie at one point as far as numbers of their size can tell, so that it has no size to scale."

        TriangleMesh(centred |> Array.map (fun value -> value / farthest), faces, ())
