using System.Runtime.InteropServices;

namespace GaryMesh.Cli.Shell;

/// <summary>Turns Ctrl-C and a request to terminate into a cancellation, once. A command that keeps its work is waited for;
/// any other may be waiting for a file, which no cancellation reaches, so that its process ends after two seconds.</summary>
internal sealed class Signals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    private Signals(PosixSignalRegistration[] registrations) => _registrations = registrations;

    public static Signals Cancel(CancellationTokenSource source, bool keepsWork)
    {
        void Handle(PosixSignalContext context)
        {
            context.Cancel = !source.IsCancellationRequested;
            source.Cancel();

            if (context.Cancel && !keepsWork)
                new Thread(End) { IsBackground = true }.Start();
        }

        static void End()
        {
            Thread.Sleep(TimeSpan.FromSeconds(2));
            Console.Error.WriteLine("gary-mesh: Stopped.");
            Environment.Exit(128 + 2);
        }

        return new Signals(
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ]);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }
}
