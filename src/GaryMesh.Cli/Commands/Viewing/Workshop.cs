using System.Globalization;
using System.Text.RegularExpressions;
using GaryMesh.Cli.Commands.Growing;
using GaryMesh.Cli.Commands.Textures;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using GaryMesh.Studio.Trainings;

namespace GaryMesh.Cli.Commands.Viewing;

/// <summary>What the studio knows of words, recipes and files: those of `texture train` and `grow train`, within bounds that keep a training in a browser
/// bearable.</summary>
internal sealed partial class Workshop : IWorkshop
{
    /// <summary>Cells of a graph that is trained on or shown, and pixels of a picture, at most.</summary>
    private const int MostCells = 1 << 16, MostShown = 1 << 18, MostPixels = 1 << 20;

    private static readonly Terminal _silent = new(TextWriter.Null, TextWriter.Null, false, true);

    public IReadOnlyList<string> Models => [.. ShippedRules.OnTheirOwn];

    public Automaton Model(string name) => ShippedRules.Find(name)!;

    public PreparedTraining Prepare(TrainingOrder order, Func<string, string> pathOf) => Told(() =>
    {
        var picture = pathOf(order.Picture);
        var graph = order.Graph is { } word ? Word(word, MostCells, pathOf) : null;

        if (!order.Grows)
        {
            if (order.Rule is not null)
                throw new UserErrorException("A texture is trained from a new rule: leave out the rule.");

            var texture = new TextureTraining([picture], graph is null ? [] : [graph], order.Seed) { Tiles = order.Tiles, Channels = order.Channels, Hidden = order.Hidden }
                .Prepare(_silent);
            return Checked(texture.Automaton, texture.Graph, texture.TaskOf(order.Iterations ?? texture.Iterations), order.Graph ?? texture.Worlds[0].Graph.Name);
        }

        var training = new GrowingTraining(picture, GrowingTraining.RegimeOf(order.Recipe), order.Seed)
        {
            Graph = graph,
            Rule = order.Rule is { } rule ? pathOf(rule) : null,
            Channels = order.Channels,
            Hidden = order.Hidden,
        };
        var growth = training.Prepare(training.World(_silent));
        return Checked(growth.Automaton, growth.World.Graph, growth.TaskOf(order.Iterations ?? GrowingTraining.Iterations), order.Graph ?? growth.World.Graph.Name);
    });

    public (Graph Graph, TriangleMesh? Mesh) View(string word, Automaton automaton, Func<string, string> pathOf) => Told(() =>
    {
        var world = ViewedWorld.Read(Word(word, MostShown, pathOf), "y", automaton, _silent);
        return world.Graph.Cells <= MostShown ? (world.Graph, world.Mesh) : throw TooLarge(word, world.Graph.Cells, MostShown);
    });

    public void CheckFile(string path) => Told(() =>
    {
        switch (Path.GetExtension(path))
        {
            case ".png":
                PngImage.Read(path, (height, width) =>
                {
                    if ((long)height * width > MostPixels)
                        throw new UserErrorException($"{path} has {height} x {width} pixels, but a picture has at most {MostPixels:N0} in all.");
                });
                break;
            case ".npz":
                RuleFile.Read(path);
                break;
            case ".csv" when IsSignal(path):
                break;
            default:
                GraphFile.Read(path);
                break;
        }

        return true;
    });

    private static bool IsSignal(string path)
    {
        try
        {
            return ExemplarWord.Read(path, false).Maps == 1;
        }
        catch (UserErrorException)
        {
            return false;
        }
    }

    private static PreparedTraining Checked(Automaton automaton, Graph graph, TrainingTask task, string shown) =>
        graph.Cells <= MostCells ? new(automaton, graph, task, shown) : throw TooLarge(shown, graph.Cells, MostCells);

    /// <summary>A word that names no file of this machine: one of a size within the bounds, or the path of an upload.</summary>
    private static string Word(string word, int most, Func<string, string> pathOf)
    {
        if (!word.Contains(':'))
            return pathOf(word);

        var form = Form().Match(word);

        if (!form.Success)
            throw new UserErrorException("A graph is ring:N, line:N, grid:HxW, torus:HxW, torus6:HxW, icosphere:F, delaunay:N, geometric:N or an uploaded file.");

        var (first, second) = (Number("first"), form.Groups["second"].Success ? Number("second") : 1);
        var cells = form.Groups["kind"].Value == "icosphere" ? (10 * first * first) + 2 : first * second;
        return cells <= most ? word : throw TooLarge(word, cells, most);

        long Number(string group) => long.Parse(form.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    private static UserErrorException TooLarge(string word, long cells, int most) => new($"{word} has {cells:N0} cells, but the studio takes at most {most:N0}.");

    /// <summary>Sentences for users as exceptions that any caller knows.</summary>
    private static T Told<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (UserErrorException refusal)
        {
            throw new ArgumentException(refusal.Message);
        }
    }

    [GeneratedRegex(@"\A(?<kind>ring|line|icosphere|delaunay|geometric):(?<first>\d{1,7})\z|\A(?<kind>grid|torus|torus6):(?<first>\d{1,5})x(?<second>\d{1,5})\z")]
    private static partial Regex Form();
}
