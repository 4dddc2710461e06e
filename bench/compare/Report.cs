// What a comparison came to: lines held against what they must reach, and the readings behind them; as text, JSON, Markdown.
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GaryMesh.Compare;

/// <summary>What a line must reach, and what it should; an upper bound where `AtMost`.</summary>
public sealed record Bound(double Required, double? Goal = null, bool AtMost = false)
{
    public string Judge(double measured)
    {
        bool Reaches(double bound) => AtMost ? measured <= bound : measured >= bound;
        return !Reaches(Required) ? "missed" : Goal is double goal && Reaches(goal) ? "goal" : "met";
    }
}

/// <summary>How numbers of a kind are written.</summary>
public enum Unit
{
    Times,
    Share,
    Gigabytes,
    Count,
    Seconds,
    Nanoseconds,
    Gflops,
    GigabytesASecond,
}

/// <summary>One line of the table: a quantity that has a bound.</summary>
public sealed record Line(string Section, string What, Unit Unit, Bound Bound, Sample Measured);

/// <summary>A quantity behind the lines, without a bound of its own.</summary>
public sealed record Reading(string Section, string What, Unit Unit, Sample Measured);

public sealed class Report
{
    private const string Begin = "<!-- compare: begin -->";
    private const string End = "<!-- compare: end -->";
    private readonly List<(string Name, string Value)> _setting = [];
    private readonly List<Line> _lines = [];
    private readonly List<Reading> _readings = [];
    private readonly List<string> _notes = [];

    public void Describe(string name, string value) => _setting.Add((name, value));

    /// <summary>A line where there is a bound, else a reading.</summary>
    public void Add(string section, string what, Unit unit, Bound? bound, Sample measured)
    {
        if (bound is null)
        {
            Add(section, what, unit, measured);
            return;
        }

        _lines.Add(new(section, what, unit, bound, measured));
        Console.Error.WriteLine($"  {what}: {Text(unit, measured.Median)} ({bound.Judge(measured.Median)})");
    }

    public void Add(string section, string what, Unit unit, Sample measured) =>
        _readings.Add(new(section, what, unit, measured));

    /// <summary>Something a reader of the numbers must know.</summary>
    public void Note(string note)
    {
        _notes.Add(note);
        Console.Error.WriteLine($"  {note}");
    }

    public JsonObject ToJson()
    {
        static JsonObject Summary(string section, string what, Unit unit, Sample measured) => new()
        {
            ["section"] = section,
            ["what"] = what,
            ["unit"] = unit.ToString(),
            ["median"] = measured.Median,
            ["lower_quartile"] = measured.LowerQuartile,
            ["upper_quartile"] = measured.UpperQuartile,
            ["rounds"] = new JsonArray([.. measured.Values.Select(value => JsonValue.Create(value))]),
        };

        var lines = _lines.Select(line =>
        {
            var summary = Summary(line.Section, line.What, line.Unit, line.Measured);
            summary["required"] = line.Bound.Required;
            summary["goal"] = line.Bound.Goal;
            summary["at_most"] = line.Bound.AtMost;
            summary["verdict"] = line.Bound.Judge(line.Measured.Median);
            return (JsonNode)summary;
        });
        return new()
        {
            ["setting"] = new JsonObject(_setting.Select(pair => KeyValuePair.Create(pair.Name, (JsonNode?)pair.Value))),
            ["lines"] = new JsonArray([.. lines]),
            ["readings"] = new JsonArray(
                [.. _readings.Select(r => (JsonNode)Summary(r.Section, r.What, r.Unit, r.Measured))]),
            ["notes"] = new JsonArray([.. _notes.Select(note => JsonValue.Create(note))]),
        };
    }

    public string ToJsonText() =>
        ToJson().ToJsonString(new JsonSerializerOptions { WriteIndented = true, IndentSize = 1 }) + "\n";

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in _setting)
            text.AppendLine($"- {name}: {value}");

        text.AppendLine();
        Table(text, ["", "required", "goal", "median", "quartiles", ""], _lines.Select(line => (string[])[
            line.What,
            (line.Bound.AtMost ? "at most " : "") + Text(line.Unit, line.Bound.Required),
            line.Bound.Goal is double goal ? Text(line.Unit, goal) : "",
            Text(line.Unit, line.Measured.Median),
            Spread(line.Unit, line.Measured),
            line.Bound.Judge(line.Measured.Median)]));
        foreach (var section in _readings.GroupBy(reading => reading.Section))
        {
            text.AppendLine().AppendLine($"Readings, {section.Key}:").AppendLine();
            Table(text, ["", "median", "quartiles"], section.Select(reading => (string[])[
                reading.What, Text(reading.Unit, reading.Measured.Median), Spread(reading.Unit, reading.Measured)]));
        }

        if (_notes.Count > 0)
            text.AppendLine();
        foreach (var note in _notes)
            text.AppendLine($"- {note}");

        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Puts the Markdown between the two marks of a file.</summary>
    public void WriteInto(string path)
    {
        var text = File.ReadAllText(path);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
            throw new InvalidDataException($"{path} must hold the marks {Begin} and {End}, in this order, but does not.");

        File.WriteAllText(path, $"{text[..(begin + Begin.Length)]}\n{ToMarkdown()}{text[end..]}");
    }

    /// <summary>A table whose columns line up in plain text, too.</summary>
    private static void Table(StringBuilder text, string[] heads, IEnumerable<string[]> rows)
    {
        var all = rows.ToArray();
        var widths = heads.Select((head, i) => Math.Max(3, all.Append(heads).Max(row => row[i].Length))).ToArray();
        void Row(string[] cells) =>
            text.AppendLine($"| {string.Join(" | ", cells.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i])))} |");

        Row(heads);
        Row([.. widths.Select((width, i) => i == 0 ? new string('-', width) : new string('-', width - 1) + ":")]);
        foreach (var row in all)
            Row(row);
    }

    private static string Spread(Unit unit, Sample sample) => sample.Values.Count == 1
        ? ""
        : $"{Text(unit, sample.LowerQuartile)} .. {Text(unit, sample.UpperQuartile)}";

    public static string Text(Unit unit, double value)
    {
        var culture = CultureInfo.InvariantCulture;
        return unit switch
        {
            Unit.Times => value.ToString(value < 10 ? "0.00x" : "0.0x", culture),
            Unit.Share => (100 * value).ToString("0.0", culture) + " %",
            Unit.Gigabytes => (value / 1e9).ToString("0.00", culture) + " GB",
            Unit.Count => value.ToString("#,0", culture),
            Unit.Seconds => value < 1 ? (1e3 * value).ToString("0.00", culture) + " ms" : value.ToString("0.00", culture) + " s",
            Unit.Nanoseconds => (1e9 * value).ToString("0.00", culture) + " ns",
            Unit.Gflops => value.ToString("0.0", culture) + " GFLOP/s",
            Unit.GigabytesASecond => value.ToString("0.0", culture) + " GB/s",
            _ => throw new ArgumentOutOfRangeException(nameof(unit)),
        };
    }
}
