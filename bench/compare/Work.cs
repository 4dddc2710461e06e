// What is timed of GaryMesh, and what it executes.
using GaryMesh.Cli.Measuring;

namespace GaryMesh.Compare;

/// <summary>A piece of work made ready for a number of threads.</summary>
internal abstract class Work : IDisposable
{
    /// <summary>Operations that a run executes.</summary>
    public abstract Executed Executed { get; }

    public abstract void Run();

    /// <summary>Mean seconds a run, over about as long as it takes to see past a time slice.</summary>
    public double Seconds(double budget = 0.15) => Clock.MeanSeconds(budget, Run);

    public abstract void Dispose();
}
