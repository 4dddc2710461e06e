namespace GaryMesh.ChatLab;

/// <summary>Draws one after the other, a pure function of the key.</summary>
/// <param name="key">What they follow from.</param>
public sealed class Dice(ulong key)
{
    private long _next;

    /// <summary>Draws that depend on a seed and an index alone.</summary>
    public Dice(ulong seed, long index)
        : this(Counter.Mix(Counter.Mix(seed) + (ulong)index)) { }

    /// <summary>A number from 0 to <paramref name="count"/> - 1, each as likely.</summary>
    public int Below(int count) => Counter.Below(count, key, _next++);

    /// <summary>One of some, each as likely.</summary>
    public T Pick<T>(IReadOnlyList<T> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        return choices[Below(choices.Count)];
    }

    /// <summary>0 to <paramref name="most"/>, geometric: each number is drawn <paramref name="stay"/> times as often as the one before it.</summary>
    public int Geometric(int most, double stay)
    {
        var whole = 1 - Math.Pow(stay, most + 1);
        var drawn = Counter.Uniform(key, _next++) * whole;
        return Math.Min(most, (int)(Math.Log(1 - drawn) / Math.Log(stay)));
    }
}
