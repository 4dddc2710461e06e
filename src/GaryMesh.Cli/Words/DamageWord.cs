using System.Globalization;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a hole that is cut while a pattern grows.</summary>
internal sealed record DamageWord(int Step, int[] Cells)
{
    public const string Note = """
        Damage (--damage) is x,y,radius@step on a grid or torus, a disc about column x and row y, or cell,hops@step on any graph: the cells
        within so many hops. It is done after that step; 0 is before the first.
        """;

    public static DamageWord Read(string word, Graph graph, int steps)
    {
        if (word.Split('@') is not [var place, var after]
            || !int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            || place.Split(',') is not { Length: 2 or 3 } parts)
        {
            throw Bad();
        }

        double[] numbers = [.. parts.Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw Bad())];

        if (step > steps)
            throw new UserErrorException($"--damage {word} falls after step {step}, but the run has {Counted.Of(steps, "step")}.");

        if (numbers is [var x, var y, var radius])
        {
            return radius < 0
                ? throw Bad()
                : GraphWord.Sides(graph) is null
                    ? throw new UserErrorException($"--damage {word} is a disc on a grid or torus, but {graph.Name} is neither: give cell,hops@step.")
                    : new(step, Damage.Disc(graph, x, y, radius));
        }

        var (cell, hops) = (numbers[0], numbers[1]);

        if (cell < 0 || hops < 0 || cell != Math.Floor(cell) || hops != Math.Floor(hops))
            throw Bad();

        if (cell >= graph.Cells)
            throw new UserErrorException($"--damage {word} names cell {cell}, but {graph.Name} has the cells 0 to {graph.Cells - 1}.");

        var apart = graph.HopsFrom((int)cell);
        return new(step, [.. Enumerable.Range(0, graph.Cells).Where(other => apart[other] >= 0 && apart[other] <= hops)]);

        UserErrorException Bad() => new($"--damage is x,y,radius@step or cell,hops@step, such as 36,30,8@200, but '{word}' is neither.");
    }
}
