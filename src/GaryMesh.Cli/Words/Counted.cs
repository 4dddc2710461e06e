namespace GaryMesh.Cli.Words;

/// <summary>A number with what it counts: 1 step, 2 steps.</summary>
internal static class Counted
{
    public static string Of(long count, string thing) => count == 1 ? $"1 {thing}" : $"{count:N0} {thing}s";
}
