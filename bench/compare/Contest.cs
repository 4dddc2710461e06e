// GaryMesh and its peers at the same work: first that it is the same, then in turn.
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace GaryMesh.Compare;

internal static class Contest
{
    /// <summary>After each run of a rival's GaryMesh runs once more, and the ratio is taken within the round, so that a slow
    /// spell of the machine slows both.</summary>
    public static void InTurn(
        Report report,
        string section,
        string what,
        Work ours,
        int rounds,
        IReadOnlyList<(Rival Rival, string Against, Bound? Bound)> rivals)
    {
        Console.Error.WriteLine($"{section}: {what}, {rounds} rounds");
        var theirs = rivals.Select(_ => new List<double>()).ToArray();
        var beside = rivals.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            var before = ours.Seconds();
            for (var i = 0; i < rivals.Count; i++)
            {
                theirs[i].Add(rivals[i].Rival.Seconds());
                var after = ours.Seconds();
                beside[i].Add((before + after) / 2);
                before = after;
            }
        }

        for (var i = 0; i < rivals.Count; i++)
        {
            var (rival, against, bound) = rivals[i];
            var ratio = new Sample(theirs[i]) / new Sample(beside[i]);
            report.Add(section, $"{what}: {section}, times as fast as {against}", Unit.Times, bound, ratio);
            report.Add(section, $"{what}: {rival.Name}", Unit.Seconds, new(theirs[i]));
        }

        report.Add(section, $"{what}: GaryMesh", Unit.Seconds, new([.. beside.SelectMany(values => values)]));
    }

    /// <summary>Sees that a peer does the same work: with one rule, start and target, every cell firing, states and gradients
    /// agree to float32's rounding.</summary>
    public static void Agree(Report report, Peer peer, IEnumerable<Subject> subjects)
    {
        const int Steps = 8;
        const double Tolerance = 1e-4;
        var worst = 0.0;
        foreach (var subject in subjects)
        {
            using var prepared = new Prepared(subject.Automaton.WithFireRate(1), subject.Graph);
            var ours = prepared.Gradient([Rollout.Of(subject.Initial, Steps, Firing.All)], new MeanSquared(subject.Target, 0));
            var answer = peer.Ask(subject.Describe("check", Steps));

            void Same(string what, double[] mine, JsonNode theirs)
            {
                foreach (var (form, packed) in theirs.AsObject())
                {
                    var bytes = Convert.FromBase64String(packed!.GetValue<string>());
                    var other = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
                    var error = mine.Length == other.Length
                        ? mine.Zip(other, (x, y) => Math.Abs(x - y)).Max() / mine.Max(Math.Abs)
                        : double.NaN;
                    if (!(error <= Tolerance))
                    {
                        throw new InvalidDataException(
                            $"{peer.Name} and GaryMesh must do the same work, but the {what} of `{form}` on the {subject.Name} "
                            + $"differs by {error:g2} of the largest.");
                    }

                    worst = Math.Max(worst, error);
                }
            }

            Same("state", Array.ConvertAll(ours.Outcomes[0].Final.ToArray(), value => (double)value), answer["states"]!);
            Same("gradient", ours.Parameters, answer["gradients"]!);
        }

        report.Describe(
            $"Same work as {peer.Name}",
            $"states and gradients differ by {worst:g2} of the largest, {Tolerance:g} allowed");
    }
}
