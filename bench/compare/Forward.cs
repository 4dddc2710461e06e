// Rollouts: against those of peers, where their time goes, and what they leave to the garbage collector.
namespace GaryMesh.Compare;

internal static class Forward
{
    private const string Section = "forward";

    /// <summary>Each in turn with those of NumPy's three forms, of PyTorch's fastest and of ONNX Runtime's.</summary>
    public static void AgainstPeers(Report report, Peer? numPy, Peer? torch, OnnxPeer? onnx, int rounds, int threads)
    {
        (string, Bound)[] blocked = [("chunk4k", new(18, 24)), ("compact4k", new(10, 14))];
        foreach (var subject in Subject.Rollouts.Where(subject => !subject.Name.StartsWith("torus6", StringComparison.Ordinal)))
            Against(subject, subject.IsPlanar ? [("naive", new(40, 55)), .. blocked] : [], torch, rounds);
        Against(Subject.Ring(1_048_576), blocked, null, Math.Max(3, rounds / 2));

        void Against(Subject subject, (string Form, Bound Bound)[] forms, Peer? torch, int rounds)
        {
            List<(Rival, string, Bound?)> rivals = [];
            if (numPy is not null)
            {
                rivals.AddRange(forms.Select(one =>
                    (numPy.Fastest(subject, "rollout", one.Form), $"NumPy `{one.Form}`", (Bound?)one.Bound)));
            }

            if (torch is not null)
                rivals.Add((torch.Fastest(subject, "rollout"), torch.Name, null));
            if (onnx is not null && subject.Graph.Cells <= 100_000)
                rivals.Add((onnx.Fastest(subject), "ONNX Runtime", null));
            if (rivals.Count == 0)
                return;

            using var ours = new Case(subject, threads);
            Contest.InTurn(report, Section, subject.Name, ours, rounds, rivals);
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
        static Case OfHidden(int hidden, double fireRate = 0.5)
        {
            var rule = Rule.Xavier(new RuleShape(12, 36, hidden), 1, 1, 0.2);
            return new(Subject.Ring(65_536, Automaton.Of(Perception.Planar, rule).WithFireRate(fireRate)), 1);
        }


        using Case whole = OfHidden(48), less = OfHidden(16), silent = OfHidden(48, 0);
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
        using var ours = new Case(Subject.Ring(16_384), threads, Steps);
        static int Collected() => Enumerable.Range(0, GC.MaxGeneration + 1).Sum(GC.CollectionCount);
        var (collected, allocated) = (Collected(), GC.GetTotalAllocatedBytes(true));
        ours.Run();
        var (collections, bytes) = (Collected() - collected, GC.GetTotalAllocatedBytes(true) - allocated);
        report.Add("collections", $"garbage collections in a rollout of {Steps:N0} steps (ring of 16,384)", Unit.Count,
            new(0, AtMost: true), new([collections]));
        report.Add("collections", "allocated in it, in bytes, the returned state included", Unit.Count, new([bytes]));
    }
}
