namespace GaryMesh

/// <summary>Tangent frames of the cells of a surface, in double precision: what <c>Graph.WithFrames</c> takes. A frame is
/// the unit vectors u and v along the surface and n, its normal.</summary>
[<AbstractClass; Sealed>]
type Frames =

    /// <summary>The normal of each vertex of a mesh: the mean of its triangles' normals with the weights of N. Max ("Weights
    /// for computing vertex normals from facet normals", JGT 4(2), 1999), exact on a sphere. They point to where a
    /// triangle's corners run counterclockwise.</summary>
    /// <param name="positions">x, y, z of each vertex.</param>
    /// <param name="triangles">Three vertex indices a triangle.</param>
    /// <returns>x, y, z of a unit vector per vertex.</returns>
    /// <exception cref="T:System.ArgumentException">The numbers do not come in threes, an index is no vertex, or the
    /// triangles of a vertex settle no normal, as where it has none.</exception>
    static member Normals: positions: float[] * triangles: int[] -> float[]

    /// <summary>The same, with a normal for the vertices whose triangles settle none, such as those of no
    /// triangle.</summary>
    /// <exception cref="T:System.ArgumentException">The numbers do not come in threes, or an index is no
    /// vertex.</exception>
    static member Normals: positions: float[] * triangles: int[] * otherwise: struct (float * float * float) -> float[]

    /// <summary>The normal of each cell by the offsets of its edges, for a graph whose triangles are not known: exact in a
    /// plane and, where a cell's neighbours lie around it, on a sphere.</summary>
    /// <remarks>They point away from the centre of all cells, and towards z (or y, or x) where that says nothing, as in a
    /// plane. So they suit a surface that is flat or seen whole from its centre, such as a lattice or an icosphere; another
    /// closed surface needs its triangles.</remarks>
    /// <returns>x, y, z of a unit vector per cell.</returns>
    /// <exception cref="T:System.ArgumentException">The edges of a cell span no plane.</exception>
    static member Normals: graph: Graph -> float[]

    /// <summary>Frames of given normals whose u follows a direction of each cell's own: u is the direction's part along the
    /// surface, and v = n x u is u turned by a quarter, counterclockwise as seen from where n points. Where the direction
    /// is zero or runs along the normal, to within 1e-6, the axis x, y or z farthest from the normal takes its
    /// place.</summary>
    /// <param name="normals">x, y, z per cell, of any length but 0.</param>
    /// <param name="directions">x, y, z per cell, of any length.</param>
    /// <returns>Nine numbers per cell: u, v, n.</returns>
    /// <exception cref="T:System.ArgumentException">The arrays differ in length or do not come in threes, a number is not
    /// finite, or a normal is zero.</exception>
    static member Along: normals: float[] * directions: float[] -> float[]

    /// <summary><c>Along</c> with one direction for all cells.</summary>
    static member Towards: normals: float[] * direction: struct (float * float * float) -> float[]

    /// <summary>Frames of a graph, by its own normals, whose u follows one direction: <c>Towards(Normals graph,
    /// direction)</c>.</summary>
    /// <exception cref="T:System.ArgumentException">The edges of a cell span no plane, or the direction is not
    /// finite.</exception>
    static member Towards: graph: Graph * direction: struct (float * float * float) -> float[]
