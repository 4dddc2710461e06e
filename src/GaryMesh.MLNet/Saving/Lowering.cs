// A fitted stage in stock ML.NET parts, which any process can load with the assembly beside it and none of its types named.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace GaryMesh.MLNet.Saving;

/// <summary>Columns that live within a lowered stage.</summary>
internal static class Columns
{
    public const string Input = "GaryMesh.Input";
    public const string Anchor = "GaryMesh.Anchor";
    public const string Model = "GaryMesh.Model";
    public const string Output = "GaryMesh.Output";
    public const string Class = "GaryMesh.Class";
}

/// <summary>
/// Says a stage in stock transformers. ML.NET keeps its own format to its own assemblies, but a custom mapping with a
/// contract name may come from any, and a value mapping carries its table in the file: the table's one text is the model.
/// </summary>
internal static class Lowering
{
    private const int MostBlocks = 18;

    /// <summary>The chain: copy the features, look the model up, apply it, give vectors their known sizes, drop the rest.</summary>
    public static ITransformer Lower(MeshModel model)
    {
        var context = new MLContext();
        var chain = new Chain(context, Sample(context, model));
        chain.Add(context.Transforms.CopyColumns(Columns.Input, model.FeatureColumnName));
        chain.Add(Mapping(context, new AnchorFactory()), Columns.Input, Columns.Anchor);
        var table = context.Data.LoadFromEnumerable([new ModelEntry { Text = Encode(model) }]);
        chain.Add(
            context.Transforms.Conversion.MapValue(
                Columns.Model, table, table.Schema[nameof(ModelEntry.Anchor)], table.Schema[nameof(ModelEntry.Text)], Columns.Anchor),
            Columns.Model);
        switch (model.Task)
        {
            case MeshTask.Binary:
                chain.Add(Mapping(context, new BinaryFactory()));
                break;
            case MeshTask.Regression:
                chain.Add(Mapping(context, new RegressionFactory()));
                break;
            case MeshTask.Multiclass:
                chain.Add(Mapping(context, new MulticlassFactory()), Columns.Output, Columns.Class);
                chain.Add(PredictedLabel(context, model));
                AddBlocks(context, chain, "Score", model.Outputs.Width);
                break;
            default:
                chain.Add(Mapping(context, new VectorFactory()), Columns.Output);
                AddBlocks(context, chain, model.OutputColumnName ?? "Score", model.Outputs.Width);
                break;
        }

        return chain.Finish();
    }

    public static string Encode(MeshModel model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        return Convert.ToBase64String(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    public static MeshModel Decode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, bytes, out var written))
            throw new InvalidDataException("The pipeline's GaryMesh stage holds no readable model.");
        using var stream = new MemoryStream(bytes, 0, written);
        return MeshModel.Load(stream, "the pipeline's GaryMesh stage");
    }

    // A data view with one row of the features' type, for stock estimators to look at.
    private static IDataView Sample(MLContext context, MeshModel model)
    {
        var definition = SchemaDefinition.Create(typeof(SampleRow));
        definition[0].ColumnName = model.FeatureColumnName;
        definition[0].ColumnType = new VectorDataViewType(NumberDataViewType.Single, model.FeatureCount);
        return context.Data.LoadFromEnumerable([new SampleRow { Features = new VBuffer<float>(model.FeatureCount, new float[model.FeatureCount]) }], definition);
    }

    private static IEstimator<ITransformer> Mapping<TSource, TTarget>(MLContext context, CustomMappingFactory<TSource, TTarget> factory)
        where TSource : class, new()
        where TTarget : class, new()
    {
        var contract = (CustomMappingFactoryAttributeAttribute)Attribute.GetCustomAttribute(
            factory.GetType(), typeof(CustomMappingFactoryAttributeAttribute))!;
        return context.Transforms.CustomMapping(factory.GetMapping(), contract.ContractName);
    }

    private static IEstimator<ITransformer> PredictedLabel(MLContext context, MeshModel model) =>
        model.Classes is { } classes
            ? classes.Lookup(context, "PredictedLabel", Columns.Class)
            : context.Transforms.Conversion.MapValueToKey(
                "PredictedLabel",
                Columns.Class,
                keyData: context.Data.LoadFromEnumerable(
                    Enumerable.Range(1, model.Network.Shape.Outputs).Select(key => new KeyEntry { Key = (uint)key })));

    private static void AddBlocks(MLContext context, Chain chain, string outputColumnName, int size)
    {
        if (size >> MostBlocks != 0)
        {
            throw new NotSupportedException(
                $"ML.NET's own format takes a GaryMesh column of up to {(1 << MostBlocks) - 1} values, but '{outputColumnName}' has {size}; MeshModel.Save keeps it.");
        }

        var blocks = new List<string>();
        for (var exponent = MostBlocks - 1; exponent >= 0; exponent--)
        {
            if ((size >> exponent & 1) == 0)
                continue;
            blocks.Add($"GaryMesh.Block{exponent}");
            chain.Add(Block(context, exponent), blocks[^1]);
        }

        chain.Add(context.Transforms.Concatenate(outputColumnName, [.. blocks]));
    }

    private static IEstimator<ITransformer> Block(MLContext context, int exponent) => exponent switch
    {
        0 => Mapping(context, new Block0Factory()),
        1 => Mapping(context, new Block1Factory()),
        2 => Mapping(context, new Block2Factory()),
        3 => Mapping(context, new Block3Factory()),
        4 => Mapping(context, new Block4Factory()),
        5 => Mapping(context, new Block5Factory()),
        6 => Mapping(context, new Block6Factory()),
        7 => Mapping(context, new Block7Factory()),
        8 => Mapping(context, new Block8Factory()),
        9 => Mapping(context, new Block9Factory()),
        10 => Mapping(context, new Block10Factory()),
        11 => Mapping(context, new Block11Factory()),
        12 => Mapping(context, new Block12Factory()),
        13 => Mapping(context, new Block13Factory()),
        14 => Mapping(context, new Block14Factory()),
        15 => Mapping(context, new Block15Factory()),
        16 => Mapping(context, new Block16Factory()),
        _ => Mapping(context, new Block17Factory()),
    };

    private sealed class SampleRow
    {
        public VBuffer<float> Features { get; set; }
    }

    private sealed class ModelEntry
    {
        public uint Anchor { get; set; } = AnchorFactory.Key;

        public string Text { get; set; } = "";
    }

    private sealed class KeyEntry
    {
        public uint Key { get; set; }
    }

    /// <summary>Stock estimators fitted one after the other, and the columns to drop in the end.</summary>
    private sealed class Chain(MLContext context, IDataView sample)
    {
        private readonly List<ITransformer> _parts = [];
        private readonly List<string> _passing = [];
        private IDataView _data = sample;

        public void Add(IEstimator<ITransformer> part, params string[] passing)
        {
            var fitted = part.Fit(_data);
            _parts.Add(fitted);
            _data = fitted.Transform(_data);
            _passing.AddRange(passing);
        }

        public ITransformer Finish()
        {
            Add(context.Transforms.DropColumns([.. _passing]));
            return new TransformerChain<ITransformer>([.. _parts]);
        }
    }
}
