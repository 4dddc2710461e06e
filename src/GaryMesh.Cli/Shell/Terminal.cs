using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace GaryMesh.Cli.Shell;

/// <summary>What a command writes: figures to the output, warnings and the progress bar to the error stream.</summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions _indented = new()
    {
        WriteIndented = true,
        // The object stands on a terminal or in a file, not in a page: "36 -> 48" needs no escapes.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly bool _json;
    private readonly bool _quiet;

    public Terminal(TextWriter output, TextWriter error, bool json, bool quiet)
    {
        (_output, _error, _json, _quiet) = (output, error, json, quiet);
        Tables = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        // A pipe has no width, and a table folded at 80 columns is harder to read and to search than a wide one.
        if (Console.IsOutputRedirected || !ReferenceEquals(output, Console.Out))
            Tables.Profile.Width = 120;
    }

    private IAnsiConsole Tables { get; }

    /// <summary>Whether text for a human reader is wanted on the output.</summary>
    public bool WritesText => !_json && !_quiet;

    public void Write(string text)
    {
        if (WritesText)
            _output.WriteLine(text);
    }

    public void Write(Table table)
    {
        if (WritesText)
            Tables.Write(table);
    }

    /// <summary>Writes a warning, which is not part of the figures.</summary>
    public void Warn(string text)
    {
        if (!_quiet)
            Failure(text);
    }

    /// <summary>An output that failed while the others go on: written under --quiet, too.</summary>
    public void Failure(string text) => _error.WriteLine($"gary-mesh: {Refusal.Line(text)}");

    /// <summary>Writes the figures as one object where they are asked for as JSON.</summary>
    public void WriteJson(JsonObject figures)
    {
        if (_json)
            _output.WriteLine(figures.ToJsonString(_indented));
    }

    /// <summary>Does work that reports the fraction done, 0 to 1: with a progress bar once it has taken a second, where the
    /// error stream is a terminal.</summary>
    public T WithProgress<T>(string what, Func<Progress, T> work)
    {
        var progress = new Progress { What = what };

        if (_quiet || Console.IsErrorRedirected || !ReferenceEquals(_error, Console.Error))
            return work(progress);

        var task = Task.Factory.StartNew(
            () => work(progress), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var ended = ((IAsyncResult)task).AsyncWaitHandle;

        if (!ended.WaitOne(1000))
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_error) });
            console.Progress()
                .AutoClear(true)
                .Columns(
                    new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .Start(context =>
                {
                    var bar = context.AddTask(what);

                    while (!ended.WaitOne(100))
                        (bar.Value, bar.Description) = (100.0 * progress.Value, Markup.Escape(progress.What));

                    bar.Value = 100.0;
                });
        }

        return task.GetAwaiter().GetResult();
    }

    /// <summary>The fraction of the work that is done, 0 to 1, and what is said of it.</summary>
    public sealed class Progress : IProgress<double>
    {
        private double _value;

        public double Value => Volatile.Read(ref _value);

        public required string What { get; set; }

        public void Report(double value) => Volatile.Write(ref _value, value);
    }
}
