// The identity of cells: the values of a column as text, so that tables keyed differently match.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

/// <summary>The names of cells, and the place of each.</summary>
internal sealed class CellIds
{
    private readonly Dictionary<string, int> _places;

    private CellIds(string[] names, string described)
    {
        Names = names;
        Described = described;
        _places = new Dictionary<string, int>(names.Length, StringComparer.Ordinal);
        for (var row = 0; row < names.Length; row++)
        {
            if (!_places.TryAdd(names[row], row))
                throw new InvalidOperationException($"Row {row} of {described} repeats '{names[row]}' of row {_places[names[row]]}");
        }
    }

    public string[] Names { get; }

    public int Count => Names.Length;

    /// <summary>Where the names stand, for messages.</summary>
    public string Described { get; }

    public bool TryFind(string name, out int place) => _places.TryGetValue(name, out place);

    public static CellIds Of(IEnumerable<string> names) => new([.. names], "the cells' names");

    public static CellIds Of(string[] names, string column) => new(names, $"id column '{column}'");

    /// <summary>The values of an identity column in order of rows. A missing value is refused.</summary>
    public static List<string> Read(IDataView data, string role, string name)
    {
        var column = data.Schema.Require(role, name, ColumnKind.Identity);
        using var cursor = data.GetRowCursor([column]);
        var read = Reader(cursor, column);
        var names = new List<string>();
        while (cursor.MoveNext())
            names.Add(read() ?? throw new InvalidOperationException($"Row {names.Count} of {role} column '{name}' holds no value"));
        return names;
    }

    /// <summary>Reads the name in a column of whatever row the cursor stands at; null where it is missing.</summary>
    public static Func<string?> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is KeyDataViewType)
        {
            var names = KeyNames.Of(column)?.Texts;
            var read = Whole(row, column);
            // A key that has no values is its number, counted from 0 as data count.
            return () => read() is var key && key == 0 ? null
                : names is null ? (key - 1).ToString(CultureInfo.InvariantCulture) : names[(int)key - 1];
        }

        if (column.Type is TextDataViewType)
        {
            var get = row.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> text = default;
            return () =>
            {
                get(ref text);
                return text.IsEmpty ? null : text.ToString();
            };
        }

        var number = Whole(row, column);
        return () => number().ToString(CultureInfo.InvariantCulture);
    }

    private static Func<Int128> Whole(DataViewRow row, DataViewSchema.Column column)
    {
        var raw = column.Type.RawType;
        return raw == typeof(byte) ? Number<byte>(value => value)
            : raw == typeof(sbyte) ? Number<sbyte>(value => value)
            : raw == typeof(ushort) ? Number<ushort>(value => value)
            : raw == typeof(short) ? Number<short>(value => value)
            : raw == typeof(uint) ? Number<uint>(value => value)
            : raw == typeof(int) ? Number<int>(value => value)
            : raw == typeof(ulong) ? Number<ulong>(value => value)
            : Number<long>(value => value);

        Func<Int128> Number<T>(Func<T, Int128> widen)
        {
            var get = row.GetGetter<T>(column);
            T value = default!;
            return () =>
            {
                get(ref value);
                return widen(value);
            };
        }
    }
}
