// The tasks that a model may be made for, and all that follows from each.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Models;

namespace GaryMesh.MLNet;

/// <summary>The task of a model: the kind of rows, and of outputs.</summary>
public sealed class MeshTask
{
    private MeshTask(string name, ColumnKind labels, Pooling pooling, Func<int, KeyNames?, Outputs> outputs)
    {
        Name = name;
        Labels = labels;
        Pooling = pooling;
        Outputs = outputs;
    }

    /// <summary>A row is a signal over the cells; its features are the cells' final states.</summary>
    public static MeshTask Features { get; } = new("Features", ColumnKind.Vector, Pooling.Cells, Numbers);

    /// <summary>A row is a signal of one of several classes.</summary>
    public static MeshTask Multiclass { get; } = new("Multiclass", ColumnKind.Key, Pooling.Mean, Classes);

    /// <summary>A row is a signal that is positive or negative.</summary>
    public static MeshTask Binary { get; } = new("Binary", ColumnKind.Boolean, Pooling.Mean, (_, _) => new BinaryOutputs());

    /// <summary>A row is a signal that has a number.</summary>
    public static MeshTask Regression { get; } = new("Regression", ColumnKind.Single, Pooling.Mean, Number);

    /// <summary>A row is a snapshot of all cells, and every cell has numbers.</summary>
    public static MeshTask Field { get; } = new("Field", ColumnKind.Vector, Pooling.Cells, Numbers);

    /// <summary>A row is a cell of one of several classes.</summary>
    public static MeshTask NodeMulticlass { get; } = new("NodeMulticlass", ColumnKind.Key, Pooling.Cells, Classes) { IsOfNodes = true };

    /// <summary>A row is a cell that is positive or negative.</summary>
    public static MeshTask NodeBinary { get; } = new("NodeBinary", ColumnKind.Boolean, Pooling.Cells, (_, _) => new BinaryOutputs()) { IsOfNodes = true };

    /// <summary>A row is a cell; its features are its final state.</summary>
    public static MeshTask NodeFeatures { get; } = new("NodeFeatures", ColumnKind.Vector, Pooling.Cells, Numbers) { IsOfNodes = true };

    /// <summary>A row is a cell; its numbers tell which others it is joined to.</summary>
    public static MeshTask NodeLinks { get; } = new("NodeLinks", ColumnKind.Vector, Pooling.Cells, Numbers) { IsOfNodes = true };

    /// <summary>A row is a cell that has a number.</summary>
    public static MeshTask NodeRegression { get; } = new("NodeRegression", ColumnKind.Single, Pooling.Cells, Number) { IsOfNodes = true };

    /// <summary>A row is a graph of one of several classes.</summary>
    public static MeshTask GraphMulticlass { get; } = new("GraphMulticlass", ColumnKind.Key, Pooling.Mean, Classes) { IsOfGraphs = true };

    /// <summary>A row is a graph that is positive or negative.</summary>
    public static MeshTask GraphBinary { get; } = new("GraphBinary", ColumnKind.Boolean, Pooling.Mean, (_, _) => new BinaryOutputs()) { IsOfGraphs = true };

    /// <summary>A row is a graph that has a number.</summary>
    public static MeshTask GraphRegression { get; } = new("GraphRegression", ColumnKind.Single, Pooling.Mean, Number) { IsOfGraphs = true };

    /// <summary>The name of the task in files.</summary>
    public string Name { get; }

    internal static IReadOnlyList<MeshTask> All { get; } =
        [
            Features, Multiclass, Binary, Regression, Field, NodeMulticlass, NodeBinary, NodeRegression, NodeFeatures, NodeLinks,
            GraphMulticlass, GraphBinary, GraphRegression,
        ];

    /// <summary>The type of the label column. A featurizer has none: it is fitted to reconstruct the signal's values.</summary>
    internal ColumnKind Labels { get; }

    /// <summary>Whether a label is a cell's, or a row's, which is predicted by the mean of the cells' outputs.</summary>
    internal Pooling Pooling { get; }

    /// <summary>The columns that a model adds, by the number of a row's outputs and the classes' names.</summary>
    internal Func<int, KeyNames?, Outputs> Outputs { get; }

    /// <summary>Whether rows are the cells of one graph, so that the table is the graph and the model needs none.</summary>
    internal bool IsOfNodes { get; private init; }

    /// <summary>Whether each row is a graph of its own.</summary>
    internal bool IsOfGraphs { get; private init; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static MulticlassOutputs Classes(int width, KeyNames? names) => new(width, names);

    private static RegressionOutputs Number(int width, KeyNames? names) => new();

    private static FieldOutputs Numbers(int width, KeyNames? names) => new(width);
}
