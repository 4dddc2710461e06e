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

    /// <summary>Frames whose u is a direction field smoothed by parallel transport: at each pass every cell's direction
    /// becomes the mean of its own and of those that it sees, its own weighing as much as all others together. A direction
    /// goes along an edge by the smallest rotation that takes the one normal to the other.</summary>
    /// <remarks>A cell whose direction is zero or runs along its normal, to within 1e-3, first takes the mean of those that it
    /// sees, from neighbour to neighbour; where these cancel, the direction of its first edge. The sum of squared differences
    /// along edges falls from pass to pass where edges go both ways. On a closed surface but a torus some cells must have
    /// neighbours that turn around them, the field's singularities: smoothing decides where they lie. A turned surface has a
    /// turned field; cells under other names have the same bits if the order of each cell's edges is kept.</remarks>
    /// <param name="graph">Who sees whom.</param>
    /// <param name="normals">x, y, z per cell, of any length but 0.</param>
    /// <param name="directions">x, y, z per cell, of any length: where the field starts.</param>
    /// <param name="passes">How many passes, unless it settles before. A difference travels about the square root of them in
    /// cells.</param>
    /// <returns>Nine numbers per cell: u, v = n x u, n.</returns>
    /// <exception cref="T:System.ArgumentException">The arrays do not fit the graph, a number is not finite, a normal is zero,
    /// or <c>passes</c> is negative.</exception>
    static member Smoothed: graph: Graph * normals: float[] * directions: float[] * passes: int -> float[]

    /// <summary>As above, with cells that keep the direction which they are given: a painted orientation, which the others
    /// follow.</summary>
    /// <param name="graph">Who sees whom.</param>
    /// <param name="normals">x, y, z per cell, of any length but 0.</param>
    /// <param name="directions">x, y, z per cell; zero for a cell that has none yet.</param>
    /// <param name="held">Whether a cell keeps its direction.</param>
    /// <param name="passes">How many passes, unless it settles before.</param>
    /// <exception cref="T:System.ArgumentException">As above, or a cell is held that has no direction.</exception>
    static member Smoothed:
        graph: Graph * normals: float[] * directions: float[] * held: bool[] * passes: int -> float[]

    /// <summary>Frames whose u leads from one cell to another: down the gradient of the harmonic function that has its source
    /// and its sink there. On a sphere the field turns once around each of these two cells, a singularity of index 1, and
    /// around no other; elsewhere it has the others that the surface asks for. Much stretched triangles may add a pair of
    /// opposite ones.</summary>
    /// <remarks>The function is that of the graph's edges, whatever their lengths, found by conjugate gradients. Where it is flat
    /// to rounding, as far from both cells behind a thin neck, the direction is random: smooth it there.</remarks>
    /// <param name="graph">Who sees whom; an edge counts both ways.</param>
    /// <param name="normals">x, y, z per cell, of any length but 0.</param>
    /// <param name="source">Where the field comes from.</param>
    /// <param name="sink">Where it goes to.</param>
    /// <returns>Nine numbers per cell: u, v = n x u, n.</returns>
    /// <exception cref="T:System.ArgumentException">The normals do not fit the graph, source and sink are no two cells of it,
    /// or no edges lead from one to the other.</exception>
    static member Between: graph: Graph * normals: float[] * source: int * sink: int -> float[]

    /// <summary>Frames in which a picture lies upright on a surface, seen from outside: u to the right, v downwards as its rows
    /// go, n = u x v inwards. Right is up x outward normal, smoothed as in <c>Smoothed</c>, which decides alone where up runs
    /// along the normal.</summary>
    /// <param name="graph">Who sees whom.</param>
    /// <param name="normals">x, y, z per cell, pointing outwards.</param>
    /// <param name="up">Of any length but 0.</param>
    /// <param name="passes">How many passes, unless it settles before; none leaves v as far down as it goes.</param>
    /// <returns>Nine numbers per cell: u, v, n.</returns>
    /// <exception cref="T:System.ArgumentException">The normals do not fit the graph, up is zero or not finite, or
    /// <c>passes</c> is negative.</exception>
    static member Upright: graph: Graph * normals: float[] * up: struct (float * float * float) * passes: int -> float[]

    /// <summary>As above, by the graph's own normals. A graph all of whose edges lie in the plane of x and y, such as a lattice,
    /// a ring or a line, is a picture as it is, y downwards: its frames are x, y and z, whatever is up.</summary>
    /// <exception cref="T:System.ArgumentException">The edges of a cell span no plane, up is zero or not finite, or
    /// <c>passes</c> is negative.</exception>
    static member Upright: graph: Graph * up: struct (float * float * float) * passes: int -> float[]
