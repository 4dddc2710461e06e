using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace GaryMesh.Cluster;

/// <summary>Spreads the parts of a run evenly over the silos that there are; parts beside each other share a silo where they can.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SpreadAttribute() : PlacementAttribute(new SpreadPlacement());

/// <summary>The strategy that <see cref="SpreadAttribute" /> names.</summary>
[GenerateSerializer, Immutable]
internal sealed class SpreadPlacement : PlacementStrategy;

/// <summary>Finds the silo of a part by its number.</summary>
internal sealed class SpreadDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        Array.Sort(silos);
        var key = PartKey.Parse(target.GrainIdentity.Key.ToString()!);
        return Task.FromResult(silos[(int)((long)key.Part * silos.Length / key.Parts)]);
    }
}
