using System.Runtime.InteropServices;
using SharpGLTF.Memory;
using SharpGLTF.Schema2;

namespace GaryMesh.Cli.Meshes;

/// <summary>Writes a coloured mesh as binary glTF 2.0, and says what such a file holds.</summary>
/// <remarks>The material is rough, no metal, and seen from both sides. Colours of vertices are linear in glTF, so that they are
/// converted from sRGB; a viewer converts them back.</remarks>
internal static class Glb
{
    /// <summary>Indices of 16 bits end below 65,535, which means the end of a primitive.</summary>
    private const int Most16 = 65535;

    public static void Write(string path, ColouredMesh mesh, params (string Name, float[] Values)[] further)
    {
        var bytes = Encode(mesh, further);
        SafeFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The file's bytes.</summary>
    /// <param name="mesh">The mesh.</param>
    /// <param name="further">Values of a program's own, one to four numbers a vertex: an attribute `_NAME` each.</param>
    public static byte[] Encode(ColouredMesh mesh, params (string Name, float[] Values)[] further)
    {
        var count = mesh.Mesh.VertexCount;
        var root = ModelRoot.CreateModel();
        (root.Asset.Generator, root.Asset.Copyright) = ("gary-mesh", null);
        var primitive = root.CreateMesh("mesh").CreatePrimitive();
        primitive.SetVertexAccessor("POSITION", Vertices(Single(mesh.Mesh.Vertices.Span)));
        primitive.SetVertexAccessor("NORMAL", Vertices(Single(mesh.Normals)));
        primitive.SetVertexAccessor("COLOR_0", Vertices([.. mesh.Colours.Select(Linear)]));

        foreach (var (name, values) in further)
        {
            if (values.Length % count != 0 || values.Length / count is < 1 or > 4)
            {
                throw new ArgumentException(
                    $"'{name}' needs 1 to 4 numbers for each of {count} vertices, but has {values.Length}.");
            }

            primitive.SetVertexAccessor($"_{name.ToUpperInvariant()}", Vertices(values));
        }

        primitive.SetIndexAccessor(Indices(mesh.Mesh.Faces.ToArray()));
        primitive.Material = root.CreateMaterial("coloured");
        primitive.Material.InitializePBRMetallicRoughness();
        primitive.Material.DoubleSided = true;
        Factor("MetallicFactor", 0);
        Factor("RoughnessFactor", 0.9f);
        root.DefaultScene = root.UseScene("scene");
        root.DefaultScene.CreateNode("mesh").Mesh = primitive.LogicalParent;
        return [.. root.WriteGLB()];

        Accessor Vertices(float[] values)
        {
            var accessor = root.CreateAccessor();
            var view = View(values, BufferMode.ARRAY_BUFFER);
            var dimensions = (values.Length / count) switch
            {
                1 => DimensionType.SCALAR,
                2 => DimensionType.VEC2,
                3 => DimensionType.VEC3,
                _ => DimensionType.VEC4,
            };
            accessor.SetVertexData(view, 0, count, new AttributeFormat(dimensions, EncodingType.FLOAT));
            return accessor;
        }

        Accessor Indices(int[] corners)
        {
            var accessor = root.CreateAccessor();
            var (view, encoding) = count <= Most16
                ? (View(Array.ConvertAll(corners, corner => (ushort)corner), BufferMode.ELEMENT_ARRAY_BUFFER),
                    IndexEncodingType.UNSIGNED_SHORT)
                : (View(corners, BufferMode.ELEMENT_ARRAY_BUFFER), IndexEncodingType.UNSIGNED_INT);
            accessor.SetIndexData(view, 0, corners.Length, encoding);
            return accessor;
        }

        BufferView View<T>(T[] values, BufferMode mode)
            where T : unmanaged =>
            root.UseBufferView(MemoryMarshal.AsBytes<T>(values).ToArray(), 0, null, 0, mode);

        void Factor(string name, float value)
        {
            foreach (var channel in primitive.Material.Channels)
            {
                foreach (var parameter in channel.Parameters.Where(parameter => parameter.Name == name))
                    parameter.Value = value;
            }
        }
    }

    /// <summary>What the meshes of a file have in all; one that is damaged or of another version is refused.</summary>
    public static (long Vertices, long Triangles, string[] Attributes) Facts(Stream stream, string name)
    {
        try
        {
            var primitives = ModelRoot.ReadGLB(stream).LogicalMeshes.SelectMany(mesh => mesh.Primitives).ToArray();
            return (
                primitives.Sum(primitive => (long)primitive.GetVertexAccessor("POSITION").Count),
                primitives.Sum(primitive => (long)primitive.GetTriangleIndices().Count()),
                [.. primitives.SelectMany(primitive => primitive.VertexAccessors.Keys).Distinct().Order(StringComparer.Ordinal)]);
        }
        catch (Exception cause) when (cause is not OutOfMemoryException)
        {
            throw new InvalidDataException($"{name} is no binary glTF of version 2.0 that can be read.", cause);
        }
    }

    private static float[] Single(ReadOnlySpan<double> values)
    {
        var single = new float[values.Length];

        for (var i = 0; i < values.Length; i++)
        {
            single[i] = (float)values[i];

            if (!float.IsFinite(single[i]))
            {
                throw new ArgumentException(
                    $"A .glb holds numbers of at most {float.MaxValue:G3}, but vertex {i / 3} has {values[i]:G3}.");
            }
        }

        return single;
    }

    /// <summary>The linear intensity of an sRGB value, both from 0 to 1 (IEC 61966-2-1).</summary>
    private static float Linear(float value) =>
        value <= 0.04045f ? value / 12.92f : MathF.Pow((value + 0.055f) / 1.055f, 2.4f);
}
