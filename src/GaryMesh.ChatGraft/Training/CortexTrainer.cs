using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace GaryMesh.ChatGraft;

/// <summary>Trains a cortex, a graft in a frozen cortex, or both together, on windows of a token stream, by the core's
/// training loop. The same settings and seed give the same bits for any number of threads, and after any number of stops.</summary>
public sealed class CortexTrainer : IDisposable
{
    private readonly Grafting? _grafting;
    private readonly int[] _tokens;
    private readonly int[] _said;
    private readonly int _length;
    private readonly WindowSampler _sampler;
    private readonly ParallelOptions _options;
    private readonly ConcurrentBag<CortexPass> _idle = [];
    private readonly List<CortexPass> _passes = [];
    private readonly GradientSums? _cortexSums;
    private readonly GradientSums? _graftSums;
    private readonly int _cortexCount;
    private readonly Training _begin;
    private readonly (string, string)[] _start;

    /// <summary>Prepares a training of the parameters that learn: those of the cortex, then those of the graft.</summary>
    /// <param name="cortex">The cortex; its parameters become the training's as it goes on.</param>
    /// <param name="tokens">The token stream.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="grafting">A graft to train with it, or null; its parameters become the training's, too.</param>
    /// <param name="frozen">Whether the cortex stays as it is.</param>
    /// <param name="validation">The validation loss of the cortex and the graft as they are, or null for none.</param>
    /// <param name="said">Of each token what the one before it has to say, -1 for nothing; null for the token itself.</param>
    /// <exception cref="ArgumentException">The parts do not fit each other; the message names both.</exception>
    public CortexTrainer(
        Cortex cortex,
        int[] tokens,
        TrainingSettings settings,
        int threads = 0,
        Grafting? grafting = null,
        bool frozen = false,
        Func<PackedCortex, double>? validation = null,
        int[]? said = null)
    {
        ArgumentNullException.ThrowIfNull(cortex);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check(cortex.Shape);
        CortexPass.Check(cortex.Shape, grafting);

        if (frozen && grafting is null)
            throw new ArgumentException("A frozen cortex without a graft leaves nothing to train.");

        if (said is not null && said.Length != tokens.Length)
            throw new ArgumentException($"A text of {tokens.Length} tokens has as many to be said, not {said.Length}.");

        (Cortex, Settings, _tokens, _said, _grafting) = (cortex, settings, tokens, said ?? tokens, grafting);
        _length = settings.Length == 0 ? cortex.Shape.Context : settings.Length;
        _sampler = new WindowSampler(tokens.Length, _length, settings.Seed);
        _options = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount };
        Packed = new PackedCortex(cortex, training: true);
        var pieces = settings.Batch / settings.Piece;
        var parts = new List<ParameterView>();

        if (!frozen)
        {
            _cortexCount = cortex.Shape.ParameterCount;
            _cortexSums = new GradientSums(pieces, _cortexCount);
            parts.AddRange(cortex.Shape.Views);
        }

        if (grafting is { Graft.Parameters.Length: var count })
        {
            _graftSums = new GradientSums(pieces, count);
            // Grafts do not decay, so theirs is not the role of weights.
            parts.Add(new ParameterView("graft", ParameterRole.Bias, _cortexCount, count, 1));
        }

        Func<float[], double>? validate = validation is null ? null : parameters =>
        {
            Load(parameters);
            return validation(Packed);
        };
        Loop = new TrainingLoop(
            new Objective(TrainedPart.All(parts), Gradient, validate),
            LoopSettings.Of(settings.Optimiser, settings.Steps)
                .WithClip(Clip.ByNorm(settings.ClipNorm))
                .WithValidation(settings.ValidationEvery, goal: double.NegativeInfinity));
        _begin = Loop.Begin([.. frozen ? [] : cortex.Parameters, .. grafting?.Graft.Parameters ?? []], new Pool([]));
        _start =
        [
            ("cortex", cortex.Shape.Text + (frozen ? $", frozen ({DigestOf<float>(cortex.Parameters)})" : "")),
            ("graft", grafting is null ? "none" : $"{grafting.Graft.GetType().Name} after block {grafting.After}"),
            ("start", DigestOf<float>(_begin.Parameters)),
            ("text", $"{tokens.Length} tokens ({DigestOf<int>(tokens)})" + (said is null ? "" : $", of which some are said ({DigestOf<int>(said)})")),
        ];
    }

    /// <summary>The cortex as it is now.</summary>
    public Cortex Cortex { get; }

    /// <summary>How it is trained.</summary>
    public TrainingSettings Settings { get; }

    /// <summary>The cortex, packed as it is now, for evaluations between two steps.</summary>
    public PackedCortex Packed { get; }

    /// <summary>The loop that trains.</summary>
    public TrainingLoop Loop { get; }

    /// <summary>What it is a training of, as a checkpoint names it (<see cref="TrainingFile"/>).</summary>
    public IEnumerable<(string Name, string Text)> Description => _start.Concat(Settings.Texts());

    /// <summary>Tokens predicted in each step.</summary>
    public int TokensPerStep => Settings.Batch * _length;

    /// <summary>The training before its first step.</summary>
    public Training Begin() => _begin;

    /// <summary>Trains to the end and leaves cortex and graft with what they have learnt.</summary>
    /// <param name="stop">Ends the training before its next step.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="InvalidDataException">A loss, a gradient or a parameter is no longer finite.</exception>
    public Training Run(CancellationToken stop)
    {
        var (training, end) = Loop.Run(_begin, stop, _ => { });
        stop.ThrowIfCancellationRequested();

        if (end == TrainingEnd.Diverged)
            throw new InvalidDataException($"Training diverged at step {training.Iteration + 1}: a loss, a gradient or a parameter is no longer finite.");

        Load(training.Parameters);
        return training;
    }

    /// <summary>Gives cortex and graft a training's parameters.</summary>
    public void Load(ReadOnlySpan<float> parameters)
    {
        if (_cortexCount > 0)
            Packed.Load(parameters[.._cortexCount]);

        if (_grafting is not null)
        {
            parameters[_cortexCount..].CopyTo(_grafting.Graft.Parameters);

            foreach (var pass in _passes)
                pass.ReloadGraft();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pass in _passes)
            pass.Dispose();

        Packed.Dispose();
    }

    internal static string DigestOf<T>(ReadOnlySpan<T> numbers)
        where T : unmanaged => TrainingFile.Digest(MemoryMarshal.AsBytes(numbers));

    private LossGradient Gradient(Training training)
    {
        Load(training.Parameters);
        var pieces = Settings.Batch / Settings.Piece;
        var losses = new double[pieces];
        var starts = new int[Settings.Batch];

        for (var i = 0; i < starts.Length; i++)
            starts[i] = _sampler.Start(((long)training.Iteration * Settings.Batch) + i);

        Parallel.For(0, pieces, _options, piece =>
        {
            var pass = Take();
            losses[piece] = Learn(pass, starts.AsSpan(piece * Settings.Piece, Settings.Piece), piece);
            _idle.Add(pass);
        });

        var derivatives = new double[training.Parameters.Length];
        _cortexSums?.Sum(_options, derivatives, 0);
        _graftSums?.Sum(_options, derivatives, _cortexCount);
        return new LossGradient(losses.Sum() / TokensPerStep, [], derivatives, training.Pool);
    }

    private CortexPass Take()
    {
        if (_idle.TryTake(out var idle))
            return idle;

        var pass = new CortexPass(Packed, Settings.Piece, _length, _grafting);

        lock (_passes)
            _passes.Add(pass);

        return pass;
    }

    private double Learn(CortexPass pass, ReadOnlySpan<int> starts, int piece)
    {
        var inputs = new int[starts.Length * _length];
        var targets = new int[inputs.Length];

        for (var i = 0; i < starts.Length; i++)
        {
            _tokens.AsSpan(starts[i], _length).CopyTo(inputs.AsSpan(i * _length));
            _said.AsSpan(starts[i] + 1, _length).CopyTo(targets.AsSpan(i * _length));
        }

        pass.Forward(inputs, _length);
        return pass.Backward(targets, 1.0f / TokensPerStep, _cortexSums?.Begin(piece), _graftSums?.Begin(piece));
    }
}
