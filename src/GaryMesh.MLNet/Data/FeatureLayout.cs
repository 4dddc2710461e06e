// The columns of a row's features, and how they are put together cell by cell.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

/// <summary>One or more columns, each with so many values a cell.</summary>
/// <param name="Names">The columns.</param>
/// <param name="PerCell">For each of them its values a cell.</param>
internal sealed record FeatureLayout(string[] Names, int[] PerCell)
{
    /// <summary>Values a cell in all.</summary>
    public int Features { get; } = PerCell.Sum();

    /// <summary>Whether the columns side by side are not yet cell by cell.</summary>
    public bool Interleaves => Names.Length > 1;

    /// <summary>The layout of a schema's columns; refused where one is missing or does not go round the cells.</summary>
    public static FeatureLayout Of(DataViewSchema schema, string role, string[] names, int cells) =>
        new(names, Array.ConvertAll(names, name => schema.Require(role, name, ColumnKind.Vector).ValuesPerCell(role, cells)));

    /// <summary>The columns in a schema; refused where one is missing or of another size.</summary>
    public DataViewSchema.Column[] Require(DataViewSchema schema, string role, int cells) =>
        [.. Names.Select((name, at) => schema.Require(role, name, ColumnKind.VectorOf(PerCell[at] * cells)))];

    /// <summary>The column of a row's feature of that number, counted cell by cell.</summary>
    public string ColumnOf(int feature)
    {
        var (within, column) = (feature % Features, 0);
        while (within >= PerCell[column])
            within -= PerCell[column++];
        return Names[column];
    }

    /// <summary>Puts columns that stand side by side together cell by cell.</summary>
    public void Interleave(ReadOnlySpan<float> columns, Span<float> cells)
    {
        var (count, from, offset) = (cells.Length / Features, 0, 0);
        foreach (var size in PerCell)
        {
            for (var cell = 0; cell < count; cell++, from += size)
                columns.Slice(from, size).CopyTo(cells[(cell * Features + offset)..]);
            offset += size;
        }
    }

    /// <summary>Reads the columns side by side of whatever row the cursor stands at.</summary>
    public static ValueGetter<VBuffer<float>> SideBySide(DataViewRow row, DataViewSchema.Column[] columns)
    {
        if (columns.Length == 1)
            return Whole(row, columns[0]);
        var getters = Array.ConvertAll(columns, column => Whole(row, column));
        var length = columns.Sum(column => ((VectorDataViewType)column.Type).Size);
        VBuffer<float> part = default;
        return (ref VBuffer<float> into) =>
        {
            var editor = VBufferEditor.Create(ref into, length);
            var filled = 0;
            foreach (var get in getters)
            {
                get(ref part);
                part.CopyTo(editor.Values[filled..]);
                filled += part.Length;
            }

            into = editor.Commit();
        };
    }

    /// <summary>Reads a vector of known size; refused where a row holds fewer values, as it does for an array that is null.</summary>
    public static ValueGetter<VBuffer<float>> Whole(DataViewRow row, DataViewSchema.Column column)
    {
        var get = row.GetGetter<VBuffer<float>>(column);
        var size = ((VectorDataViewType)column.Type).Size;
        return (ref VBuffer<float> into) =>
        {
            get(ref into);
            if (into.Length != size)
                throw new InvalidOperationException($"Row {row.Position} of column '{column.Name}' holds {into.Length} values, but its type says {size}: is an array null?");
        };
    }

    /// <summary>Reads the features, cell by cell, of whatever row the cursor stands at.</summary>
    public FeatureReader Reader(DataViewRow row, DataViewSchema.Column[] columns)
    {
        var get = SideBySide(row, columns);
        var buffer = default(VBuffer<float>);
        var dense = Interleaves ? new float[columns.Sum(column => ((VectorDataViewType)column.Type).Size)] : [];
        return features =>
        {
            get(ref buffer);
            if (Interleaves)
            {
                buffer.CopyTo(dense);
                Interleave(dense, features);
            }
            else
            {
                buffer.CopyTo(features);
            }
        };
    }
}

/// <summary>Fills in the features of a row, cell by cell.</summary>
internal delegate void FeatureReader(Span<float> features);
