namespace GaryMesh.Cluster;

/// <summary>Calls between silos, any of which may be lost.</summary>
internal static class Calls
{
    /// <summary>Whether a call failed on its way, so that it may be made again.</summary>
    public static bool Lost(Exception fault) => fault is TimeoutException or OrleansException or IOException;
}
