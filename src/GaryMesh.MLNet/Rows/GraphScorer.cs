// Runs a model on one row's graph after the other, and shows its outputs as columns.
using Microsoft.ML;

namespace GaryMesh.MLNet.Rows;

/// <summary>A model made ready to score graphs, for one reader at a time.</summary>
internal sealed class GraphScorer(MeshModel model) : IDisposable
{
    private readonly GraphPredictor _predictor = new(model.Network, new EngineOptions { Threads = 1 });
    private readonly float[] _outputs = new float[model.Outputs.Width];

    public MeshModel Model => model;

    /// <summary>The finished outputs of the last graph.</summary>
    public ReadOnlySpan<float> Outputs => _outputs;

    /// <summary>Where a row's graph is made.</summary>
    public RowGraph Row { get; } = new(model.Table!, model.Layout, model.Network.Shape.Perception);

    public void Dispose() => _predictor.Dispose();

    /// <summary>Scores the graph that was made last: NaN where it has no cells, or misses a feature that the model needs.</summary>
    public void Score()
    {
        if (Row.Graph is not { } graph || (!model.Network.Shape.Missing && Array.Exists(Row.Features, float.IsNaN)))
        {
            _outputs.AsSpan().Fill(float.NaN);
            return;
        }

        _predictor.Score(graph, Row.Features, _outputs);
        model.Finish(_outputs);
    }
}

/// <summary>The columns of a model's outputs beside each row that is a graph.</summary>
internal sealed class GraphMapping(MeshModel model, DataViewSchema schema) : RowMapping
{
    private readonly DataViewSchema.Column[] _columns = RowGraph.Require(schema, model.Table!, model.FeatureColumnName);

    public override IReadOnlyList<DataViewSchema.Column> InputColumns => _columns;

    public override IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns => model.Outputs.Columns;

    public override RowReader Open(DataViewRow input) => new Reader(model, input, Array.ConvertAll(_columns, column => input.Schema[column.Index]));

    private sealed class Reader : RowReader
    {
        private readonly GraphScorer _scorer;
        private readonly DataViewRow _row;
        private readonly Action _read;
        private long _position = long.MinValue;

        public Reader(MeshModel model, DataViewRow row, DataViewSchema.Column[] columns)
        {
            _scorer = new GraphScorer(model);
            _row = row;
            _read = _scorer.Row.Reader(row, columns);
            Getters = model.Outputs.Getters(Current);
        }

        public override IReadOnlyList<Delegate> Getters { get; }

        private ReadOnlySpan<float> Current()
        {
            if (_row.Position != _position)
            {
                _read();
                _scorer.Score();
                _position = _row.Position;
            }

            return _scorer.Outputs;
        }

        public override void Dispose() => _scorer.Dispose();
    }
}
