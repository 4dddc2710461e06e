namespace GaryMesh.Cli.Measuring;

/// <summary>Floating-point operations executed, by the part of a step that they belong to: those that cells that fire cannot
/// do without; a multiply-add counts as two.</summary>
internal readonly record struct Executed(double FirstLayer, double SecondLayer, double Perception)
{
    public double Layers => FirstLayer + SecondLayer;

    public double Total => Layers + Perception;

    public static Executed operator +(Executed a, Executed b) =>
        new(a.FirstLayer + b.FirstLayer, a.SecondLayer + b.SecondLayer, a.Perception + b.Perception);

    /// <summary>Those of a rollout.</summary>
    public static Executed Of(Automaton automaton, Graph graph, Rollout rollout, CancellationToken stop = default)
    {
        var shape = automaton.Rule.Shape;
        var edged = automaton.Perception.Operators.OfType<Operator.Neighbours>().ToArray();
        var differences = edged.Count(one => one.Messages.IsDifference);
        var (cells, edges) = (0L, 0L);

        Parallel.For(0, rollout.Steps, new ParallelOptions { CancellationToken = stop }, step =>
        {
            var (fired, seen) = (0L, 0L);

            for (var cell = 0; cell < graph.Cells; cell++)
            {
                if (rollout.Firing.Fires(automaton.FireRate, step, cell))
                {
                    fired++;
                    seen += graph.Degree(cell);
                }
            }

            // Whole numbers, whose sum does not depend on the order.
            Interlocked.Add(ref cells, fired);
            Interlocked.Add(ref edges, seen);
        });

        return new(
            2.0 * (shape.MultiplyAdds - ((long)shape.Hidden * shape.Channels)) * cells,
            2.0 * shape.Hidden * shape.Channels * cells,
            2.0 * shape.Channels * ((double)differences * cells + (double)edged.Length * edges));
    }
}
