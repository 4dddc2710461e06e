using Orleans.Concurrency;

namespace GaryMesh.Cluster;

/// <summary>A share of a training on a silo: the engine's tables, and the gradient of the rollouts of the last batch.</summary>
[Reentrant, KeepAlive, Spread]
internal sealed class GradientGrain(PartStore store, ILocalSiloDetails silo) : Grain, IGradientGrain
{
    /// <summary>How long an asker waits for a share before it is told to ask again.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    private Prepared? _prepared;
    private Loss? _loss;
    private string? _error;
    private Task? _made;
    private long _number;
    private Task<SharedOutcome[]> _work = Task.FromResult<SharedOutcome[]>([]);

    public Task Begin(TrainSpec spec) => _made ??= Make(spec);

    public async Task<ShareAnswer> Differentiate(GradientShare share)
    {
        if (_made is null)
            return new(false, null, null);

        await _made;

        if (_prepared is not { } prepared)
            return new(true, _error, null);

        if (share.Number != _number)
        {
            _number = share.Number;
            var before = _work;
            _work = Task.Run(async () =>
            {
                await before.ContinueWith(_ => { }, TaskScheduler.Default);
                return Work(prepared, _loss!, share);
            });
        }

        var work = _work;
        await Task.WhenAny(work, Task.Delay(_patience));
        return work.IsFaulted ? new(true, work.Exception.InnerException!.Message, null)
            : work.IsCompleted ? new(true, null, await work)
            : new(true, null, null);
    }

    public async Task<Immutable<double[]>?> Add(long number, Immutable<double[]> before)
    {
        if (number != _number || !_work.IsCompletedSuccessfully || _prepared is not { } prepared)
            return null;

        return await Task.Run(() =>
        {
            double[] gradient = [.. before.Value];
            prepared.AddGradient(gradient);
            return gradient.AsImmutable();
        });
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _work.ContinueWith(_ => { }, TaskScheduler.Default);
        _prepared?.Dispose();
    }

    private async Task Make(TrainSpec spec)
    {
        try
        {
            if (spec.Version != RunSpec.Current)
                throw new ArgumentException($"Silo {silo.Name} has version {RunSpec.Current}, but the training was described by version {spec.Version}.");

            (_prepared, _loss) = await Task.Run(() =>
            {
                var automaton = spec.Automaton();
                var options = new EngineOptions { Threads = store.Threads };
                return (new Prepared(automaton, spec.Graph.Graph(), options), spec.Loss(automaton.Rule.Shape.Channels));
            });
        }
        catch (ArgumentException fault)
        {
            _error = fault.Message;
        }
    }

    private static SharedOutcome[] Work(Prepared prepared, Loss loss, GradientShare share)
    {
        var shape = prepared.Automaton.Rule.Shape;
        prepared.Load(new Rule(shape, share.Parameters), share.TimeStep, share.FireRate);
        var cells = prepared.Graph.Cells;
        Rollout[] rollouts = [.. share.Rollouts.Select(one =>
            Rollout.Of(new State(cells, shape.Channels, one.Start), one.Steps, Firing.Of(one.Seed, one.Sample)))];
        var outcomes = prepared.Differentiate(rollouts, [.. rollouts.Select(_ => loss)], share.Key);
        return [.. outcomes.Select(SharedOutcome.Of)];
    }
}
