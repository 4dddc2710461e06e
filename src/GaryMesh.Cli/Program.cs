using GaryMesh.Cli;
using GaryMesh.Cli.Shell;

// The first Ctrl-C (or a request to terminate) asks the work to stop and keep its results; a second one ends the process, as
// does the first where there are no results to keep.
using var stop = new CancellationTokenSource();
using var interrupt = Signals.Cancel(stop, keepsWork: args is ["train" or "demo" or "cluster" or "studio", ..] or ["texture" or "grow" or "digits", "train", ..]);

Console.SetOut(Guarded(Console.OpenStandardOutput(), false));
Console.SetError(Guarded(Console.OpenStandardError(), true));

return CommandLine.Run(args, Console.Out, Console.Error, stop.Token);

static StreamWriter Guarded(Stream stream, bool silent) => new(new OutputStream(stream, silent)) { AutoFlush = true };
