// What happens to a list of edges before it becomes a graph: pairs that are listed both ways, and weights that no sum can divide.
namespace GaryMesh.MLNet.Data;

internal static class EdgeCleaning
{
    /// <summary>
    /// An undirected list without the second of two edges of one weight that join the same cells the opposite way: many data sets list
    /// every edge from both its ends.
    /// </summary>
    /// <param name="list">The edges.</param>
    /// <param name="notice">What is told of edges that were dropped, and of those that still join the same cells.</param>
    public static EdgeList Merged(this EdgeList list, Action<string>? notice = null)
    {
        if (list.Directed)
            return list;
        var waiting = new Dictionary<(string, string, double), int>();
        var pairs = new HashSet<(string, string)>();
        var (kept, repeated) = (new List<int>(list.Count), 0);
        for (var edge = 0; edge < list.Count; edge++)
        {
            var (source, target, weight) = (list.Sources[edge], list.Targets[edge], list.Weights?[edge] ?? 1);
            if (source != target && waiting.TryGetValue((target, source, weight), out var count) && count > 0)
            {
                waiting[(target, source, weight)] = count - 1;
                continue;
            }

            waiting[(source, target, weight)] = waiting.GetValueOrDefault((source, target, weight)) + 1;
            if (!pairs.Add(string.CompareOrdinal(source, target) < 0 ? (source, target) : (target, source)))
                repeated++;
            kept.Add(edge);
        }

        if (repeated > 0)
            notice?.Invoke($"{repeated} of {list.Count} edges join cells that another edge joins already: their weights add up.");
        if (kept.Count == list.Count)
            return list;
        notice?.Invoke($"{list.Count - kept.Count} of {list.Count} edges repeat another one the opposite way and are left out, since edges are undirected.");
        return list with
        {
            Sources = [.. kept.Select(edge => list.Sources[edge])],
            Targets = [.. kept.Select(edge => list.Targets[edge])],
            Weights = list.Weights is { } weights ? [.. kept.Select(edge => weights[edge])] : null,
            Directions = list.Directions is { } directions ? [.. kept.SelectMany(edge => directions.AsSpan(3 * edge, 3).ToArray())] : null,
        };
    }

    /// <summary>Refuses a negative weight in a list where the perception divides by sums of weights.</summary>
    public static void CheckWeights(this EdgeList list, Perception perception)
    {
        if (list.Weights is { } weights && Normalises(perception) && Array.FindIndex(weights, weight => weight < 0) is var row && row >= 0)
        {
            throw new InvalidOperationException(
                FormattableString.Invariant($"Row {row} of edge weight column '{list.Columns.Weight}' holds {weights[row]}, but weights are divided by their sum, so that each must be at least 0; a Perception of your own may take others."));
        }
    }

    /// <summary>Refuses a negative weight of a graph where the perception divides by sums of weights.</summary>
    public static void CheckWeights(this Graph graph, Perception perception)
    {
        var weights = graph.Weights;
        if (weights.IsDefaultOrEmpty || !Normalises(perception))
            return;
        for (var edge = 0; edge < weights.Length; edge++)
        {
            if (weights[edge] < 0)
            {
                throw new InvalidOperationException(
                    FormattableString.Invariant($"An edge at cell {graph.Neighbours[edge]} of {graph.Name} has the weight {weights[edge]}, but weights are divided by their sum, so that each must be at least 0; a Perception of your own may take others."));
            }
        }
    }

    private static bool Normalises(Perception perception) => perception.Operators.Any(
        one => one is Operator.Neighbours { Weight.Name: "random-walk" or "self-loop-walk" });
}
