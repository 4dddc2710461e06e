using System.Collections.Concurrent;

namespace GaryMesh.ChatGraft;

/// <summary>What one optimiser step came to.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="Loss">Mean cross-entropy of its batch in nats a token, before the step.</param>
/// <param name="GradientNorm">Norm of the gradient before it was clipped.</param>
/// <param name="LearningRate">The step's learning rate.</param>
public readonly record struct StepReport(int Step, double Loss, double GradientNorm, double LearningRate);

/// <summary>Trains a cortex, a graft in a frozen cortex, or both together, on windows of a token stream. The same settings
/// and seed give the same bits for any number of threads, and after any number of stops.</summary>
public sealed class CortexTrainer : IDisposable
{
    private readonly PackedCortex _packed;
    private readonly Grafting? _grafting;
    private readonly int[] _tokens;
    private readonly int _length;
    private readonly WindowSampler _sampler;
    private readonly ParallelOptions _options;
    private readonly ConcurrentBag<CortexPass> _idle = [];
    private readonly List<CortexPass> _passes = [];
    private readonly GradientSums? _cortexSums;
    private readonly GradientSums? _graftSums;

    /// <summary>Prepares a training; the parameters of cortex and graft change in place as it goes on.</summary>
    /// <param name="cortex">The cortex.</param>
    /// <param name="tokens">The token stream.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="grafting">A graft to train with it, or null.</param>
    /// <param name="frozen">Whether the cortex stays as it is.</param>
    /// <exception cref="ArgumentException">The parts do not fit each other; the message names both.</exception>
    public CortexTrainer(
        Cortex cortex, int[] tokens, TrainingSettings settings, int threads = 0, Grafting? grafting = null, bool frozen = false)
    {
        ArgumentNullException.ThrowIfNull(cortex);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check(cortex.Shape);
        CortexPass.Check(cortex.Shape, grafting);

        if (frozen && grafting is null)
            throw new ArgumentException("A frozen cortex without a graft leaves nothing to train.");

        (Cortex, Settings, _tokens, _grafting) = (cortex, settings, tokens, grafting);
        _length = settings.Length == 0 ? cortex.Shape.Context : settings.Length;
        _sampler = new WindowSampler(tokens.Length, _length, settings.Seed);
        _options = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount };
        _packed = new PackedCortex(cortex, training: true);
        var pieces = settings.Batch / settings.Piece;

        if (!frozen)
        {
            _cortexSums = new GradientSums(pieces, cortex.Shape.ParameterCount);
            CortexMoments = new AdamW(cortex.Shape.ParameterCount, beta2: settings.Beta2);
        }

        if (grafting is not null)
        {
            _graftSums = new GradientSums(pieces, grafting.Graft.Parameters.Length);
            GraftMoments = new AdamW(grafting.Graft.Parameters.Length, beta2: settings.Beta2);
        }
    }

    /// <summary>The cortex as it is now.</summary>
    public Cortex Cortex { get; }

    /// <summary>How it is trained.</summary>
    public TrainingSettings Settings { get; }

    /// <summary>The cortex, packed as it is now, for evaluations between two steps.</summary>
    public PackedCortex Packed => _packed;

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Tokens predicted in each step.</summary>
    public int TokensPerStep => Settings.Batch * _length;

    /// <summary>The optimiser's memory of the cortex, null when it is frozen.</summary>
    public AdamW? CortexMoments { get; }

    /// <summary>The optimiser's memory of the graft, null without one.</summary>
    public AdamW? GraftMoments { get; }

    /// <summary>Goes on after so many steps; parameters and moments are the caller's to restore first.</summary>
    public void ContinueAfter(int step)
    {
        Step = step;
        _packed.Reload();
        ReloadGrafts();
    }

    /// <summary>One optimiser step.</summary>
    /// <exception cref="InvalidDataException">The loss or the gradient is no longer finite; nothing has been
    /// changed.</exception>
    public StepReport Next()
    {
        var pieces = Settings.Batch / Settings.Piece;
        var losses = new double[pieces];
        var starts = new int[Settings.Batch];

        for (var i = 0; i < starts.Length; i++)
            starts[i] = _sampler.Start(((long)Step * Settings.Batch) + i);

        Parallel.For(0, pieces, _options, piece =>
        {
            var pass = Take();
            losses[piece] = Learn(pass, starts.AsSpan(piece * Settings.Piece, Settings.Piece), piece);
            _idle.Add(pass);
        });

        var loss = losses.Sum() / TokensPerStep;
        var norm = Math.Sqrt((_cortexSums?.Reduce(_options) ?? 0.0) + (_graftSums?.Reduce(_options) ?? 0.0));

        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new InvalidDataException(
                $"Training diverged at step {Step}: the loss is {loss} and the gradient's norm {norm}.");
        }

        var rate = Settings.RateAt(Step);
        Update(rate, (float)Math.Min(1.0, Settings.ClipNorm / norm));
        Step++;
        return new StepReport(Step, loss, norm, rate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pass in _passes)
            pass.Dispose();

        _packed.Dispose();
    }

    private CortexPass Take()
    {
        if (_idle.TryTake(out var idle))
            return idle;

        var pass = new CortexPass(_packed, Settings.Piece, _length, _grafting);

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
            _tokens.AsSpan(starts[i] + 1, _length).CopyTo(targets.AsSpan(i * _length));
        }

        pass.Forward(inputs, _length);
        return pass.Backward(targets, 1.0f / TokensPerStep, _cortexSums?.Begin(piece), _graftSums?.Begin(piece));
    }

    private void Update(double rate, float scale)
    {
        if (_cortexSums is not null)
        {
            _cortexSums.EachChunk(_options, (start, end) =>
            {
                foreach (var slice in Cortex.Shape.Slices.Where(slice => slice.Offset < end && slice.End > start))
                {
                    CortexMoments!.Step(
                        Cortex.Parameters,
                        _cortexSums.Total,
                        scale,
                        rate,
                        slice.IsMatrix ? Settings.WeightDecay : 0.0,
                        Step + 1,
                        Math.Max(start, slice.Offset),
                        Math.Min(end, slice.End));
                }
            });
            _packed.Reload();
        }

        if (_graftSums is not null)
        {
            _graftSums.EachChunk(_options, (start, end) =>
                GraftMoments!.Step(_grafting!.Graft.Parameters, _graftSums.Total, scale, rate, 0.0, Step + 1, start, end));
            ReloadGrafts();
        }
    }

    private void ReloadGrafts()
    {
        foreach (var pass in _passes)
            pass.ReloadGraft();
    }
}
