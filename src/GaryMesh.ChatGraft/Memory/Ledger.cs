namespace GaryMesh.ChatGraft;

/// <summary>A table that knows what has changed in it since it was last written, so that a change is written or undone.</summary>
internal sealed class Ledger<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private readonly Dictionary<TKey, TValue> _now = [];
    private readonly Dictionary<TKey, TValue?> _before = [];

    /// <summary>What is held.</summary>
    public IReadOnlyCollection<TValue> Values => _now.Values;

    /// <summary>Keys of what is held.</summary>
    public IReadOnlyCollection<TKey> Keys => _now.Keys;

    /// <summary>What is held and is not written yet, and what is written and no longer held.</summary>
    public (IReadOnlyList<TValue> Written, IReadOnlyList<TKey> Deleted) Changes =>
        ([.. _before.Keys.Order().Where(_now.ContainsKey).Select(key => _now[key])],
            [.. _before.Where(one => one.Value is not null && !_now.ContainsKey(one.Key)).Select(one => one.Key).Order()]);

    /// <summary>What a key holds; null for nothing.</summary>
    public TValue? Find(TKey key) => _now.GetValueOrDefault(key);

    /// <summary>Holds something as it was written before.</summary>
    public void Load(TKey key, TValue value) => _now[key] = value;

    /// <summary>Holds something.</summary>
    public void Put(TKey key, TValue value)
    {
        _before.TryAdd(key, Find(key));
        _now[key] = value;
    }

    /// <summary>Lets go of something.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(TKey key)
    {
        if (Find(key) is not { } value) return false;
        _before.TryAdd(key, value);
        return _now.Remove(key);
    }

    /// <summary>The changes are written.</summary>
    public void Accept() => _before.Clear();

    /// <summary>The changes could not be written: all is as it was.</summary>
    public void Reject()
    {
        foreach (var (key, value) in _before)
        {
            if (value is null) _now.Remove(key);
            else _now[key] = value;
        }

        _before.Clear();
    }
}
