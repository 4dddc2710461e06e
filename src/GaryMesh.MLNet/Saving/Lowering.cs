// A fitted stage in stock ML.NET parts, which any process can load with the assembly beside it and none of its types named.
using GaryMesh.MLNet.Models;
using GaryMesh.MLNet.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Saving;

/// <summary>
/// Says a stage in stock transformers. ML.NET keeps its own format to its own assemblies, but a custom mapping with a
/// contract name may come from any, and a value mapping carries its table in the file: the table's one text is the model.
/// </summary>
internal static class Lowering
{
    /// <summary>The chain: check the features and put them side by side, look the model up, apply it, give vectors their known sizes, drop the rest.</summary>
    public static ITransformer Lower(MeshModel model)
    {
        var context = new MLContext(seed: 1);
        var graphs = model.Table is not null;
        var chain = new Chain(context, Sample(context, model));
        // A mapping of one's own takes vectors of any size; this stock stage refuses all but the one that it was fitted to. Nobody
        // reads its output, so that it computes nothing.
        if (model.Table is { } table)
        {
            // Rows that are graphs have vectors of any size. Where there are no weights, the model does not look at the column.
            chain.Add(context.Transforms.CopyColumns(Columns.Input, model.FeatureColumnName), Columns.Input);
            chain.Add(context.Transforms.CopyColumns(Columns.Edges, table.EdgeColumnName), Columns.Edges);
            chain.Add(context.Transforms.CopyColumns(Columns.EdgeWeights, table.WeightColumnName ?? model.FeatureColumnName), Columns.EdgeWeights);
        }
        else
        {
            foreach (var name in model.Layout.Names)
                chain.Add(context.Transforms.ApproximatedKernelMap(Columns.Size, name, rank: 1), Columns.Size);
            chain.Add(context.Transforms.Concatenate(Columns.Input, model.Layout.Names), Columns.Input);
        }

        chain.Add(context.Mapping(new AnchorFactory()), Columns.Anchor);
        var entries = context.Data.LoadFromEnumerable([new ModelEntry { Text = ModelText.Of(model) }]);
        chain.Add(
            context.Transforms.Conversion.MapValue(
                Columns.Model, entries, entries.Schema[nameof(ModelEntry.Anchor)], entries.Schema[nameof(ModelEntry.Text)], Columns.Anchor),
            Columns.Model);
        switch (model.Outputs)
        {
            case BinaryOutputs:
                chain.Add(graphs ? context.Mapping(new GraphBinaryFactory()) : context.Mapping(new BinaryFactory()));
                break;
            case RegressionOutputs:
                chain.Add(graphs ? context.Mapping(new GraphRegressionFactory()) : context.Mapping(new RegressionFactory()));
                break;
            case MulticlassOutputs:
                chain.Add(graphs ? context.Mapping(new GraphMulticlassFactory()) : context.Mapping(new MulticlassFactory()), Columns.Output, Columns.Class);
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

    // A data view with one row of the features' types, for stock estimators to look at.
    private static IDataView Sample(MLContext context, MeshModel model)
    {
        var row = context.Data.LoadFromEnumerable([new Nothing()]);
        if (model.Table is { } table)
        {
            var (numbers, ends) = (new VectorDataViewType(NumberDataViewType.Single), new VectorDataViewType(NumberDataViewType.Int32));
            DataViewSchema.DetachedColumn[] columns = [new(model.FeatureColumnName, numbers), new(table.EdgeColumnName, ends)];
            if (table.WeightColumnName is { } weights)
                columns = [.. columns, new(weights, numbers)];
            return new MappedView(row, new BoundMapper(row.Schema, new SampleMapping(columns)));
        }

        var features = model.Layout.Names.Select((name, at) => new DataViewSchema.DetachedColumn(
            name, new VectorDataViewType(NumberDataViewType.Single, model.Layout.PerCell[at] * model.Graph!.Cells)));
        return new MappedView(row, new BoundMapper(row.Schema, new SampleMapping([.. features])));
    }

    private static IEstimator<ITransformer> PredictedLabel(MLContext context, MeshModel model) =>
        model.Classes is { } classes
            ? classes.Lookup(context, "PredictedLabel", Columns.Class)
            : context.Transforms.Conversion.MapValueToKey(
                "PredictedLabel",
                Columns.Class,
                keyData: context.Data.LoadFromEnumerable(
                    Enumerable.Range(1, model.Network.Shape.Outputs).Select(key => new KeyEntry { Key = (uint)key })));

    /// <summary>Adds vectors of ones.</summary>
    private sealed class SampleMapping(DataViewSchema.DetachedColumn[] columns) : RowMapping
    {
        public override IReadOnlyList<DataViewSchema.Column> InputColumns => [];

        public override IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns => columns;

        public override RowReader Open(DataViewRow input) => new Reader([.. columns.Select(column => Ones(((VectorDataViewType)column.Type).Size))]);

        private static Delegate Ones(int size) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> into) =>
        {
            var editor = VBufferEditor.Create(ref into, size);
            editor.Values.Fill(1);
            into = editor.Commit();
        });

        private sealed class Reader(Delegate[] getters) : RowReader
        {
            public override IReadOnlyList<Delegate> Getters => getters;

            public override void Dispose()
            {
            }
        }
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
