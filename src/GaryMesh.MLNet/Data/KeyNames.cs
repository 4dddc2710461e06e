// The values behind a key column, of whatever type they are: kept with a model, shown as annotations, looked up again.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

/// <summary>The values of a key type in order: class names, as a rule.</summary>
internal abstract class KeyNames
{
    public abstract int Count { get; }

    /// <summary>The values in the invariant culture.</summary>
    public abstract string[] Texts { get; }

    /// <summary>The name of the values' type in files.</summary>
    public abstract string TypeName { get; }

    public abstract void Annotate(DataViewSchema.Annotations.Builder builder, string kind);

    /// <summary>A stock stage from numbers 1 to <see cref="Count"/> to the key of these values.</summary>
    public abstract IEstimator<ITransformer> Lookup(MLContext context, string outputColumnName, string inputColumnName);

    /// <summary>The key values of a column, or null where it has none or files have no such type.</summary>
    public static KeyNames? Of(DataViewSchema.Column column)
    {
        var annotation = column.Annotations.Schema.GetColumnOrNull("KeyValues");
        if (annotation?.Type is not VectorDataViewType { ItemType: PrimitiveDataViewType item })
            return null;
        return _kinds.FirstOrDefault(kind => kind.Item.Equals(item))?.Read(column);
    }

    /// <summary>Reads what <see cref="Texts"/> and <see cref="TypeName"/> said.</summary>
    public static KeyNames? Parse(string typeName, string[] texts) =>
        _kinds.FirstOrDefault(kind => kind.Name == typeName)?.Parse(texts);

    /// <summary>Two values that stand for those of a type to come, or null where files have no such type.</summary>
    public static KeyNames? Sample(DataViewType item) =>
        _kinds.FirstOrDefault(kind => kind.Item.Equals(item))?.Parse(["0", "1"]);

    private abstract record Kind(string Name, PrimitiveDataViewType Item)
    {
        public abstract KeyNames Read(DataViewSchema.Column column);

        public abstract KeyNames Parse(string[] texts);
    }

    private sealed record Kind<T>(string Name, PrimitiveDataViewType Item, Func<T, string> Write, Func<string, T> From)
        : Kind(Name, Item)
    {
        public override KeyNames Read(DataViewSchema.Column column)
        {
            VBuffer<T> values = default;
            column.GetKeyValues(ref values);
            return new KeyNames<T>(Name, Item, [.. values.DenseValues()], Write);
        }

        public override KeyNames Parse(string[] texts) => new KeyNames<T>(Name, Item, Array.ConvertAll(texts, text => From(text)), Write);
    }

    private static Kind<T> Number<T>(string name, PrimitiveDataViewType item)
        where T : IFormattable, IParsable<T> =>
        new(name, item, value => value.ToString(null, CultureInfo.InvariantCulture), text => T.Parse(text, CultureInfo.InvariantCulture));

    private static readonly Kind[] _kinds =
    [
        // Owned memory, so that a text is the same whether it was read from data or from a file.
        new Kind<ReadOnlyMemory<char>>("text", TextDataViewType.Instance, text => text.ToString(), text => text.AsMemory()),
        Number<float>("single", NumberDataViewType.Single),
        Number<double>("double", NumberDataViewType.Double),
        Number<sbyte>("sbyte", NumberDataViewType.SByte),
        Number<byte>("byte", NumberDataViewType.Byte),
        Number<short>("int16", NumberDataViewType.Int16),
        Number<ushort>("uint16", NumberDataViewType.UInt16),
        Number<int>("int32", NumberDataViewType.Int32),
        Number<uint>("uint32", NumberDataViewType.UInt32),
        Number<long>("int64", NumberDataViewType.Int64),
        Number<ulong>("uint64", NumberDataViewType.UInt64),
        new Kind<bool>("boolean", BooleanDataViewType.Instance, value => value ? "true" : "false", text => text == "true"),
    ];
}

/// <summary>Key values of one type.</summary>
internal sealed class KeyNames<T>(string typeName, PrimitiveDataViewType item, T[] values, Func<T, string> write) : KeyNames
{
    public override int Count => values.Length;

    public override string[] Texts { get; } = Array.ConvertAll(values, value => write(value));

    public override string TypeName => typeName;

    public override void Annotate(DataViewSchema.Annotations.Builder builder, string kind) =>
        builder.Add(kind, new VectorDataViewType(item, values.Length), (ref VBuffer<T> into) =>
        {
            var editor = VBufferEditor.Create(ref into, values.Length);
            values.CopyTo(editor.Values);
            into = editor.Commit();
        });

    public override IEstimator<ITransformer> Lookup(MLContext context, string outputColumnName, string inputColumnName)
    {
        var conversion = context.Transforms.Conversion;
        var table = values.Select((value, index) => KeyValuePair.Create((uint)index + 1, value));
        // ML.NET's lookup makes keys of texts; keys of numbers it would turn into keys of texts.
        if (item is TextDataViewType)
            return conversion.MapValue(outputColumnName, table, inputColumnName, treatValuesAsKeyType: true);
        return conversion.MapValue(outputColumnName, table, inputColumnName)
            .Append(conversion.MapValueToKey(outputColumnName, keyData: context.Data.LoadFromEnumerable(values.Select(value => new Entry { Value = value }))));
    }

    private sealed class Entry
    {
        public T Value { get; set; } = default!;
    }
}
