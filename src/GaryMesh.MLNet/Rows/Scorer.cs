// Runs a model on one row after the other, without allocating.
namespace GaryMesh.MLNet.Rows;

/// <summary>A model made ready to score rows, for one reader at a time.</summary>
internal sealed class Scorer
{
    private readonly Predictor _predictor;
    private readonly MeshModel _model;
    private readonly float[] _state;

    // Rows are streamed by as many cursors as ML.NET sees fit, so each runs on the thread that reads it.
    public Scorer(MeshModel model)
    {
        _model = model;
        _predictor = new Predictor(model.Network, model.Graph!.Graph, new EngineOptions { Threads = 1 });
        _state = model.Choice is null ? [] : new float[model.Graph.Cells * model.Network.Shape.Channels];
    }

    /// <summary>The finished outputs of a row of features [cells x k].</summary>
    public void Score(ReadOnlySpan<float> features, Span<float> outputs)
    {
        if (!_model.Network.Shape.Missing && Unmeasured(features))
        {
            outputs.Fill(float.NaN);
        }
        else if (_model.Choice is { } choice)
        {
            _predictor.State(features, _state);
            choice.Pick(_state, _model.Network.Shape.Channels, outputs);
        }
        else
        {
            _predictor.Score(features, outputs);
            if (_model.Task == MeshTask.Multiclass)
                _model.Network.Shape.Head.Probabilities(outputs, outputs.Length, outputs);
        }
    }

    // What a model without missing values says of a row that has one is not known, as with ML.NET's own linear models.
    private static bool Unmeasured(ReadOnlySpan<float> features)
    {
        foreach (var feature in features)
        {
            if (float.IsNaN(feature))
                return true;
        }

        return false;
    }
}
