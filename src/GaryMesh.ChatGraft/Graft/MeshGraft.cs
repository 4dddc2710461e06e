using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace GaryMesh.ChatGraft;

/// <summary>The sizes of a mesh graft. The number of its parameters does not depend on the population, but for the operator
/// that looks at a neighbour at the same position: a cell alone has none.</summary>
public sealed record MeshGraftShape
{
    /// <summary>Width of the stream.</summary>
    public int Width { get; init; } = 96;

    /// <summary>Cells at each position.</summary>
    public int Population { get; init; } = 1;

    /// <summary>How far back a cell sees the cells of earlier positions, one operator each.</summary>
    public ImmutableArray<int> Distances { get; init; } = [1];

    /// <summary>Numbers in a cell's state, and values into which a hidden state is encoded: a cell begins with them.</summary>
    public int Channels { get; init; } = 36;

    /// <summary>Hidden units of the rule.</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Steps that the cells take: T.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>The rule's sizes.</summary>
    [JsonIgnore]
    public RuleShape Rule => new(Channels, Channels * (Distances.Length + (Population > 1 ? 2 : 1)), Hidden, 0);

    /// <summary>Encoder, rule and readout.</summary>
    [JsonIgnore]
    public int ParameterCount => RuleAt + Rule.ParameterCount + (Channels * Width);

    internal int RuleAt => (Width * Channels) + Channels;

    internal int ReadoutAt => RuleAt + Rule.ParameterCount;

    /// <summary>Whether all sizes are the same, distance by distance.</summary>
    public bool Equals(MeshGraftShape? other) =>
        other is not null
        && (Width, Population, Channels, Hidden, Steps)
            == (other.Width, other.Population, other.Channels, other.Hidden, other.Steps)
        && Distances.AsSpan().SequenceEqual(other.Distances.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Width, Population, Channels, Hidden, Steps, Distances.Length);

    /// <exception cref="ArgumentException">A size is below 1, or a distance stands twice.</exception>
    internal void Check()
    {
        if (Width < 1 || Population < 1 || Channels < 1 || Hidden < 1 || Steps < 1)
            throw new ArgumentException($"A mesh graft has sizes of at least 1, not width {Width}, population {Population}, {Channels} channels, {Hidden} hidden units and {Steps} steps.");

        if (Distances.IsDefaultOrEmpty || Distances.Any(distance => distance < 1) || Distances.Distinct().Count() != Distances.Length)
            throw new ArgumentException("A mesh graft looks back over distances of at least 1, each named once.");

        var count = (Int128)Channels * ((2L * Width) + 2 + ((Distances.Length + 3L) * Hidden)) + Hidden;

        if (count > 1 << 28)
            throw new ArgumentException($"A mesh graft of {count:N0} parameters is more than the {1 << 28:N0} that are possible.");
    }
}

/// <summary>A mesh layer grafted into a stream: cells on a strip over the positions, each seeing itself, the cells at some
/// distances before it and its neighbour at the same position; a cell begins as its position's hidden state, encoded, one shared
/// rule runs T steps on all of them, and what they come to is added to the stream. Causal by construction.</summary>
/// <remarks>
/// Parameters: the encoder [width x channels] and its bias, the rule in its own layout, the readout [channels x width]. The readout
/// starts at zero, so an untrained graft changes nothing. Of several cells at a position each reads the hidden state's
/// numbers in an order of its own and hands its answer back in that order, so that they differ though they share all parameters.
/// </remarks>
public sealed class MeshGraft : IGraft
{
    /// <summary>An untrained graft.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="seed">What encoder and rule are drawn from.</param>
    /// <exception cref="ArgumentException">The sizes do not fit each other.</exception>
    public MeshGraft(MeshGraftShape shape, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Check();
        Shape = shape;
        Parameters = new float[shape.ParameterCount];
        var key = Counter.Key(seed, 0x3E54);

        for (var i = 0; i < shape.Width * shape.Channels; i++)
            Parameters[i] = (float)(Counter.Normal(key, i) / Math.Sqrt(shape.Width));

        // The last layer must not be zero too: nothing would ever move.
        Rule.Xavier(shape.Rule, seed, 1.0, 0.5).Parameters.CopyTo(Parameters.AsSpan(shape.RuleAt));
    }

    /// <summary>Its sizes.</summary>
    public MeshGraftShape Shape { get; }

    /// <inheritdoc/>
    public int Width => Shape.Width;

    /// <inheritdoc/>
    public float[] Parameters { get; }

    /// <inheritdoc/>
    public IGraftPass CreatePass(int sequences, int length) => new MeshGraftPass(this, sequences, length);

    /// <summary>The rule with everything that says how it runs.</summary>
    internal Automaton Automaton
    {
        get
        {
            List<Operator> operators = [Operator.Own];
            operators.AddRange(Shape.Distances.Select(distance => Operator.Of(EdgeWeight.At(-distance), Messages.Value, Aggregation.Sum)));

            if (Shape.Population > 1)
                operators.Add(Operator.Of(Beside, Messages.Value, Aggregation.Sum));

            return GaryMesh.Automaton.Of(new Perception(operators), RuleNow).WithFireRate(1);
        }
    }

    /// <summary>The rule as the parameters have it now.</summary>
    internal Rule RuleNow => new(Shape.Rule, Parameters.AsSpan(Shape.RuleAt, Shape.Rule.ParameterCount));

    /// <summary>The neighbour at the same position.</summary>
    private static EdgeWeight Beside { get; } = new(
        "beside", edge => edge.X == 0 && edge.Y != 0 ? 1.0 : 0.0);

    /// <summary>The cells of so many positions: cell p of position i is number i x population + p.</summary>
    internal Graph GraphOf(int length)
    {
        var population = Shape.Population;
        List<int> starts = [0], neighbours = [];
        List<double> offsets = [];

        for (var position = 0; position < length; position++)
        {
            for (var cell = 0; cell < population; cell++)
            {
                foreach (var distance in Shape.Distances.Where(distance => distance <= position))
                {
                    neighbours.Add(((position - distance) * population) + cell);
                    offsets.AddRange([-distance, 0, 0]);
                }

                if (population > 1)
                {
                    neighbours.Add((position * population) + ((cell + 1) % population));
                    offsets.AddRange([0, 1, 0]);
                }

                starts.Add(neighbours.Count);
            }
        }

        return Graph.OfRows([.. starts], [.. neighbours], [.. offsets], null, null);
    }

    /// <summary>The order in which cell p of each position reads a hidden state: its own for the first, drawn for the others.</summary>
    internal int[] OrderOf(int cell)
    {
        int[] order = [.. Enumerable.Range(0, Width)];
        return cell == 0 ? order : [.. order.OrderBy(i => Counter.Word(Counter.Mix((ulong)cell), i))];
    }
}
