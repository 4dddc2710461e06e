using System.Text;

namespace GaryMesh.ChatGraft;

/// <summary>One exchange: what was said is heard and kept when the turn begins; the answer comes piece by piece.</summary>
public sealed class ChatTurn
{
    private readonly IEnumerator<string> _pieces;
    private readonly StringBuilder _text = new();

    internal ChatTurn(MemoryEffect effect, Func<ChatTurn, IEnumerable<string>> answer) =>
        (Effect, _pieces) = (effect, answer(this).GetEnumerator());

    /// <summary>What the turn did to the episodic memory; it is on the disk before the first piece of the answer.</summary>
    public MemoryEffect Effect { get; }

    /// <summary>Whether the answer is the memory's rather than the cortex's.</summary>
    public bool FromMemory => Effect.Answer is not null;

    /// <summary>What the memories did, in a few words; whole once the answer is.</summary>
    public string Memory { get; internal set; } = "";

    /// <summary>Tokens read for this turn.</summary>
    public int InputTokens { get; internal set; }

    /// <summary>Tokens of the answer so far.</summary>
    public int OutputTokens { get; internal set; }

    /// <summary>Whether the answer ended by itself rather than at its longest.</summary>
    public bool Ended { get; internal set; } = true;

    /// <summary>The answer so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The pieces of the answer, made one by one as they are asked for. To be gone through once.</summary>
    /// <exception cref="InvalidOperationException">The answer was not whole yet and the conversation has changed: something else was
    /// said or recited, something said was forgotten, it began anew, the graft was switched or the cortex has slept.</exception>
    /// <exception cref="ObjectDisposedException">The answer was not whole yet and the session is disposed of.</exception>
    public IEnumerable<string> Pieces()
    {
        while (_pieces.MoveNext())
        {
            _text.Append(_pieces.Current);
            yield return _pieces.Current;
        }
    }

    /// <summary>The whole answer, made and refused as <see cref="Pieces"/> is.</summary>
    public string Whole()
    {
        foreach (var _ in Pieces()) { }
        return Text;
    }
}
