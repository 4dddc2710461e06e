// What trained and measures the chat model that ships: `dotnet run -c Release --project bench/chat-lab -- COMMAND`.
using GaryMesh.ChatLab;
using GaryMesh.Cli.Shell;

// The first Ctrl-C (or a request to terminate) asks the work to stop and keep what it has; a second one ends the process.
using var stop = new CancellationTokenSource();
using var interrupt = Signals.Cancel(stop, keepsWork: true);

return Laboratory.Run(args, Console.Out, Console.Error, stop.Token);
