using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace GaryMesh.Cluster;

/// <summary>One part of a run as a grain: its loop of asking for ghosts, stepping and keeping checkpoints.</summary>
/// <remarks>Calls interleave, so that a part answers while it waits. What takes long, steps above all, runs on threads of its own: a silo whose
/// scheduler is busy misses its probes and is taken for dead.</remarks>
[Reentrant, KeepAlive, Spread]
internal sealed class PartGrain(
    [PersistentState("even", Keeping.Storage)] IPersistentState<Checkpoint> even,
    [PersistentState("odd", Keeping.Storage)] IPersistentState<Checkpoint> odd,
    PartStore store,
    ILocalSiloDetails silo,
    ILogger<PartGrain> log) : Grain, IPartGrain
{
    /// <summary>How long a boundary that is not there is waited for before the asker is told so, and between two tries of an asker.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2), _pause = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<int, Dictionary<int, byte[]>> _boundaries = [];
    private PartPhase _phase;
    private string? _error;
    private int _generation, _begun, _part, _cells, _epoch, _cleaned;
    private double _keeping;
    private PartRun? _run;
    private SiloShare? _share;
    private CancellationTokenSource _stop = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PartFigures _figures;
    private PartMemory _memory;
    private Task _loop = Task.CompletedTask;

    private PartKey Key => PartKey.Parse(this.GetPrimaryKeyString());

    private string Run => Key.Run;

    public async Task<int[]> Halt(int generation)
    {
        Enter(generation);

        // What is being written counts once it is there. A late call does not wait for the generation that it was for.
        if (generation > _begun)
            await _loop;

        return Epochs();
    }

    public Task Begin(RunSpec spec, int part, int generation, int epoch)
    {
        if (generation < _generation || generation == _begun)
            return Task.CompletedTask;

        Enter(generation);
        (_begun, _part, _epoch) = (generation, part, epoch);
        _loop = Work(_loop, spec, generation, epoch, _stop.Token);
        return Task.CompletedTask;
    }

    public async Task<Immutable<byte[]>?> Boundary(int generation, int epoch, int to)
    {
        var until = Stopwatch.StartNew();

        while (generation == _generation && until.Elapsed < _patience)
        {
            if (_boundaries.TryGetValue(epoch, out var all))
                return all[to].AsImmutable();

            await Task.WhenAny(_news.Task, Task.Delay(_patience));
        }

        return null;
    }

    public Task<PartStatus> Status() =>
        Task.FromResult(new PartStatus(_phase, _generation, _epoch, _cells, silo.Name, _error, _figures, _memory));

    public Task<int[]> Checkpoints(int generation) => Task.FromResult(generation == _cleaned ? Epochs() : []);

    public Task<Immutable<byte[]>?> Result(int generation, long from, int count) =>
        Task.FromResult<Immutable<byte[]>?>(
            generation == _generation && _phase == PartPhase.Done && _run is { } run
                ? run.OwnStates[(int)from..(int)Math.Min(run.OwnStates.Length, from + count)].ToArray().AsImmutable()
                : null);

    public async Task End(bool forget)
    {
        _stop.Cancel();
        await _loop;
        (_generation, _begun, _phase, _run) = (0, 0, PartPhase.Idle, null);
        _boundaries.Clear();

        if (forget)
        {
            await even.ClearStateAsync();
            await odd.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Forget(even);
        Forget(odd);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stop.Cancel();
        await _loop;
    }

    /// <summary>Lets go of the generations before, unless it has, and knows nothing of the new one yet.</summary>
    private void Enter(int generation)
    {
        if (generation <= _generation)
            return;

        _stop.Cancel();
        _stop = new CancellationTokenSource();
        (_generation, _phase, _error, _run, _figures) = (generation, PartPhase.Preparing, null, null, default);
        _boundaries.Clear();
    }

    private int[] Epochs() => [.. new[] { even.State.Epoch, odd.State.Epoch }.Where(epoch => epoch > 0)];

    /// <summary>One generation of the part's work, once the one before has let go.</summary>
    private async Task Work(Task before, RunSpec spec, int generation, int epoch, CancellationToken stop)
    {
        await before;
        Clean(generation, epoch);
        var entered = false;

        try
        {
            if (spec.Version != RunSpec.Current)
                throw new ArgumentException($"Silo {silo.Name} has version {RunSpec.Current}, but the run was described by version {spec.Version}.");

            _share = await Task.Run(() => store.Enter(Run, spec), stop);
            (entered, spec) = (true, spec.WithoutFiles());
            Telemetry.Parts.Add(1);
            var run = await Task.Run(() => new PartRun(spec, _share, _part), stop);
            (_run, _cells) = (run, run.Owned);

            if (epoch > 0)
            {
                var kept = await Kept(epoch);
                stop.ThrowIfCancellationRequested();

                if (kept is null)
                {
                    // The storage has lost it, and this part knows by now: it asks for a new beginning as one that knows of no run.
                    log.LogWarning("Part {Part} of run {Run} has no checkpoint of epoch {Epoch} any more", _part, Run, epoch);
                    (_generation, _begun, _phase) = (0, 0, PartPhase.Idle);
                    return;
                }

                run.Restore(epoch, kept);
            }

            _phase = PartPhase.Running;
            Publish(run);

            while (!run.Done)
                await Epoch(spec, run, generation, stop);

            _phase = PartPhase.Done;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception fault)
        {
            log.LogError(fault, "Part {Part} of run {Run} cannot go on", _part, Run);
            (_phase, _error) = (PartPhase.Failed, fault is OutOfMemoryException
                ? $"Part {_part + 1} of {spec.Parts} does not fit in the memory of silo {silo.Name}."
                : fault.Message);
        }
        finally
        {
            _share = null;

            if (entered)
            {
                Telemetry.Parts.Add(-1);
                store.Leave(Run, spec);
            }
        }
    }

    private async Task Epoch(RunSpec spec, PartRun run, int generation, CancellationToken stop)
    {
        using var activity = Telemetry.Source.StartActivity("epoch")?.SetTag("run", Run).SetTag("part", _part).SetTag("epoch", run.Epoch);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(run.Sources.Select(source => Ask(run, source, generation, stop)));
        var waited = clock.Elapsed;
        var took = await run.Advance(stop);
        var stepped = clock.Elapsed;
        Publish(run);

        if (spec.CheckpointEvery > 0 && run.Epoch % spec.CheckpointEvery == 0 && !run.Done && (!spec.Spaced || await Due(run, generation, stop)))
        {
            using var keeping = Telemetry.Source.StartActivity("checkpoint");
            await Keep(run, generation, stop);
            _keeping = (clock.Elapsed - stepped).TotalSeconds;
            Telemetry.CheckpointSeconds.Record(_keeping);
        }

        _figures = _figures with
        {
            WaitSeconds = _figures.WaitSeconds + waited.TotalSeconds,
            StepSeconds = _figures.StepSeconds + took.TotalSeconds,
            CellSteps = _figures.CellSteps + ((long)run.Cells * run.LastSteps),
            CheckpointSeconds = _figures.CheckpointSeconds + (clock.Elapsed - stepped).TotalSeconds,
        };
        Telemetry.CellSteps.Add((long)_cells * run.LastSteps);
        Telemetry.EpochSeconds.Record(clock.Elapsed.TotalSeconds);
        Telemetry.WaitSeconds.Record(waited.TotalSeconds);
    }

    /// <summary>Asks another part for the ghosts that it owns until it says them, whatever is lost on the way.</summary>
    private async Task Ask(PartRun run, int source, int generation, CancellationToken stop)
    {
        var other = GrainFactory.GetGrain<IPartGrain>((Key with { Part = source }).ToString());

        while (true)
        {
            stop.ThrowIfCancellationRequested();

            try
            {
                _figures = _figures with { Messages = _figures.Messages + 1 };
                Telemetry.Messages.Add(1);

                if (await other.Boundary(generation, run.Epoch, _part).WaitAsync(_patience * 3, stop) is { } said)
                {
                    run.Take(source, said.Value);
                    _figures = _figures with { Bytes = _figures.Bytes + said.Value.Length };
                    Telemetry.Bytes.Add(said.Value.Length);
                    return;
                }
            }
            catch (Exception lost) when (Calls.Lost(lost))
            {
                log.LogDebug(lost, "Part {Source} did not answer part {Part}", source, _part);
            }

            await Task.Delay(_pause, stop);
        }
    }

    /// <summary>Says what others see after the epochs done. They can be one epoch behind, never two.</summary>
    private void Publish(PartRun run)
    {
        _epoch = run.Epoch;
        _boundaries[run.Epoch] = run.Boundaries();
        _boundaries.Remove(run.Epoch - 2);
        _memory = new(run.Bytes + _boundaries.Values.SelectMany(all => all.Values).Sum(bytes => (long)bytes.Length), _share?.Bytes ?? 0);
        var news = _news;
        _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        news.SetResult();
    }

    /// <summary>Writes a checkpoint over the older of the two, once all parts have the newer; one that cannot be written costs itself alone.</summary>
    private async Task Keep(PartRun run, int generation, CancellationToken stop)
    {
        // Parts far apart may be epochs apart: without a wait, two of them could have no checkpoint in common.
        while (await Said(generation, stop) < Math.Max(even.State.Epoch, odd.State.Epoch))
            await Task.Delay(_pause, stop);

        var place = even.State.Epoch <= odd.State.Epoch ? even : odd;
        var old = place.State;

        try
        {
            place.State = new Checkpoint { Epoch = run.Epoch, Values = await Task.Run(() => run.OwnStates.ToArray(), stop) };

            try
            {
                await place.WriteStateAsync();
                Forget(place);
            }
            catch
            {
                place.State = old;
                throw;
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            log.LogWarning(fault, "A checkpoint of part {Part} of run {Run} could not be written", _part, Run);

            // Another life of this part may have written: what it wrote for an epoch is the same. Anything else does not count.
            await place.ReadStateAsync();
            Forget(place);

            if (place.State.Epoch != run.Epoch)
                place.State = old;
        }

        await Said(generation, stop);
    }

    /// <summary>Whether all parts keep a checkpoint now.</summary>
    private Task<bool> Due(PartRun run, int generation, CancellationToken stop) =>
        Calls.Again(() => GrainFactory.GetGrain<IRunGrain>(Run).Due(generation, _part, run.Epoch, _keeping), stop);

    /// <summary>Says which checkpoint it has; the newest that all parts have said that they have, 0 where that is not known.</summary>
    private async Task<int> Said(int generation, CancellationToken stop)
    {
        try
        {
            var newest = Math.Max(even.State.Epoch, odd.State.Epoch);
            return await GrainFactory.GetGrain<IRunGrain>(Run).Kept(generation, _part, Key.Parts, newest).WaitAsync(_patience * 3, stop);
        }
        catch (Exception lost) when (Calls.Lost(lost))
        {
            return 0;
        }
    }

    /// <summary>The states of a checkpoint, which the storage keeps; null where it has lost them.</summary>
    private async Task<byte[]?> Kept(int epoch)
    {
        var place = even.State.Epoch == epoch ? even : odd;
        await place.ReadStateAsync();
        var kept = place.State;
        Forget(place);
        return kept.Epoch == epoch ? kept.Values : null;
    }

    /// <summary>Leaves out of account what is newer than where a generation begins: not all parts have it, and this generation may keep none of that
    /// epoch.</summary>
    private void Clean(int generation, int epoch)
    {
        foreach (var place in new[] { even, odd })
        {
            if (place.State.Epoch > epoch)
                place.State = new Checkpoint();
        }

        _cleaned = generation;
    }

    /// <summary>A checkpoint's states lie in the storage, not twice in the silo.</summary>
    private static void Forget(IPersistentState<Checkpoint> place) => place.State = new Checkpoint { Epoch = place.State.Epoch };
}
