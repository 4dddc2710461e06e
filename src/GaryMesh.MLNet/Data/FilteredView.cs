// The rows of a data view that a column's value chooses, as they are read.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

/// <param name="input">The rows.</param>
/// <param name="column">The column to look at: text, a key or a whole number.</param>
/// <param name="values">The values of the rows that stay.</param>
internal sealed class FilteredView(IDataView input, DataViewSchema.Column column, HashSet<string> values) : IDataView
{
    public DataViewSchema Schema => input.Schema;

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var needed = columnsNeeded.ToArray();
        return new Cursor(input.GetRowCursor([.. needed, column], rand), column, values);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewRowCursor input, DataViewSchema.Column column, HashSet<string> values) : DataViewRowCursor
    {
        private readonly Func<string?> _read = CellIds.Reader(input, column);
        private long _position = -1;

        public override DataViewSchema Schema => input.Schema;

        public override long Position => _position;

        public override long Batch => input.Batch;

        public override bool MoveNext()
        {
            while (input.MoveNext())
            {
                if (values.Contains(_read() ?? ""))
                {
                    _position++;
                    return true;
                }
            }

            _position = -1;
            return false;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => input.IsColumnActive(column);

        public override ValueGetter<T> GetGetter<T>(DataViewSchema.Column column) => input.GetGetter<T>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                input.Dispose();
        }
    }
}
