namespace GaryMesh.Studio.Exports;

/// <summary>Who fires, step by step and cell by cell.</summary>
internal static class Masks
{
    /// <summary>[steps x cells] from the first step on.</summary>
    public static bool[] Of(Firing firing, double fireRate, int first, int steps, int cells)
    {
        var (masks, words) = (new bool[(long)steps * cells], new ulong[(cells + 63) / 64]);

        for (var step = 0L; step < steps; step++)
        {
            firing.Fill(fireRate, first + (int)step, cells, words);

            for (var cell = 0; cell < cells; cell++)
                masks[(step * cells) + cell] = ((words[cell >> 6] >> (cell & 63)) & 1) == 1;
        }

        return masks;
    }
}
