using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Measuring;

/// <summary>The states of a run for a file: an array [frames x cells x channels].</summary>
internal sealed class Trajectory
{
    private readonly int[] _shape;
    private readonly int[] _steps;
    private readonly float[] _values;
    private int _count;

    /// <summary>Room for the start, every `every`-th state and the last; refused where this machine has no memory for
    /// it.</summary>
    public Trajectory(int steps, int every, int cells, int channels)
    {
        var frames = 1 + (int)(((long)steps + every - 1) / every);
        var bytes = (Int128)frames * cells * channels * sizeof(float);
        // Twice, for the array that is written is a copy.
        var room = Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2, (long)sizeof(float) * Array.MaxLength);

        if (bytes > room)
        {
            throw new UserErrorException(
                $"--trajectory keeps {Counted.Of(frames, "state")}, which need {bytes:N0} bytes, but at most {room:N0} can be "
                + "kept; take a larger --every.");
        }

        (_shape, _steps, _values) = ([frames, cells, channels], new int[frames], new float[frames * cells * channels]);
    }

    public void Add(int step, State state)
    {
        _steps[_count] = step;
        state.Values.CopyTo(_values.AsSpan(_count++ * state.Cells * state.Channels));
    }

    /// <summary>Writes a .npy, or a .npz with the arrays 'trajectory' and 'steps'.</summary>
    public void Write(string path)
    {
        var states = NpyArray.OfFloat32(_shape, _values);

        if (IsArray(path))
            Npy.Write(path, states);
        else
            Npz.Write(path, [new("trajectory", states), new("steps", NpyArray.OfInt32([_steps.Length], _steps))]);
    }

    /// <summary>Refuses an ending other than .npy and .npz.</summary>
    public static void Check(string path)
    {
        if (!IsArray(path) && !path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
            throw new UserErrorException($"--trajectory takes a file ending in .npy or .npz, not '{path}'.");
    }

    private static bool IsArray(string path) => path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase);
}
