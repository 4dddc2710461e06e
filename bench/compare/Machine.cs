// What the machine itself can do, measured beside everything else: multiply-adds a second and bytes a second.
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GaryMesh.Compare;

public static class Machine
{
    private const int Copied = 1 << 24;
    private static readonly Lazy<float[][]> _streams = new(() => [.. Enumerable.Range(0, 3).Select(_ => new float[Copied])]);

    public static string Processor
    {
        get
        {
            const string Info = "/proc/cpuinfo";
            var name = File.Exists(Info)
                ? File.ReadLines(Info).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                : null;
            return name?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }

    public static string Vectors =>
        Vector512.IsHardwareAccelerated ? "512 bit" : Vector256.IsHardwareAccelerated ? "256 bit" : "128 bit";

    /// <summary>Mean number of processes that wanted to run in the last minute; null where the system does not say.</summary>
    public static double? Load
    {
        get
        {
            const string Average = "/proc/loadavg";
            return File.Exists(Average)
                ? double.Parse(File.ReadAllText(Average).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)
                : null;
        }
    }

    /// <summary>The most memory that this process has had at once, in bytes.</summary>
    public static long PeakBytes
    {
        get
        {
            using var self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64;
        }
    }

    /// <summary>GFLOP/s of multiply-adds on numbers in registers (two operations each), all threads together.</summary>
    public static double PeakGflops(int threads, double seconds = 0.05)
    {
        var done = 0L;
        var elapsed = Together(threads, _ => Interlocked.Add(ref done, Multiply(seconds)));
        return done / elapsed / 1e9;
    }

    /// <summary>GB/s that a = b + c x moves (two reads and a write each), all threads together, out of reach of the caches.</summary>
    public static double TriadGigabytes(int threads, int times = 2)
    {
        var streams = _streams.Value;
        var elapsed = Together(threads, thread =>
        {
            var from = (int)((long)Copied * thread / threads);
            var length = (int)((long)Copied * (thread + 1) / threads) - from;
            for (var i = 0; i < times; i++)
                Triad(streams[0].AsSpan(from, length), streams[1].AsSpan(from, length), streams[2].AsSpan(from, length));
        });
        return 3.0 * sizeof(float) * Copied * times / elapsed / 1e9;
    }

    /// <summary>Starts all threads at once; seconds until the last is done.</summary>
    private static double Together(int threads, Action<int> work)
    {
        using var start = new Barrier(threads + 1);
        var workers = Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            start.SignalAndWait();
            work(thread);
        })).ToArray();
        foreach (var worker in workers)
            worker.Start();

        // Taken before the last thread is let go, so that no work escapes the clock.
        var began = Stopwatch.GetTimestamp();
        start.SignalAndWait();
        foreach (var worker in workers)
            worker.Join();

        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static void Triad(Span<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c)
    {
        var va = MemoryMarshal.Cast<float, Vector<float>>(a);
        var vb = MemoryMarshal.Cast<float, Vector<float>>(b);
        var vc = MemoryMarshal.Cast<float, Vector<float>>(c);
        var factor = new Vector<float>(0.5f);
        for (var i = 0; i < va.Length; i++)
            va[i] = vb[i] + vc[i] * factor;
    }

    private static long Multiply(double seconds)
    {
        const int Turns = 20_000;
        var began = Stopwatch.GetTimestamp();
        var operations = 0L;
        var sink = 0f;
        do
        {
            sink += Vector512.IsHardwareAccelerated ? Chains.Of512(Turns)
                : Vector256.IsHardwareAccelerated ? Chains.Of256(Turns)
                : Chains.Of128(Turns);
            operations += Turns * Chains.OperationsATurn;
        } while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds);

        GC.KeepAlive(sink);
        return operations;
    }
}

/// <summary>
/// Chains of multiply-adds that do not wait for each other: enough of them to hide the latency of every unit (twelve
/// where there are 16 registers, sixteen where there are 32), each in a register of its own.
/// </summary>
internal static class Chains
{
    public static long OperationsATurn => Vector512.IsHardwareAccelerated ? 2 * 16 * 16
        : Vector256.IsHardwareAccelerated ? 2 * 12 * 8
        : 2 * 16 * 4;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Of512(int turns)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x;
        Vector512<float> i = y, j = y, k = y, l = y, m = y, n = y, o = y, p = y;
        for (var turn = 0; turn < turns; turn++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
            m = Vector512.FusedMultiplyAdd(m, x, y);
            n = Vector512.FusedMultiplyAdd(n, x, y);
            o = Vector512.FusedMultiplyAdd(o, x, y);
            p = Vector512.FusedMultiplyAdd(p, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Of256(int turns)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(0.001f);
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = y, h = y, i = y, j = y, k = y, l = y;
        for (var turn = 0; turn < turns; turn++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Of128(int turns)
    {
        Vector128<float> x = Vector128.Create(0.999f), y = Vector128.Create(0.001f);
        Vector128<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x;
        Vector128<float> i = y, j = y, k = y, l = y, m = y, n = y, o = y, p = y;
        for (var turn = 0; turn < turns; turn++)
        {
            a = Vector128.FusedMultiplyAdd(a, x, y);
            b = Vector128.FusedMultiplyAdd(b, x, y);
            c = Vector128.FusedMultiplyAdd(c, x, y);
            d = Vector128.FusedMultiplyAdd(d, x, y);
            e = Vector128.FusedMultiplyAdd(e, x, y);
            f = Vector128.FusedMultiplyAdd(f, x, y);
            g = Vector128.FusedMultiplyAdd(g, x, y);
            h = Vector128.FusedMultiplyAdd(h, x, y);
            i = Vector128.FusedMultiplyAdd(i, x, y);
            j = Vector128.FusedMultiplyAdd(j, x, y);
            k = Vector128.FusedMultiplyAdd(k, x, y);
            l = Vector128.FusedMultiplyAdd(l, x, y);
            m = Vector128.FusedMultiplyAdd(m, x, y);
            n = Vector128.FusedMultiplyAdd(n, x, y);
            o = Vector128.FusedMultiplyAdd(o, x, y);
            p = Vector128.FusedMultiplyAdd(p, x, y);
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p);
    }
}
