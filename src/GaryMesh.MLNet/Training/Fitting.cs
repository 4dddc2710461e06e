// Runs a training under ML.NET's eyes: seed, log, cancellation.
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet.Training;

/// <summary>An estimator's host, options and seed: whatever it is fitted to, it is fitted here.</summary>
internal class Fitting
{
    private readonly MeshOptions _options;
    private readonly ulong _seed;

    /// <summary>The seed is the options', or the next of the context's: the same estimator gives the same model each time.</summary>
    public Fitting(IHostEnvironment env, string estimator, MeshOptions options)
    {
        ArgumentNullException.ThrowIfNull(env);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        Host = env.Register(estimator);
        _options = options;
        _seed = (ulong)(options.Seed ?? Host.Rand.Next());
    }

    public IHost Host { get; }

    /// <summary>The seed of whatever rows are drawn before training.</summary>
    public int SplitSeed => unchecked((int)_seed);

    /// <summary>Tells the user of what is not as it might be meant.</summary>
    public void Warn(string message)
    {
        using var channel = Host.Start("Training");
        channel.Warning(MessageSensitivity.None, message);
    }

    /// <summary>Tells whoever listens closely.</summary>
    public void Trace(string message)
    {
        using var channel = Host.Start("Training");
        channel.Trace(MessageSensitivity.None, message);
    }

    /// <summary>Trains a model of a shape, from the start that the options name; without a graph, each row has its own.</summary>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Training diverged before there was a model whose loss is finite.</exception>
    public Model Run(ModelShape shape, Scaling scaling, Graph? graph, ModelData training, ModelData? validation)
    {
        var start = _options.InitialModel is { } initial ? GoOn(initial.Network, shape) : Model.Create(shape, scaling, _options.RuleStart, _seed);
        using var channel = Host.Start("Training");
        channel.Info(
            MessageSensitivity.None,
            "Training {0} parameters on {1} rows of {2}",
            start.ParameterCount,
            training.Rows,
            graph is null ? "a graph each" : $"{graph.Cells} cells");
        using var trainer = new ModelTrainer(start, graph, _options.Task(_seed, start.Scaling.UnitSum, shape), training, validation, _options.EngineOptions);
        var outcome = trainer.Run(new Progress(channel, _options.ReportEvery), _options.CancellationToken);
        switch (outcome.End)
        {
            case TrainingEnd.Cancelled:
                throw new OperationCanceledException("Training was cancelled.", _options.CancellationToken);
            case TrainingEnd.Diverged when outcome.BestEpoch > 0:
                channel.Warning(
                    MessageSensitivity.None,
                    "The loss was no longer finite after epoch {0}, so training ended with the model of epoch {1}; a lower learning rate may help.",
                    outcome.Epochs,
                    outcome.BestEpoch);
                break;
            case TrainingEnd.Diverged:
                throw Diverged();
            case TrainingEnd.EarlyStopped:
                channel.Info(MessageSensitivity.None, "Training stopped early after epoch {0}; epoch {1} was the best", outcome.Epochs, outcome.BestEpoch);
                break;
        }

        // The last step's model was not seen by any loss yet.
        var (first, last) = (trainer.Validate(start.ToArray(), training), trainer.Validate(outcome.Model.ToArray(), training));
        if (!double.IsFinite(last))
            throw Diverged();
        if (last > 2 * first)
            channel.Warning(MessageSensitivity.None, "The loss on the training rows rose from {0:G4} to {1:G4}; a lower learning rate may help.", first, last);
        return outcome.Model;
    }

    private static Model GoOn(Model initial, ModelShape shape)
    {
        var (given, expected) = (Sizes(initial.Shape), Sizes(shape));
        return given == expected ? new Model(shape, initial.Scaling, initial.Parameters) : throw new ArgumentException(
            $"The option InitialModel is a model of {given}, but the options and the data make one of {expected}.", nameof(MeshOptions.InitialModel));
    }

    private static string Sizes(ModelShape shape) =>
        $"{shape.Features} features, {shape.EncoderInputs} to {shape.EncoderOutputs} encoded values, {shape.Channels} channels, {shape.Steps} steps, {shape.ParameterCount} parameters and {shape.Outputs} outputs, perceiving '{shape.Perception.Text}'";

    private InvalidOperationException Diverged() => new(
        FormattableString.Invariant($"Training diverged: no epoch ended with a finite loss at the learning rate {_options.LearningRate}, so there is no model; a lower one may help."));

    /// <summary>Reports at once, where <see cref="Progress{T}"/> would do so at some later time.</summary>
    private sealed class Progress(IChannel channel, int every) : IProgress<ModelReport>
    {
        public void Report(ModelReport value)
        {
            if (every <= 0 || (value.Epoch % every != 0 && value.Epoch != value.Epochs))
                return;
            if (double.IsNaN(value.ValidationLoss))
                channel.Info(MessageSensitivity.None, "Epoch {0} of {1}: loss {2:F5}", value.Epoch, value.Epochs, value.Loss);
            else
                channel.Info(MessageSensitivity.None, "Epoch {0} of {1}: loss {2:F5}, validation loss {3:F5}", value.Epoch, value.Epochs, value.Loss, value.ValidationLoss);
        }
    }
}
