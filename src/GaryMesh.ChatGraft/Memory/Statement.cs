namespace GaryMesh.ChatGraft;

/// <summary>Whom a fact speaks of, as far as pronouns say it.</summary>
public enum FactOwner
{
    /// <summary>Somebody or something with a name of its own: "Ada works at the mill", "the code for the garage".</summary>
    Other,

    /// <summary>The one who talks to the chat: "I live in ...", "my dog ...".</summary>
    User,

    /// <summary>The chat itself: "your name is ...".</summary>
    Chat,
}

/// <summary>Something that was told: whom it is about, what of them, and the value.</summary>
/// <param name="Subject">Whom or what it is about, as told: <c>my dog</c>, <c>I</c>, <c>the code for the garage</c>.</param>
/// <param name="Relation">What is said of it, one word: <c>name</c>, <c>live</c>, <c>is</c>; empty when the whole sentence is kept.</param>
/// <param name="Value">The told value, letter for letter.</param>
/// <param name="Sentence">A sentence that can be said back, in the teller's words: <c>my dog is called Buddy</c>.</param>
/// <param name="Owner">Whom the pronouns point to.</param>
public sealed record Statement(string Subject, string Relation, string Value, string Sentence, FactOwner Owner)
{
    /// <summary>The statement corrects an earlier one about the same thing whatever its value was.</summary>
    public bool Corrects { get; init; }

    /// <summary>The whole sentence in which it was told; empty where that is not known any more.</summary>
    internal string Said { get; init; } = "";
}
