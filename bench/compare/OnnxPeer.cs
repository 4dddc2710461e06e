// ONNX Runtime in this process, on what `gary-mesh export --onnx` writes.
using System.Diagnostics;
using GaryMesh.Studio.Exports;
using Microsoft.ML.OnnxRuntime;

namespace GaryMesh.Compare;

internal sealed class OnnxPeer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gary-mesh-").FullName;

    /// <summary>Starts it, or tells why it cannot be had.</summary>
    public static OnnxPeer? TryStart(Report report)
    {
        try
        {
            report.Describe("ONNX Runtime", OrtEnv.Instance().GetVersionString());
            return new();
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException)
        {
            report.Note($"ONNX Runtime could not be had, so nothing is compared with it: {error.Message}");
            return null;
        }
    }

    /// <summary>Sees that it does the same work, every cell firing.</summary>
    public void Agree(Report report, IEnumerable<Subject> subjects)
    {
        const int Steps = 8;
        const double Tolerance = 1e-4;
        var worst = 0.0;
        foreach (var subject in subjects)
        {
            var all = subject with { Automaton = subject.Automaton.WithFireRate(1) };
            var ours = Engine.Run(all.Automaton, all.Graph, Rollout.Of(all.Initial, Steps, Firing.All)).ToArray();
            foreach (var form in Forms)
            {
                using var work = new Runs(this, all, form, 1, Steps);
                var theirs = work.Run();
                var error = ours.Zip(theirs, (x, y) => Math.Abs(x - y)).Max() / ours.Max(Math.Abs);
                if (!(error <= Tolerance))
                    throw new InvalidDataException($"ONNX Runtime and GaryMesh must do the same work, but the state of `{form}` on the {subject.Name} differs by {error:g2} of the largest.");

                worst = Math.Max(worst, error);
            }
        }

        report.Describe("Same work as ONNX Runtime", $"states differ by {worst:g2} of the largest, {Tolerance:g} allowed");
    }

    /// <summary>The fastest form and number of threads, by a trial of each.</summary>
    public Rival Fastest(Subject subject)
    {
        var tried = new List<(Runs Runs, double Seconds)>();
        foreach (var form in Forms)
        {
            foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                var runs = new Runs(this, subject, form, threads, Case.Steps);
                runs.Run();
                tried.Add((runs, Math.Min(runs.Seconds(), runs.Seconds())));
            }
        }

        var fastest = tried.MinBy(one => one.Seconds).Runs;
        foreach (var (runs, _) in tried.Where(one => one.Runs != fastest))
            runs.Dispose();

        return new($"ONNX Runtime {fastest.Name}", fastest.Seconds);
    }

    public void Dispose() => Directory.Delete(_folder, true);

    /// <summary>The loop within the model, or a run of the model for each step.</summary>
    private static string[] Forms => ["loop", "steps"];

    /// <summary>A rollout of a subject, with who fires drawn beforehand.</summary>
    private sealed class Runs : IDisposable
    {
        private static readonly Export _onnx = Languages.Onnx;
        private readonly InferenceSession _session;
        private readonly Dictionary<string, OrtValue> _given;
        private readonly OrtValue[] _fires;
        private readonly RunOptions _options = new();

        public Runs(OnnxPeer peer, Subject subject, string form, int threads, int steps)
        {
            var path = Path.Combine(peer._folder, $"{Guid.NewGuid():N}.onnx");
            _onnx.Write(subject.Automaton, path);
            var isLoop = form == "loop";
            using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            _session = new(_onnx.Files(path)[isLoop ? 1 : 0], options);
            var (cells, firing) = (subject.Graph.Cells, Firing.Of(7, 0));
            var tables = GraphTables.Of(subject.Automaton, subject.Graph);
            bool[] Mask(int step) => [.. Enumerable.Range(0, cells).Select(cell => firing.Fires(subject.Automaton.FireRate, step, cell))];
            var masks = Enumerable.Range(0, steps).Select(Mask).ToArray();
            _fires = isLoop
                ? [OrtValue.CreateTensorValueFromMemory<bool>([.. masks.SelectMany(mask => mask)], [steps, cells])]
                : [.. masks.Select(mask => OrtValue.CreateTensorValueFromMemory(mask, [cells]))];
            _given = new()
            {
                ["state"] = OrtValue.CreateTensorValueFromMemory(subject.Initial.ToArray(), [cells, subject.Automaton.Rule.Shape.Channels]),
                ["neighbours"] = OrtValue.CreateTensorValueFromMemory(tables.Neighbours, [cells, tables.Width]),
                ["weights"] = OrtValue.CreateTensorValueFromMemory(tables.Weights, [cells, tables.Operators, tables.Width]),
            };
            Name = $"`{form}`, {(threads == 1 ? "1 thread" : $"{threads} threads")}";
        }

        public string Name { get; }

        public double Seconds()
        {
            var clock = Stopwatch.StartNew();
            Rolled().Dispose();
            return clock.Elapsed.TotalSeconds;
        }

        public float[] Run()
        {
            using var last = Rolled();
            return last.GetTensorDataAsSpan<float>().ToArray();
        }

        public void Dispose()
        {
            foreach (var value in _given.Values.Concat(_fires))
                value.Dispose();

            _options.Dispose();
            _session.Dispose();
        }

        private OrtValue Rolled()
        {
            OrtValue? state = null;
            foreach (var fires in _fires)
            {
                var given = new Dictionary<string, OrtValue>(_given) { ["fires"] = fires };
                given["state"] = state ?? _given["state"];
                var next = _session.Run(_options, given, _session.OutputNames)[0];
                state?.Dispose();
                state = next;
            }

            return state!;
        }
    }
}
