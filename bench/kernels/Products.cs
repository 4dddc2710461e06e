// Dense products of the sizes that encoders, readouts and transformer layers have: forward and both gradients.
using BenchmarkDotNet.Attributes;

namespace GaryMesh.Kernels;

public class Products
{
    private Dense _dense = null!;
    private PackedMatrix _packed = null!;
    private MatrixView _input, _weights, _bias, _output;

    /// <summary>Rows of the input x its columns x columns of the output.</summary>
    [Params("64x784x128", "512x128x128", "1024x512x512")]
    public string Size { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var sizes = Array.ConvertAll(Size.Split('x'), int.Parse);
        var (rows, inner, columns) = (sizes[0], sizes[1], sizes[2]);
        _dense = new Dense(new EngineOptions { Threads = Threads });
        _input = Matrix(rows, inner);
        _weights = Matrix(inner, columns);
        _bias = Matrix(1, columns);
        _output = Matrix(rows, columns);
        _packed = _dense.Pack(_weights);
    }

    private static MatrixView Matrix(int rows, int columns) =>
        new([.. Enumerable.Range(0, rows * columns).Select(i => (float)Math.Sin(i))], rows, columns);

    /// <summary>C = relu(A B + bias), B packed before.</summary>
    [Benchmark]
    public void Layer() => _dense.Layer(_input, _packed, _bias.Data, true, _output);

    /// <summary>dA = dC B'.</summary>
    [Benchmark]
    public void InputGradient() => _dense.Multiply(_output, _weights.Transposed, _input);

    /// <summary>dB = A' dC.</summary>
    [Benchmark]
    public void WeightGradient() => _dense.Multiply(_input.Transposed, _output, _weights);

    [GlobalCleanup]
    public void Dispose()
    {
        _packed.Dispose();
        _dense.Dispose();
    }
}
