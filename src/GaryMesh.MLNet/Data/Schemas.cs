// Checks of schemas in ML.NET's own words, and the columns of schema shapes.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

/// <summary>The type that a column must have: its name in messages, and the tests of its type before and after data are at hand.</summary>
internal sealed record ColumnKind(
    string Expected, Func<SchemaShape.Column, bool> FitsShape, Func<DataViewType, bool> Fits)
{
    /// <summary>Numbers, of a known size.</summary>
    public static readonly ColumnKind Vector = new(
        "known-size vector of Single",
        shape => shape.Kind == SchemaShape.Column.VectorKind.Vector && IsSingle(shape),
        type => type is VectorDataViewType { IsKnownSize: true, ItemType: NumberDataViewType { RawType: var raw } } && raw == typeof(float));

    /// <summary>Numbers, however many: a row may have more of them than another.</summary>
    public static readonly ColumnKind Singles = new(
        "vector of Single of known or variable size",
        shape => shape.Kind != SchemaShape.Column.VectorKind.Scalar && IsSingle(shape),
        type => type is VectorDataViewType { ItemType: NumberDataViewType { RawType: var raw } } && raw == typeof(float));

    /// <summary>Whole numbers, however many.</summary>
    public static readonly ColumnKind Integers = new(
        "vector of Int32 of known or variable size",
        shape => shape.Kind != SchemaShape.Column.VectorKind.Scalar && !shape.IsKey && shape.ItemType.RawType == typeof(int),
        type => type is VectorDataViewType { ItemType: NumberDataViewType { RawType: var raw } } && raw == typeof(int));

    public static readonly ColumnKind Single = new(
        "Single",
        shape => shape.Kind == SchemaShape.Column.VectorKind.Scalar && IsSingle(shape),
        type => type is NumberDataViewType && type.RawType == typeof(float));

    public static readonly ColumnKind Boolean = new(
        "Boolean",
        shape => shape.Kind == SchemaShape.Column.VectorKind.Scalar && shape.ItemType is BooleanDataViewType,
        type => type is BooleanDataViewType);

    public static readonly ColumnKind Key = new(
        "Key<UInt32>",
        shape => shape.Kind == SchemaShape.Column.VectorKind.Scalar && shape.IsKey && shape.ItemType.RawType == typeof(uint),
        type => type is KeyDataViewType && type.RawType == typeof(uint));

    /// <summary>What can identify a cell: text, a key or a whole number.</summary>
    public static readonly ColumnKind Identity = new(
        "String, a key or a whole number",
        shape => shape.Kind == SchemaShape.Column.VectorKind.Scalar && (shape.IsKey || IsIdentity(shape.ItemType)),
        type => type is KeyDataViewType || IsIdentity(type));

    public static readonly ColumnKind Text = new(
        "String",
        shape => shape.Kind == SchemaShape.Column.VectorKind.Scalar && !shape.IsKey && shape.ItemType is TextDataViewType,
        type => type is TextDataViewType);

    /// <summary>Numbers, as many as named.</summary>
    public static ColumnKind VectorOf(int size) => Vector with
    {
        Expected = $"Vector<Single, {size}>",
        Fits = type => Vector.Fits(type) && ((VectorDataViewType)type).Size == size,
    };

    private static bool IsSingle(SchemaShape.Column shape) => !shape.IsKey && shape.ItemType.RawType == typeof(float);

    private static bool IsIdentity(DataViewType type) => type is TextDataViewType
        || (type is NumberDataViewType && type.RawType != typeof(float) && type.RawType != typeof(double));
}

/// <summary>Fetches columns, refusing as ML.NET does: what could not be found, or what was expected and what there is.</summary>
internal static class Schemas
{
    public static DataViewSchema.Column Require(this DataViewSchema schema, string role, string name, ColumnKind kind)
    {
        var column = schema.GetColumnOrNull(name) ?? throw Missing(nameof(schema), role, name);
        return kind.Fits(column.Type)
            ? column
            : throw Mismatch(nameof(schema), role, name, kind.Expected, column.Type.ToString()!);
    }

    public static SchemaShape.Column Require(this SchemaShape inputSchema, string role, string name, ColumnKind kind)
    {
        foreach (var column in inputSchema)
        {
            if (column.Name != name)
                continue;
            return kind.FitsShape(column)
                ? column
                : throw Mismatch(nameof(inputSchema), role, name, kind.Expected, Describe(column));
        }

        throw Missing(nameof(inputSchema), role, name);
    }

    /// <summary>How many values of a vector there are for each of so many cells; refused where they do not go round.</summary>
    public static int ValuesPerCell(this DataViewSchema.Column column, string role, int cells)
    {
        var size = ((VectorDataViewType)column.Type).Size;
        return size % cells == 0
            ? size / cells
            : throw Mismatch("schema", role, column.Name, $"a vector of Single whose size is a multiple of {cells} cells", column.Type.ToString()!);
    }

    /// <summary>The shape of a schema with columns added or replaced.</summary>
    public static SchemaShape With(this SchemaShape input, IEnumerable<SchemaShape.Column> added)
    {
        var columns = input.ToDictionary(column => column.Name);
        foreach (var column in added)
            columns[column.Name] = column;
        return new SchemaShape(columns.Values);
    }

    public static ArgumentOutOfRangeException Mismatch(
        string parameter, string role, string name, string expected, string actual) =>
        new(parameter, $"Schema mismatch for {role} column '{name}': expected {expected}, got {actual}");

    private static ArgumentOutOfRangeException Missing(string parameter, string role, string name) =>
        new(parameter, $"Could not find {role} column '{name}'");

    private static string Describe(SchemaShape.Column column)
    {
        var item = column.IsKey ? $"Key<{column.ItemType}>" : column.ItemType.ToString()!;
        return column.Kind switch
        {
            SchemaShape.Column.VectorKind.Vector => $"Vector<{item}>",
            SchemaShape.Column.VectorKind.VariableVector => $"VarVector<{item}>",
            _ => item,
        };
    }
}
