using System.Globalization;
using System.Security.Cryptography;
using GaryMesh.Studio.Viewer;
using Microsoft.Extensions.Hosting;

namespace GaryMesh.Studio.Trainings;

/// <summary>The runs of a folder, one of which is trained at a time, in the background.</summary>
internal sealed class TrainingService : BackgroundService
{
    private const int MostRuns = 200;

    private readonly Lock _lock = new(), _preparing = new();
    private readonly List<StudioRun> _runs = [];
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly StudioFolder _folder;
    private readonly IWorkshop _workshop;
    private readonly EngineOptions _options;

    public TrainingService(StudioFolder folder, IWorkshop workshop, EngineOptions options)
    {
        (_folder, _workshop, _options) = (folder, workshop, options);

        foreach (var (id, description) in folder.ReadRuns())
        {
            try
            {
                _runs.Add(new StudioRun(id, description, folder.RunFolder(id)));
            }
            catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or FormatException or NullReferenceException or OverflowException)
            {
                // A folder of something else.
            }
        }

        _runs.Sort((one, other) => one.Created.CompareTo(other.Created));
    }

    /// <summary>All runs, the oldest first.</summary>
    public StudioRun[] Runs { get { lock (_lock) return [.. _runs]; } }

    /// <summary>A run by its name.</summary>
    public StudioRun? Find(string id) => Runs.FirstOrDefault(run => run.Id == id);

    /// <summary>Takes an order, or refuses what cannot be trained.</summary>
    public StudioRun Add(TrainingOrder order)
    {
        PreparedTraining prepared;

        // One at a time: a graph may be large.
        lock (_preparing)
            prepared = _workshop.Prepare(order, _folder.PathOf);

        // A page must be able to show it.
        _ = ViewerPage.Parameters(prepared.Automaton);

        lock (_lock)
        {
            if (_runs.Count >= MostRuns)
                throw new ArgumentException($"The folder holds at most {MostRuns} runs: remove some of {_folder.Root}/runs and start the studio again.");

            var stem = string.Concat(Path.GetFileNameWithoutExtension(order.Picture).ToLowerInvariant().Where(char.IsAsciiLetterOrDigit).Take(24));
            var now = DateTimeOffset.UtcNow;
            var id = string.Create(CultureInfo.InvariantCulture, $"{order.Recipe}-{stem}-{now:yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetHexString(4, true)}");
            var run = new StudioRun(id, order, prepared, now, _folder.RunFolder(id));
            _runs.Add(run);
            _waiting.Release();
            return run;
        }
    }

    /// <summary>Lets a run go on when its turn comes.</summary>
    public void Resume(StudioRun run)
    {
        run.Resume();
        _waiting.Release();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                while (!stoppingToken.IsCancellationRequested)
                {
                    if (Runs.FirstOrDefault(run => run.State == RunState.Waiting) is { } next)
                        next.Train(_workshop, _folder.PathOf, _options, stoppingToken);
                    else
                        _waiting.Wait(stoppingToken);
                }
            }
            catch (OperationCanceledException)
            {
                // The studio ends.
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
