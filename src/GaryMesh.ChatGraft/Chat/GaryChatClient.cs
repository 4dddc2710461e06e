using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GaryMesh.ChatGraft;

/// <summary>A <see cref="ChatSession"/> as <see cref="IChatClient"/> of Microsoft.Extensions.AI.</summary>
/// <remarks>
/// The messages given are the conversation; where they go on from the one at hand, only the last is read anew. What their
/// user messages tell is remembered beyond them. System messages are passed over: a cortex of this size follows no
/// instructions. Temperature, TopK, TopP, MaxOutputTokens, Seed and StopSequences are taken from the options. What the
/// memory did is in the response's additional properties under <see cref="MemoryProperty"/>. Calls from several threads
/// wait for one another; <see cref="Dispose"/> does not, and answers that are not whole by then end with an
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
/// <param name="session">The session.</param>
/// <param name="owned">What to dispose of with the client, in this order: the session, a brain.</param>
public sealed class GaryChatClient(ChatSession session, params IDisposable[] owned) : IChatClient
{
    /// <summary>The additional property that says what the memory did.</summary>
    public const string MemoryProperty = "memory";

    private static readonly ChatClientMetadata _metadata = new("gary-mesh", null, "gary-chat");

    // Never disposed of: an answer that outlives the client still goes out by it.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile bool _disposed;

    /// <summary>The session behind it.</summary>
    public ChatSession Session => session;

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var said = messages.Where(message => message.Role == ChatRole.User || message.Role == ChatRole.Assistant).ToArray();
        if (said.Length == 0 || said[^1].Role != ChatRole.User)
            throw new ArgumentException("A conversation to be answered ends with a message of the user, but this one does not.", nameof(messages));

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        var settings = session.Settings;

        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            session.Settings = With(settings, options);
            GoOnFrom(said[..^1]);
            var turn = await Task.Run(() => session.Say(said[^1].Text, cancellationToken), cancellationToken).ConfigureAwait(false);
            var id = $"{session.ConversationNumber}-{session.Age}";
            using var pieces = turn.Pieces().GetEnumerator();

            while (await Task.Run(pieces.MoveNext, cancellationToken).ConfigureAwait(false))
            {
                yield return Update(id, [new TextContent(pieces.Current)]);
                ObjectDisposedException.ThrowIf(_disposed, this);
            }

            var last = Update(id, [new UsageContent(new UsageDetails
            {
                InputTokenCount = turn.InputTokens,
                OutputTokenCount = turn.OutputTokens,
                TotalTokenCount = turn.InputTokens + turn.OutputTokens,
            })]);
            last.FinishReason = turn.Ended ? ChatFinishReason.Stop : ChatFinishReason.Length;
            last.AdditionalProperties = new AdditionalPropertiesDictionary { [MemoryProperty] = turn.Memory };
            yield return last;
        }
        finally
        {
            session.Settings = settings;
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(ChatClientMetadata)) return _metadata;
        if (serviceType == typeof(ChatSession)) return session;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        foreach (var one in owned) one.Dispose();
    }

    private void GoOnFrom(ChatMessage[] before)
    {
        var history = session.History;
        var same = history.Count == before.Length && before.Zip(history).All(pair =>
            (pair.First.Role == ChatRole.User) == (pair.Second.Speaker == Speaker.User) && Utterance.Clean(pair.First.Text) == pair.Second.Text);
        if (same) return;
        session.Restart();
        foreach (var message in before) session.Recite(message.Role == ChatRole.User ? Speaker.User : Speaker.Chat, message.Text);
    }

    private static ChatSettings With(ChatSettings settings, ChatOptions? options) => options is null ? settings : settings with
    {
        MaxTokens = options.MaxOutputTokens ?? settings.MaxTokens,
        Seed = options.Seed is { } seed ? (ulong)seed : settings.Seed,
        Stops = [.. settings.Stops, .. options.StopSequences ?? []],
        Sampling = settings.Sampling with
        {
            Temperature = options.Temperature ?? settings.Sampling.Temperature,
            TopK = options.TopK ?? settings.Sampling.TopK,
            TopP = options.TopP ?? settings.Sampling.TopP,
        },
    };

    private ChatResponseUpdate Update(string id, IList<AIContent> contents) => new(ChatRole.Assistant, contents)
    {
        ResponseId = id,
        MessageId = id,
        ModelId = _metadata.DefaultModelId,
        ConversationId = null,
    };
}
