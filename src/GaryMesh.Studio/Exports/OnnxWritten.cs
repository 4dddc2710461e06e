using System.Runtime.InteropServices;
using System.Runtime.Loader;
using GaryMesh.Studio.Descriptions;
using Microsoft.ML.OnnxRuntime;

namespace GaryMesh.Studio.Exports;

/// <summary>The models of an export in ONNX Runtime, whose native library this machine may have in its package folder.</summary>
internal sealed class OnnxWritten : IWritten
{
    private static readonly Lazy<bool> _sought = new(() =>
    {
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name.Contains("onnxruntime", StringComparison.Ordinal)
            ? Libraries().Select(path => NativeLibrary.TryLoad(path, out var library) ? library : 0).FirstOrDefault(library => library != 0)
            : 0;
        return true;
    });

    private readonly RuleDescription _rule;
    private readonly InferenceSession _step;
    private readonly InferenceSession _rollout;

    private OnnxWritten(RuleDescription rule, InferenceSession step, InferenceSession rollout) => (_rule, _step, _rollout) = (rule, step, rollout);

    public string Runner => $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}";

    public static OnnxWritten Open(RuleDescription rule, string step, string rollout)
    {
        _ = _sought.Value;

        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            // Threads that wait in a circle take their time from others.
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            return new(rule, new(step, options), new(rollout, options));
        }
        catch (Exception missing) when (missing is DllNotFoundException or TypeInitializationException or EntryPointNotFoundException)
        {
            throw new NotHereException(
                "ONNX Runtime is not at hand: it is found where the package Microsoft.ML.OnnxRuntime has been restored, or in the folder that GARYMESH_ONNXRUNTIME names.");
        }
    }

    public IWrittenRun On(GraphTables tables, float[] inputs) => new Run(this, tables, inputs);

    public void Dispose()
    {
        _step.Dispose();
        _rollout.Dispose();
    }

    /// <summary>Where the library may lie: a folder that is named, and the package folder, the newest version first.</summary>
    private static IEnumerable<string> Libraries()
    {
        var (file, system) = OperatingSystem.IsWindows() ? ("onnxruntime.dll", "win")
            : OperatingSystem.IsMacOS() ? ("libonnxruntime.dylib", "osx")
            : ("libonnxruntime.so", "linux");
        var platform = $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

        if (Environment.GetEnvironmentVariable("GARYMESH_ONNXRUNTIME") is { Length: > 0 } named)
            yield return Path.Combine(named, file);

        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var package = Path.Combine(packages, "microsoft.ml.onnxruntime");

        if (Directory.Exists(package))
        {
            foreach (var version in Directory.GetDirectories(package).OrderByDescending(path => Version.TryParse(Path.GetFileName(path), out var version) ? version : new Version()))
                yield return Path.Combine(version, "runtimes", platform, "native", file);
        }
    }

    private sealed class Run(OnnxWritten written, GraphTables tables, float[] inputs) : IWrittenRun
    {
        Outcome IWrittenRun.Run(float[] state, ulong seed, int first, bool[] fires)
        {
            var (rule, cells) = (written._rule, (long)tables.Graph.Cells);
            var isStep = fires.Length == cells;
            var given = new Dictionary<string, OrtValue>();

            try
            {
                given["state"] = Tensor(state, cells, rule.Channels);
                given["fires"] = isStep ? Tensor(fires, cells) : Tensor(fires, fires.Length / cells, cells);

                if (rule.Sees)
                    given["neighbours"] = Tensor(tables.Neighbours, cells, tables.Width);

                if (rule.Edged.Length > 0)
                    given["weights"] = Tensor(tables.Weights, cells, tables.Operators, tables.Width);

                if (rule.Inputs > 0)
                    given["inputs"] = Tensor(inputs, cells, rule.Inputs);

                using var options = new RunOptions();
                var session = isStep ? written._step : written._rollout;
                using var outputs = session.Run(options, given, session.OutputNames);
                return new(
                    outputs[0].GetTensorDataAsSpan<float>().ToArray(),
                    rule.Reports > 0 ? outputs[1].GetTensorDataAsSpan<float>().ToArray() : [],
                    null);
            }
            finally
            {
                foreach (var value in given.Values)
                    value.Dispose();
            }
        }

        public void Dispose()
        {
        }

        private static OrtValue Tensor<T>(T[] values, params long[] sizes) where T : unmanaged => OrtValue.CreateTensorValueFromMemory(values, sizes);
    }
}
