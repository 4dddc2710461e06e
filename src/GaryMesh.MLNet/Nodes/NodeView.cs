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
/// <param name="idColumnNames">The columns that name each row's cells: a source may give rows in another order each time.</param>
/// <param name="outputs">The columns to add.</param>
/// <param name="compute">The scores of all cells.</param>
/// <param name="choose">The outputs of a row, from the scores and the places of its cells.</param>
internal sealed class NodeView(
    IDataView input, string[] idColumnNames, Outputs outputs, Func<NodeScores> compute, NodeView.Choose choose) : IDataView
{
    /// <summary>The outputs of a row.</summary>
    public delegate ReadOnlySpan<float> Choose(NodeScores scores, ReadOnlySpan<int> places);

    private readonly Lazy<NodeScores> _scores = new(compute);

    public DataViewSchema Schema { get; } = BoundMapper.Extend(input.Schema, outputs.Columns);

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(this, input, idColumnNames, outputs, choose, [.. columnsNeeded], rand);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly NodeView _view;
        private readonly DataViewRowCursor _input;
        private readonly int _inputs;
        private readonly bool[] _active;
        private readonly IReadOnlyList<Delegate> _own;
        private readonly string[] _idColumnNames;
        private readonly Func<string?>[] _readIds;
        private readonly int[] _places;
        private long _found = -1;

        public Cursor(
            NodeView view, IDataView input, string[] idColumnNames, Outputs outputs, Choose choose, DataViewSchema.Column[] needed, Random? rand)
        {
            _view = view;
            _inputs = input.Schema.Count;
            (_idColumnNames, _places) = (idColumnNames, new int[idColumnNames.Length]);
            _active = new bool[view.Schema.Count];
            foreach (var column in needed)
                _active[column.Index] = true;
            var from = needed.Where(column => column.Index < _inputs).Select(column => input.Schema[column.Index]);
            var scores = _active.AsSpan(_inputs).Contains(true);
            var ids = scores ? idColumnNames.Select(name => input.Schema[name]).ToArray() : [];
            _input = input.GetRowCursor([.. from, .. ids], rand);
            _readIds = [.. ids.Select(id => CellIds.Reader(_input, id))];
            _own = outputs.Getters(() => choose(_view._scores.Value, Places()));
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

        private ReadOnlySpan<int> Places()
        {
            for (var i = 0; i < _places.Length && _found != _input.Position; i++)
            {
                var name = _readIds[i]() ?? "";
                if (!_view._scores.Value.Ids.TryFind(name, out _places[i]))
                    throw new InvalidOperationException($"Row {_input.Position} of id column '{_idColumnNames[i]}' names '{name}', which is none of the nodes that were scored");
            }

            _found = _input.Position;
            return _places;
        }
    }
}
