namespace GaryMesh

open System

/// <summary>An immutable surface of triangles: positions, and three vertex indices per face.</summary>
[<Sealed; NoComparison; NoEquality>]
type TriangleMesh =

    /// <summary>A mesh of copies of the given arrays.</summary>
    /// <param name="vertices">Positions x, y, z one after the other: 3 finite values per vertex.</param>
    /// <param name="faces">Vertex indices from 0, 3 per triangle; at least one triangle.</param>
    /// <exception cref="T:System.ArgumentException">A length is no multiple of 3, a position is not finite, an index is
    /// out of range, or there is no triangle.</exception>
    new: vertices: float[] * faces: int[] -> TriangleMesh

    /// <summary>The sphere of radius 1 that <c>Graph.Icosphere</c> is made of: its vertices are that graph's cells, in the
    /// same order.</summary>
    /// <param name="frequency">The parts of each edge of the icosahedron, at least 1.</param>
    static member Icosphere: frequency: int -> TriangleMesh

    /// <summary>The irregular sphere of radius 1 that <c>Graph.Delaunay</c> is made of: its vertices are that graph's cells, in the
    /// same order.</summary>
    /// <param name="cells">The number of vertices, at least 4.</param>
    /// <param name="seed">The places follow from it.</param>
    static member Delaunay: cells: int * seed: uint64 -> TriangleMesh

    /// <summary>A doughnut around the y axis whose vertices are the cells of <c>Graph.Torus</c> and <c>Graph.Torus6</c>, in
    /// the same order, and whose edges are those of <c>Torus6</c>.</summary>
    /// <remarks>Seen from outside, columns run to the right, once around the axis, and rows downwards, once around the
    /// tube, from the row farthest from the axis. Its radius is to the ring's as rows to columns,
    /// but at least a fifth and at most a half of it.</remarks>
    /// <param name="height">Rows, at least 3.</param>
    /// <param name="width">Columns, at least 3.</param>
    static member Torus: height: int * width: int -> TriangleMesh

    /// <summary>A flat sheet that faces z, whose vertices are the cells of <c>Graph.Grid</c>, in the same order: columns run
    /// to the right at distance 1, rows downwards.</summary>
    /// <param name="height">Rows, at least 2.</param>
    /// <param name="width">Columns, at least 2.</param>
    static member Grid: height: int * width: int -> TriangleMesh

    /// Takes arrays that nobody else holds and that are known to be right.
    static member internal Own: vertices: float[] * faces: int[] -> TriangleMesh

    /// The number of vertices, those that no face uses included.
    member VertexCount: int

    /// The number of triangles.
    member FaceCount: int

    /// Positions x, y, z one after the other: [VertexCount x 3].
    member Vertices: ReadOnlyMemory<float>

    /// Vertex indices from 0: [FaceCount x 3].
    member Faces: ReadOnlyMemory<int>

    /// <summary>The undirected edges of the triangles, each once: pairs of two different vertices, the smaller index
    /// first, sorted by the first and then the second.</summary>
    /// <remarks>Polygons were cut into triangles when the mesh was read, so that the cuts are edges too: an automaton
    /// on a mesh sees triangles (MeshNCA, Pajouheshgar et al. 2024, works on triangle meshes).</remarks>
    member Edges: unit -> struct (int * int)[]

    /// <summary>The mesh centred on the mean of its vertices and scaled so that the farthest vertex lies at distance
    /// 1.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">All vertices lie at one point.</exception>
    member Normalised: unit -> TriangleMesh
