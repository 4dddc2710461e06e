using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Exports;

/// <summary>A language that rules are written in. A new one is one class, a word in `Languages`, and its test.</summary>
public abstract class Export
{
    /// <summary>What it is called: the command's option without its dashes.</summary>
    public abstract string Name { get; }

    /// <summary>The ending of its files.</summary>
    public abstract string Ending { get; }

    /// <summary>What is written, in one sentence.</summary>
    public abstract string About { get; }

    /// <summary>The files that are written for a path: the path itself, and what stands beside it.</summary>
    /// <param name="path">The file that is asked for.</param>
    public virtual IReadOnlyList<string> Files(string path) => [path];

    /// <summary>Refuses a rule that the language cannot say.</summary>
    /// <param name="automaton">The rule with all that says how it runs.</param>
    /// <exception cref="T:System.ArgumentException">The language cannot say the rule: the message names what it cannot.</exception>
    public void Check(Automaton automaton) => Texts(RuleDescription.Of(automaton), Name);

    /// <summary>Writes a rule.</summary>
    /// <param name="automaton">The rule with all that says how it runs.</param>
    /// <param name="path">The file that is asked for.</param>
    /// <exception cref="T:System.ArgumentException">The language cannot say the rule: the message names what it cannot.</exception>
    public void Write(Automaton automaton, string path)
    {
        foreach (var (file, bytes) in Files(path).Zip(Texts(RuleDescription.Of(automaton), Path.GetFileNameWithoutExtension(path))))
            SafeFile.Write(file, stream => stream.Write(bytes));
    }

    /// <summary>The bytes of each file; the name is that of the rule.</summary>
    internal abstract IReadOnlyList<byte[]> Texts(RuleDescription rule, string name);

    /// <summary>Makes ready to run what was written, or says why it cannot be run here.</summary>
    internal abstract IWritten Open(RuleDescription rule, string path);
}
