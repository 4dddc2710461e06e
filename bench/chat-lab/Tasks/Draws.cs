namespace GaryMesh.ChatLab.Tasks;

/// <summary>Random numbers one after the other, a pure function of the key.</summary>
public sealed class Draws(ulong key)
{
    private long _next;

    /// <summary>A whole number from 0 to below the bound, each as likely.</summary>
    public int Below(int bound) => Counter.Below(bound, key, _next++);

    /// <summary>0 to <paramref name="most"/>, geometric: each number is drawn <paramref name="stay"/> times as often as the one before it.</summary>
    public int Geometric(int most, double stay)
    {
        var whole = 1 - Math.Pow(stay, most + 1);
        var drawn = Counter.Uniform(key, _next++) * whole;
        return Math.Min(most, (int)(Math.Log(1 - drawn) / Math.Log(stay)));
    }
}
