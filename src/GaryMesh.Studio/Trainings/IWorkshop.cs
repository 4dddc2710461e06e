namespace GaryMesh.Studio.Trainings;

/// <summary>What the studio asks of whoever knows words, recipes and the formats of files. Each member refuses by an exception whose message is
/// one sentence.</summary>
public interface IWorkshop
{
    /// <summary>The names of the rules that ship.</summary>
    IReadOnlyList<string> Models { get; }

    /// <summary>The rule that ships under a name.</summary>
    /// <param name="name">One of the models.</param>
    Automaton Model(string name);

    /// <summary>A training, ready to begin.</summary>
    /// <param name="order">What is asked for.</param>
    /// <param name="pathOf">The path of a file that the order names.</param>
    /// <exception cref="T:System.ArgumentException">The order cannot be done.</exception>
    /// <exception cref="T:System.IO.InvalidDataException">A file is not what the order takes it for.</exception>
    PreparedTraining Prepare(TrainingOrder order, Func<string, string> pathOf);

    /// <summary>A graph as a page shows it, and its mesh or null, with the frames that a rule sees by.</summary>
    /// <param name="word">A word such as torus:64x64, or the name of a file.</param>
    /// <param name="automaton">The rule that is to run on it.</param>
    /// <param name="pathOf">The path of a file.</param>
    (Graph Graph, TriangleMesh? Mesh) View(string word, Automaton automaton, Func<string, string> pathOf);

    /// <summary>Refuses a file that is nothing a training or a page can use.</summary>
    /// <param name="path">The file, whose name ends as it was uploaded.</param>
    void CheckFile(string path);
}

/// <summary>A training that can begin.</summary>
/// <param name="Automaton">What is trained.</param>
/// <param name="Graph">Where.</param>
/// <param name="Task">How.</param>
/// <param name="Shown">The word of the graph on which a page shows it.</param>
public sealed record PreparedTraining(Automaton Automaton, Graph Graph, TrainingTask Task, string Shown);
