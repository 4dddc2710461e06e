using GaryMesh.ChatLab.Facts;

namespace GaryMesh.ChatLab.Readers;

/// <summary>The kinds of the memory's templates, those of one name together: what one way of telling tells, another way of asking asks.</summary>
internal sealed class TellingKinds
{
    private readonly FactKind[][] _groups;

    /// <summary>Groups the kinds of templates by their names without numbers.</summary>
    public TellingKinds(FactTemplates templates) =>
        _groups = [.. templates.Kinds.GroupBy(kind => kind.Name.TrimEnd("0123456789".ToCharArray()), StringComparer.Ordinal).Select(group => group.ToArray())];

    /// <summary>A fact of some kind as a block; other subjects come near, and so do other kinds about the same one.</summary>
    public TalkBlock Draw(Dice dice)
    {
        var group = dice.Pick(_groups);
        var (kind, asked) = (dice.Pick(group), dice.Pick(group));
        var subject = dice.Pick(kind.Subjects);
        var value = FactTemplates.ValueOf(kind.Values, dice);
        string Fill(string template, string of) => template.Replace("{s}", of, StringComparison.Ordinal).Replace("{v}", value, StringComparison.Ordinal);
        string[] asks = [.. kind.Asks.Concat(asked.Asks).Select(ask => Fill(ask, subject))];
        string[] misses = [.. kind.Subjects.Where(other => other != subject).Take(5).Select(other => Fill(dice.Pick(asked.Asks), other)).Where(ask => !ask.Contains(value, StringComparison.Ordinal))];
        return new TalkBlock([Fill(dice.Pick(kind.Tells), subject)], asks, misses, [], SpeechAct.Tell) { Value = value };
    }
}
