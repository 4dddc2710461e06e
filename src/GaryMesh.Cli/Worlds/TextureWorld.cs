using GaryMesh.Cli.Meshes;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Studio.Viewer;

namespace GaryMesh.Cli.Worlds;

/// <summary>A graph that a texture grows on, with frames, and the mesh that shows it, or null.</summary>
internal sealed record TextureWorld(Graph Graph, TriangleMesh? Mesh)
{
    public const string Note = """
        A picture lies upright on a surface: --up (x, y, z or three numbers) names its top, y unless said otherwise, and where that runs
        along the normal, the neighbours decide. On grids and tori it lies as it is.
        """;

    /// <summary>The words of the worlds that a rule is trained on where none are named: small ones, because many iterations teach more
    /// than large worlds do.</summary>
    public static string[] Standard(bool signal) => signal ? ["ring:128"] : ["icosphere:12", "torus:40x40"];

    /// <summary>The world of a graph's word.</summary>
    public static TextureWorld Read(string word, (double X, double Y, double Z) up, Terminal terminal)
    {
        var graph = GraphWord.Read(word, terminal);
        var mesh = MeshWord.Read(word, graph);

        if (mesh is not null && GraphWord.IsMesh(word))
        {
            var normals = Frames.Normals(mesh.Vertices.ToArray(), mesh.Faces.ToArray(), up);
            return new(TextureRecipe.World(graph, normals, up), mesh);
        }

        return new(TextureRecipe.World(graph, up), mesh);
    }

    /// <summary>The same world with a picture turned by an angle, counterclockwise as it is looked at.</summary>
    public TextureWorld Turned(double degrees) => this with { Graph = Turning.Turned(Graph, degrees) };

    /// <summary>Whether the cells can be drawn.</summary>
    public bool Drawn => Mesh is not null || GraphWord.Sides(Graph) is not null;

    /// <summary>The cells in colour: a lattice as an image of one pixel a cell, or as many as make it `size` pixels high where that is
    /// asked for; a mesh in two views; null where there is neither.</summary>
    public Pixels? Draw(float[] colours, int? size)
    {
        if (GraphWord.Sides(Graph) is { } sides)
            return Colours.Image(sides.Height, sides.Width, colours, Math.Max(1, (size ?? 0) / sides.Height));

        return Mesh is null ? null : MeshPicture.Sheet(new ColouredMesh(Mesh, colours), size ?? 512, View.Front, View.ThreeQuarter);
    }

    /// <summary>The cells in colour in a square of so many pixels, or one pixel a cell where a lattice has more; a mesh from its front's right
    /// and above; null where there is neither.</summary>
    public Pixels? Square(float[] colours, int side) =>
        GraphWord.Sides(Graph) is not null || Mesh is null
            ? Draw(colours, null)
            : MeshPicture.Sheet(new ColouredMesh(Mesh, colours), side, View.ThreeQuarter);

    /// <summary>Red, green and blue of each cell, from 0 to 1, of one of a palette's pictures: its first three maps, or the only one as
    /// grey.</summary>
    public static float[] ColoursOf(Palette palette, State state, int picture = 0)
    {
        var (values, maps) = (palette.Values(state), palette.Maps);
        var first = palette.Pictures.Take(picture).Sum(before => before.Item2);
        var own = palette.Pictures.IsEmpty ? maps : palette.Pictures[picture].Item2;
        var colours = new float[3 * state.Cells];

        for (var i = 0; i < colours.Length; i++)
            colours[i] = values[(i / 3 * maps) + first + Math.Min(i % 3, own < 3 ? 0 : 2)];

        return colours;
    }
}
