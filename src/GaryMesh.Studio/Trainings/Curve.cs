using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Trainings;

/// <summary>The loss of a training and its parts, as means over stretches of iterations that grow as the training does, so that a curve of any
/// length stays small.</summary>
internal sealed class Curve
{
    /// <summary>Points that a curve has at most.</summary>
    private const int Most = 400;

    private readonly List<(int Iteration, double[] Values)> _points = [];
    private string[] _names = ["loss"];
    private double[] _sums = [];
    private int _stride = 1, _counted;

    /// <summary>The curve of a file; an empty one where the file holds none.</summary>
    public static Curve Read(JsonNode? file)
    {
        var curve = new Curve();

        if (file is not JsonObject entries || entries["names"] is not JsonArray names || entries["points"] is not JsonArray points)
            return curve;

        curve._names = [.. names.Select(name => (string)name!)];
        curve._stride = (int?)entries["stride"] ?? 1;

        foreach (var point in points.Select(point => point!.AsArray().Select(number => (double)number!).ToArray()))
            curve._points.Add(((int)point[0], point[1..]));

        return curve;
    }

    /// <summary>The mean of the latest stretch, or null before the first.</summary>
    public double? Loss => _points is [.., var last] ? last.Values[0] : null;

    /// <summary>Forgets what came after an iteration.</summary>
    public void CutAfter(int iteration)
    {
        _points.RemoveAll(point => point.Iteration > iteration);
        _counted = 0;
    }

    /// <summary>Adds an iteration.</summary>
    public void Add(int iteration, double loss, IEnumerable<(string Name, double Value)> parts)
    {
        double[] values = [loss, .. parts.Select(part => part.Value)];

        if (_points.Count == 0 && _counted == 0)
            _names = ["loss", .. parts.Select(part => part.Name)];

        if (values.Length != _names.Length)
            return;

        _sums = _counted == 0 ? values : [.. _sums.Zip(values, (sum, value) => sum + value)];

        if (++_counted < _stride)
            return;

        _points.Add((iteration, [.. _sums.Select(sum => sum / _counted)]));
        _counted = 0;

        if (_points.Count > Most)
            Halve();
    }

    /// <summary>The curve as JSON: names, and points of an iteration and a number a name.</summary>
    public JsonObject Write() => new()
    {
        ["names"] = new JsonArray([.. _names.Select(name => (JsonNode)name)]),
        ["stride"] = _stride,
        ["points"] = new JsonArray([.. _points.Select(point => (JsonNode)new JsonArray(
            [point.Iteration, .. point.Values.Select(value => (JsonNode)(double.IsFinite(value) ? double.Parse(value.ToString("G5")) : 0))]))]),
    };

    /// <summary>Two points become one; one that is left over begins the next.</summary>
    private void Halve()
    {
        var pairs = _points.Count / 2;

        if (_points.Count % 2 == 1)
            (_sums, _counted) = ([.. _points[^1].Values.Select(value => value * _stride)], _stride);

        for (var pair = 0; pair < pairs; pair++)
        {
            var (first, second) = (_points[2 * pair], _points[(2 * pair) + 1]);
            _points[pair] = (second.Iteration, [.. first.Values.Zip(second.Values, (a, b) => (a + b) / 2)]);
        }

        _points.RemoveRange(pairs, _points.Count - pairs);
        _stride *= 2;
    }
}
