using GaryMesh.Cli.Measuring;

namespace GaryMesh.Cli.Reports;

/// <summary>The results of the demo.</summary>
internal sealed record DemoFigures(
    ulong Seed,
    Graph Graph,
    float[] Target,
    float[] Pattern,
    Automaton Automaton,
    Trained Trained,
    double[] Once,
    double[] Twice,
    State[] Trajectory,
    int Channel,
    Scale[] Scaling,
    Agreement Agreement,
    int Processors)
{
    public int Steps => Automaton.MaxSteps;

    public double Correlation => Measurement.Median(Once);
}
