using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>How a sleep goes.</summary>
public sealed record SleepSettings
{
    /// <summary>Optimiser steps at most.</summary>
    public int Steps { get; init; } = 60;

    /// <summary>The sleep ends as soon as the perplexity of what is replayed has fallen by this share: what was said is to
    /// be learnt, not to be learnt by heart.</summary>
    public double Goal { get; init; } = 0.25;

    /// <summary>Windows of the replayed conversations in each step.</summary>
    public int Replayed { get; init; } = 4;

    /// <summary>Windows of base text in each step.</summary>
    public int Base { get; init; } = 12;

    /// <summary>Tokens of a window.</summary>
    public int Length { get; init; } = 64;

    /// <summary>The greatest learning rate; it rises over the first tenth and falls along a cosine.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Norm that a step's gradient is clipped to.</summary>
    public double ClipNorm { get; init; } = 1.0;

    /// <summary>What staying oneself on base text weighs beside learning what was said.</summary>
    public double StayWeight { get; init; } = 4.0;

    /// <summary>Everything random follows from it.</summary>
    public ulong Seed { get; init; } = 1;

    internal Adam Optimiser => Adam.Of(LearningRate)
        .WithNormalise(false)
        .WithBetas(0.9, 0.95)
        .WithSchedule(Schedule.Cosine(Math.Max(1, Steps / 10), Steps, 0));
}

/// <summary>How far a sleep is.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Cross-entropy of the replayed windows in nats a token.</param>
/// <param name="Drift">Divergence from the self of before on base text, in nats a token.</param>
public readonly record struct SleepProgress(int Step, int Steps, double Loss, double Drift);

/// <summary>What a sleep came to.</summary>
/// <param name="Turns">Turns replayed; 0 where there was nothing new.</param>
/// <param name="PerplexityBefore">Perplexity per token of the replayed conversations before it.</param>
/// <param name="PerplexityAfter">And after it.</param>
public readonly record struct SleepReport(int Turns, double PerplexityBefore, double PerplexityAfter);

/// <summary>Lets a cortex learn from what was said to it while it stays itself: windows of the conversations are learnt as
/// text, and on text that the cortex draws from itself its probabilities are held to what they were.</summary>
/// <remarks>No corpus is needed: the base text is the cortex's own, and the teacher on it is its frozen self, so that the
/// second loss and its gradient are zero before the first step (Hinton et al., 2015, for learning from probabilities;
/// Robins, 1995, for rehearsing what a network makes up itself).</remarks>
internal static class Sleeper
{
    // So often it looks how far it has come.
    private const int Look = 4;

    /// <summary>A cortex that has slept.</summary>
    /// <returns>The new cortex, null where nothing new was said; the given one stays as it is.</returns>
    public static (Cortex? Cortex, SleepReport Report) Sleep(
        ChatModel model, IReadOnlyList<BufferedTurn> turns, SleepSettings settings, IProgress<SleepProgress>? progress, CancellationToken stop)
    {
        var text = Script(turns);
        if (turns.All(turn => turn.Slept) || text.Length == 0) return (null, default);
        var cortex = new Cortex(model.Cortex.Shape, (float[])model.Cortex.Parameters.Clone());
        var length = Math.Min(settings.Length, cortex.Shape.Context);
        var replay = Windows(model.Tokenizer.Encode(text), length, model.Tokenizer.LineBreak);
        var stride = Math.Max(1, cortex.Shape.Context / 2);
        using var teacher = new PackedCortex(model.Cortex);
        using var student = new PackedCortex(cortex, training: true);
        var before = Scoring.Score(teacher, model.Tokenizer, text, stride).PerplexityPerToken;
        using var night = new Night(model, teacher, student, settings, length, stop);

        double Perplexity(ReadOnlySpan<float> parameters)
        {
            student.Load(parameters);
            return Scoring.Score(student, model.Tokenizer, text, stride).PerplexityPerToken;
        }

        var loop = new TrainingLoop(
            new Objective(
                TrainedPart.All(cortex.Shape.Views), training => night.Gradient(training, replay), parameters => Perplexity(parameters)),
            LoopSettings.Of(settings.Optimiser, settings.Steps)
                .WithClip(Clip.ByNorm(settings.ClipNorm))
                .WithValidation(Look, before * (1 - settings.Goal)));
        var (slept, end) = loop.Run(
            loop.Begin([.. cortex.Parameters], new Pool([])),
            stop,
            training => progress?.Report(new SleepProgress(training.Iteration, settings.Steps, training.Parts[0].Item2, training.Parts[1].Item2)));
        stop.ThrowIfCancellationRequested();
        if (end == TrainingEnd.Diverged) throw new InvalidDataException($"The sleep diverged at step {slept.Iteration + 1}: a number is no longer finite.");
        var after = slept.ValidationLosses is [.., (var at, var last)] && at == slept.Iteration ? last : Perplexity(slept.Parameters);
        return (cortex, new SleepReport(turns.Count, before, after));
    }

    /// <summary>Conversations as the cortex reads text: a line a turn, a blank line between conversations.</summary>
    internal static string Script(IReadOnlyList<BufferedTurn> turns) => string.Join(
        "\n\n",
        turns.GroupBy(turn => turn.Conversation).Select(conversation => string.Join(
            '\n',
            conversation.Select(turn => turn.Speaker.Line(turn.Text)))));

    /// <summary>All windows of a text that begin half a window apart, each with one token more for the targets; -1 fills up.</summary>
    private static int[][] Windows(int[] tokens, int length, int lineBreak)
    {
        int[] stream = [lineBreak, .. tokens];
        var windows = new List<int[]>();

        for (var start = 0; start == 0 || start + (length / 2) < stream.Length; start += Math.Max(1, length / 2))
        {
            var window = new int[length + 1];
            Array.Fill(window, -1);
            var part = stream.AsSpan(start, Math.Min(length + 1, stream.Length - start));
            part.CopyTo(window);
            if (part.Length > 1) windows.Add(window);
        }

        return [.. windows];
    }

    /// <summary>The workspaces of one sleep.</summary>
    private sealed class Night : IDisposable
    {
        private readonly SleepSettings _settings;
        private readonly PackedCortex _student;
        private readonly CortexPass _learning;
        private readonly CortexPass _before;
        private readonly CortexPass _now;
        private readonly float[] _gradient;
        private readonly int[][] _base;
        private readonly int _length;

        public Night(ChatModel model, PackedCortex teacher, PackedCortex student, SleepSettings settings, int length, CancellationToken stop)
        {
            (_settings, _student, _length) = (settings, student, length);
            _learning = new CortexPass(student, settings.Replayed, length);
            _before = new CortexPass(teacher, settings.Base, length);
            _now = new CortexPass(student, settings.Base, length);
            _gradient = new float[student.Cortex.Parameters.Length];
            _base = Dream(model, teacher, settings, length, stop);
        }

        /// <summary>The loss of a step's windows and its gradient; the parts are what was replayed and the drift.</summary>
        public LossGradient Gradient(Training training, int[][] replay)
        {
            _student.Load(training.Parameters);
            Array.Clear(_gradient);
            var step = training.Iteration + 1;
            var loss = Learn(replay, step);
            var drift = _base.Length == 0 ? 0 : Stay(step);
            return new LossGradient(
                loss + (_settings.StayWeight * drift), [("replayed", loss), ("drift", drift)], Array.ConvertAll(_gradient, one => (double)one), training.Pool);
        }

        public void Dispose()
        {
            _learning.Dispose();
            _before.Dispose();
            _now.Dispose();
        }

        private double Learn(int[][] replay, int step)
        {
            var (tokens, targets) = (new int[_settings.Replayed * _length], new int[_settings.Replayed * _length]);

            for (var i = 0; i < _settings.Replayed; i++)
            {
                var window = replay[Counter.Below(replay.Length, Counter.Subkey(_settings.Seed, 1), ((long)step * _settings.Replayed) + i)];
                for (var t = 0; t < _length; t++) (tokens[(i * _length) + t], targets[(i * _length) + t]) = (Math.Max(0, window[t]), window[t + 1]);
            }

            var count = targets.Count(target => target >= 0);
            _learning.Forward(tokens, _length);
            return _learning.Backward(targets, 1f / count, _gradient, null) / count;
        }

        // KL(self of before || self now) over the base windows; its gradient by the logits is p_now - p_before.
        private double Stay(int step)
        {
            var tokens = new int[_settings.Base * _length];

            for (var i = 0; i < _settings.Base; i++)
                _base[(((step - 1) * _settings.Base) + i) % _base.Length].CopyTo(tokens, i * _length);

            _before.Forward(tokens, _length);
            _now.Forward(tokens, _length);
            var scale = (float)_settings.StayWeight / tokens.Length;
            var drift = 0.0;

            for (var i = 0; i < _settings.Base; i++)
            {
                for (var t = 0; t < _length; t++)
                {
                    var teacher = _before.Logits(i, t);
                    var student = _now.Logits(i, t);
                    TensorPrimitives.SoftMax<float>(teacher, teacher);
                    TensorPrimitives.SoftMax<float>(student, student);
                    for (var v = 0; v < teacher.Length; v++) if (teacher[v] > 0) drift += teacher[v] * (MathF.Log(teacher[v]) - MathF.Log(Math.Max(student[v], 1e-30f)));
                    TensorPrimitives.Subtract(student, teacher, student);
                    TensorPrimitives.Multiply(student, scale, student);
                }
            }

            _now.BackwardFromLogits(_gradient, null);
            return drift / tokens.Length;
        }

        // Text of the cortex's own, as it would talk: drawn at temperature 1 so that its probabilities are seen as they are.
        private static int[][] Dream(ChatModel model, PackedCortex teacher, SleepSettings settings, int length, CancellationToken stop)
        {
            var count = settings.Base * Math.Min(settings.Steps, 8);
            var windows = new int[count][];
            using var reader = new CortexReader(teacher);
            var sampling = new SamplingOptions { Temperature = 1, TopK = 0, TopP = 1, RepetitionPenalty = 1 };
            var key = Counter.Subkey(settings.Seed, 2);

            for (var i = 0; i < count; i++)
            {
                stop.ThrowIfCancellationRequested();
                reader.Reset();
                windows[i] = new int[length];
                windows[i][0] = model.Tokenizer.LineBreak;

                for (var t = 1; t < length; t++)
                {
                    var logits = reader.Read(windows[i][t - 1]);
                    logits[model.Tokenizer.Vocabulary..].Fill(float.NegativeInfinity);
                    windows[i][t] = Sampler.Choose(logits, [], sampling, Counter.Uniform(key, ((long)i * length) + t));
                }
            }

            return windows;
        }
    }
}
