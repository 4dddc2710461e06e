// The scores of a whole table beside its rows: the graph runs once, when a score is first asked for.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Models;
using GaryMesh.MLNet.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Nodes;

/// <summary>The finished outputs of a table by the names of its cells.</summary>
/// <param name="Ids">The cells in some order.</param>
/// <param name="Values">Their outputs in that order [cells x width].</param>
internal sealed record NodeScores(CellIds Ids, float[] Values);

/// <param name="input">The table.</param>
/// <param name="idColumnName">The column that names each row's cell: a source may give rows in another order each time.</param>
/// <param name="outputs">The columns to add.</param>
/// <param name="compute">The scores of all rows.</param>
internal sealed class NodeView(IDataView input, string idColumnName, Outputs outputs, Func<NodeScores> compute) : IDataView
{
    private readonly Lazy<NodeScores> _scores = new(compute);

    public DataViewSchema Schema { get; } = BoundMapper.Extend(input.Schema, outputs.Columns);

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(this, input, idColumnName, outputs, [.. columnsNeeded], rand);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly NodeView _view;
        private readonly DataViewRowCursor _input;
        private readonly int _inputs;
        private readonly bool[] _active;
        private readonly IReadOnlyList<Delegate> _own;
        private readonly string _idColumnName;
        private readonly Func<string?>? _readId;
        private (long Position, int Place) _found = (-1, -1);

        public Cursor(NodeView view, IDataView input, string idColumnName, Outputs outputs, DataViewSchema.Column[] needed, Random? rand)
        {
            _view = view;
            _inputs = input.Schema.Count;
            _idColumnName = idColumnName;
            _active = new bool[view.Schema.Count];
            foreach (var column in needed)
                _active[column.Index] = true;
            var from = needed.Where(column => column.Index < _inputs).Select(column => input.Schema[column.Index]);
            var scores = _active.AsSpan(_inputs).Contains(true);
            var id = input.Schema[idColumnName];
            _input = input.GetRowCursor(scores ? [.. from, id] : [.. from], rand);
            _readId = scores ? CellIds.Reader(_input, id) : null;
            _own = outputs.Getters(() => _view._scores.Value.Values.AsSpan(Place() * outputs.Width, outputs.Width));
        }

        public override DataViewSchema Schema => _view.Schema;

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override bool MoveNext() => _input.MoveNext();

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => column.Index < _active.Length && _active[column.Index];

        public override ValueGetter<T> GetGetter<T>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column))
                throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active");
            return column.Index < _inputs
                ? _input.GetGetter<T>(_input.Schema[column.Index])
                : _own[column.Index - _inputs] as ValueGetter<T> ?? throw BoundMapper.Columns.WrongType<T>(column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _input.Dispose();
        }

        private int Place()
        {
            if (_found.Position != _input.Position)
            {
                var name = _readId!() ?? "";
                if (!_view._scores.Value.Ids.TryFind(name, out var place))
                {
                    throw new InvalidOperationException(
                        $"Row {_input.Position} of id column '{_idColumnName}' names '{name}', which was not there when the nodes were scored: the table gave other rows than before");
                }

                _found = (_input.Position, place);
            }

            return _found.Place;
        }
    }
}
