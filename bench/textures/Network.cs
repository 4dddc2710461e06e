using System.Reflection;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GaryMesh.TextureJudge;

/// <summary>What a network that was trained on photographs sees: the features at the ends of two of its residual stages.</summary>
internal sealed class Network : IDisposable
{
    /// <summary>Pixels of a crop, which is enlarged twofold to what the network reads.</summary>
    private const int Side = 112;
    private const int Read = 2 * Side;

    /// <summary>The ends of stages 2 and 3: 128 channels at 28 x 28 places, 256 at 14 x 14.</summary>
    private static readonly string[] _ends = ["ReLU315_Output_0", "ReLU347_Output_0"];

    private readonly InferenceSession _prepare;
    private readonly InferenceSession _network;

    private Network(string folder)
    {
        var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = 2 };
        _prepare = new(Path.Combine(folder, "ResNetPrepOnnx", "ResNetPreprocess.onnx"), options);
        _network = new(WithOutputs(File.ReadAllBytes(Path.Combine(folder, "ResNet18Onnx", "ResNet18.onnx"))), options);
    }

    /// <summary>The network, or null where its package is not there.</summary>
    public static Network? Open()
    {
        var folder = typeof(Network).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(data => data.Key == "Network").Value!;
        return Directory.Exists(folder) ? new(folder) : null;
    }

    public void Dispose()
    {
        _prepare.Dispose();
        _network.Dispose();
    }

    /// <summary>The features of nine crops, which lie evenly over the picture; a side that is too short goes on at its beginning.</summary>
    public Features[] See(Picture picture)
    {
        var stages = _ends.Select(_ => new List<float[]>()).ToArray();

        foreach (var top in Starts(picture.Height))
        {
            foreach (var left in Starts(picture.Width))
            {
                using var prepared = Run(_prepare, Enlarged(picture.Part(top, left, Side, Side)), ["PreprocessedInput"]);
                using var seen = Run(_network, prepared[0].AsTensor<float>().ToDenseTensor(), _ends);

                foreach (var (stage, value) in stages.Zip(seen))
                    stage.Add([.. value.AsTensor<float>()]);
            }
        }

        return [.. stages.Select((crops, stage) => Features.Of(crops, 28 >> stage))];

        IEnumerable<int> Starts(int size) =>
            Enumerable.Range(0, 3).Select(k => picture.Tiles || size < Side ? k * size / 3 : k * (size - Side) / 2);
    }

    private static IDisposableReadOnlyCollection<DisposableNamedOnnxValue> Run(InferenceSession session, DenseTensor<float> input, string[] outputs) =>
        session.Run([NamedOnnxValue.CreateFromTensor(session.InputNames[0], input)], outputs);

    /// <summary>A crop at twice the size, between pixels by straight lines, from 0 to 255 and colour by colour.</summary>
    private static DenseTensor<float> Enlarged(Picture crop)
    {
        var values = new float[3 * Read * Read];

        for (var at = 0; at < values.Length; at++)
        {
            var (colour, y, x) = (at / (Read * Read), at / Read % Read, at % Read);
            var ((above, below, down), (left, right, across)) = (Between(y), Between(x));
            float From(int row, int column) => crop.Values[(3 * ((row * Side) + column)) + colour];
            var (upper, lower) = (Mixed(From(above, left), From(above, right), across), Mixed(From(below, left), From(below, right), across));
            values[at] = 255 * Mixed(upper, lower, down);
        }

        return new(values, [1, 3, Read, Read]);

        static (int, int, float) Between(int at)
        {
            var place = Math.Clamp((at / 2f) - 0.25f, 0, Side - 1);
            return ((int)place, Math.Min((int)place + 1, Side - 1), place - (int)place);
        }

        static float Mixed(float a, float b, float share) => a + (share * (b - a));
    }

    /// <summary>A model that also gives what lies within it. Protocol buffers merge a message that comes twice, so a second graph
    /// (field 7) at the file's end that holds nothing but outputs (field 12) of a name (field 1) adds these to the first one's.</summary>
    private static byte[] WithOutputs(byte[] model)
    {
        var graph = _ends.Select(Encoding.ASCII.GetBytes).SelectMany(name => Field(12, Field(1, name)));
        return [.. model, .. Field(7, [.. graph])];

        static byte[] Field(int number, byte[] content) => content.Length < 128
            ? [(byte)((number << 3) | 2), (byte)content.Length, .. content]
            : throw new InvalidOperationException("A length of one byte holds less than 128.");
    }
}

/// <summary>Features [places x channels] of crops of `Side` x `Side` places each.</summary>
internal sealed record Features(int Channels, int Side, float[] Values)
{
    private const int Directions = 256;

    public static Features Of(List<float[]> crops, int side)
    {
        var places = side * side;
        var channels = crops[0].Length / places;
        return new(channels, side, [.. crops.SelectMany(crop => Enumerable.Range(0, crop.Length).Select(at => crop[(at % channels * places) + (at / channels)]))]);
    }

    /// <summary>The places of each crop that lie in its left, right, upper or lower half.</summary>
    public Features Where(Func<int, int, bool> keeps) =>
        this with { Values = [.. Values.Where((_, at) => keeps(at / Channels / Side % Side, at / Channels % Side))] };

    public double[][] Slices() => Distances.Slices(Values, Channels, Directions, Channels, 41);
}
