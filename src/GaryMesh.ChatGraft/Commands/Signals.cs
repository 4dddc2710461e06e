using System.Runtime.InteropServices;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>Turns Ctrl-C and a request to terminate into a cancellation, once.</summary>
internal sealed class Signals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    private Signals(PosixSignalRegistration[] registrations) => _registrations = registrations;

    public static Signals Cancel(CancellationTokenSource source)
    {
        void Handle(PosixSignalContext context)
        {
            context.Cancel = !source.IsCancellationRequested;
            source.Cancel();
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
