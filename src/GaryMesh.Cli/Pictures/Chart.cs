using System.Globalization;

namespace GaryMesh.Cli.Pictures;

/// <summary>A curve of a chart.</summary>
internal sealed record Series(string Name, IReadOnlyList<Place> Points, Ink Ink, bool Dotted = false, double Width = 1.8);

/// <summary>An axis: its name, whether it is logarithmic, and its limits.</summary>
internal sealed record Axis(string Name, bool Log = false, double? Min = null, double? Max = null);

/// <summary>A line chart: axes with round numbers, curves, and their names above.</summary>
internal sealed record Chart(string Title, Axis X, Axis Y, Series[] Curves)
{
    private const double Left = 62, Right = 18, Top = 56, Bottom = 46, Small = 11.5;

    public void Draw(ICanvas canvas, double x, double y, double width, double height)
    {
        var (left, right) = (x + Left, x + width - Right);
        var (top, bottom) = (y + Top, y + height - Bottom);
        var across = new Span(X, Curves.SelectMany(curve => curve.Points).Select(point => point.X), left, right, false);
        var up = new Span(Y, Curves.SelectMany(curve => curve.Points).Select(point => point.Y), bottom, top, true);

        canvas.Text(new Place(left, y + 20), Title, Ink.Text, 15, Anchor.Start);

        foreach (var (value, name) in up.Ticks)
        {
            var at = up.At(value);
            canvas.Line([new Place(left, at), new Place(right, at)], Ink.Grid, 1);
            canvas.Text(new Place(left - 8, at + 4), name, Ink.Muted, Small, Anchor.End);
        }

        foreach (var (value, name) in across.Ticks)
        {
            var at = across.At(value);
            canvas.Line([new Place(at, bottom), new Place(at, bottom + 4)], Ink.Muted, 1);
            // The last label may be wider than the margin.
            var half = 0.5 * Small / StrokeFont.Size * StrokeFont.Width(name);
            canvas.Text(new Place(Math.Min(at, x + width - half - 6), bottom + 18), name, Ink.Muted, Small, Anchor.Middle);
        }

        canvas.Line([new Place(left, bottom), new Place(right, bottom)], Ink.Muted, 1);
        canvas.Text(new Place(0.5 * (left + right), bottom + 38), X.Name, Ink.Text, Small, Anchor.Middle);
        canvas.Text(new Place(x + 14, 0.5 * (top + bottom)), Y.Name, Ink.Text, Small, Anchor.Middle, true);

        var legend = left;

        foreach (var curve in Curves)
        {
            Place[] points =
                [.. curve.Points.Where(point => across.Shows(point.X) && up.Shows(point.Y))
                    .Select(point => new Place(across.At(point.X), up.At(point.Y)))];

            if (!curve.Dotted && points.Length > 1)
                canvas.Line(points, curve.Ink, curve.Width);

            if (curve.Dotted)
            {
                foreach (var point in points)
                    canvas.Disc(point, 2.6, curve.Ink);
            }

            if (curve.Name.Length > 0 && Curves.Length > 1)
            {
                if (curve.Dotted)
                    canvas.Disc(new Place(legend + 10, y + 37), 2.6, curve.Ink);
                else
                    canvas.Line([new Place(legend, y + 37), new Place(legend + 20, y + 37)], curve.Ink, curve.Width);

                canvas.Text(new Place(legend + 26, y + 41), curve.Name, Ink.Text, Small, Anchor.Start);
                legend += 48 + (Small / StrokeFont.Size * StrokeFont.Width(curve.Name));
            }
        }
    }

    /// <summary>How an axis maps values to places.</summary>
    private sealed class Span
    {
        private readonly bool _log;
        private readonly double _min;
        private readonly double _max;
        private readonly double _from;
        private readonly double _to;

        public Span(Axis axis, IEnumerable<double> values, double from, double to, bool loose)
        {
            (_log, _from, _to) = (axis.Log, from, to);
            var shown = values.Where(Shows).Select(Scaled).DefaultIfEmpty(0).ToArray();
            var min = axis.Min is { } a ? Scaled(a) : shown.Min();
            var max = axis.Max is { } b ? Scaled(b) : shown.Max();

            if (max <= min)
                (min, max) = (min - 0.5, max + 0.5);

            var margin = loose ? 0.05 * (max - min) : 0;
            _min = axis.Min is null ? min - margin : min;
            _max = axis.Max is null ? max + margin : max;
        }

        public IEnumerable<(double Value, string Name)> Ticks => _log ? Powers() : Rounds();

        public bool Shows(double value) => double.IsFinite(value) && (!_log || value > 0);

        public double At(double value) => _from + ((_to - _from) * (Scaled(value) - _min) / (_max - _min));

        private double Scaled(double value) => _log ? Math.Log10(value) : value;

        private IEnumerable<(double, string)> Powers()
        {
            var (first, last) = ((int)Math.Ceiling(_min - 1e-9), (int)Math.Floor(_max + 1e-9));
            var step = Math.Max(1, (last - first + 5) / 6);

            for (var power = first; power <= last; power += step)
                yield return (Math.Pow(10, power), PowerName(power));

            // Fewer than two powers of ten are too few ticks: 2 and 5 times each are added.
            if (last - first < 2)
            {
                for (var power = first - 1; power <= last; power++)
                {
                    foreach (var digit in (int[])[2, 5])
                    {
                        var value = digit * Math.Pow(10, power);

                        if (Math.Log10(value) >= _min && Math.Log10(value) <= _max)
                            yield return (value, value.ToString("#,0.######", CultureInfo.InvariantCulture));
                    }
                }
            }
        }

        private static string PowerName(int power) =>
            power is >= -3 and <= 7
                ? Math.Pow(10, power).ToString("#,0.###", CultureInfo.InvariantCulture)
                : "1e" + power.ToString(CultureInfo.InvariantCulture);

        private IEnumerable<(double, string)> Rounds()
        {
            var rough = (_max - _min) / 6;
            var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            var step = power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };

            for (var k = (long)Math.Ceiling((_min / step) - 1e-9); k * step <= _max + (1e-9 * step); k++)
                yield return (k * step, (k * step).ToString("#,0.######", CultureInfo.InvariantCulture));
        }
    }
}
