// Blocks of 1, 2, 4, ... values, whose sizes ML.NET reads from attributes: side by side they give a vector of any known size.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace GaryMesh.MLNet.Saving;

/// <summary>The source of a block.</summary>
internal sealed class BlockSource
{
    [ColumnName(Columns.Output)]
    public VBuffer<float> Output { get; set; }
}

/// <summary>A block of a power of two: its values come after those of all greater blocks of the vector.</summary>
internal interface IBlock
{
    int Size { get; }

    /// <summary>The column of the block, and the name of its mapping.</summary>
    string Name { get; }

    IEstimator<ITransformer> Mapping(MLContext context);
}

/// <summary>
/// A block that is its own factory. ML.NET finds a factory by its class's one attribute and makes targets of a type whose
/// attributes know their size, so that each size needs a class, but one class serves as both.
/// </summary>
internal abstract class Block<T> : CustomMappingFactory<BlockSource, T>, IBlock
    where T : Block<T>, new()
{
    private static readonly int _size = ((VectorDataViewType)SchemaDefinition.Create(typeof(T))[0].ColumnType).Size;

    public abstract VBuffer<float> Values { get; set; }

    int IBlock.Size => _size;

    string IBlock.Name => Contracts.NameOf(typeof(T));

    IEstimator<ITransformer> IBlock.Mapping(MLContext context) => context.Mapping(this);

    public override Action<BlockSource, T> GetMapping() => static (source, target) =>
    {
        var first = source.Output.Length / (2 * _size) * (2 * _size);
        var values = target.Values;
        var editor = VBufferEditor.Create(ref values, _size);
        source.Output.GetValues().Slice(first, _size).CopyTo(editor.Values);
        target.Values = editor.Commit();
    };
}

internal static class Blocks
{
    /// <summary>The first number of values that no blocks make up.</summary>
    public const int Limit = 1 << 18;

    private static readonly IBlock[] _all =
    [
        new Block17(), new Block16(), new Block15(), new Block14(), new Block13(), new Block12(), new Block11(), new Block10(), new Block9(),
        new Block8(), new Block7(), new Block6(), new Block5(), new Block4(), new Block3(), new Block2(), new Block1(), new Block0(),
    ];

    /// <summary>The blocks that make up a vector, the largest first.</summary>
    public static IEnumerable<IBlock> Of(int size) => _all.Where(block => (size & block.Size) != 0);
}

// A table of the sizes and the names that files have of them.
[CustomMappingFactoryAttribute("GaryMesh.Block0")]
internal sealed class Block0 : Block<Block0> { [ColumnName("GaryMesh.Block0"), VectorType(1 << 0)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block1")]
internal sealed class Block1 : Block<Block1> { [ColumnName("GaryMesh.Block1"), VectorType(1 << 1)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block2")]
internal sealed class Block2 : Block<Block2> { [ColumnName("GaryMesh.Block2"), VectorType(1 << 2)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block3")]
internal sealed class Block3 : Block<Block3> { [ColumnName("GaryMesh.Block3"), VectorType(1 << 3)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block4")]
internal sealed class Block4 : Block<Block4> { [ColumnName("GaryMesh.Block4"), VectorType(1 << 4)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block5")]
internal sealed class Block5 : Block<Block5> { [ColumnName("GaryMesh.Block5"), VectorType(1 << 5)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block6")]
internal sealed class Block6 : Block<Block6> { [ColumnName("GaryMesh.Block6"), VectorType(1 << 6)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block7")]
internal sealed class Block7 : Block<Block7> { [ColumnName("GaryMesh.Block7"), VectorType(1 << 7)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block8")]
internal sealed class Block8 : Block<Block8> { [ColumnName("GaryMesh.Block8"), VectorType(1 << 8)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block9")]
internal sealed class Block9 : Block<Block9> { [ColumnName("GaryMesh.Block9"), VectorType(1 << 9)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block10")]
internal sealed class Block10 : Block<Block10> { [ColumnName("GaryMesh.Block10"), VectorType(1 << 10)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block11")]
internal sealed class Block11 : Block<Block11> { [ColumnName("GaryMesh.Block11"), VectorType(1 << 11)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block12")]
internal sealed class Block12 : Block<Block12> { [ColumnName("GaryMesh.Block12"), VectorType(1 << 12)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block13")]
internal sealed class Block13 : Block<Block13> { [ColumnName("GaryMesh.Block13"), VectorType(1 << 13)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block14")]
internal sealed class Block14 : Block<Block14> { [ColumnName("GaryMesh.Block14"), VectorType(1 << 14)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block15")]
internal sealed class Block15 : Block<Block15> { [ColumnName("GaryMesh.Block15"), VectorType(1 << 15)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block16")]
internal sealed class Block16 : Block<Block16> { [ColumnName("GaryMesh.Block16"), VectorType(1 << 16)] public override VBuffer<float> Values { get; set; } }
[CustomMappingFactoryAttribute("GaryMesh.Block17")]
internal sealed class Block17 : Block<Block17> { [ColumnName("GaryMesh.Block17"), VectorType(1 << 17)] public override VBuffer<float> Values { get; set; } }
