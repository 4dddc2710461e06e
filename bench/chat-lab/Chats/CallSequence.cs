using Microsoft.Extensions.AI;

namespace GaryMesh.ChatLab.Chats;

/// <summary>How a sequence of calls ended.</summary>
internal enum Ending
{
    /// <summary>Every call was answered or refused with one of the exceptions that are documented.</summary>
    Well,

    /// <summary>A call threw something else, or what must hold did not.</summary>
    Crashed,

    /// <summary>It did not come to an end in time.</summary>
    Hung,
}

/// <summary>A random sequence of public calls of a session and of a client over it, streams left open, disposed and cancelled among
/// them, over a tiny untrained cortex.</summary>
internal sealed class CallSequence(ulong seed, long index)
{
    private const int MostCalls = 14;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private static readonly ChatModel _model = new(
        Cortex.Random(new CortexShape(vocabulary: 256, width: 16, heads: 2, layers: 1, context: 32), 1), new ChatTokenizer([]), "untrained");

    private static readonly string[] _messages =
        ["Hello", "My dog is called Buddy.", "What is my dog called?", "Please forget my dog.", "Actually, it is Max.", "I live in Porto now.", "What do you know about me?", "Tell me a long story"];

    private readonly Dice _dice = new(seed, index);
    private readonly List<string> _calls = [];
    private readonly List<IEnumerator<string>> _answers = [];
    private readonly List<IAsyncEnumerator<ChatResponseUpdate>> _streams = [];
    private readonly CancellationTokenSource _cancelling = new();
    private bool _disposed;

    /// <summary>The calls so far, for whoever looks for a fault.</summary>
    public string Calls => string.Join(" ", _calls);

    /// <summary>Makes the calls.</summary>
    /// <returns>How they ended, and what went wrong.</returns>
    public (Ending Ending, string Fault) Run()
    {
        var run = Task.Run(Whole);

        try
        {
            return run.Wait(_patience) ? (Ending.Well, "") : (Ending.Hung, Calls);
        }
        catch (AggregateException fault)
        {
            return (Ending.Crashed, $"{fault.InnerException!.GetType().Name}: {fault.InnerException.Message} after {Calls}");
        }
    }

    private void Whole()
    {
        using var session = new ChatSession(() => _model, null, PlasticMemory.Random(16, 1))
        {
            Settings = new ChatSettings { MaxTokens = 6, SmallTalk = false, Plastic = _dice.Below(2) == 0 },
        };
        using var client = new GaryChatClient(session);
        var calls = 1 + _dice.Below(MostCalls);
        // Half of them use the session itself, which is one thread's, half the client, which is anybody's.
        if (_dice.Below(2) == 0) for (var n = 0; n < calls; n++) Try(() => OfSession(session));
        else Several(session, client, calls);
        foreach (var answer in _answers) Try(answer.Dispose);
        if (!_disposed && session.Say("Hello").Whole().Length == 0) throw new InvalidDataException("A session that is not disposed of does not answer.");
        session.Dispose();
        Refuses(() => session.Say("Hello").Whole());
        _cancelling.Dispose();
    }

    private void OfSession(ChatSession session)
    {
        switch (Named(_dice.Below(18)))
        {
            case 0 or 1 or 2: _answers.Add(session.Say(_dice.Pick(_messages)).Pieces().GetEnumerator()); break;
            case 3 or 4 or 5 when _answers.Count > 0: _dice.Pick(_answers).MoveNext(); break;
            case 6: session.Say(_dice.Pick(_messages)).Whole(); break;
            case 7 when _answers.Count > 0: _dice.Pick(_answers).Dispose(); break;
            case 8: session.Restart(); break;
            case 9: session.SwitchUser(_dice.Pick(["", "Ada"])); break;
            case 10: session.Resume(_dice.Below(3)); break;
            case 11: session.Sleep(new SleepSettings { Steps = 1, Replayed = 1, Base = 1, Length = 8 }, stop: _cancelling.Token); break;
            case 12: session.Remember(_dice.Pick(_messages)); break;
            case 13: Forgets(session); break;
            case 14: session.Undo(); break;
            case 15: session.Import(session.Export()); break;
            case 16: session.Recite(_dice.Pick([Speaker.User, Speaker.Chat]), _dice.Pick(_messages)); break;
            case 17 when _dice.Below(3) == 0: Dispose(session.Dispose); break;
            default: _answers.Add(session.Say(_dice.Pick(_messages), new CancellationToken(_dice.Below(2) == 0)).Pieces().GetEnumerator()); break;
        }
    }

    private static void Forgets(ChatSession session)
    {
        session.Forget("dog");
        if (session.Memory.Facts.Any(fact => fact.Told.Sentence.Contains("dog", StringComparison.OrdinalIgnoreCase))) throw new InvalidDataException("What was forgotten is still known.");
    }

    // Up to three threads at once use the client; what each of them does is drawn before.
    private void Several(ChatSession session, GaryChatClient client, int calls)
    {
        var plans = Enumerable.Range(0, 1 + _dice.Below(3)).Select(_ => Enumerable.Range(0, 1 + (calls / 2)).Select(_ => (Call: Named(_dice.Below(9)), Message: _dice.Pick(_messages), Go: _dice.Below(4))).ToArray()).ToArray();
        var threads = plans.Select(plan => Task.Run(() =>
        {
            foreach (var (call, message, go) in plan) Try(() => OfClient(session, client, call, message, go));
        })).ToArray();
        Task.WaitAll(threads);
        // Streams that nobody reads to their end hold up nobody.
        if (!_disposed) Try(() => client.GetResponseAsync([new(ChatRole.User, "Hello")]).Wait());
        foreach (var stream in _streams) Try(() => stream.DisposeAsync().AsTask().Wait());
    }

    private void OfClient(ChatSession session, GaryChatClient client, int call, string message, int go)
    {
        ChatMessage[] messages = go == 0 ? [new(ChatRole.User, message)] : [new(ChatRole.User, _messages[1]), new(ChatRole.Assistant, "I see."), new(ChatRole.User, message)];
        var options = new ChatOptions { MaxOutputTokens = 1 + go, ConversationId = go == 3 ? "another" : null };

        switch (call)
        {
            case 0 or 1: client.GetResponseAsync(messages, options).Wait(); break;
            case 2: client.GetResponseAsync(messages, options, new CancellationToken(true)).Wait(); break;
            case 3 or 4: lock (_streams) _streams.Add(client.GetStreamingResponseAsync(messages, options, _cancelling.Token).GetAsyncEnumerator()); break;
            case 5 or 6: Taken()?.MoveNextAsync().AsTask().Wait(); break;
            case 7: Taken()?.DisposeAsync().AsTask().Wait(); break;
            case 8 when go == 0: _cancelling.Cancel(); break;
            case 8 when go == 1: Dispose(client.Dispose); break;
            default: Dispose(session.Dispose, go == 2); break;
        }
    }

    // A stream is one reader's: who takes it has it alone.
    private IAsyncEnumerator<ChatResponseUpdate>? Taken()
    {
        lock (_streams)
        {
            if (_streams.Count == 0) return null;
            var stream = _streams[^1];
            _streams.RemoveAt(_streams.Count - 1);
            return stream;
        }
    }

    private void Dispose(Action dispose, bool really = true)
    {
        if (!really) return;
        _disposed = true;
        dispose();
    }

    private int Named(int call)
    {
        lock (_calls) _calls.Add(call.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return call;
    }

    private static void Refuses(Action call)
    {
        try
        {
            call();
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        throw new InvalidDataException("A disposed session answers.");
    }

    // What is documented to be thrown is an answer, too.
    private static void Try(Action call)
    {
        try
        {
            call();
        }
        catch (AggregateException fault) when (fault.InnerExceptions.All(IsRefusal))
        {
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
        }
    }

    private static bool IsRefusal(Exception fault) => fault is ObjectDisposedException or InvalidOperationException or OperationCanceledException or ArgumentException;
}
