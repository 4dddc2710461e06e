// The columns of a model's outputs beside each row: one forward pass a row, whatever columns are read.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Rows;

internal sealed class ScoringMapping : RowMapping
{
    private readonly MeshModel _model;
    private readonly DataViewSchema.Column _features;

    /// <exception cref="ArgumentOutOfRangeException">The feature column is missing or of another size.</exception>
    public ScoringMapping(MeshModel model, DataViewSchema schema)
    {
        _model = model;
        var role = model.Task == MeshTask.Features ? "input" : "feature";
        _features = schema.Require(role, model.FeatureColumnName, ColumnKind.VectorOf(model.FeatureCount));
    }

    public override IReadOnlyList<DataViewSchema.Column> InputColumns => [_features];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns => _model.Outputs.Columns;

    public override RowReader Open(DataViewRow input) => new Reader(_model, input, input.Schema[_features.Index]);

    private sealed class Reader : RowReader
    {
        private readonly MeshModel _model;
        private readonly DataViewRow _row;
        private readonly ValueGetter<VBuffer<float>> _get;
        private readonly float[] _features;
        private readonly float[] _outputs;
        private Scorer? _scorer;
        private VBuffer<float> _buffer;
        private long _position = long.MinValue;

        public Reader(MeshModel model, DataViewRow row, DataViewSchema.Column features)
        {
            _model = model;
            _row = row;
            _get = row.GetGetter<VBuffer<float>>(features);
            _features = new float[model.FeatureCount];
            _outputs = new float[model.Outputs.Width];
            _scorer = model.Rent();
            Getters = model.Outputs.Getters(Current);
        }

        public override IReadOnlyList<Delegate> Getters { get; }

        private ReadOnlySpan<float> Current()
        {
            if (_row.Position == _position)
                return _outputs;
            ObjectDisposedException.ThrowIf(_scorer is null, this);
            _get(ref _buffer);
            if (_buffer.IsDense)
            {
                _scorer.Score(_buffer.GetValues(), _outputs);
            }
            else
            {
                _buffer.CopyTo(_features);
                _scorer.Score(_features, _outputs);
            }

            _position = _row.Position;
            return _outputs;
        }

        public override void Dispose()
        {
            if (_scorer is { } scorer)
            {
                _scorer = null;
                _model.Return(scorer);
            }
        }
    }
}
