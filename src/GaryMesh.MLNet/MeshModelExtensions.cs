// From a model back to a pipeline: the stage that runs it.
using Microsoft.ML;

namespace GaryMesh.MLNet;

/// <summary>Makes stages of models.</summary>
public static class MeshModelExtensions
{
    /// <summary>The stage that runs the model: <see cref="MeshFeaturizingTransformer"/>, <see cref="MeshPredictionTransformer"/>,
    /// <see cref="MeshGraphTransformer"/> or <see cref="MeshNodeTransformer"/> by its <see cref="MeshModel.Task"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="mlContext">The context, for messages.</param>
    public static ITransformer CreateTransformer(this MeshModel model, MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(mlContext);
        return model.Table is not null ? new MeshGraphTransformer(model)
            : model.Nodes is not null ? new MeshNodeTransformer(mlContext, model)
            : model.Choice is not null ? new MeshFeaturizingTransformer(model)
            : new MeshPredictionTransformer(model);
    }
}
