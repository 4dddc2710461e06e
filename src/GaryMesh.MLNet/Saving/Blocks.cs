// Blocks of 1, 2, 4, ... values, whose sizes ML.NET reads from attributes: side by side they give a vector of any known size.
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace GaryMesh.MLNet.Saving;

/// <summary>What a block is cut from.</summary>
internal sealed class BlockSource
{
    [ColumnName(Columns.Output)]
    public VBuffer<float> Output { get; set; }
}

/// <summary>A block that one power of two stands for: its values come after those of all greater blocks of the vector.</summary>
internal interface IBlock
{
    static abstract int Exponent { get; }

    VBuffer<float> Values { get; set; }
}

/// <summary>Cuts the block out of a vector.</summary>
internal abstract class BlockFactory<T> : CustomMappingFactory<BlockSource, T>
    where T : class, IBlock, new()
{
    public override Action<BlockSource, T> GetMapping() => static (source, target) =>
    {
        var size = 1 << T.Exponent;
        var first = source.Output.Length >> (T.Exponent + 1) << (T.Exponent + 1);
        var values = target.Values;
        var editor = VBufferEditor.Create(ref values, size);
        source.Output.GetValues().Slice(first, size).CopyTo(editor.Values);
        target.Values = editor.Commit();
    };
}

internal sealed class Block0 : IBlock
{
    public static int Exponent => 0;

    [ColumnName("GaryMesh.Block0"), VectorType(1 << 0)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block0")]
internal sealed class Block0Factory : BlockFactory<Block0>;

internal sealed class Block1 : IBlock
{
    public static int Exponent => 1;

    [ColumnName("GaryMesh.Block1"), VectorType(1 << 1)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block1")]
internal sealed class Block1Factory : BlockFactory<Block1>;

internal sealed class Block2 : IBlock
{
    public static int Exponent => 2;

    [ColumnName("GaryMesh.Block2"), VectorType(1 << 2)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block2")]
internal sealed class Block2Factory : BlockFactory<Block2>;

internal sealed class Block3 : IBlock
{
    public static int Exponent => 3;

    [ColumnName("GaryMesh.Block3"), VectorType(1 << 3)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block3")]
internal sealed class Block3Factory : BlockFactory<Block3>;

internal sealed class Block4 : IBlock
{
    public static int Exponent => 4;

    [ColumnName("GaryMesh.Block4"), VectorType(1 << 4)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block4")]
internal sealed class Block4Factory : BlockFactory<Block4>;

internal sealed class Block5 : IBlock
{
    public static int Exponent => 5;

    [ColumnName("GaryMesh.Block5"), VectorType(1 << 5)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block5")]
internal sealed class Block5Factory : BlockFactory<Block5>;

internal sealed class Block6 : IBlock
{
    public static int Exponent => 6;

    [ColumnName("GaryMesh.Block6"), VectorType(1 << 6)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block6")]
internal sealed class Block6Factory : BlockFactory<Block6>;

internal sealed class Block7 : IBlock
{
    public static int Exponent => 7;

    [ColumnName("GaryMesh.Block7"), VectorType(1 << 7)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block7")]
internal sealed class Block7Factory : BlockFactory<Block7>;

internal sealed class Block8 : IBlock
{
    public static int Exponent => 8;

    [ColumnName("GaryMesh.Block8"), VectorType(1 << 8)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block8")]
internal sealed class Block8Factory : BlockFactory<Block8>;

internal sealed class Block9 : IBlock
{
    public static int Exponent => 9;

    [ColumnName("GaryMesh.Block9"), VectorType(1 << 9)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block9")]
internal sealed class Block9Factory : BlockFactory<Block9>;

internal sealed class Block10 : IBlock
{
    public static int Exponent => 10;

    [ColumnName("GaryMesh.Block10"), VectorType(1 << 10)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block10")]
internal sealed class Block10Factory : BlockFactory<Block10>;

internal sealed class Block11 : IBlock
{
    public static int Exponent => 11;

    [ColumnName("GaryMesh.Block11"), VectorType(1 << 11)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block11")]
internal sealed class Block11Factory : BlockFactory<Block11>;

internal sealed class Block12 : IBlock
{
    public static int Exponent => 12;

    [ColumnName("GaryMesh.Block12"), VectorType(1 << 12)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block12")]
internal sealed class Block12Factory : BlockFactory<Block12>;

internal sealed class Block13 : IBlock
{
    public static int Exponent => 13;

    [ColumnName("GaryMesh.Block13"), VectorType(1 << 13)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block13")]
internal sealed class Block13Factory : BlockFactory<Block13>;

internal sealed class Block14 : IBlock
{
    public static int Exponent => 14;

    [ColumnName("GaryMesh.Block14"), VectorType(1 << 14)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block14")]
internal sealed class Block14Factory : BlockFactory<Block14>;

internal sealed class Block15 : IBlock
{
    public static int Exponent => 15;

    [ColumnName("GaryMesh.Block15"), VectorType(1 << 15)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block15")]
internal sealed class Block15Factory : BlockFactory<Block15>;

internal sealed class Block16 : IBlock
{
    public static int Exponent => 16;

    [ColumnName("GaryMesh.Block16"), VectorType(1 << 16)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block16")]
internal sealed class Block16Factory : BlockFactory<Block16>;

internal sealed class Block17 : IBlock
{
    public static int Exponent => 17;

    [ColumnName("GaryMesh.Block17"), VectorType(1 << 17)]
    public VBuffer<float> Values { get; set; }
}

[CustomMappingFactoryAttribute("GaryMesh.Block17")]
internal sealed class Block17Factory : BlockFactory<Block17>;
