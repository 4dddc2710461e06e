// What the machine itself can do, measured beside everything else: its kind, its load, its memory.
using System.Diagnostics;
using System.Numerics;
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
}
