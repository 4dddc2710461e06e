// The file of a MeshModel: an .npz with the core's model file in one entry and what the stage needs beside it.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Models;

namespace GaryMesh.MLNet;

// Reading is strict: a newer version, and any entry that a version does not have, may hold what changes the model's meaning.
public sealed partial class MeshModel
{
    private const string Format = "gary-mesh ML.NET model";
    private const int Version = 1;

    /// <summary>Writes the model to a file, replacing one that stands there only once the new one is complete.</summary>
    /// <param name="path">The file, <c>.npz</c> by custom; NumPy opens it.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => SafeFile.Write(path, Save);

    /// <summary>Writes the model to a stream.</summary>
    /// <param name="stream">The stream; left open.</param>
    public void Save(Stream stream)
    {
        var entries = new Dictionary<string, NpyArray>
        {
            ["format"] = NpyArray.OfText(Format),
            ["format_version"] = NpyArray.OfInt32([], [Version]),
            ["task"] = NpyArray.OfText(Task.Name),
            ["feature_column"] = NpyArray.OfText(FeatureColumnName),
            ["network"] = Bytes(into => ModelFile.Write(into, Network, Graph?.Graph)),
        };
        if (Layout.Interleaves)
        {
            entries["feature_columns"] = Texts(Layout.Names);
            entries["feature_sizes"] = NpyArray.OfInt32([Layout.PerCell.Length], Layout.PerCell);
        }

        if (Choice is { } choice)
        {
            entries["output_column"] = NpyArray.OfText(choice.Column);
            entries["channels"] = NpyArray.OfInt32([choice.Channels.Length], choice.Channels);
            entries["pooled"] = NpyArray.OfBool([], [choice.Pooled]);
        }

        if (Classes is { } classes)
        {
            entries["class_type"] = NpyArray.OfText(classes.TypeName);
            entries["classes"] = Texts(classes.Texts);
        }

        if (Nodes is { Edges: var edges } nodes)
        {
            entries["id_column"] = NpyArray.OfText(nodes.IdColumnName);
            entries["skips_unknown"] = NpyArray.OfBool([], [nodes.SkipsUnknown]);
            entries["edge_columns"] = Texts([edges.Columns.Source, edges.Columns.Target, edges.Columns.Weight ?? "", edges.Columns.Direction ?? ""]);
            entries["directed"] = NpyArray.OfBool([], [edges.Directed]);
            entries["edge_sources"] = Texts(edges.Sources);
            entries["edge_targets"] = Texts(edges.Targets);
            if (edges.Weights is { } weights)
                entries["edge_weights"] = NpyArray.OfFloat64([weights.Length], weights);
            if (edges.Directions is { } directions)
                entries["edge_directions"] = NpyArray.OfFloat64([directions.Length], directions);
        }

        Npz.Write(stream, entries);
    }

    /// <summary>Reads a model that <see cref="Save(string)"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file holds no model, is cut short, or is of a newer format.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static MeshModel Load(string path)
    {
        using var stream = File.OpenRead(path);
        return Load(stream, path);
    }

    /// <summary>Reads a model from a stream's position to its end.</summary>
    /// <param name="stream">The stream; left open.</param>
    /// <param name="name">What to call the stream in messages.</param>
    /// <exception cref="InvalidDataException">The stream holds no model, is cut short, or is of a newer format.</exception>
    public static MeshModel Load(Stream stream, string name)
    {
        var entries = new Entries(name, Npz.Read(stream, name));
        entries.CheckVersion(Format, Version);
        var task = MeshTask.All.FirstOrDefault(task => task.Name == entries.Text("task"))
            ?? throw entries.Bad($"the task '{entries.Text("task")}' is unknown to this version");
        var (network, graph) = ModelFile.Read(new MemoryStream(entries.Take("network").ToByte()), $"{name}: network");
        if (graph is null != task.IsOfNodes)
            throw entries.Bad(task.IsOfNodes ? "a model of nodes holds no graph, but this one does" : "a model of signals holds its graph, but this one does not");

        var model = new MeshModel(task, network, graph is null ? null : MeshGraph.Of(graph), ReadLayout(entries, network))
        {
            Choice = task == MeshTask.Features || task == MeshTask.NodeFeatures ? ReadChoice(entries, network) : null,
            Classes = entries.Has("classes") ? ReadClasses(entries, network) : null,
            Nodes = task.IsOfNodes ? ReadNodes(entries) : null,
        };
        entries.CheckAllTaken();
        return model;
    }

    private static FeatureLayout ReadLayout(Entries entries, Model network)
    {
        var first = entries.Text("feature_column");
        if (!entries.Has("feature_columns"))
            return new FeatureLayout([first], [network.Shape.Features]);
        var (names, sizes) = (entries.Take("feature_columns").ToText(), entries.Take("feature_sizes").ToInt32());
        if (names.Length < 2 || names[0] != first || sizes.Length != names.Length || sizes.Any(size => size < 1)
            || sizes.Sum(size => (long)size) != network.Shape.Features)
        {
            throw entries.Bad($"the features of a cell are {network.Shape.Features} numbers, but the columns {string.Join(", ", names)} give {string.Join(" + ", sizes)}");
        }

        return new FeatureLayout(names, sizes);
    }

    private static FeatureChoice ReadChoice(Entries entries, Model network)
    {
        var channels = entries.Take("channels").ToInt32();
        if (channels.FirstOrDefault(channel => channel < 0 || channel >= network.Shape.Channels, -1) is var stranger && stranger >= 0)
            throw entries.Bad($"channel {stranger} is chosen, but the rule has the channels 0 to {network.Shape.Channels - 1}");
        return new FeatureChoice(entries.Text("output_column"), channels, entries.Truth("pooled"));
    }

    private static KeyNames ReadClasses(Entries entries, Model network)
    {
        var type = entries.Text("class_type");
        var texts = entries.Take("classes").ToText();
        if (texts.Length != network.Shape.Outputs)
            throw entries.Bad($"the model has {network.Shape.Outputs} outputs, but there are {texts.Length} classes");
        return KeyNames.Parse(type, texts) ?? throw entries.Bad($"the classes' type '{type}' is unknown to this version");
    }

    private static NodeTable ReadNodes(Entries entries)
    {
        var names = entries.Take("edge_columns").ToText();
        if (names.Length != 4)
            throw entries.Bad($"edges have 4 columns, but {names.Length} are named");
        var directed = entries.Truth("directed");
        var columns = new EdgeColumns(names[0], names[1], names[2] == "" ? null : names[2], names[3] == "" ? null : names[3], directed);
        var (sources, targets) = (entries.Take("edge_sources").ToText(), entries.Take("edge_targets").ToText());
        var weights = entries.Has("edge_weights") ? entries.Take("edge_weights").ToFloat64() : null;
        var directions = entries.Has("edge_directions") ? entries.Take("edge_directions").ToFloat64() : null;
        if (targets.Length != sources.Length || (weights?.Length ?? sources.Length) != sources.Length
            || (directions?.Length ?? 3 * sources.Length) != 3 * sources.Length)
        {
            throw entries.Bad($"there are {sources.Length} edges, but {targets.Length} targets, {weights?.Length} weights or {directions?.Length} numbers of directions");
        }

        return new NodeTable(
            entries.Text("id_column"), new EdgeList(sources, targets, weights, directions, directed, columns), entries.Truth("skips_unknown"));
    }

    private static NpyArray Bytes(Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return NpyArray.OfByte([(int)stream.Length], stream.ToArray());
    }

    private static NpyArray Texts(string[] texts) => NpyArray.OfText([texts.Length], texts);

    /// <summary>The entries of one file, each taken once.</summary>
    private sealed class Entries(string name, IReadOnlyDictionary<string, NpyArray> arrays)
    {
        private readonly HashSet<string> _taken = [];

        public InvalidDataException Bad(string what) => new($"{name}: {what}.");

        public bool Has(string entry) => arrays.ContainsKey(entry);

        public NpyArray Take(string entry)
        {
            _taken.Add(entry);
            return arrays.TryGetValue(entry, out var array) ? array : throw Bad($"the entry '{entry}' is missing");
        }

        public string Text(string entry) => Single(entry).ToText()[0];

        public bool Truth(string entry) => Single(entry).ToBool()[0];

        public void CheckVersion(string format, int newest)
        {
            if (Text("format") is var found && found != format)
                throw Bad($"it holds a '{found}', not a '{format}'");
            if (Single("format_version").ToInt32()[0] is var version && version != newest)
                throw Bad($"it is of format version {version}, but this version of GaryMesh.MLNet reads up to {newest}");
        }

        public void CheckAllTaken()
        {
            if (arrays.Keys.FirstOrDefault(entry => !_taken.Contains(entry)) is { } stranger)
                throw Bad($"the entry '{stranger}' is none that format version {Version} has");
        }

        private NpyArray Single(string entry)
        {
            var array = Take(entry);
            return array.Length == 1 ? array : throw Bad($"the entry '{entry}' holds {array.Length} values instead of one");
        }
    }
}
