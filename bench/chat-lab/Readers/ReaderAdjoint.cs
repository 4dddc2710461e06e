using System.Numerics;
using System.Numerics.Tensors;

namespace GaryMesh.ChatLab.Readers;

/// <summary>The loss of a reader's head over a lesson, and its gradient.</summary>
/// <remarks>Generic over the number, so that the gradient can be held against differences in double precision.</remarks>
internal sealed class ReaderAdjoint<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Key = ReaderHead.Key, Corrects = (int)SpeechAct.Correct;

    private readonly T[] _parameters;
    private readonly T[] _sums;
    private readonly int _width;
    private readonly (int Offset, int Count)[] _slices;
    private readonly ReaderLesson<T> _lesson;
    private readonly T[][] _keys;
    private readonly T[][] _norms;
    private readonly T[][] _weights;
    private readonly T[][] _keyBack;
    private readonly T[][] _weightBack;

    private ReaderAdjoint(T[] parameters, int width, ReaderLesson<T> lesson, T[] sums)
    {
        (_parameters, _width, _lesson, _sums, _slices) = (parameters, width, lesson, sums, ReaderHead.Slices(width));
        var lines = lesson.Lines;
        _keys = [.. lines.Select(line => new T[line.Weighed.Length * Key])];
        _keyBack = [.. lines.Select(line => new T[line.Weighed.Length * Key])];
        _norms = [.. lines.Select(line => new T[line.Weighed.Length])];
        _weights = [.. lines.Select(line => new T[line.Weighed.Length])];
        _weightBack = [.. lines.Select(line => new T[line.Weighed.Length])];
    }

    /// <summary>Sizes for a width of words' states: parameters, and features of answers, relations and speech acts.</summary>
    public static (int Parameters, int Answers, int Relations, int Acts) Sizes(int width) =>
        (ReaderHead.Count(width), Likeness.Features, Relation.Features, ReaderHead.ActWidth(width));

    /// <summary>The loss: cross-entropies of answers, relations and speech acts, each the mean over its examples.</summary>
    /// <param name="parameters">As <see cref="ReaderHead.Parameters"/>.</param>
    /// <param name="width">Width of a word's state.</param>
    /// <param name="lesson">The lesson.</param>
    /// <param name="sums">Where the gradient is added; empty where it is not wanted.</param>
    public static T Run(T[] parameters, int width, ReaderLesson<T> lesson, T[] sums) => new ReaderAdjoint<T>(parameters, width, lesson, sums).Run();

    private T Run()
    {
        for (var i = 0; i < _keys.Length; i++) Project(i);
        var loss = T.Zero;
        foreach (var asked in _lesson.Asked) loss += Answer(asked, T.One / T.CreateChecked(_lesson.Asked.Length));
        // One in some twenty pairs is related: it counts for some of them.
        foreach (var related in _lesson.Related) loss += Relate(related, T.CreateChecked(related.Relation == 0 ? 0.5 : 2) / T.CreateChecked(_lesson.Related.Length));
        foreach (var (features, act) in _lesson.Acts) loss += Act(features, act, T.CreateChecked(0.5) / T.CreateChecked(_lesson.Acts.Length));
        if (_sums.Length > 0) for (var i = 0; i < _keys.Length; i++) ProjectBack(i);
        return loss;
    }

    private void Project(int line)
    {
        var (states, keys) = (_lesson.Lines[line].States, _keys[line]);

        for (var i = 0; i < _norms[line].Length; i++)
        {
            var state = states.AsSpan(i * _width, _width);
            var key = keys.AsSpan(i * Key, Key);
            for (var k = 0; k < Key; k++) key[k] = TensorPrimitives.Dot<T>(_parameters.AsSpan(_slices[0].Offset + (k * _width), _width), state);
            _norms[line][i] = TensorPrimitives.Norm<T>(key) + T.CreateChecked(1e-6);
            TensorPrimitives.Divide(key, _norms[line][i], key);
            _weights[line][i] = _lesson.Lines[line].Weighed[i] ? TensorPrimitives.Dot<T>(_parameters.AsSpan(_slices[1].Offset, _width), state) / T.Sqrt(T.CreateChecked(_width)) : T.NegativeInfinity;
        }

        if (_weights[line].Length > 0) TensorPrimitives.SoftMax<T>(_weights[line], _weights[line]);
    }

    private void ProjectBack(int line)
    {
        var (states, keys, back) = (_lesson.Lines[line].States, _keys[line], _keyBack[line]);
        var mean = TensorPrimitives.Dot<T>(_weights[line], _weightBack[line]);

        for (var i = 0; i < _norms[line].Length; i++)
        {
            var state = states.AsSpan(i * _width, _width);
            var key = keys.AsSpan(i * Key, Key);
            var up = back.AsSpan(i * Key, Key);
            var along = TensorPrimitives.Dot<T>(key, up);

            for (var k = 0; k < Key; k++)
            {
                var slope = (up[k] - (key[k] * along)) / _norms[line][i];
                if (slope != T.Zero) Add(_slices[0].Offset + (k * _width), state, slope);
            }

            var pull = _weights[line][i] * (_weightBack[line][i] - mean) / T.Sqrt(T.CreateChecked(_width));
            if (pull != T.Zero) Add(_slices[1].Offset, state, pull);
        }
    }

    private T Answer(AskedLine<T> asked, T share)
    {
        var count = asked.Features.Length;
        var (scores, units, features, nearest) = (new T[count + 1], new T[count][], new T[count][], new int[count][]);

        for (var c = 0; c < count; c++)
        {
            features[c] = [.. asked.Features[c]];
            (features[c][0], features[c][1], nearest[c]) = Interact(asked.Line, c);
            (scores[c], units[c]) = (Score(features[c], 2, ReaderHead.Hidden, 1, out var hidden)[0], hidden);
        }

        // The last one is "none of these"; of several that answer any is right.
        int[] right = asked.Answers.Length == 0 ? [count] : asked.Answers;
        TensorPrimitives.SoftMax<T>(scores, scores);
        var sum = T.CreateChecked(1e-9);
        foreach (var answer in right) sum += scores[answer];
        var loss = -share * T.Log(sum);
        if (_sums.Length == 0) return loss;

        for (var c = 0; c < count; c++)
        {
            var slope = share * (scores[c] - (right.Contains(c) ? scores[c] / sum : T.Zero));
            var back = ScoreBack(features[c], 2, ReaderHead.Hidden, [slope], units[c]);
            InteractBack(asked.Line, c, nearest[c], back[0], back[1]);
        }

        return loss;
    }

    private T Relate(RelatedLines<T> related, T share)
    {
        T[] features = [.. related.Features];
        var (weighted, _, nearest) = Interact(related.Now, related.Was);
        var acts = ActsOf(related.Act);
        (features[0], features[1]) = (weighted, acts[Corrects]);
        var scores = Score(features, 6, ReaderHead.Relating, ReaderHead.Relations, out var units);
        T[] all = [T.Zero, .. scores];
        TensorPrimitives.SoftMax<T>(all, all);
        var loss = -share * T.Log(all[related.Relation] + T.CreateChecked(1e-9));
        if (_sums.Length == 0) return loss;
        T[] slopes = [share * (all[1] - One(1)), share * (all[2] - One(2))];
        var back = ScoreBack(features, 6, ReaderHead.Relating, slopes, units);
        InteractBack(related.Now, related.Was, nearest, back[0], T.Zero);
        for (var a = 0; a < acts.Length; a++) ActBack(related.Act, a, back[1] * acts[Corrects] * ((a == Corrects ? T.One : T.Zero) - acts[a]));
        return loss;

        T One(int relation) => related.Relation == relation ? T.One : T.Zero;
    }

    private T Act(T[] features, int act, T share)
    {
        var acts = ActsOf(features);
        var loss = -share * T.Log(acts[act] + T.CreateChecked(1e-9));
        if (_sums.Length == 0) return loss;
        for (var a = 0; a < acts.Length; a++) ActBack(features, a, share * (acts[a] - (a == act ? T.One : T.Zero)));
        return loss;
    }

    private T[] ActsOf(T[] features)
    {
        var acts = new T[ReaderHead.Acts];
        for (var a = 0; a < acts.Length; a++)
            acts[a] = TensorPrimitives.Dot<T>(_parameters.AsSpan(_slices[10].Offset + (a * features.Length), features.Length), features) + _parameters[_slices[11].Offset + a];
        TensorPrimitives.SoftMax<T>(acts, acts);
        return acts;
    }

    private void ActBack(T[] features, int act, T slope)
    {
        Add(_slices[10].Offset + (act * features.Length), features, slope);
        _sums[_slices[11].Offset + act] += slope;
    }

    private (T Weighted, T Even, int[] Nearest) Interact(int line, int other)
    {
        var (keys, others, content) = (_keys[line], _keys[other], _lesson.Lines[line].Asking);
        var nearest = new int[_norms[line].Length];
        var (weighted, even, counted) = (T.Zero, T.Zero, 0);

        for (var i = 0; i < nearest.Length; i++)
        {
            var most = T.NegativeInfinity;

            for (var j = 0; j < _norms[other].Length; j++)
            {
                var likeness = TensorPrimitives.Dot<T>(keys.AsSpan(i * Key, Key), others.AsSpan(j * Key, Key));
                if (likeness > most) (most, nearest[i]) = (likeness, j);
            }

            if (_norms[other].Length == 0) most = T.Zero;
            weighted += _weights[line][i] * most;
            if (!content[i]) continue;
            even += most;
            counted++;
        }

        return (weighted, counted > 0 ? even / T.CreateChecked(counted) : T.Zero, nearest);
    }

    private void InteractBack(int line, int other, int[] nearest, T weighted, T even)
    {
        if (_norms[other].Length == 0) return;
        var content = _lesson.Lines[line].Asking;
        var counted = T.CreateChecked(Math.Max(1, content.Count(one => one)));

        for (var i = 0; i < nearest.Length; i++)
        {
            var key = _keys[line].AsSpan(i * Key, Key);
            var near = _keys[other].AsSpan(nearest[i] * Key, Key);
            _weightBack[line][i] += weighted * TensorPrimitives.Dot<T>(key, near);
            var slope = (weighted * _weights[line][i]) + (content[i] ? even / counted : T.Zero);
            var keyBack = _keyBack[line].AsSpan(i * Key, Key);
            var nearBack = _keyBack[other].AsSpan(nearest[i] * Key, Key);
            TensorPrimitives.MultiplyAdd<T>(near, slope, keyBack, keyBack);
            TensorPrimitives.MultiplyAdd<T>(key, slope, nearBack, nearBack);
        }
    }

    private T[] Score(T[] features, int slice, int hidden, int outputs, out T[] units)
    {
        units = new T[hidden];
        for (var h = 0; h < hidden; h++)
            units[h] = T.Max(T.Zero, TensorPrimitives.Dot<T>(_parameters.AsSpan(_slices[slice].Offset + (h * features.Length), features.Length), features) + _parameters[_slices[slice + 1].Offset + h]);
        var scores = new T[outputs];
        for (var o = 0; o < outputs; o++)
            scores[o] = TensorPrimitives.Dot<T>(_parameters.AsSpan(_slices[slice + 2].Offset + (o * hidden), hidden), units) + _parameters[_slices[slice + 3].Offset + o];
        return scores;
    }

    private T[] ScoreBack(T[] features, int slice, int hidden, T[] slopes, T[] units)
    {
        var (back, unitBack) = (new T[features.Length], new T[hidden]);

        for (var o = 0; o < slopes.Length; o++)
        {
            Add(_slices[slice + 2].Offset + (o * hidden), units, slopes[o]);
            _sums[_slices[slice + 3].Offset + o] += slopes[o];
            var weights = _parameters.AsSpan(_slices[slice + 2].Offset + (o * hidden), hidden);
            TensorPrimitives.MultiplyAdd<T>(weights, slopes[o], unitBack, unitBack);
        }

        for (var h = 0; h < hidden; h++)
        {
            if (units[h] <= T.Zero || unitBack[h] == T.Zero) continue;
            Add(_slices[slice].Offset + (h * features.Length), features, unitBack[h]);
            _sums[_slices[slice + 1].Offset + h] += unitBack[h];
            TensorPrimitives.MultiplyAdd<T>(_parameters.AsSpan(_slices[slice].Offset + (h * features.Length), features.Length), unitBack[h], back, back);
        }

        return back;
    }

    private void Add(int offset, ReadOnlySpan<T> values, T times)
    {
        var sums = _sums.AsSpan(offset, values.Length);
        TensorPrimitives.MultiplyAdd(values, times, sums, sums);
    }
}
