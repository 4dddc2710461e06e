using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GaryMesh.Cli.Measuring;

/// <summary>The machine's peak of floating-point operations a second: chains of fused multiply-adds in
/// registers, as many as it takes to hide their latency, on every thread.</summary>
internal static class PeakRate
{
    private const int Chains = 12, Turns = 200_000;

    /// <summary>GFLOP/s of so many threads together over some milliseconds; a multiply-add counts as two.</summary>
    public static double Gflops(int threads, int milliseconds = 40)
    {
        using var ready = new Barrier(threads);
        var rates = new double[threads];
        var workers = Enumerable.Range(0, threads)
            .Select(worker => new Thread(() =>
            {
                Turn(Turns / 10);
                ready.SignalAndWait();
                var clock = Stopwatch.StartNew();
                var done = 0L;

                do
                {
                    Turn(Turns);
                    done += Turns;
                }
                while (clock.ElapsedMilliseconds < milliseconds);

                rates[worker] = 2e-9 * Chains * Lanes * done / clock.Elapsed.TotalSeconds;
            }))
            .ToArray();

        foreach (var worker in workers)
            worker.Start();

        foreach (var worker in workers)
            worker.Join();

        return rates.Sum();
    }

    private static int Lanes => Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;

    /// <summary>One turn is a multiply-add in each chain. The sum keeps them alive; the factor keeps them finite.</summary>
    private static float Turn(int turns) =>
        Vector512.IsHardwareAccelerated ? Wide(turns) : Vector256.IsHardwareAccelerated ? Middle(turns) : Narrow(turns);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Wide(int turns)
    {
        var (factor, term) = (Vector512.Create(0.5f), Vector512.Create(1f));
        Vector512<float> a = term, b = term, c = term, d = term, e = term, f = term;
        Vector512<float> g = term, h = term, i = term, j = term, k = term, l = term;

        for (var turn = 0; turn < turns; turn++)
        {
            a = Vector512.FusedMultiplyAdd(a, factor, term);
            b = Vector512.FusedMultiplyAdd(b, factor, term);
            c = Vector512.FusedMultiplyAdd(c, factor, term);
            d = Vector512.FusedMultiplyAdd(d, factor, term);
            e = Vector512.FusedMultiplyAdd(e, factor, term);
            f = Vector512.FusedMultiplyAdd(f, factor, term);
            g = Vector512.FusedMultiplyAdd(g, factor, term);
            h = Vector512.FusedMultiplyAdd(h, factor, term);
            i = Vector512.FusedMultiplyAdd(i, factor, term);
            j = Vector512.FusedMultiplyAdd(j, factor, term);
            k = Vector512.FusedMultiplyAdd(k, factor, term);
            l = Vector512.FusedMultiplyAdd(l, factor, term);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Middle(int turns)
    {
        var (factor, term) = (Vector256.Create(0.5f), Vector256.Create(1f));
        Vector256<float> a = term, b = term, c = term, d = term, e = term, f = term;
        Vector256<float> g = term, h = term, i = term, j = term, k = term, l = term;

        for (var turn = 0; turn < turns; turn++)
        {
            a = Vector256.FusedMultiplyAdd(a, factor, term);
            b = Vector256.FusedMultiplyAdd(b, factor, term);
            c = Vector256.FusedMultiplyAdd(c, factor, term);
            d = Vector256.FusedMultiplyAdd(d, factor, term);
            e = Vector256.FusedMultiplyAdd(e, factor, term);
            f = Vector256.FusedMultiplyAdd(f, factor, term);
            g = Vector256.FusedMultiplyAdd(g, factor, term);
            h = Vector256.FusedMultiplyAdd(h, factor, term);
            i = Vector256.FusedMultiplyAdd(i, factor, term);
            j = Vector256.FusedMultiplyAdd(j, factor, term);
            k = Vector256.FusedMultiplyAdd(k, factor, term);
            l = Vector256.FusedMultiplyAdd(l, factor, term);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Narrow(int turns)
    {
        var (factor, term) = (Vector128.Create(0.5f), Vector128.Create(1f));
        Vector128<float> a = term, b = term, c = term, d = term, e = term, f = term;
        Vector128<float> g = term, h = term, i = term, j = term, k = term, l = term;

        for (var turn = 0; turn < turns; turn++)
        {
            a = Vector128.FusedMultiplyAdd(a, factor, term);
            b = Vector128.FusedMultiplyAdd(b, factor, term);
            c = Vector128.FusedMultiplyAdd(c, factor, term);
            d = Vector128.FusedMultiplyAdd(d, factor, term);
            e = Vector128.FusedMultiplyAdd(e, factor, term);
            f = Vector128.FusedMultiplyAdd(f, factor, term);
            g = Vector128.FusedMultiplyAdd(g, factor, term);
            h = Vector128.FusedMultiplyAdd(h, factor, term);
            i = Vector128.FusedMultiplyAdd(i, factor, term);
            j = Vector128.FusedMultiplyAdd(j, factor, term);
            k = Vector128.FusedMultiplyAdd(k, factor, term);
            l = Vector128.FusedMultiplyAdd(l, factor, term);
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
