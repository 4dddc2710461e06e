using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace GaryMesh.Cli;

/// <summary>What a command says: figures on the output, notices and the progress bar on the error stream.</summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

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

    /// <summary>Whether words for a human reader are wanted on the output.</summary>
    public bool Speaks => !_json && !_quiet;

    public void Say(string text)
    {
        if (Speaks)
            _output.WriteLine(text);
    }

    public void Say(Table table)
    {
        if (Speaks)
            Tables.Write(table);
    }

    /// <summary>A warning or notice, which is not part of the figures.</summary>
    public void Notice(string text)
    {
        if (!_quiet)
            _error.WriteLine($"gary-mesh: {text}");
    }

    /// <summary>Something that was asked for and could not be done, while the rest goes on: said to the quiet, too.</summary>
    public void Failure(string text) => _error.WriteLine($"gary-mesh: {text}");

    /// <summary>Writes the figures as one object where they are asked for as JSON.</summary>
    public void Figures(JsonObject figures)
    {
        if (_json)
            _output.WriteLine(figures.ToJsonString(_indented));
    }

    /// <summary>Does work that reports its share, 0 to 1: with a progress bar once it has taken a second, where somebody
    /// is watching.</summary>
    public T Watch<T>(string what, Func<IProgress<double>, T> work)
    {
        var share = new Share();

        if (_quiet || Console.IsErrorRedirected || !ReferenceEquals(_error, Console.Error))
            return work(share);

        var task = Task.Factory.StartNew(
            () => work(share), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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
                        bar.Value = 100.0 * share.Value;

                    bar.Value = 100.0;
                });
        }

        return task.GetAwaiter().GetResult();
    }

    private sealed class Share : IProgress<double>
    {
        private double _value;

        public double Value => Volatile.Read(ref _value);

        public void Report(double value) => Volatile.Write(ref _value, value);
    }
}
