// A rollout to time.
using GaryMesh.Cli.Measuring;

namespace GaryMesh.Compare;

internal sealed class Case : Work
{
    public const int Steps = 24;
    private readonly Prepared _prepared;
    private readonly Rollout _rollout;
    private readonly Lazy<Executed> _executed;

    public Case(Subject subject, int threads, int steps = Steps)
    {
        Subject = subject;
        _prepared = new Prepared(subject.Automaton, subject.Graph, new EngineOptions { Threads = threads });
        _rollout = Rollout.Of(subject.Initial, steps, Firing.Of(7, 0));
        _executed = new(() => Executed.Of(subject.Automaton, subject.Graph, _rollout));

        // Buffers are made and code is compiled here rather than under the clock.
        _prepared.Run(_rollout);
    }

    public Subject Subject { get; }

    public override Executed Executed => _executed.Value;

    /// <summary>One rollout, the state copied in and out included.</summary>
    public override void Run() => _prepared.Run(_rollout);

    public override void Dispose() => _prepared.Dispose();
}
