using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GaryMesh.Cli.Measuring;

/// <summary>The time of rollouts of an automaton on a graph, round by round, and the machine's peak in the same rounds.</summary>
internal sealed record RolloutTiming(
    Graph Graph,
    Automaton Automaton,
    int Steps,
    int Threads,
    int Lanes,
    double Operations,
    double[] Seconds,
    double[] Peaks,
    long EngineBytes,
    long ProcessBytes)
{
    public double Median => Measurement.Median(Seconds);

    public (double Low, double High) Quartiles
    {
        get
        {
            double[] sorted = [.. Seconds.Order()];
            var quarter = (sorted.Length - 1) / 4;
            return (sorted[quarter], sorted[^(quarter + 1)]);
        }
    }

    public double NsPerCellStep => 1e9 * Median / ((double)Graph.Cells * Steps);

    public double Gflops => 1e-9 * Operations / Median;

    public double Peak => Measurement.Median(Peaks);

    /// <summary>Of each round: what was executed as a fraction of the peak measured beside it.</summary>
    public double[] Fractions => [.. Seconds.Zip(Peaks, (time, peak) => 1e-9 * Operations / time / peak)];

    /// <summary>Times rollouts in rounds, each followed by a measurement of the peak.</summary>
    public static RolloutTiming Measure(
        Automaton automaton,
        Graph graph,
        int steps,
        int rounds,
        ulong seed,
        EngineOptions options,
        IProgress<double> progress,
        CancellationToken stop)
    {
        using var prepared = new Prepared(automaton, graph, options);
        var rollout = Rollout.Of(
            automaton.Start.On(graph, automaton.Rule.Shape.Channels, seed), steps, Firing.Of(seed, 0));
        var operations = Executed.Of(automaton, graph, rollout, stop).Total;
        var (seconds, peaks) = (new double[rounds], new double[rounds]);
        var clock = Stopwatch.StartNew();
        prepared.Run(rollout);
        PeakRate.Gflops(prepared.Threads);
        clock.Restart();
        prepared.Run(rollout);

        // A shorter round would measure the clock's resolution.
        var repeats = (int)Math.Clamp(0.03 / clock.Elapsed.TotalSeconds, 1, 10_000);

        for (var round = 0; round < rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            clock.Restart();

            for (var repeat = 0; repeat < repeats; repeat++)
                prepared.Run(rollout);

            seconds[round] = clock.Elapsed.TotalSeconds / repeats;
            peaks[round] = PeakRate.Gflops(prepared.Threads);
            progress.Report((round + 1.0) / rounds);
        }

        using var process = Process.GetCurrentProcess();
        return new(
            graph,
            automaton,
            steps,
            prepared.Threads,
            prepared.Lanes,
            operations,
            seconds,
            peaks,
            prepared.Bytes,
            process.PeakWorkingSet64);
    }

    public JsonObject ToJson(string rule)
    {
        var (low, high) = Quartiles;
        var fractions = Fractions;
        return new()
        {
            ["graph"] = Graph.Name,
            ["cells"] = Graph.Cells,
            ["edges"] = Graph.Edges,
            ["rule"] = rule,
            ["parameters"] = Automaton.Rule.ParameterCount,
            ["steps"] = Steps,
            ["fire_rate"] = Automaton.FireRate,
            ["threads"] = Threads,
            ["lanes"] = Lanes,
            ["rounds"] = Seconds.Length,
            ["seconds_per_rollout"] = Median,
            ["seconds_quartiles"] = new JsonArray(low, high),
            ["seconds_min"] = Seconds.Min(),
            ["seconds_max"] = Seconds.Max(),
            ["ns_per_cell_step"] = NsPerCellStep,
            ["gflops_executed"] = Gflops,
            ["peak_gflops"] = Peak,
            ["peak_gflops_min"] = Peaks.Min(),
            ["peak_gflops_max"] = Peaks.Max(),
            ["fraction_of_peak"] = Measurement.Median(fractions),
            ["fraction_min"] = fractions.Min(),
            ["fraction_max"] = fractions.Max(),
            ["bytes_engine"] = EngineBytes,
            ["bytes_peak"] = ProcessBytes,
        };
    }
}
