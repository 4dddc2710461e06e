namespace GaryMesh.Cli.Reports;

/// <summary>All that the demo has found out.</summary>
internal sealed record DemoFigures(
    ulong Seed,
    Graph Graph,
    float[] Target,
    float[] Pattern,
    Automaton Automaton,
    Trained Trained,
    double[] Once,
    double[] Twice,
    State[] Course,
    int Channel,
    Scale[] Scaling,
    Agreement Agreement,
    int Processors)
{
    public int Steps => Automaton.MostSteps;

    public double Correlation => Measurement.Median(Once);
}
