// Runs a training under ML.NET's eyes: seed, log, cancellation.
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet.Training;

internal static class Fitting
{
    /// <summary>What ML.NET is told of every trainer here: features are scaled within the model, and read once. Its constructor
    /// is ML.NET's own, so a stock trainer of the same needs lends it.</summary>
    public static readonly TrainerInfo Info = new MLContext().MulticlassClassification.Trainers.NaiveBayes().Info;

    /// <summary>The seed of an estimator: its options', or the next of its context's.</summary>
    public static ulong SeedOf(IHost host, MeshOptions options) => (ulong)(options.Seed ?? host.Rand.Next());

    /// <summary>Trains a model.</summary>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static Model Run(
        IHost host, MeshOptions options, Model start, Graph graph, ModelData training, ModelData? validation, ulong seed)
    {
        using var channel = host.Start("Training");
        channel.Info(
            MessageSensitivity.None,
            "Training {0} parameters on {1} rows of {2} cells",
            start.ParameterCount,
            training.Rows,
            graph.Cells);
        using var trainer = new ModelTrainer(start, graph, options.Task(seed), training, validation, options.EngineOptions);
        var outcome = trainer.Run(new Progress(channel, options.ReportEvery), options.CancellationToken);
        switch (outcome.End)
        {
            case ModelEnd.Cancelled:
                throw new OperationCanceledException("Training was cancelled.", options.CancellationToken);
            case ModelEnd.Diverged:
                channel.Warning(
                    MessageSensitivity.None,
                    "The loss was no longer finite after epoch {0}, so training ended with the last good model; a lower learning rate may help.",
                    outcome.Epochs);
                break;
            case ModelEnd.Stopped:
                channel.Info(MessageSensitivity.None, "Training stopped early after epoch {0}; epoch {1} was the best", outcome.Epochs, outcome.BestEpoch);
                break;
        }

        return outcome.Model;
    }

    /// <summary>Reports at once, where <see cref="Progress{T}"/> would do so at some later time.</summary>
    private sealed class Progress(IChannel channel, int every) : IProgress<ModelReport>
    {
        public void Report(ModelReport value)
        {
            if (every <= 0 || (value.Epoch % every != 0 && value.Epoch != value.Epochs))
                return;
            if (double.IsNaN(value.Validation))
                channel.Info(MessageSensitivity.None, "Epoch {0} of {1}: loss {2:F5}", value.Epoch, value.Epochs, value.Loss);
            else
                channel.Info(MessageSensitivity.None, "Epoch {0} of {1}: loss {2:F5}, validation loss {3:F5}", value.Epoch, value.Epochs, value.Loss, value.Validation);
        }
    }
}
