namespace GaryMesh.Cli.Meshes;

/// <summary>A mesh with a colour and a normal per vertex: what is written as .glb and .ply and drawn as a picture.</summary>
internal sealed class ColouredMesh
{
    /// <param name="mesh">The mesh.</param>
    /// <param name="colours">Red, green and blue as a screen shows them (sRGB), [VertexCount x 3]; what lies outside 0 to 1 is
    /// brought to its ends.</param>
    public ColouredMesh(TriangleMesh mesh, float[] colours)
    {
        if (colours.Length != 3 * mesh.VertexCount)
        {
            throw new ArgumentException(
                $"The mesh's {mesh.VertexCount} vertices need {3 * mesh.VertexCount} colour values, but {colours.Length} are "
                + "given.");
        }

        (Mesh, Colours) = (mesh, [.. colours]);

        for (var i = 0; i < Colours.Length; i++)
        {
            Colours[i] = float.IsNaN(Colours[i])
                ? throw new ArgumentException($"Every colour must be a number, but that of vertex {i / 3} is NaN.")
                : Math.Clamp(Colours[i], 0, 1);
        }

        Normals = NormalsOf(mesh);
    }

    public TriangleMesh Mesh { get; }

    /// <summary>Red, green and blue in sRGB from 0 to 1, [VertexCount x 3].</summary>
    public float[] Colours { get; }

    /// <summary>Unit vectors, [VertexCount x 3]; z where a vertex's triangles settle none.</summary>
    public double[] Normals { get; }

    /// <summary>The normals of a mesh by its triangles, [VertexCount x 3].</summary>
    public static double[] NormalsOf(TriangleMesh mesh) =>
        GaryMesh.Frames.Normals(mesh.Vertices.ToArray(), mesh.Faces.ToArray(), (0, 0, 1));

    /// <summary>Writes a .ply, or .obj, with colours and normals.</summary>
    public void Write(string path) => MeshFile.Write(path, Mesh, Pictures.Colours.Bytes(Colours), Normals);
}
