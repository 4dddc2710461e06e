using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GaryMesh.ChatGraft;

/// <summary>A <see cref="ChatSession"/> as <see cref="IChatClient"/> of Microsoft.Extensions.AI.</summary>
/// <remarks>
/// The messages given are the conversation; where they go on from one at hand, only the last is read anew. A response names its
/// conversation: with that as <see cref="ChatOptions.ConversationId"/>, the messages given are what is new in it. What the user
/// messages tell is remembered beyond the conversation, by user: whom the additional property <see cref="UserProperty"/> of the options
/// names, or a conversation id that is not from here; callers who say neither are one user. What is told once is not told again when
/// it is replayed, and what was forgotten stays so.
/// System messages, instructions, tools, the model's name and content that is not text are passed over: a cortex of this size follows
/// no instructions. Temperature, TopK, TopP, MaxOutputTokens, Seed and StopSequences are taken from the options; with a seed given, the
/// same messages get the same answer as long as the same facts are known. What the memory did is in the response's additional
/// properties under <see cref="MemoryProperty"/>. Calls from several threads take turns piece by piece, so that nobody waits for a
/// stream that is not read on; <see cref="Dispose"/> does not wait, and answers that are not whole by then end with an
/// <see cref="ObjectDisposedException"/>. Of a caching client before this one, requests with a conversation id are not cached.
/// </remarks>
/// <param name="session">The session.</param>
/// <param name="owned">What to dispose of with the client, in this order: the session, a brain.</param>
public sealed class GaryChatClient(ChatSession session, params IDisposable[] owned) : IChatClient
{
    /// <summary>The additional property that says what the memory did.</summary>
    public const string MemoryProperty = "memory";

    /// <summary>The additional property of the options that says who speaks.</summary>
    public const string UserProperty = "user";

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
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var settings = With(session.Settings, options);
        var said = messages.Select(Turn).Where(turn => turn.Text.Length > 0 || turn is { Speaker: Speaker.User, Other: not null }).ToArray();
        if (said.Length == 0 || said[^1].Speaker != Speaker.User)
            throw new ArgumentException("A conversation to be answered ends with a message of the user, but this one does not.", nameof(messages));
        if (said[^1].Text.Length == 0)
            throw new ArgumentException($"This chat reads text only, but the message has none: it holds {said[^1].Other}.", nameof(messages));
        return Stream([.. said[..^1].Select(turn => (turn.Speaker!.Value, turn.Text))], said[^1].Text, settings, options, cancellationToken);
    }

    private async IAsyncEnumerable<ChatResponseUpdate> Stream(
        (Speaker Speaker, string Text)[] before,
        string message,
        ChatSettings settings,
        ChatOptions? options,
        CancellationToken outer,
        [EnumeratorCancellation] CancellationToken inner = default)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(outer, inner);
        var stop = both.Token;
        var (turn, id, conversation) = await Alone(
            () =>
            {
                GoOn(options, before);
                var turn = session.Say(message, settings, stop);
                return (turn, $"{session.ConversationNumber}-{session.Age}", Name(session.User, session.ConversationNumber));
            },
            stop).ConfigureAwait(false);
        using var pieces = turn.Pieces().GetEnumerator();

        while (await Alone(pieces.MoveNext, stop).ConfigureAwait(false))
            yield return Update(id, conversation, [new TextContent(pieces.Current)]);

        var last = Update(id, conversation, [new UsageContent(new UsageDetails
        {
            InputTokenCount = turn.InputTokens,
            OutputTokenCount = turn.OutputTokens,
            TotalTokenCount = turn.InputTokens + turn.OutputTokens,
        })]);
        last.FinishReason = turn.Ended ? ChatFinishReason.Stop : ChatFinishReason.Length;
        last.AdditionalProperties = new AdditionalPropertiesDictionary { [MemoryProperty] = turn.Memory };
        yield return last;
    }

    // One at a time uses the session, off the caller's thread.
    private async Task<T> Alone<T>(Func<T> use, CancellationToken stop)
    {
        await _gate.WaitAsync(stop).ConfigureAwait(false);

        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(use, stop).ConfigureAwait(false);
        }
        catch (ObjectDisposedException) when (_disposed)
        {
            throw new ObjectDisposedException(GetType().FullName);
        }
        finally
        {
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

    private void GoOn(ChatOptions? options, (Speaker Speaker, string Text)[] before)
    {
        var asked = options?.ConversationId ?? "";
        var slash = asked.LastIndexOf('/');
        var ours = long.TryParse(asked.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        var user = options?.AdditionalProperties?.TryGetValue(UserProperty, out var named) == true && named is not null ? $"{named}"
            : !ours ? asked
            : slash < 0 ? "" : asked[..slash];

        if (!ours)
        {
            session.TakeUp(user, before);
            return;
        }

        session.Resume(number);

        if (Name(session.User, number) != Name(user, number))
        {
            session.SwitchUser(user);
            throw new ArgumentException($"The conversation '{asked}' is not one of the user '{user}'.", nameof(options));
        }

        // Who sends all of it once more is heard as well.
        if (!session.IsAtHand(before))
            foreach (var (speaker, text) in before) session.Recite(speaker, text);
    }

    private static string Name(string user, long number) => string.Create(CultureInfo.InvariantCulture, $"{user}{(user.Length > 0 ? "/" : "")}{number}");

    // What a message says, and of which kind the rest is. Parts of a user's message are sentences of their own.
    private static (Speaker? Speaker, string Text, string? Other) Turn(ChatMessage message)
    {
        Speaker? speaker = message.Role == ChatRole.User ? Speaker.User : message.Role == ChatRole.Assistant ? Speaker.Chat : null;
        if (speaker is null) return (null, "", null);
        var texts = message.Contents.OfType<TextContent>().Select(content => content.Text.Trim()).Where(text => text.Length > 0).ToArray();
        var text = speaker == Speaker.Chat ? message.Text : string.Join(' ', texts.Select((text, i) => i < texts.Length - 1 && char.IsLetterOrDigit(text[^1]) ? text + "." : text));
        var other = message.Contents.FirstOrDefault(content => content is not TextContent);
        return (speaker, Utterance.Clean(text), other is DataContent data ? data.MediaType : other?.GetType().Name);
    }

    private static ChatSettings With(ChatSettings settings, ChatOptions? options)
    {
        if (options is null) return settings;
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxOutputTokens ?? 0, nameof(options.MaxOutputTokens));
        if (options.ResponseFormat is ChatResponseFormatJson)
            throw new NotSupportedException("JSON was asked for, but this chat answers in plain words only.");
        var sampling = settings.Sampling with
        {
            Temperature = options.Temperature ?? settings.Sampling.Temperature,
            TopK = options.TopK ?? settings.Sampling.TopK,
            TopP = options.TopP ?? settings.Sampling.TopP,
        };
        sampling.Check();
        return settings with
        {
            MaxTokens = options.MaxOutputTokens ?? settings.MaxTokens,
            MostTokens = options.MaxOutputTokens ?? settings.MostTokens,
            Seed = options.Seed is { } seed ? (ulong)seed : settings.Seed,
            Repeats = options.Seed is not null,
            Stops = [.. settings.Stops, .. options.StopSequences ?? []],
            Sampling = sampling,
        };
    }

    private static ChatResponseUpdate Update(string id, string conversation, IList<AIContent> contents) => new(ChatRole.Assistant, contents)
    {
        ResponseId = id,
        MessageId = id,
        ModelId = _metadata.DefaultModelId,
        ConversationId = conversation,
        CreatedAt = DateTimeOffset.UtcNow,
    };
}
