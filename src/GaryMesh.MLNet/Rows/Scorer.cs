// Runs a model on one row after the other, without allocating.
using System.Collections.Concurrent;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Rows;

/// <summary>A model made ready to score rows, for one reader at a time.</summary>
internal sealed class Scorer
{
    private readonly Predictor _predictor;
    private readonly float[] _row;
    private readonly float[] _features;
    private readonly float[] _state;
    private readonly float[] _outputs;

    // Rows are streamed by as many cursors as ML.NET sees fit, so each runs on the thread that reads it.
    public Scorer(MeshModel model)
    {
        Model = model;
        _predictor = new Predictor(model.Network, model.Graph!.Graph, new EngineOptions { Threads = 1 });
        _row = new float[model.FeatureCount];
        _features = model.Layout.Interleaves ? new float[model.FeatureCount] : _row;
        _state = model.Choice is null ? [] : new float[model.Graph.Cells * model.Network.Shape.Channels];
        _outputs = new float[model.Outputs.Width];
    }

    public MeshModel Model { get; }

    /// <summary>The finished outputs of the last row.</summary>
    public ReadOnlySpan<float> Outputs => _outputs;

    /// <summary>Scores a row whose columns of features stand side by side, dense or sparse.</summary>
    public void Score(in VBuffer<float> row)
    {
        if (row.Length != _row.Length)
            throw new InvalidOperationException($"A row of column '{Model.FeatureColumnName}' holds {row.Length} values instead of {_row.Length}: is an array null?");
        var interleaves = Model.Layout.Interleaves;
        if (!row.IsDense || interleaves)
            row.CopyTo(_row);
        if (interleaves)
            Model.Layout.Interleave(_row, _features);
        var features = row.IsDense && !interleaves ? row.GetValues() : _features;
        if (!Model.Network.Shape.Missing && Unmeasured(features))
        {
            _outputs.AsSpan().Fill(float.NaN);
        }
        else if (Model.Choice is { } choice)
        {
            _predictor.State(features, _state);
            choice.Pick(_state, Model.Network.Shape.Channels, _outputs);
        }
        else
        {
            _predictor.Score(features, _outputs);
            Model.Finish(_outputs);
        }
    }

    // A model without missing values gives NaN for a row that has one, as ML.NET's own linear models do.
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

/// <summary>A model's scorers: a reader of rows rents one and returns it for the next.</summary>
internal sealed class Scorers(MeshModel model)
{
    private readonly ConcurrentBag<Scorer> _idle = [];

    public MeshModel Model => model;

    public Scorer Rent() => _idle.TryTake(out var scorer) ? scorer : new Scorer(model);

    public void Return(Scorer scorer) => _idle.Add(scorer);
}
