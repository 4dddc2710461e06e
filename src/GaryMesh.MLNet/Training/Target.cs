// What a trainer learns to say: the task, what its labels are, and how they are read.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Training;

/// <summary>Reads the labels of whatever row a cursor stands at: as many numbers as the target has, NaN for missing.</summary>
internal delegate void LabelReader(Span<float> labels, int row);

/// <summary>A kind of target, before its data are known.</summary>
/// <param name="Task">What models of it are made for.</param>
/// <param name="Labels">What a label column must be.</param>
/// <param name="Loss">The loss of a trainer's choice, where the task leaves one.</param>
internal sealed record Target(MeshTask Task, ColumnKind Labels, Head Loss)
{
    public Pooling Pooling => Task is MeshTask.Multiclass or MeshTask.Binary or MeshTask.Regression ? Pooling.Mean : Pooling.Cells;

    /// <summary>Number of outputs of a target, from the label column.</summary>
    public int OutputsOf(DataViewSchema.Column label, int cells) => label.Type switch
    {
        KeyDataViewType key => checked((int)key.Count),
        VectorDataViewType => label.ValuesPerCell("label", cells),
        _ => 1,
    };

    /// <summary>Reads labels of a cursor; a label outside the key's range is refused.</summary>
    public static LabelReader Reader(DataViewRow row, DataViewSchema.Column label)
    {
        switch (label.Type)
        {
            case KeyDataViewType key:
                var getKey = row.GetGetter<uint>(label);
                uint value = 0;
                return (labels, number) =>
                {
                    getKey(ref value);
                    if (value > key.Count)
                        throw new InvalidOperationException($"Row {number} of label column '{label.Name}' holds the key {value}, but its type {key} has {key.Count} values");
                    labels[0] = value == 0 ? float.NaN : value - 1;
                };
            case BooleanDataViewType:
                var getTruth = row.GetGetter<bool>(label);
                var truth = false;
                return (labels, _) =>
                {
                    getTruth(ref truth);
                    labels[0] = truth ? 1 : 0;
                };
            case VectorDataViewType:
                var getVector = row.GetGetter<VBuffer<float>>(label);
                VBuffer<float> vector = default;
                return (labels, number) =>
                {
                    getVector(ref vector);
                    vector.CopyTo(labels);
                    foreach (var one in labels)
                        RefuseInfinite(one, label.Name, number);
                };
            default:
                var getNumber = row.GetGetter<float>(label);
                return (labels, number) =>
                {
                    getNumber(ref labels[0]);
                    RefuseInfinite(labels[0], label.Name, number);
                };
        }
    }

    /// <summary>The columns that a trainer promises before it has seen data.</summary>
    public SchemaShape.Column[] Promised(SchemaShape.Column label)
    {
        // Sizes do not show in a shape: two classes stand for any number of them.
        var item = label.Annotations.Where(annotation => annotation.Name == "KeyValues").Select(annotation => annotation.ItemType).FirstOrDefault();
        Outputs outputs = Task switch
        {
            MeshTask.Multiclass or MeshTask.NodeMulticlass => new MulticlassOutputs(2, item is null ? null : KeyNames.Sample(item)),
            MeshTask.Binary => new BinaryOutputs(),
            MeshTask.Field => new FieldOutputs(2),
            _ => new RegressionOutputs(),
        };
        return [.. outputs.Columns.Select(Shapes.Of)];
    }

    private static void RefuseInfinite(float label, string column, int row)
    {
        if (float.IsInfinity(label))
            throw new InvalidOperationException($"Row {row} of label column '{column}' holds {label}, which is no finite number");
    }
}
