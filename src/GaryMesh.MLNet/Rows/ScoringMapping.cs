// The columns of a model's outputs beside each row: one forward pass a row, whatever columns are read.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Rows;

internal sealed class ScoringMapping : RowMapping
{
    private readonly Scorers _scorers;
    private readonly DataViewSchema.Column[] _features;

    /// <exception cref="ArgumentOutOfRangeException">The feature column is missing or of another size.</exception>
    public ScoringMapping(Scorers scorers, DataViewSchema schema)
    {
        _scorers = scorers;
        var role = scorers.Model.Choice is null ? "feature" : "input";
        _features = scorers.Model.Layout.Require(schema, role, scorers.Model.Graph!.Cells);
    }

    public override IReadOnlyList<DataViewSchema.Column> InputColumns => _features;

    public override IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns => _scorers.Model.Outputs.Columns;

    public override RowReader Open(DataViewRow input) => new Reader(_scorers, input, Array.ConvertAll(_features, column => input.Schema[column.Index]));

    private sealed class Reader : RowReader
    {
        private readonly Scorers _scorers;
        private readonly DataViewRow _row;
        private readonly ValueGetter<VBuffer<float>> _get;
        private Scorer? _scorer;
        private VBuffer<float> _buffer;
        private long _position = long.MinValue;

        public Reader(Scorers scorers, DataViewRow row, DataViewSchema.Column[] features)
        {
            _scorers = scorers;
            _row = row;
            _get = FeatureLayout.SideBySide(row, features);
            _scorer = scorers.Rent();
            Getters = scorers.Model.Outputs.Getters(Current);
        }

        public override IReadOnlyList<Delegate> Getters { get; }

        private ReadOnlySpan<float> Current()
        {
            ObjectDisposedException.ThrowIf(_scorer is null, this);
            if (_row.Position != _position)
            {
                _get(ref _buffer);
                _scorer.Score(_buffer);
                _position = _row.Position;
            }

            return _scorer.Outputs;
        }

        public override void Dispose()
        {
            if (_scorer is { } scorer)
            {
                _scorer = null;
                _scorers.Return(scorer);
            }
        }
    }
}
