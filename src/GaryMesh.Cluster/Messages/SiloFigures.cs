using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace GaryMesh.Cluster;

/// <summary>What the silos of this process have done since it was last asked, from their meter.</summary>
public sealed class SiloFigures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, double> _sums = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Begins to listen.</summary>
    public SiloFigures()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Telemetry.Name)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Add(instrument.Name, value));
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument.Name, value));
        _listener.Start();
    }

    /// <summary>One line about the time since the last.</summary>
    public string Line()
    {
        lock (_gate)
        {
            var seconds = _clock.Elapsed.TotalSeconds;
            double Sum(Instrument instrument) => _sums.GetValueOrDefault(instrument.Name);
            var (parts, epochs) = (Sum(Telemetry.Parts), Sum(Telemetry.EpochSeconds));
            double Share(Instrument instrument) => Sum(instrument) / Math.Max(1e-9, epochs);
            var line = parts == 0 && epochs == 0
                ? "idle"
                : FormattableString.Invariant(
                    $"{parts} part{(parts == 1 ? "" : "s")}, {Sum(Telemetry.CellSteps) / seconds / 1e6:F2} million cell-steps/s, {Share(Telemetry.WaitSeconds):P0} of the time waiting, {Share(Telemetry.CheckpointSeconds):P0} for checkpoints, {Sum(Telemetry.Messages) / seconds:F0} messages/s, {Sum(Telemetry.Bytes) / seconds / 1e6:F1} MB/s");
            _sums.Clear();
            _sums[Telemetry.Parts.Name] = parts;
            _clock.Restart();
            return line;
        }
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _listener.Dispose();

    private void Add(string name, double value)
    {
        lock (_gate)
            _sums[name] = _sums.GetValueOrDefault(name) + value;
    }
}
