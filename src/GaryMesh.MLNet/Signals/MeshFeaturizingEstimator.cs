// The featurizer: a given rule, a trained model, or one that is fitted without labels.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Models;
using GaryMesh.MLNet.Signals;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet;

/// <summary>Maps a signal over a graph to the final states of its cells after some steps of a rule.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator characteristics
///
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | Only without a given rule |
/// | Input column data type | known-size vector of Single: cells x k values, cell by cell |
/// | Output column data type | known-size vector of Single |
/// | Required NuGet in addition to Microsoft.ML | GaryMesh.MLNet |
/// | Exportable to ONNX | No |
/// ]]></format>
/// The rule is given (<see cref="Options.Rule"/>), comes with a trained model (<see cref="Options.Model"/>), or is fitted without
/// labels: some of the values are hidden, and the model is trained to reconstruct all values from the observed ones.
/// </remarks>
public sealed class MeshFeaturizingEstimator : IEstimator<MeshFeaturizingTransformer>
{
    private readonly Fitting _fitting;
    private readonly Options _options;

    /// <summary>Featurizes with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshFeaturizingEstimator(IHostEnvironment env, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.OutputColumnName);
        if (options.Graph is null && options.Model?.Graph is null)
            throw new ArgumentNullException(nameof(options), "A GaryMesh featurizer needs the graph of its cells: set Options.Graph.");
        if (options.Rule is not null && options.Model is not null)
            throw new ArgumentException("A GaryMesh featurizer takes a rule or a trained model, but both are given.", nameof(options));
        _fitting = new Fitting(env, nameof(MeshFeaturizingEstimator), options);
        _options = options;
    }

    private string[] Inputs => _options.InputColumnNames ?? [_options.InputColumnName ?? _options.OutputColumnName];

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (var name in Inputs)
            inputSchema.Require("input", name, ColumnKind.Vector);
        return inputSchema.With(new FeatureChoice(_options.OutputColumnName, [0, 1], Pooled: false).Outputs(cells: 1).Columns.Select(Shapes.Of));
    }

    /// <summary>Makes the stage; reads the data only where the rule is to be fitted.</summary>
    /// <param name="input">The signals.</param>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing, or of another type or size than it must be.</exception>
    /// <exception cref="InvalidOperationException">There is no row to be fitted to.</exception>
    /// <exception cref="OperationCanceledException">Fitting was cancelled.</exception>
    public MeshFeaturizingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var graph = _options.Graph ?? _options.Model!.Graph!;
        var layout = FeatureLayout.Of(input.Schema, "input", Inputs, graph.Cells);
        var features = layout.Features;

        var network = _options.Model is { } model ? model.Network
            : _options.Rule is { } rule ? Model.OfAutomaton(rule.WithFireRate(1), features)
            : Reconstruct(input, layout, graph.Graph);
        if (network.Shape.Features != features)
            throw Schemas.Mismatch(nameof(input), "input", string.Join("', '", Inputs), $"Vector<Single, {network.Shape.Features * graph.Cells}>", $"Vector<Single, {features * graph.Cells}>");
        var channels = _options.OutputChannels ?? [.. Enumerable.Range(0, network.Shape.Channels)];
        foreach (var channel in channels)
        {
            if (channel < 0 || channel >= network.Shape.Channels)
                throw new ArgumentOutOfRangeException(nameof(Options.OutputChannels), FormattableString.Invariant($"Channel {channel} is chosen, but the rule has the channels 0 to {network.Shape.Channels - 1}"));
        }

        return new MeshFeaturizingTransformer(new MeshModel(MeshTask.Features, network, graph, layout)
        {
            Choice = new FeatureChoice(_options.OutputColumnName, channels, _options.Pooled),
        });
    }

    private Model Reconstruct(IDataView input, FeatureLayout layout, Graph graph)
    {
        var (values, rows) = SignalRows.ReadFeatures(input, layout, graph.Cells);
        var shape = _options.Shape(graph, layout.Features, Head.Squared, layout.Features, Pooling.Cells, missing: true);
        var data = new ModelData(rows, values, values, null);
        return _fitting.Run(shape, Scaling.OfData(shape, graph.Cells, data), graph, data, null);
    }

    /// <summary>Options of <see cref="MeshFeaturizingEstimator"/>.</summary>
    public sealed class Options : MeshOptions
    {
        /// <summary>A quarter of the values is hidden where the rule is fitted.</summary>
        public Options()
        {
            MissingRate = 0.25;
            Channels = 12;
            HiddenUnits = 32;
            Steps = 4;
            NumberOfEpochs = 10;
        }

        /// <summary>The column to add.</summary>
        public string OutputColumnName = "Features";

        /// <summary>The column of signals; null for one of the same name as the output.</summary>
        public string? InputColumnName;

        /// <summary>Several columns of signals instead of one, each cell by cell: a cell has its values of the first column, then
        /// those of the second, and so on.</summary>
        public string[]? InputColumnNames;

        /// <summary>The graph of the cells; null for the model's own.</summary>
        public MeshGraph? Graph;

        /// <summary>A given rule (<c>RuleFile.Read</c> reads one from an .npz); every cell fires at every step. The
        /// features are the inputs of a rule that takes inputs, otherwise the initial state of its first channels.</summary>
        public Automaton? Rule;

        /// <summary>A trained model, whose encoder and rule are taken.</summary>
        public MeshModel? Model;

        /// <summary>The channels that are features; null for all.</summary>
        public int[]? OutputChannels;

        /// <summary>Whether the output is each channel's mean, standard deviation, minimum and maximum over all cells,
        /// instead of its value at every cell.</summary>
        public bool Pooled;
    }
}
