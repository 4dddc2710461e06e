// Large graphs, each measured in a process of its own, so that its peak of memory is its own.
using System.Text.Json;

namespace GaryMesh.Compare;

public static class Large
{
    /// <summary>What a process measured: values by name.</summary>
    private sealed record Answer(Dictionary<string, double[]> Values)
    {
        public double[] this[string name] => Values[name];
    }

    private const int Trained = 1_048_576;
    private const int TrainedSteps = 32;

    /// <summary>Training a million cells: checkpoints against every state kept.</summary>
    public static void Checkpoints(Report report, int rounds)
    {
        const string Section = "checkpoints";
        Console.Error.WriteLine($"checkpoints: ring:{Trained}, {TrainedSteps} steps, {rounds} rounds");
        List<double> seconds = [], allSeconds = [], peaks = [], allPeaks = [];
        for (var round = 0; round < rounds; round++)
        {
            var some = InOwnProcess("train", "checkpoints");
            var all = InOwnProcess("train", "states");
            seconds.Add(some["seconds"][0]);
            allSeconds.Add(all["seconds"][0]);
            peaks.Add(some["peak"][0]);
            allPeaks.Add(all["peak"][0]);
        }

        var what = $"training {Trained:N0} cells, T = {TrainedSteps}";
        report.Add(Section, $"{what}, checkpoints: peak memory", Unit.Gigabytes, new(1.5e9, AtMost: true), new(peaks));
        report.Add(Section, $"{what}, checkpoints: time against keeping every state", Unit.Times, new(1.4, AtMost: true),
            new Sample(seconds) / new Sample(allSeconds));
        report.Add(Section, $"{what}, checkpoints: a gradient", Unit.Seconds, new(seconds));
        report.Add(Section, $"{what}, every state kept: a gradient", Unit.Seconds, new(allSeconds));
        report.Add(Section, $"{what}, every state kept: peak memory", Unit.Gigabytes, new(allPeaks));
    }

    /// <summary>From a thousand cells to sixteen million: time a cell-step and memory.</summary>
    public static void Scaling(Report report, int rounds, int largest)
    {
        const string Section = "scaling";
        Console.Error.WriteLine($"scaling: 1,024 to {largest:N0} cells, {rounds} rounds");
        var answer = InOwnProcess("scale", $"{largest}", $"{rounds}");
        int[] sizes = [.. answer["cells"].Select(cells => (int)cells)];
        Sample Of(int cells) => new(answer[$"{cells}"]);
        if (sizes.Contains(16_777_216))
        {
            report.Add(Section, "16,777,216 cells, 24 steps: time a cell against 1,048,576", Unit.Times,
                new(1.3, AtMost: true), Of(16_777_216) / Of(1_048_576));
            report.Add(Section, "16,777,216 cells, 24 steps: peak memory", Unit.Gigabytes, new(answer["peak"]));
            report.Add(Section, "16,777,216 cells: making the graph ready", Unit.Seconds, new(answer["ready"]));
        }

        // Of the medians: the extremes of single rounds would measure the noise.
        var medians = sizes.Select(cells => Of(cells).Median).ToArray();
        report.Add(Section, $"time a cell-step, slowest size against fastest, 1,024 to {sizes[^1]:N0} cells", Unit.Times,
            new(1.5, AtMost: true), new([medians.Max() / medians.Min()]));
        var parameters = answer["parameters"].Distinct().ToArray();
        report.Add(Section, "different numbers of parameters among these sizes", Unit.Count, new(1, AtMost: true),
            new([parameters.Length]));
        foreach (var cells in sizes)
            report.Add(Section, $"ring of {cells:N0}, {parameters[0]:N0} parameters: a cell-step", Unit.Nanoseconds, Of(cells));
    }

    /// <summary>The other side of `InOwnProcess`.</summary>
    public static void Serve(string[] words)
    {
        var values = words switch
        {
            ["train", "checkpoints"] => Train(TraceMemory.Checkpoints),
            ["train", "states"] => Train(TraceMemory.States),
            ["scale", var largest, var rounds] => Scale(int.Parse(largest), int.Parse(rounds)),
            _ => throw new ArgumentException($"There is no work '{string.Join(' ', words)}' for a process of its own."),
        };
        Console.WriteLine(JsonSerializer.Serialize(values));
    }

    private static Dictionary<string, double[]> Train(TraceMemory memory)
    {
        var graph = Graph.Ring(Trained);
        using var prepared = new Prepared(Subject.GaryMeshRule, graph, new EngineOptions { TraceMemory = memory });
        var start = Start.OfNoise(0.1f).On(graph, Rule.GaryMeshShape.Channels, 1);
        var loss = new MeanSquared(new float[Trained], 0);
        void Gradient() => prepared.Gradient([Rollout.Of(start, TrainedSteps, Firing.Of(1, 0))], loss);
        Gradient();
        var seconds = Clock.MeanSeconds(1, Gradient);
        return new() { ["seconds"] = [seconds], ["peak"] = [Machine.PeakBytes] };
    }

    private static Dictionary<string, double[]> Scale(int largest, int rounds)
    {
        int[] sizes = [.. Enumerable.Range(5, 8).Select(power => 1 << (2 * power)).TakeWhile(cells => cells <= largest)];
        var threads = Environment.ProcessorCount;
        Dictionary<string, double[]> values = new() { ["cells"] = [.. sizes.Select(cells => (double)cells)] };

        // The largest first: what it alone takes is read before the others are made.
        Case? first = null;
        values["ready"] = [Clock.Seconds(() => first = new Case(Subject.Ring(sizes[^1]), threads))];
        values["peak"] = [Machine.PeakBytes];
        Case[] cases = [.. sizes[..^1].Select(cells => new Case(Subject.Ring(cells), threads)), first!];
        foreach (var item in cases)
            values[$"{item.Subject.Graph.Cells}"] = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            foreach (var item in cases)
                values[$"{item.Subject.Graph.Cells}"][round] = item.Seconds() / ((double)item.Subject.Graph.Cells * Case.Steps);
        }

        values["parameters"] = [.. cases.Select(item => (double)item.Subject.Automaton.Rule.ParameterCount)];
        foreach (var item in cases)
            item.Dispose();

        return values;
    }

    private static Answer InOwnProcess(params string[] words)
    {
        using var child = Child.Serving(Child.Self, words);
        return new(JsonSerializer.Deserialize<Dictionary<string, double[]>>(child.Answer())!);
    }
}
