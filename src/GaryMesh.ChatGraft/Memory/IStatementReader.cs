namespace GaryMesh.ChatGraft;

/// <summary>Finds in a turn what it states.</summary>
internal interface IStatementReader
{
    /// <summary>The statements of one turn, in their order.</summary>
    /// <param name="clean">The turn, from <see cref="Utterance.Clean"/>.</param>
    /// <param name="topic">Whom the conversation spoke of last; replaced by whom this turn speaks of.</param>
    /// <param name="does">What a sentence does.</param>
    IReadOnlyList<Statement> Read(string clean, ref string? topic, Func<string, SpeechAct> does);

    /// <summary>The value of a correction that names no subject ("actually, it is Max"); null where the turn is none.</summary>
    string? Corrected(string clean);

    /// <summary>What a turn asks to forget ("please forget my dog"); null where it asks for nothing of the kind.</summary>
    string? Forgotten(string clean);
}
