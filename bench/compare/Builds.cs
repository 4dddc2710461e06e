// This build and another one in turn, so that a change of the engine is told apart from one of the machine's mood.
using GaryMesh.Cli.Measuring;

namespace GaryMesh.Compare;

internal static class Builds
{
    private const int Turns = 5;

    /// <summary>What one build has done of a work: GFLOP/s executed, and their share of the peak beside them.</summary>
    private sealed record Side(List<double> Rates, List<double> Shares);

    private static (string Name, Func<int, Work> Ready)[] Works =>
    [
        .. Subject.Rollouts
            .Select(subject => ($"rollout, {subject.Name}", (Func<int, Work>)(threads => new Case(subject, threads)))),
        // A training of many iterations takes turns too long: some of them will do.
        .. Subject.Trainings
            .Select(subject => subject with { Iterations = Math.Min(20, subject.Iterations) })
            .Select(subject => ($"training, {subject.Name}", (Func<int, Work>)(threads => new Lesson(subject, threads)))),
    ];

    /// <summary>The other side of `Compare`: for each number read, the seconds of that work and what it executes.</summary>
    public static void Serve(int threads)
    {
        var works = Array.ConvertAll(Works, work => new Lazy<Work>(() => work.Ready(threads)));
        while (Console.ReadLine() is string line)
        {
            var work = works[int.Parse(line)].Value;
            Console.WriteLine($"{work.Seconds(0.06):R} {work.Executed.Total:R}");
        }
    }

    /// <summary>The ratio of executed flops / FMA peak, this build's over the other's. Both start anew each round, as where a
    /// process lies in memory has a speed of its own, and take turns within it; what they execute is this build's count.</summary>
    public static void Compare(Report report, string other, int rounds, int threads)
    {
        const string Section = "against";
        foreach (var count in (int[])[.. new[] { 1, threads }.Distinct()])
        {
            var on = count == 1 ? "1 core" : $"{count} cores";
            Console.Error.WriteLine($"against {other}: {on}, {rounds} rounds");
            var names = Array.ConvertAll(Works, work => work.Name);
            Side[] Sides() => Array.ConvertAll(names, _ => new Side([], []));
            var (ours, theirs) = (Sides(), Sides());
            for (var round = 0; round < rounds; round++)
            {
                using var here = Child.Serving(Child.Self, "time", $"{count}");
                using var there = Child.Serving(other, "time", $"{count}");
                for (var work = 0; work < names.Length; work++)
                {
                    // Made ready before either is timed.
                    Ask(there, work);
                    var executed = 1e-9 * Ask(here, work).Executed;
                    var before = PeakRate.Gflops(count);
                    (Child Build, Side Side)[] order = [(here, ours[work]), (there, theirs[work])];
                    for (var turn = 0; turn < Turns; turn++)
                    {
                        foreach (var (build, side) in order)
                            side.Rates.Add(executed / Ask(build, work).Seconds);

                        var after = PeakRate.Gflops(count);
                        foreach (var (_, side) in order)
                            side.Shares.Add(side.Rates[^1] / ((before + after) / 2));

                        before = after;
                        Array.Reverse(order);
                    }
                }
            }

            for (var work = 0; work < names.Length; work++)
            {
                var (our, their, what) = (ours[work], theirs[work], $"{names[work]}, {on}");
                Bound most = new(0.97);
                report.Add(Section, $"{what}: against the other build, median of turns", Unit.Share, most,
                    new Sample(our.Shares) / new Sample(their.Shares));
                report.Add(Section, $"{what}: against the other build, each at its best", Unit.Share, most,
                    new([our.Rates.Max() / their.Rates.Max()]));
                report.Add(Section, $"{what}: executed flops of the FMA peak, this build", Unit.Share, new(our.Shares));
                report.Add(Section, $"{what}: executed flops of the FMA peak, the other", Unit.Share, new(their.Shares));
            }
        }
    }

    private static (double Seconds, double Executed) Ask(Child build, int work)
    {
        var words = build.Ask($"{work}").Split(' ');
        return (double.Parse(words[0]), double.Parse(words[1]));
    }
}
