// A fitted stage in stock ML.NET parts, which any process can load with the assembly beside it and none of its types named.
using GaryMesh.MLNet.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Saving;

/// <summary>
/// Says a stage in stock transformers. ML.NET keeps its own format to its own assemblies, but a custom mapping with a
/// contract name may come from any, and a value mapping carries its table in the file: the table's one text is the model.
/// </summary>
internal static class Lowering
{
    /// <summary>The chain: copy the features, look the model up, apply it, give vectors their known sizes, drop the rest.</summary>
    public static ITransformer Lower(MeshModel model)
    {
        var context = new MLContext();
        var chain = new Chain(context, Sample(context, model));
        chain.Add(context.Transforms.CopyColumns(Columns.Input, model.FeatureColumnName));
        chain.Add(context.Mapping(new AnchorFactory()), Columns.Input, Columns.Anchor);
        var table = context.Data.LoadFromEnumerable([new ModelEntry { Text = ModelText.Of(model) }]);
        chain.Add(
            context.Transforms.Conversion.MapValue(
                Columns.Model, table, table.Schema[nameof(ModelEntry.Anchor)], table.Schema[nameof(ModelEntry.Text)], Columns.Anchor),
            Columns.Model);
        switch (model.Outputs)
        {
            case BinaryOutputs:
                chain.Add(context.Mapping(new BinaryFactory()));
                break;
            case RegressionOutputs:
                chain.Add(context.Mapping(new RegressionFactory()));
                break;
            case MulticlassOutputs:
                chain.Add(context.Mapping(new MulticlassFactory()), Columns.Output, Columns.Class);
                chain.Add(PredictedLabel(context, model));
                chain.AddVector("Score", model.Outputs.Width);
                break;
            default:
                chain.Add(context.Mapping(new VectorFactory()), Columns.Output);
                chain.AddVector(model.Outputs.Columns[0].Name, model.Outputs.Width);
                break;
        }

        return chain.Finish();
    }

    // A data view with one row of the features' type, for stock estimators to look at.
    private static IDataView Sample(MLContext context, MeshModel model)
    {
        var definition = SchemaDefinition.Create(typeof(SampleRow));
        definition[0].ColumnName = model.FeatureColumnName;
        definition[0].ColumnType = new VectorDataViewType(NumberDataViewType.Single, model.FeatureCount);
        return context.Data.LoadFromEnumerable([new SampleRow { Features = new VBuffer<float>(model.FeatureCount, new float[model.FeatureCount]) }], definition);
    }

    private static IEstimator<ITransformer> PredictedLabel(MLContext context, MeshModel model) =>
        model.Classes is { } classes
            ? classes.Lookup(context, "PredictedLabel", Columns.Class)
            : context.Transforms.Conversion.MapValueToKey(
                "PredictedLabel",
                Columns.Class,
                keyData: context.Data.LoadFromEnumerable(
                    Enumerable.Range(1, model.Network.Shape.Outputs).Select(key => new KeyEntry { Key = (uint)key })));

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

        /// <summary>The outputs as a column of a known size.</summary>
        public void AddVector(string column, int size)
        {
            if (size >= Blocks.Limit)
            {
                throw new NotSupportedException(
                    $"ML.NET's own format takes a GaryMesh column of up to {Blocks.Limit - 1} values, but '{column}' has {size}; MeshModel.Save keeps it.");
            }

            var blocks = Blocks.Of(size).ToArray();
            foreach (var block in blocks)
                Add(block.Mapping(context), block.Name);
            Add(context.Transforms.Concatenate(column, [.. blocks.Select(block => block.Name)]));
        }

        public ITransformer Finish()
        {
            Add(context.Transforms.DropColumns([.. _passing]));
            return new TransformerChain<ITransformer>([.. _parts]);
        }
    }
}
