// Rollouts and trainings against the multiply-adds that as many threads reach in registers.
using GaryMesh.Cli.Measuring;

namespace GaryMesh.Compare;

internal static class Peak
{
    public static void Rollouts(Report report, int rounds, int threads)
    {
        static Bound Least(Subject subject, int count) =>
            count > 1 && subject.IsPlanar ? new(0.45, 0.60) : new(0.50, 0.65);
        Share(report, "peak", Subject.Rollouts, (subject, count) => new Case(subject, count), rounds, threads, Least);
        report.Add("peak", $"memory bandwidth, {threads} threads (triad)", Unit.GigabytesASecond,
            new([.. Enumerable.Range(0, rounds).Select(_ => Machine.TriadGigabytes(threads))]));
    }

    public static void Trainings(Report report, int rounds, int threads) =>
        Share(
            report,
            "training",
            Subject.Trainings,
            (subject, count) => new Lesson(subject, count),
            rounds,
            threads,
            (subject, _) => subject.Perceives == "sobel" ? new(0.55, 0.65) : null);

    private static void Share(
        Report report,
        string section,
        Subject[] subjects,
        Func<Subject, int, Work> ready,
        int rounds,
        int threads,
        Func<Subject, int, Bound?> bound)
    {
        foreach (var count in (int[])[.. new[] { 1, threads }.Distinct()])
        {
            var on = count == 1 ? "1 core" : $"{count} cores";
            Console.Error.WriteLine($"{section}: executed flops of the peak, {on}, {rounds} rounds");
            var works = Array.ConvertAll(subjects, subject => ready(subject, count));
            var executed = works.Select(_ => new List<double>()).ToArray();
            var beside = works.Select(_ => new List<double>()).ToArray();
            List<double> peaks = [];
            for (var round = 0; round < rounds; round++)
            {
                var before = PeakRate.Gflops(count);
                peaks.Add(before);
                for (var i = 0; i < works.Length; i++)
                {
                    executed[i].Add(1e-9 * works[i].Executed.Total / works[i].Seconds());
                    var after = PeakRate.Gflops(count);
                    peaks.Add(after);
                    beside[i].Add((before + after) / 2);
                    before = after;
                }
            }

            for (var i = 0; i < works.Length; i++)
            {
                var (name, flops) = (subjects[i].Name, works[i].Executed);
                var share = new Sample(executed[i]) / new Sample(beside[i]);
                var least = bound(subjects[i], count);
                report.Add(section, $"{name}: executed flops of the FMA peak, {on}", Unit.Share, least, share);
                report.Add(section, $"{name}: executed, {on}", Unit.Gflops, new(executed[i]));
                report.Add(section, $"{name}: the layers' flops alone of the peak, {on}", Unit.Share,
                    new([.. share.Values.Select(value => value * flops.Layers / flops.Total)]));
                works[i].Dispose();
            }

            report.Add(section, $"FMA peak, {on}", Unit.Gflops, new(peaks));
        }
    }
}
