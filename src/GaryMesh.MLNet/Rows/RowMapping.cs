// The plumbing of a row-to-row stage over ML.NET's public interfaces: it adds columns to each row and passes the others on.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Rows;

/// <summary>What a stage adds to each row, bound to one input schema.</summary>
internal abstract class RowMapping
{
    public abstract IReadOnlyList<DataViewSchema.Column> InputColumns { get; }

    public abstract IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns { get; }

    /// <summary>Readers of the added columns over one row or cursor.</summary>
    public abstract RowReader Open(DataViewRow input);
}

/// <summary>Reads the added columns of whatever row its input stands at.</summary>
internal abstract class RowReader : IDisposable
{
    /// <summary>For each output column, in order, its <see cref="ValueGetter{TValue}"/>.</summary>
    public abstract IReadOnlyList<Delegate> Getters { get; }

    public abstract void Dispose();
}

/// <summary>A mapping as ML.NET asks for it.</summary>
internal sealed class BoundMapper : IRowToRowMapper
{
    private readonly RowMapping _mapping;

    public BoundMapper(DataViewSchema input, RowMapping mapping)
    {
        _mapping = mapping;
        InputSchema = input;
        OutputSchema = Extend(input, mapping.OutputColumns);
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>A schema with columns added; a column that bears the name of an earlier one hides it.</summary>
    public static DataViewSchema Extend(DataViewSchema input, IEnumerable<DataViewSchema.DetachedColumn> added)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        builder.AddColumns(added);
        return builder.ToSchema();
    }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        var needed = new SortedSet<int>();
        foreach (var column in dependingColumns)
        {
            if (column.Index < InputSchema.Count)
                needed.Add(column.Index);
            else
                needed.UnionWith(_mapping.InputColumns.Select(input => input.Index));
        }

        return needed.Select(index => InputSchema[index]);
    }

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) =>
        new MappedRow(this, input, [.. activeColumns]);

    /// <summary>The columns of a mapped row that somebody asked for, the stage's own opened where one of them is.</summary>
    public sealed class Columns : IDisposable
    {
        private readonly BoundMapper _mapper;
        private readonly DataViewRow _input;
        private readonly bool[] _active;
        private readonly RowReader? _own;

        public Columns(BoundMapper mapper, DataViewRow input, IReadOnlyList<DataViewSchema.Column> active)
        {
            _mapper = mapper;
            _input = input;
            _active = new bool[mapper.OutputSchema.Count];
            foreach (var column in active)
                _active[column.Index] = true;
            if (_active.AsSpan(mapper.InputSchema.Count).Contains(true))
                _own = mapper._mapping.Open(input);
        }

        public bool IsActive(DataViewSchema.Column column) => column.Index < _active.Length && _active[column.Index];

        public ValueGetter<T> Getter<T>(DataViewSchema.Column column)
        {
            if (!IsActive(column))
                throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active");
            var inputs = _mapper.InputSchema.Count;
            if (column.Index < inputs)
                return _input.GetGetter<T>(_input.Schema[column.Index]);
            return _own!.Getters[column.Index - inputs] as ValueGetter<T> ?? throw WrongType<T>(column);
        }

        public static InvalidOperationException WrongType<T>(DataViewSchema.Column column) => new(
            $"Invalid TValue in GetGetter for column '{column.Name}': '{typeof(T)}', expected type: '{column.Type.RawType}'.");

        public void Dispose() => _own?.Dispose();
    }
}

/// <summary>One row of a mapped schema, for whoever maps rows one by one (PredictionEngine).</summary>
internal sealed class MappedRow(BoundMapper mapper, DataViewRow input, DataViewSchema.Column[] active) : DataViewRow
{
    private readonly BoundMapper.Columns _columns = new(mapper, input, active);

    public override DataViewSchema Schema => mapper.OutputSchema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.IsActive(column);

    public override ValueGetter<T> GetGetter<T>(DataViewSchema.Column column) => _columns.Getter<T>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _columns.Dispose();
            input.Dispose();
        }
    }
}

/// <summary>A cursor over mapped rows.</summary>
internal sealed class MappedCursor(BoundMapper mapper, DataViewRowCursor input, DataViewSchema.Column[] active)
    : DataViewRowCursor
{
    private readonly BoundMapper.Columns _columns = new(mapper, input, active);

    public override DataViewSchema Schema => mapper.OutputSchema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override bool MoveNext() => input.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.IsActive(column);

    public override ValueGetter<T> GetGetter<T>(DataViewSchema.Column column) => _columns.Getter<T>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _columns.Dispose();
            input.Dispose();
        }
    }
}

/// <summary>A data view whose rows are mapped as they are read.</summary>
internal sealed class MappedView(IDataView input, BoundMapper mapper) : IDataView
{
    public DataViewSchema Schema => mapper.OutputSchema;

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        return new MappedCursor(mapper, input.GetRowCursor(mapper.GetDependencies(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        var cursors = input.GetRowCursorSet(mapper.GetDependencies(active), n, rand);
        return Array.ConvertAll(cursors, cursor => (DataViewRowCursor)new MappedCursor(mapper, cursor, active));
    }
}
