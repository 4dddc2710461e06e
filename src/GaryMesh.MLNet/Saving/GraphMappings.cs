// The custom mappings of a lowered stage whose rows are graphs.
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace GaryMesh.MLNet.Saving;

internal sealed class GraphSource
{
    [ColumnName(Columns.Input)]
    public VBuffer<float> Input { get; set; }

    [ColumnName(Columns.Edges)]
    public VBuffer<int> Edges { get; set; }

    [ColumnName(Columns.EdgeWeights)]
    public VBuffer<float> Weights { get; set; }

    [ColumnName(Columns.Model)]
    public ReadOnlyMemory<char> Model { get; set; }
}

/// <summary>Applies the model whose text comes with the row to the row's graph.</summary>
internal abstract class GraphFactory<T> : CustomMappingFactory<GraphSource, T>
    where T : ScoringTarget, new()
{
    public override Action<GraphSource, T> GetMapping()
    {
        var carried = new CarriedModel();
        return (source, target) => target.Run(source, carried.Of(source.Model));
    }
}

[CustomMappingFactoryAttribute("GaryMesh.GraphMulticlass")]
internal sealed class GraphMulticlassFactory : GraphFactory<MulticlassTarget>;

[CustomMappingFactoryAttribute("GaryMesh.GraphBinary")]
internal sealed class GraphBinaryFactory : GraphFactory<BinaryTarget>;

[CustomMappingFactoryAttribute("GaryMesh.GraphRegression")]
internal sealed class GraphRegressionFactory : GraphFactory<RegressionTarget>;
