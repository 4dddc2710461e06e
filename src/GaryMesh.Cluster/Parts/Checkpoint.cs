namespace GaryMesh.Cluster;

/// <summary>The states of a part's own cells after an epoch. A part keeps the last two, so that there is always one that all parts have.</summary>
[GenerateSerializer]
internal sealed class Checkpoint
{
    /// <summary>Epochs done; 0 where there is none.</summary>
    [Id(0)]
    public int Epoch { get; set; }

    /// <summary>[owned cells x channels], little-endian floats.</summary>
    [Id(1)]
    public byte[] Values { get; set; } = [];
}
