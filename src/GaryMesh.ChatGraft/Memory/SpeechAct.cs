namespace GaryMesh.ChatGraft;

/// <summary>What a sentence does.</summary>
internal enum SpeechAct
{
    /// <summary>It tells something of the teller's world.</summary>
    Tell,

    /// <summary>It asks for something told before.</summary>
    Ask,

    /// <summary>It chats.</summary>
    Chat,

    /// <summary>It supposes what is not so.</summary>
    Suppose,

    /// <summary>It gives somebody else's words.</summary>
    Quote,

    /// <summary>It takes back or changes what was told.</summary>
    Correct,
}
