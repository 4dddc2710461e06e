// A library in Python that GaryMesh is held against: a process for each of its thread settings, asked line by line.
using System.ComponentModel;
using System.Text.Json.Nodes;

namespace GaryMesh.Compare;

/// <summary>Threads of the library itself (OpenMP) and of the BLAS below it.</summary>
internal sealed record PeerThreads(int OpenMP, int Blas)
{
    public string Text => (OpenMP == 1 ? "1 thread" : $"{OpenMP} threads") + (OpenMP == Blas ? "" : $", {Blas} in BLAS");
}

/// <summary>A peer's work, by the form and threads that it is fastest in.</summary>
internal sealed record Rival(string Name, Func<double> Seconds);

internal sealed class Peer : IDisposable
{
    private readonly (PeerThreads Threads, Child Process)[] _settings;
    private readonly HashSet<string> _loaded = [];

    private Peer(string name, string folder, string python, PeerThreads[] settings)
    {
        Name = name;
        var script = Path.Combine(AppContext.BaseDirectory, folder, "serve.py");
        _settings = [.. settings.Distinct().Select(threads => (threads, new Child(python, [script],
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("OMP_NUM_THREADS", $"{threads.OpenMP}"),
            ("OPENBLAS_NUM_THREADS", $"{threads.Blas}"),
            ("MKL_NUM_THREADS", $"{threads.Blas}"))))];
    }

    /// <summary>Starts it, or tells why it cannot be had.</summary>
    public static Peer? TryStart(string name, string folder, string python, PeerThreads[] settings, Report report)
    {
        Peer? peer = null;
        try
        {
            peer = new Peer(name, folder, python, settings);
            peer.Hello = peer.Ask(new JsonObject { ["do"] = "hello" });
            return peer;
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            peer?.Dispose();
            report.Note($"{name} could not be had from {python}, so nothing is compared with it: {error.Message}");
            return null;
        }
    }

    public string Name { get; }

    /// <summary>What it says of itself.</summary>
    public JsonNode Hello { get; private set; } = new JsonObject();

    public JsonNode Ask(JsonObject request) => Ask(_settings[0].Process, request);

    /// <summary>The fastest of some forms (of all, where none is named) under the fastest setting of threads, by a short trial
    /// of each and a second one of those that came near.</summary>
    public Rival Fastest(Subject subject, string verb, params IReadOnlyCollection<string> forms)
    {
        if (forms.Count == 0)
            forms = [.. Hello["forms"]!.AsArray().Select(form => form!.GetValue<string>())];

        if (_loaded.Add(subject.Name))
        {
            var request = subject.Describe("load");
            foreach (var (_, child) in _settings)
                Ask(child, request);
        }

        double Seconds(Child process, Subject asked, string form) =>
            Ask(process, asked.Ask(verb, Case.Steps, form))["seconds"]!.GetValue<double>();
        var brief = subject with { Iterations = Math.Max(1, subject.Iterations / 10) };
        var tried = forms
            .SelectMany(form => _settings.Select(setting => (form, setting)))
            .Select(one => (one.form, one.setting, Seconds: Seconds(one.setting.Process, brief, one.form)))
            .ToArray();
        var (form, (threads, process), _) = tried
            .Where(one => one.Seconds <= 2 * tried.Min(other => other.Seconds))
            .MinBy(one => Math.Min(one.Seconds, Seconds(one.setting.Process, brief, one.form)));
        return new($"{Name} `{form}`, {threads.Text}", () => Seconds(process, subject, form));
    }

    private static JsonNode Ask(Child process, JsonObject request) => JsonNode.Parse(process.Ask(request.ToJsonString()))!;

    public void Dispose()
    {
        foreach (var (_, process) in _settings)
            process.Dispose();
    }
}
