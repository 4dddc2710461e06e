using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads the initial state of a rollout: a start's word or a state file.</summary>
internal static class StateWord
{
    /// <summary>What there is to choose from.</summary>
    public const string Choice = "A state is zeros, seed, noise:A or a file (.npz)";

    /// <summary>Whether a word names a file.</summary>
    public static bool IsFile(string word) => word.EndsWith(".npz", StringComparison.OrdinalIgnoreCase);

    /// <summary>The state of a word on a graph, for a rule of so many channels.</summary>
    public static State Read(string word, Graph graph, int channels, ulong seed)
    {
        if (!IsFile(word))
            return Parse(word, Choice).On(graph, channels, seed);

        var state = StateFile.Read(word);

        if (state.Cells != graph.Cells || state.Channels != channels)
        {
            throw new UserErrorException(
                $"{word} holds a state of {state.Cells} cells x {state.Channels} channels, but {graph.Name} has "
                + $"{graph.Cells} cells and the rule {channels} channels.");
        }

        return state;
    }

    /// <summary>The start of a word that is no file, or a refusal that begins with what there is to choose from.</summary>
    public static Start Parse(string word, string choice)
    {
        try
        {
            return Start.Parse(word);
        }
        catch (ArgumentException)
        {
            throw new UserErrorException($"{choice}, but '{word}' is none of them.");
        }
    }
}
