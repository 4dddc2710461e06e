// Columns of a SchemaShape, whose constructor ML.NET keeps to itself: a stock estimator that would make such a column describes it.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

internal static class Shapes
{
    private static readonly SchemaShape _empty = new([]);
    private static readonly MLContext _stock = new();

    private sealed class Nothing;

    private sealed class Holder
    {
        public float Number { get; set; }

        public VBuffer<float> Vector { get; set; }

        public uint Key { get; set; }

        public bool Truth { get; set; }
    }

    /// <summary>The shape of a column that a stage adds, its annotations promised.</summary>
    public static SchemaShape.Column Of(DataViewSchema.DetachedColumn column)
    {
        var member = column.Type switch
        {
            VectorDataViewType => nameof(Holder.Vector),
            KeyDataViewType => nameof(Holder.Key),
            BooleanDataViewType => nameof(Holder.Truth),
            _ => nameof(Holder.Number),
        };
        var definition = SchemaDefinition.Create(typeof(Holder), SchemaDefinition.Direction.Write);
        definition.RemoveAll(candidate => candidate.MemberName != member);
        definition[0].ColumnName = column.Name;
        definition[0].ColumnType = column.Type;
        if (column.Annotations is not null)
        {
            foreach (var annotation in column.Annotations.Schema)
                Promise(definition[0], annotation);
        }

        return _stock.Transforms
            .CustomMapping<Nothing, Holder>((_, _) => { }, contractName: null, outputSchemaDefinition: definition)
            .GetOutputSchema(_empty)
            .Single();
    }

    // A shape speaks of an annotation's type alone, so an empty value stands for the one to come.
    private static void Promise(SchemaDefinition.Column column, DataViewSchema.Column annotation)
    {
        var type = annotation.Type;
        if (type is VectorDataViewType vector)
            Add(column, annotation.Name, vector.ItemType.RawType, typeof(VBuffer<>).MakeGenericType(vector.ItemType.RawType), type);
        else
            Add(column, annotation.Name, type.RawType, type.RawType, type);
    }

    private static void Add(SchemaDefinition.Column column, string kind, Type item, Type raw, DataViewType type)
    {
        var size = (type as VectorDataViewType)?.Size ?? 0;
        var value = raw == item ? Activator.CreateInstance(raw)! : Activator.CreateInstance(raw, size, Array.CreateInstance(item, size), null)!;
        typeof(SchemaDefinition.Column).GetMethod(nameof(SchemaDefinition.Column.AddAnnotation))!
            .MakeGenericMethod(raw).Invoke(column, [kind, value, type]);
    }
}
