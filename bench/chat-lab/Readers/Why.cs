using System.CommandLine;
using System.Globalization;

namespace GaryMesh.ChatLab.Readers;

internal static class WhyCommand
{
    public static Command Create(TextWriter output)
    {
        var told = new Argument<string>("told");
        var asked = new Argument<string>("asked");
        var command = new Command("why", "") { told, asked };
        command.SetAction(parsed =>
        {
            var reader = LearnedReader.Shipped;
            var (t, q) = (reader.Read(parsed.GetValue(told)!), reader.Read(parsed.GetValue(asked)!));
            output.WriteLine(string.Join(" ", t.Line.Words.Select(w => $"{w.Text}:{w.Key}{(w.Bare ? "-" : "")}:{w.Kinds:x}")));
            output.WriteLine(string.Join(" ", q.Line.Words.Select((w, i) => $"{w.Text}:{w.Key}{(w.Bare ? "-" : "")}:{w.Kinds:x}:{q.Weights[i]:F2}")));
            output.WriteLine($"{t.Act} {q.Act} {string.Join(' ', q.Acts.Select(a => a.ToString("F2", CultureInfo.InvariantCulture)))} answers {reader.Answers(q, t, _ => 1):F2} relates {reader.Relates(t, q, 0)} {reader.Relates(q, t, 0)}");
            output.WriteLine(string.Join(' ', Likeness.Of(q.Line, t.Line, _ => 1, (0, 0)).Select((f, i) => $"{i}={f:F2}")));
            output.WriteLine(Likeness.Interaction(q.Line, (q.Keys, q.Weights), t.Keys).ToString());
            return 0;
        });
        return command;
    }
}
