using Orleans.Concurrency;

namespace GaryMesh.Cluster;

/// <summary>The gradients of a training's batches, computed by the silos of a cluster: each takes rollouts that follow each other, and the
/// gradients are added one after the other, so that the bits are those of one machine for any number of shares. A share whose silo is lost
/// is computed again.</summary>
/// <param name="grains">The cluster.</param>
/// <param name="spec">The training.</param>
/// <param name="shares">Shares of a batch, such as the number of silos.</param>
public sealed class ClusterGradients(IGrainFactory grains, TrainSpec spec, int shares) : IBatchGradients, IDisposable
{
    /// <summary>How long no silo may answer.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly IGradientGrain[] _silos = Grains(grains, shares);
    private long _number;

    /// <summary>Shares that were computed again, since their silo was lost.</summary>
    public int Again { get; private set; }

    /// <inheritdoc />
    public (RolloutOutcome[], double[]) Gradient(GradientBatch batch) => Find(batch).GetAwaiter().GetResult();

    /// <summary>Lets the silos go.</summary>
    public void Dispose() => Task.WhenAll(_silos.Select(silo => Calls.Quietly(silo.End))).GetAwaiter().GetResult();

    private static IGradientGrain[] Grains(IGrainFactory grains, int shares)
    {
        var name = Guid.NewGuid().ToString("N");
        return [.. Enumerable.Range(0, shares).Select(share => grains.GetGrain<IGradientGrain>(new PartKey(name, share, shares).ToString()))];
    }

    private async Task<(RolloutOutcome[], double[])> Find(GradientBatch batch)
    {
        if (batch.Losses.Any(loss => !ReferenceEquals(loss, batch.Losses[0])))
            throw new ArgumentException("The batch hook gives rollouts losses of their own, which the silos do not know.");

        _number++;
        var rollouts = batch.Rollouts;
        GradientShare[] all = [.. Enumerable.Range(0, shares).Select(share => new GradientShare(
            _number,
            batch.Parameters,
            batch.TimeStep,
            batch.FireRate,
            batch.Key,
            [.. rollouts[(share * rollouts.Length / shares)..((share + 1) * rollouts.Length / shares)].Select(Shared)]))];

        // A small batch may leave silos without a rollout.
        int[] busy = [.. Enumerable.Range(0, shares).Where(share => all[share].Rollouts.Length > 0)];
        var outcomes = await Task.WhenAll(busy.Select(share => Differentiate(share, all[share])));
        var gradient = new double[batch.Parameters.Length];

        foreach (var share in busy)
            gradient = await Add(share, all[share], gradient);

        var (cells, channels) = (rollouts[0].Start.Cells, rollouts[0].Start.Channels);
        return ([.. outcomes.SelectMany(each => each).Select(one => one.Read(cells, channels))], gradient);
    }

    private static SharedRollout Shared(Rollout rollout) =>
        rollout is { Firing: Firing.Seeded firing, Inputs.IsAbsent: true }
            ? new(rollout.Start.ToArray(), rollout.Steps, firing.Seed, firing.Sample)
            : throw new ArgumentException("Rollouts with inputs or a firing of their own are trained on one machine.");

    private async Task<SharedOutcome[]> Differentiate(int share, GradientShare work)
    {
        using var end = new CancellationTokenSource(_patience);

        while (true)
        {
            if (await Call(() => _silos[share].Differentiate(work), end.Token) is not { } answer)
                continue;

            end.CancelAfter(_patience);

            if (answer.Error is { } error)
                throw new ArgumentException(error);

            if (answer.Outcomes is { } outcomes)
                return outcomes;

            if (!answer.Known)
                await Call(() => Begun(_silos[share]), end.Token);
        }
    }

    private async Task<object> Begun(IGradientGrain silo)
    {
        await silo.Begin(spec);
        return silo;
    }

    private async Task<double[]> Add(int share, GradientShare work, double[] before)
    {
        using var end = new CancellationTokenSource(_patience);

        while (true)
        {
            var sum = await Calls.Again(() => _silos[share].Add(work.Number, before.AsImmutable()), end.Token);

            if (sum is { } found)
                return found.Value;

            Again++;
            await Differentiate(share, work);
        }
    }

    private static async Task<T?> Call<T>(Func<Task<T>> call, CancellationToken end)
        where T : class
    {
        try
        {
            return await Calls.Maybe(call, end);
        }
        catch (OperationCanceledException)
        {
            throw new IOException($"No silo has answered for {_patience.TotalSeconds:F0} s.");
        }
    }
}
