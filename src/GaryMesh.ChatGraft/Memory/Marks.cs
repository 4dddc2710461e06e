using System.Security.Cryptography;
using System.Text;

namespace GaryMesh.ChatGraft;

/// <summary>What a brain knows a turn or a word by once it is no longer there: a keyed hash.</summary>
/// <param name="User">Whose it is.</param>
/// <param name="Code">Its kind and the hash.</param>
/// <param name="Times">How often it was heard.</param>
public sealed record Mark(string User, string Code, long Times);

/// <summary>Knows without their words which turns were heard before and what was forgotten, so that a conversation that is
/// replayed tells nothing twice and brings nothing back.</summary>
internal sealed class Marks
{
    private readonly Ledger<(string User, string Code), Mark> _marks = new();
    private readonly byte[] _key;
    // The codes of the forgotten by user; null where they have to be looked up anew.
    private readonly Dictionary<string, string[][]> _forgotten = [];

    public Marks(byte[] key, IEnumerable<Mark> marks)
    {
        _key = key;
        foreach (var mark in marks) _marks.Load((mark.User, mark.Code), mark);
    }

    /// <summary>What was not written yet.</summary>
    public (IReadOnlyList<Mark> Written, IReadOnlyList<(string User, string Code)> Deleted) Changes => _marks.Changes;

    /// <summary>How often a turn was heard.</summary>
    public long TimesHeard(string user, string text) => _marks.Find((user, Heard(text)))?.Times ?? 0;

    /// <summary>A turn was heard so often by now.</summary>
    public void Hear(string user, string text, long times) => _marks.Put((user, Heard(text)), new Mark(user, Heard(text), times));

    /// <summary>Whether a turn is one that was erased, or names what was forgotten.</summary>
    public bool Hides(string user, string text)
    {
        if (_marks.Find((user, Erased(text))) is not null) return true;
        var forgotten = Forgotten(user);
        if (forgotten.Length == 0) return false;
        var codes = Trace.Of(text).Select(Hash).ToHashSet();
        return forgotten.Any(codes.IsSupersetOf);
    }

    /// <summary>Something was forgotten, and these turns erased.</summary>
    public IReadOnlyList<Mark> Forget(string user, IEnumerable<string[]> sets, IEnumerable<string> turns)
    {
        Mark[] made = [.. sets.Select(set => new Mark(user, "w" + string.Join(' ', set.Select(Hash)), 0)), .. turns.Select(text => new Mark(user, Erased(text), 0))];
        made = [.. made.Where(mark => _marks.Find((user, mark.Code)) is null)];
        Put(made);
        return made;
    }

    /// <summary>Brings marks of the forgotten back to nothing.</summary>
    public void Lift(IEnumerable<Mark> marks)
    {
        foreach (var mark in marks) _marks.Remove((mark.User, mark.Code));
        _forgotten.Clear();
    }

    /// <summary>What is told anew is no longer forgotten.</summary>
    public void Tell(string user, string text)
    {
        if (Forgotten(user).Length == 0) return;
        var codes = Trace.Of(text).Select(Hash).ToHashSet();
        Lift([.. _marks.Values.Where(mark => mark.User == user
            && (mark.Code == Erased(text) || (mark.Code[0] == 'w' && codes.IsSupersetOf(mark.Code[1..].Split(' ')))))]);
    }

    public void Accept() => _marks.Accept();

    public void Reject()
    {
        _marks.Reject();
        _forgotten.Clear();
    }

    private void Put(IEnumerable<Mark> marks)
    {
        foreach (var mark in marks) _marks.Put((mark.User, mark.Code), mark);
        _forgotten.Clear();
    }

    private string[][] Forgotten(string user)
    {
        if (_forgotten.TryGetValue(user, out var known)) return known;
        return _forgotten[user] = [.. _marks.Values.Where(mark => mark.User == user && mark.Code[0] == 'w').Select(mark => mark.Code[1..].Split(' '))];
    }

    private string Heard(string text) => "h" + Hash(text);

    private string Erased(string text) => "e" + Hash(text);

    private string Hash(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));
}
