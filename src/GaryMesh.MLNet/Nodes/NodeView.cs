// The scores of a whole table beside its rows: the graph runs once, when a score is first asked for.
using GaryMesh.MLNet.Models;
using GaryMesh.MLNet.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Nodes;

/// <param name="input">The table.</param>
/// <param name="outputs">The columns to add.</param>
/// <param name="compute">The finished outputs of all rows [rows x width].</param>
internal sealed class NodeView(IDataView input, Outputs outputs, Func<float[]> compute) : IDataView
{
    private readonly Lazy<float[]> _scores = new(compute);

    public DataViewSchema Schema { get; } = BoundMapper.Extend(input.Schema, outputs.Columns);

    // Rows are known by their number, so they keep their order.
    public bool CanShuffle => false;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(this, input, outputs, [.. columnsNeeded]);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly NodeView _view;
        private readonly DataViewRowCursor _input;
        private readonly int _inputs;
        private readonly bool[] _active;
        private readonly IReadOnlyList<Delegate> _own;
        private int _row = -1;

        public Cursor(NodeView view, IDataView input, Outputs outputs, DataViewSchema.Column[] needed)
        {
            _view = view;
            _inputs = input.Schema.Count;
            _input = input.GetRowCursor(needed.Where(column => column.Index < _inputs).Select(column => input.Schema[column.Index]));
            _active = new bool[view.Schema.Count];
            foreach (var column in needed)
                _active[column.Index] = true;
            _own = outputs.Getters(() => _view._scores.Value.AsSpan(_row * outputs.Width, outputs.Width));
        }

        public override DataViewSchema Schema => _view.Schema;

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override bool MoveNext()
        {
            _row++;
            return _input.MoveNext();
        }

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
    }
}
