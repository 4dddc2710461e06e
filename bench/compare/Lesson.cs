// A training to time.
using GaryMesh.Cli.Measuring;

namespace GaryMesh.Compare;

/// <summary>Fixed noise to stripes on channel 0, each rollout firing by itself, from the same rule at every run.</summary>
internal sealed class Lesson : Work
{
    private readonly Subject _subject;
    private readonly Prepared _prepared;
    private readonly Adam _adam = Adam.Of(2e-3);
    private readonly Loss _loss;
    private readonly State _start;
    private readonly TraceMemory _memory;
    private readonly Lazy<Executed> _executed;

    public Lesson(Subject subject, int threads)
    {
        // What the engine chooses by itself at these sizes, said so that what is computed again is known.
        _memory = subject.Graph.Cells < 256 ? TraceMemory.Everything : TraceMemory.States;
        _subject = subject;
        var options = new EngineOptions { Threads = threads, TraceMemory = _memory };
        _prepared = new Prepared(subject.Automaton, subject.Graph, options);
        _loss = new MeanSquared(subject.Target, 0);
        _start = subject.Initial;
        _executed = new(Count);
        Train(1);
    }

    /// <summary>
    /// What a gradient cannot do without: the way forward; perceiving and the first layer again, unless what the rule saw
    /// was kept; and on the way back twice each layer (the adjoint of its input and of its weights) and once the perception.
    /// </summary>
    public override Executed Executed => _executed.Value;

    public override void Run() => Train(_subject.Iterations);

    public override void Dispose() => _prepared.Dispose();

    private void Train(int iterations)
    {
        var rule = _subject.Automaton.Rule;
        var views = rule.Views;
        var moments = AdamMoments.Zero(rule.ParameterCount);
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            _prepared.Load(rule);
            var gradient = _prepared.Gradient(Batch(iteration), _loss).Parameters;
            (var next, moments) = _adam.Step(moments, views, rule.ToArray(), gradient);
            rule = new Rule(rule.Shape, next);
        }
    }

    private Rollout[] Batch(int iteration) =>
    [
        .. Enumerable.Range(0, _subject.Batch)
            .Select(sample => Rollout.Of(_start, Case.Steps, Firing.Of((ulong)iteration, sample))),
    ];

    private Executed Count()
    {
        var forward = Enumerable.Range(0, _subject.Iterations)
            .SelectMany(Batch)
            .Select(rollout => Executed.Of(_subject.Automaton, _subject.Graph, rollout))
            .Aggregate((a, b) => a + b);
        var again = _memory.IsEverything ? 0 : 1;
        return new((3 + again) * forward.FirstLayer, 3 * forward.SecondLayer, (2 + again) * forward.Perception);
    }
}
