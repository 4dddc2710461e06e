using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace GaryMesh.Cluster;

/// <summary>What a silo tells of its work, for `dotnet-counters` and OpenTelemetry: the meter and the source named GaryMesh.Cluster.</summary>
internal static class Telemetry
{
    public const string Name = "GaryMesh.Cluster";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter _meter = new(Name);

    public static readonly Histogram<double> EpochSeconds = _meter.CreateHistogram<double>("garymesh.cluster.epoch", "s", "Time of an epoch of a part.");

    public static readonly Histogram<double> WaitSeconds = _meter.CreateHistogram<double>("garymesh.cluster.wait", "s", "Time that a part waited for its ghosts.");

    public static readonly Histogram<double> CheckpointSeconds = _meter.CreateHistogram<double>("garymesh.cluster.checkpoint", "s", "Time of a checkpoint of a part.");

    public static readonly UpDownCounter<long> Parts = _meter.CreateUpDownCounter<long>("garymesh.cluster.parts", "{part}", "Parts that the silo holds.");

    public static readonly Counter<long> CellSteps = _meter.CreateCounter<long>("garymesh.cluster.cell_steps", "{cell-step}", "Steps of a part's own cells.");

    public static readonly Counter<long> Messages = _meter.CreateCounter<long>("garymesh.cluster.messages", "{message}", "Requests for ghosts.");

    public static readonly Counter<long> Bytes = _meter.CreateCounter<long>("garymesh.cluster.bytes", "By", "Ghosts' states that were received.");
}
