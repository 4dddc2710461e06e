using GaryMesh.Cli.Pictures;

namespace GaryMesh.Cli.Meshes;

/// <summary>Draws a mesh on white by a depth buffer: without perspective, in the colours of its vertices, a little darker where
/// it turns away from the eye.</summary>
internal static class MeshPicture
{
    /// <summary>Samples a pixel in each direction.</summary>
    private const int Samples = 2;

    /// <summary>The part of a picture's side that the mesh leaves free on each side.</summary>
    private const double Margin = 0.04;

    /// <summary>The light of what is seen edge on, of that which faces the eye.</summary>
    private const float Least = 0.65f;

    /// <summary>The mesh in views side by side.</summary>
    public static Pixels Sheet(ColouredMesh mesh, int size, params View[] views) =>
        Pixels.Row([.. views.Select(view => Draw(mesh, size, view))]);

    /// <summary>The mesh in one view, as large as a square of `size` pixels holds it. A triangle has two sides.</summary>
    public static Pixels Draw(ColouredMesh mesh, int size, View view)
    {
        if (size is < 1 or > 4096)
        {
            throw new ArgumentOutOfRangeException(
                nameof(size), $"A picture of a mesh has a side of 1 to 4096 pixels, but {size} are asked for.");
        }

        var side = Samples * size;
        var faces = mesh.Mesh.Faces.Span;
        var corners = Corners(mesh, view, side);
        var depth = new float[side * side];
        var rgb = new float[3 * side * side];
        Array.Fill(depth, float.NegativeInfinity);
        Array.Fill(rgb, 1);

        for (var t = 0; t < faces.Length; t += 3)
            Fill(in corners[faces[t]], in corners[faces[t + 1]], in corners[faces[t + 2]], side, depth, rgb);

        return Mean(size, rgb);
    }

    /// <summary>A vertex in the picture: its place in samples from the upper left, its nearness, its normal's parts and its
    /// colour.</summary>
    private readonly record struct Corner(
        double X, double Y, double Near, float Right, float Up, float Eye, float Red, float Green, float Blue);

    private static Corner[] Corners(ColouredMesh mesh, View view, int side)
    {
        var (right, up, eye) = view.Axes();
        // Places of any size come to at most 1, so that no product leaves a number's range.
        var places = mesh.Mesh.Normalised().Vertices.Span;
        var (colours, corners) = (mesh.Colours, new Corner[mesh.Mesh.VertexCount]);
        var (left, bottom) = (double.PositiveInfinity, double.PositiveInfinity);
        var (most, top) = (double.NegativeInfinity, double.NegativeInfinity);

        // Vertices of no triangle take no room.
        foreach (var vertex in mesh.Mesh.Faces.Span)
        {
            var (x, y) = (right.Of(places, vertex), up.Of(places, vertex));
            (left, most, bottom, top) = (Math.Min(left, x), Math.Max(most, x), Math.Min(bottom, y), Math.Max(top, y));
        }

        var extent = Math.Max(most - left, top - bottom);
        var scale = extent > 0 ? side * (1 - (2 * Margin)) / extent : 1;

        for (var i = 0; i < corners.Length; i++)
        {
            corners[i] = new Corner(
                (0.5 * side) + (scale * (right.Of(places, i) - (0.5 * (left + most)))),
                (0.5 * side) - (scale * (up.Of(places, i) - (0.5 * (bottom + top)))),
                eye.Of(places, i),
                (float)right.Of(mesh.Normals, i),
                (float)up.Of(mesh.Normals, i),
                (float)eye.Of(mesh.Normals, i),
                colours[3 * i],
                colours[(3 * i) + 1],
                colours[(3 * i) + 2]);
        }

        return corners;
    }

    /// <summary>Paints the samples of a triangle that nothing nearer covers; of two equally near the first stays.</summary>
    private static void Fill(in Corner a, in Corner b, in Corner c, int side, float[] depth, float[] rgb)
    {
        var area = ((b.X - a.X) * (c.Y - a.Y)) - ((b.Y - a.Y) * (c.X - a.X));

        if (Math.Abs(area) < 1e-12)
            return;

        var share = 1 / area;
        var firstX = (int)Math.Max(0, Math.Floor(Math.Min(a.X, Math.Min(b.X, c.X)) - 0.5));
        var firstY = (int)Math.Max(0, Math.Floor(Math.Min(a.Y, Math.Min(b.Y, c.Y)) - 0.5));
        var lastX = (int)Math.Min(side - 1, Math.Max(a.X, Math.Max(b.X, c.X)));
        var lastY = (int)Math.Min(side - 1, Math.Max(a.Y, Math.Max(b.Y, c.Y)));

        for (var y = firstY; y <= lastY; y++)
        {
            for (var x = firstX; x <= lastX; x++)
            {
                var (px, py) = (x + 0.5, y + 0.5);
                var v = (((px - a.X) * (c.Y - a.Y)) - ((py - a.Y) * (c.X - a.X))) * share;
                var w = (((b.X - a.X) * (py - a.Y)) - ((b.Y - a.Y) * (px - a.X))) * share;
                var u = 1 - v - w;

                // The tolerance leaves no gap between two triangles whose shares of one sample are rounded.
                if (Math.Min(u, Math.Min(v, w)) < -1e-9)
                    continue;

                var near = (float)((u * a.Near) + (v * b.Near) + (w * c.Near));
                var at = (y * side) + x;

                if (!(near > depth[at]))
                    continue;

                depth[at] = near;
                var (fu, fv, fw) = ((float)u, (float)v, (float)w);
                var right = (fu * a.Right) + (fv * b.Right) + (fw * c.Right);
                var up = (fu * a.Up) + (fv * b.Up) + (fw * c.Up);
                var eye = (fu * a.Eye) + (fv * b.Eye) + (fw * c.Eye);
                var length = MathF.Sqrt((right * right) + (up * up) + (eye * eye));
                var light = length > 0 ? Least + ((1 - Least) * MathF.Abs(eye) / length) : 1;
                rgb[3 * at] = light * ((fu * a.Red) + (fv * b.Red) + (fw * c.Red));
                rgb[(3 * at) + 1] = light * ((fu * a.Green) + (fv * b.Green) + (fw * c.Green));
                rgb[(3 * at) + 2] = light * ((fu * a.Blue) + (fv * b.Blue) + (fw * c.Blue));
            }
        }
    }

    /// <summary>Each pixel is the mean of its samples.</summary>
    private static Pixels Mean(int size, float[] samples)
    {
        var mean = new float[3 * size * size];
        var at = 0;

        for (var row = 0; row < Samples * size; row++)
        {
            for (var column = 0; column < Samples * size; column++)
            {
                var pixel = 3 * ((row / Samples * size) + (column / Samples));

                for (var part = 0; part < 3; part++)
                    mean[pixel + part] += samples[at++] / (Samples * Samples);
            }
        }

        return Colours.Image(size, size, mean);
    }
}
