using System.Numerics;
using MathNet.Numerics.IntegralTransforms;

namespace GaryMesh.TextureJudge;

/// <summary>Pictures made of the exemplar's own pixels that a good measure tells from it.</summary>
internal static class Controls
{
    /// <summary>The same pixels in any order: all of the colours, nothing of their places.</summary>
    public static Picture Shuffled(Picture picture, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, picture.Height * picture.Width)];
        var keys = order.Select(at => Counter.Word(seed, at)).ToArray();
        Array.Sort(keys, order);
        return picture with { Values = [.. order.SelectMany(at => picture.Values.AsSpan(3 * at, 3).ToArray())] };
    }

    /// <summary>Turned by a quarter: wrong directions, all else right.</summary>
    public static Picture Turned(Picture picture)
    {
        var values = new float[picture.Values.Length];

        for (var at = 0; at < values.Length / 3; at++)
        {
            var (y, x) = (at / picture.Height, at % picture.Height);
            picture.Values.AsSpan(3 * ((x * picture.Width) + picture.Width - 1 - y), 3).CopyTo(values.AsSpan(3 * at));
        }

        return new(picture.Width, picture.Height, values, picture.Tiles);
    }

    /// <summary>The same amplitudes at random phases, one shift for all colours: all that a Gaussian field has of it.</summary>
    public static Picture RandomPhases(Picture picture, ulong seed)
    {
        var (height, width) = (picture.Height, picture.Width);
        var noise = Transformed(height, width, at => Counter.Normal(seed, at));
        var values = new float[picture.Values.Length];

        for (var colour = 0; colour < 3; colour++)
        {
            var from = colour;
            var waves = Transformed(height, width, at => picture.Values[(3 * at) + from]);

            // The first wave is the mean.
            for (var at = 1; at < waves.Length; at++)
                waves[at] *= noise[at] / noise[at].Magnitude;

            Transform(waves, height, width, false);

            for (var at = 0; at < waves.Length; at++)
                values[(3 * at) + colour] = (float)Math.Clamp(waves[at].Real / waves.Length, 0, 1);
        }

        return picture with { Values = values, Tiles = true };
    }

    /// <summary>The waves of values [height x width].</summary>
    public static Complex[] Transformed(int height, int width, Func<int, double> value)
    {
        Complex[] waves = [.. Enumerable.Range(0, height * width).Select(at => new Complex(value(at), 0))];
        Transform(waves, height, width, true);
        return waves;
    }

    private static void Transform(Complex[] waves, int height, int width, bool forward)
    {
        for (var y = 0; y < height; y++)
        {
            var row = waves[(y * width)..((y + 1) * width)];
            Line(row);
            row.CopyTo(waves, y * width);
        }

        for (var x = 0; x < width; x++)
        {
            Complex[] column = [.. Enumerable.Range(0, height).Select(y => waves[(y * width) + x])];
            Line(column);

            for (var y = 0; y < height; y++)
                waves[(y * width) + x] = column[y];
        }

        void Line(Complex[] line)
        {
            if (forward)
                Fourier.Forward(line, FourierOptions.NoScaling);
            else
                Fourier.Inverse(line, FourierOptions.NoScaling);
        }
    }
}
