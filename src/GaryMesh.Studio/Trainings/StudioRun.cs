using System.Globalization;
using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Trainings;

/// <summary>A run of the studio: an order, how far it is, its curve and its latest rule, and the files that survive the process.</summary>
internal sealed class StudioRun
{
    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly Curve _curve;
    private Automaton? _automaton;
    private float[]? _parameters;
    private RunState _state;
    private int _iteration;
    private string? _message;
    private double _seconds;
    private CancellationTokenSource? _stop;

    /// <summary>A new run, with the rule that it begins with.</summary>
    public StudioRun(string id, TrainingOrder order, PreparedTraining prepared, DateTimeOffset created, string folder)
    {
        (Id, Order, Shown, Iterations, Created, _folder, _curve, _automaton) =
            (id, order, prepared.Shown, prepared.Task.Iterations, created, folder, new Curve(), prepared.Automaton);
        RuleFile.Write(RulePath, prepared.Automaton);
        WriteDescription();
    }

    /// <summary>A run of a folder: one that was under way goes on.</summary>
    public StudioRun(string id, JsonObject description, string folder)
    {
        (Id, _folder) = (id, folder);
        Order = TrainingOrder.Read(description["order"]);
        (Shown, Iterations, _iteration) = ((string)description["shown"]!, (int)description["iterations"]!, (int)description["iteration"]!);
        Created = DateTimeOffset.Parse((string)description["created"]!, CultureInfo.InvariantCulture);
        (_seconds, _message) = ((double)description["seconds"]!, (string?)description["message"]);
        _state = Enum.Parse<RunState>((string)description["state"]!, ignoreCase: true);
        _state = _state == RunState.Training ? RunState.Waiting : _state;
        _curve = Curve.Read(StudioFolder.ReadJson(CurvePath));
    }

    public string Id { get; }

    public TrainingOrder Order { get; }

    /// <summary>The word of the graph that shows it.</summary>
    public string Shown { get; }

    public int Iterations { get; }

    public DateTimeOffset Created { get; }

    public RunState State { get { lock (_lock) return _state; } }

    public string CheckpointPath => Path.Combine(_folder, "checkpoint.npz");

    /// <summary>The rule file that is kept of the run.</summary>
    public string RulePath => Path.Combine(_folder, "rule.npz");

    private string CurvePath => Path.Combine(_folder, "curve.json");

    /// <summary>The automaton as it is by now, and its iteration.</summary>
    public (Automaton Automaton, int Iteration) Latest
    {
        get
        {
            lock (_lock)
            {
                _automaton ??= RuleFile.Read(RulePath);
                return (_parameters is null ? _automaton : _automaton.WithRule(new Rule(_automaton.Rule.Shape, _parameters)), _iteration);
            }
        }
    }

    /// <summary>What is said of it.</summary>
    public JsonObject Describe()
    {
        lock (_lock)
        {
            return new JsonObject
            {
                ["format"] = "gary-mesh studio run",
                ["version"] = 1,
                ["id"] = Id,
                ["order"] = Order.Write(),
                ["shown"] = Shown,
                ["state"] = _state.ToString().ToLowerInvariant(),
                ["iteration"] = _iteration,
                ["iterations"] = Iterations,
                ["loss"] = _curve.Loss,
                ["seconds"] = Math.Round(_seconds, 1),
                ["created"] = Created.ToString("O", CultureInfo.InvariantCulture),
                ["message"] = _message,
            };
        }
    }

    public JsonObject DescribeCurve()
    {
        lock (_lock)
            return _curve.Write();
    }

    /// <summary>Asks it to stop; it keeps what it has.</summary>
    public void Pause()
    {
        lock (_lock)
        {
            if (_state is not (RunState.Waiting or RunState.Training))
                throw new ArgumentException($"The run {Id} is {_state.ToString().ToLowerInvariant()}, so it cannot be paused.");

            if (_state == RunState.Training)
            {
                _stop!.Cancel();
                return;
            }

            _state = RunState.Paused;
        }

        WriteDescription();
    }

    /// <summary>Asks it to go on.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            if (_state is not (RunState.Paused or RunState.Failed))
                throw new ArgumentException($"The run {Id} is {_state.ToString().ToLowerInvariant()}, so it cannot be resumed.");

            (_state, _message) = (RunState.Waiting, null);
        }

        WriteDescription();
    }

    /// <summary>Trains from the last checkpoint on until an end, a pause or the studio's stop, and keeps what comes of it. Whatever goes wrong ends the
    /// run, not the studio.</summary>
    public void Train(IWorkshop workshop, Func<string, string> pathOf, EngineOptions options, CancellationToken studioStops)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(studioStops);

        lock (_lock)
        {
            if (_state != RunState.Waiting)
                return;

            (_state, _stop) = (RunState.Training, stop);
        }

        try
        {
            WriteDescription();
            var prepared = workshop.Prepare(Order, pathOf);
            var (state, message) = Train(prepared, options, stop.Token);
            // What was under way when the studio ended goes on at its next start.
            End(state == RunState.Paused && studioStops.IsCancellationRequested ? RunState.Training : state, message);
        }
        catch (Exception fault)
        {
            End(RunState.Failed, fault is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException
                ? fault.Message
                : fault is OutOfMemoryException or AggregateException { InnerException: OutOfMemoryException } ? "There is not enough memory for a training of this size." : $"The training failed: {fault.Message}");
        }
    }

    private (RunState State, string? Message) Train(PreparedTraining prepared, EngineOptions options, CancellationToken stop)
    {
        using var trainer = new Trainer(prepared.Automaton, prepared.Graph, prepared.Task, options);
        var training = File.Exists(CheckpointPath)
            ? TrainingFile.Read(CheckpointPath, prepared.Automaton, prepared.Graph, prepared.Task)
            : trainer.Begin();

        lock (_lock)
        {
            _curve.CutAfter(training.Iteration);
            (_automaton, _parameters, _iteration) = (prepared.Automaton, training.Parameters, training.Iteration);
        }

        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (tick, rest) = (TimeSpan.Zero, TimeSpan.FromSeconds(2));
        var (last, end) = trainer.Run(training, null, stop, 1, Observe);
        var best = end == TrainingEnd.Cancelled ? Kept(last) : trainer.Best(last);
        Keep(last, best);
        return end switch
        {
            TrainingEnd.Cancelled => (RunState.Paused, null),
            TrainingEnd.Diverged => (RunState.Diverged, $"The training diverged after {last.Iteration} iterations (NaN or infinity); the best rule is kept."),
            _ => (RunState.Finished, null),
        };

        void Observe(Training now)
        {
            lock (_lock)
            {
                _curve.Add(now.Iteration, now.Losses[^1], now.Parts.Select(part => part.ToTuple()).Select(part => (part.Item1, part.Item2)));
                (_iteration, _parameters) = (now.Iteration, now.Parameters);
                _seconds += (clock.Elapsed - tick).TotalSeconds;
            }

            tick = clock.Elapsed;

            if (tick < rest)
                return;

            Keep(now, Kept(now));
            // A twentieth of the time at most goes into checkpoints.
            rest = clock.Elapsed + TimeSpan.FromSeconds(5) + (20 * (clock.Elapsed - tick));
            tick = clock.Elapsed;
        }

        Rule Kept(Training now) => double.IsFinite(now.BestLoss) ? new Rule(prepared.Automaton.Rule.Shape, now.Best) : trainer.Rule(now);

        void Keep(Training now, Rule rule)
        {
            // The curve first: what it has too much is cut off when a checkpoint is gone on with.
            StudioFolder.WriteJson(CurvePath, DescribeCurve());
            TrainingFile.Write(CheckpointPath, prepared.Automaton, prepared.Graph, prepared.Task, now);
            RuleFile.Write(RulePath, prepared.Automaton.WithRule(rule));
            WriteDescription();
        }
    }

    private void End(RunState state, string? message)
    {
        lock (_lock)
            (_state, _message, _stop) = (state, message, null);

        WriteDescription();
    }

    private void WriteDescription()
    {
        try
        {
            StudioFolder.WriteJson(Path.Combine(_folder, "run.json"), Describe());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            lock (_lock)
                _message = fault.Message;
        }
    }
}

/// <summary>How a run stands.</summary>
internal enum RunState
{
    /// <summary>For its turn: one run is trained at a time.</summary>
    Waiting,

    /// <summary>Under way.</summary>
    Training,

    /// <summary>Until it is resumed.</summary>
    Paused,

    /// <summary>All iterations are done.</summary>
    Finished,

    /// <summary>A number was no longer finite.</summary>
    Diverged,

    /// <summary>Something else went wrong.</summary>
    Failed,
}
