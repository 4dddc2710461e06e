// Rollouts against NumPy's and against the machine's own limits.
namespace GaryMesh.Compare;

public static class Forward
{
    /// <summary>A variant of NumPy's and what GaryMesh must reach against it.</summary>
    private sealed record Rival(string Variant, Bound? Bound);

    /// <summary>Rollouts on rings, in turn with NumPy's: after each of its variants GaryMesh runs once more.</summary>
    public static void AgainstNumPy(Report report, NumPy numPy, int rounds, int threads)
    {
        Rival chunk = new("chunk4k", new(18, 24)), compact = new("compact4k", new(10, 14));
        Ring(report, numPy, rounds, threads, 65_536, [new("naive", new(40, 55)), chunk, compact]);
        Ring(report, numPy, Math.Max(3, rounds / 2), threads, 1_048_576, [chunk, compact]);
    }

    private static void Ring(Report report, NumPy numPy, int rounds, int threads, int cells, Rival[] rivals)
    {
        const string Section = "forward";
        Console.Error.WriteLine($"forward: ring:{cells}, {rounds} rounds");
        using var ours = new Case(Graph.Ring(cells), Case.GaryMesh, threads);
        var theirs = rivals.Select(_ => new List<double>()).ToArray();
        var beside = rivals.Select(_ => new List<double>()).ToArray();
        List<double> triad = [];
        for (var round = 0; round < rounds; round++)
        {
            triad.Add(Machine.TriadGigabytes(threads));
            var before = ours.Seconds();
            for (var i = 0; i < rivals.Length; i++)
            {
                theirs[i].Add(numPy.Rollout(rivals[i].Variant, "ring", cells, Case.Steps));
                var after = ours.Seconds();
                beside[i].Add((before + after) / 2);
                before = after;
            }
        }

        for (var i = 0; i < rivals.Length; i++)
        {
            var what = $"ring of {cells:N0}: forward, times as fast as NumPy `{rivals[i].Variant}`";
            var ratio = new Sample(theirs[i]) / new Sample(beside[i]);
            if (rivals[i].Bound is Bound bound)
                report.Add(Section, what, Unit.Times, bound, ratio);
            report.Add(Section, $"ring of {cells:N0}: NumPy `{rivals[i].Variant}`", Unit.Seconds, new(theirs[i]));
        }

        var all = new Sample([.. beside.SelectMany(values => values)]);
        var cellSteps = (double)cells * Case.Steps;
        report.Add(Section, $"ring of {cells:N0}: GaryMesh", Unit.Seconds, all);
        report.Add(Section, $"ring of {cells:N0}: GaryMesh, a cell-step", Unit.Nanoseconds,
            new([.. all.Values.Select(seconds => seconds / cellSteps)]));
        report.Add(Section, $"memory bandwidth, {threads} threads (triad)", Unit.GigabytesASecond, new(triad));
    }

    /// <summary>Executed operations as a share of the multiply-adds that the same threads reach in registers.</summary>
    public static void AgainstPeak(Report report, int rounds, int threads)
    {
        Console.Error.WriteLine($"peak: {rounds} rounds");
        (string Name, Graph Graph, Automaton Automaton, bool Wider)[] works =
        [
            ("ring of 65,536, 36 -> 48 -> 12", Graph.Ring(65_536), Case.GaryMesh, false),
            ("icosphere of 64,002, 80 -> 128 -> 16", Graph.Icosphere(80), Case.MeshNca, true),
            ("torus6 of 65,536, 80 -> 128 -> 16", Graph.Torus6(256, 256), Case.MeshNca, true),
            ("grid of 256 x 256, 48 -> 128 -> 16", Graph.Grid(256, 256), Case.Growing, true),
        ];
        foreach (var count in threads > 1 ? (int[])[1, threads] : [1])
        {
            var cases = works.Select(work => new Case(work.Graph, work.Automaton, count)).ToArray();
            var executed = works.Select(_ => new List<double>()).ToArray();
            var beside = works.Select(_ => new List<double>()).ToArray();
            List<double> peaks = [], triads = [];
            for (var round = 0; round < rounds; round++)
            {
                triads.Add(Machine.TriadGigabytes(count));
                var before = Machine.PeakGflops(count);
                peaks.Add(before);
                for (var i = 0; i < cases.Length; i++)
                {
                    executed[i].Add((cases[i].LayerFlops + cases[i].PerceptionFlops) / cases[i].Seconds() / 1e9);
                    var after = Machine.PeakGflops(count);
                    peaks.Add(after);
                    beside[i].Add((before + after) / 2);
                    before = after;
                }
            }

            var on = count == 1 ? "1 core" : $"{count} cores";
            for (var i = 0; i < cases.Length; i++)
            {
                var share = new Sample(executed[i]) / new Sample(beside[i]);
                var bound = count == 1 || works[i].Wider ? new Bound(0.50, 0.65) : new Bound(0.45, 0.60);
                report.Add("peak", $"{works[i].Name}: executed flops of the FMA peak, {on}", Unit.Share, bound, share);
                var layers = cases[i].LayerFlops / (cases[i].LayerFlops + cases[i].PerceptionFlops);
                report.Add("peak", $"{works[i].Name}: executed, {on}", Unit.Gflops, new(executed[i]));
                report.Add("peak", $"{works[i].Name}: the layers' flops alone of the peak, {on}", Unit.Share,
                    new([.. share.Values.Select(value => value * layers)]));
                cases[i].Dispose();
            }

            report.Add("peak", $"FMA peak, {on}", Unit.Gflops, new(peaks));
            report.Add("peak", $"memory bandwidth, {on} (triad)", Unit.GigabytesASecond, new(triads));
        }
    }

    /// <summary>
    /// Where the time of a rollout goes on one core: without a cell that fires states are copied and firing is drawn, no
    /// more; the layers' part follows from rules of other numbers of hidden units; the rest perceives and updates.
    /// </summary>
    public static void Parts(Report report, int rounds)
    {
        const string Section = "parts";
        Console.Error.WriteLine($"parts: {rounds} rounds");
        static Automaton OfHidden(int hidden) =>
            Automaton.Of(Perception.Planar, Rule.Xavier(new RuleShape(12, 36, hidden), 1, 1, 0.2));
        var graph = Graph.Ring(65_536);
        using Case whole = new(graph, OfHidden(48), 1), less = new(graph, OfHidden(16), 1),
            silent = new(graph, OfHidden(48).WithFireRate(0), 1);
        List<double> all = [], copying = [], layers = [], rest = [];
        for (var round = 0; round < rounds; round++)
        {
            var (seconds, shorter, copy) = (whole.Seconds(), less.Seconds(), silent.Seconds());
            var layer = (seconds - shorter) / (48 - 16) * 48;
            all.Add(seconds);
            copying.Add(copy / seconds);
            layers.Add(layer / seconds);
            rest.Add(1 - (copy + layer) / seconds);
        }

        const string What = "ring of 65,536, 1 core";
        report.Add(Section, $"{What}: a rollout", Unit.Seconds, new(all));
        report.Add(Section, $"{What}: copying states and drawing who fires", Unit.Share, new(copying));
        report.Add(Section, $"{What}: the two layers", Unit.Share, new(layers));
        report.Add(Section, $"{What}: perceiving and updating", Unit.Share, new(rest));
    }

    /// <summary>What a long rollout asks of the garbage collector.</summary>
    public static void Collections(Report report, int threads)
    {
        const int Steps = 1000;
        Console.Error.WriteLine($"collections: {Steps} steps");
        using var ours = new Case(Graph.Ring(16_384), Case.GaryMesh, threads, Steps);
        static int Collected() => Enumerable.Range(0, GC.MaxGeneration + 1).Sum(GC.CollectionCount);
        var (collected, allocated) = (Collected(), GC.GetTotalAllocatedBytes(true));
        ours.Run();
        var (collections, bytes) = (Collected() - collected, GC.GetTotalAllocatedBytes(true) - allocated);
        report.Add("collections", $"garbage collections in a rollout of {Steps:N0} steps (ring of 16,384)", Unit.Count,
            new(0, AtMost: true), new([collections]));
        report.Add("collections", "allocated in it, in bytes, the returned state included", Unit.Count, new([bytes]));
    }
}
