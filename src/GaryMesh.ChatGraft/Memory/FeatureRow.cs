namespace GaryMesh.ChatGraft;

/// <summary>Features in the order in which they are noted down.</summary>
/// <param name="values">Their values, those still to be noted at 0.</param>
internal ref struct FeatureRow(Span<float> values)
{
    private readonly Span<float> _values = values;
    private int _count;

    /// <summary>How many were noted.</summary>
    public readonly int Count => _count;

    /// <summary>Notes a number.</summary>
    public void Add(float value) => _values[_count++] = value;

    /// <summary>Notes whether something holds.</summary>
    public void Add(bool holds) => Add(holds ? 1f : 0f);

    /// <summary>Notes a count, as a share of what is many.</summary>
    public void Add(int count, int most, float many) => Add(Math.Min(count, most) / many);
}
