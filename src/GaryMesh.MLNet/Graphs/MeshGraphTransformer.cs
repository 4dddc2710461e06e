// The fitted stage whose rows are graphs.
using GaryMesh.MLNet.Rows;
using Microsoft.ML;

namespace GaryMesh.MLNet;

/// <summary>
/// A trained predictor of graphs: scores each row by its own cells and edges, and adds <c>Score</c>, for classes <c>PredictedLabel</c> too
/// (and <c>Probability</c>, where there are two).
/// </summary>
/// <remarks>A row without cells, or with a missing feature that the model does not take, has the score NaN.</remarks>
public sealed class MeshGraphTransformer : MeshRowTransformer, ISingleFeaturePredictionTransformer<MeshModel>
{
    internal MeshGraphTransformer(MeshModel model)
        : base(model)
    {
    }

    private protected override RowMapping MappingOf(DataViewSchema schema) => new GraphMapping(Model, schema);
}
