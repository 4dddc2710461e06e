// The file of a MeshModel: an .npz with the core's model file in one entry and what the stage needs beside it.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Models;

namespace GaryMesh.MLNet;

// Reading is strict: a newer version, and any entry that a version does not have, may hold what changes the model's meaning.
public sealed partial class MeshModel
{
    private const string Format = "gary-mesh ML.NET model";
    private const int Version = 2;

    /// <summary>Writes the model to a file, replacing one that stands there only once the new one is complete.</summary>
    /// <param name="path">The file, <c>.npz</c> by custom; NumPy opens it.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => SafeFile.Write(path, Save);

    /// <summary>Writes the model to a stream.</summary>
    /// <param name="stream">The stream; left open.</param>
    public void Save(Stream stream)
    {
        using var network = new MemoryStream();
        ModelFile.Write(network, Network, Graph?.Graph);
        var file = new ArchiveWriter(Format, Version)
            .Text("task", Task.Name)
            .Text("feature_column", FeatureColumnName)
            .Bytes("network", network.ToArray());
        if (Layout.Interleaves)
            file.Texts("feature_columns", Layout.Names).Ints("feature_sizes", Layout.PerCell);
        if (Choice is { } choice)
            file.Text("output_column", choice.Column).Ints("channels", choice.Channels).Truth("pooled", choice.Pooled);
        if (Classes is { } classes)
            file.Text("class_type", classes.TypeName).Texts("classes", classes.Texts);
        if (Nodes is { Edges: { Columns: var columns } edges } nodes)
        {
            file.Text("id_column", nodes.IdColumnName)
                .Truth("skips_unknown", nodes.SkipsUnknown)
                .Texts("edge_columns", [columns.Source, columns.Target, columns.Weight ?? "", columns.Direction ?? ""])
                .Truth("directed", edges.Directed)
                .Texts("edge_sources", edges.Sources)
                .Texts("edge_targets", edges.Targets);
            if (edges.Weights is { } weights)
                file.Doubles("edge_weights", weights);
            if (edges.Directions is { } directions)
                file.Doubles("edge_directions", directions);
        }

        if (Table is { } table)
        {
            file.Texts("graph_columns", [table.EdgeColumnName, table.WeightColumnName ?? ""])
                .Truth("directed", table.Directed)
                .Int("walk_length", table.WalkLength);
        }

        file.Write(stream, compress: true);
    }

    /// <summary>Reads a model that <see cref="Save(string)"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file holds no model, is cut short, or is of a newer format.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static MeshModel Load(string path) => Read(ArchiveReader.Open(path), path);

    /// <summary>Reads a model from a stream's position to its end.</summary>
    /// <param name="stream">The stream; left open.</param>
    /// <param name="name">What to call the stream in messages.</param>
    /// <exception cref="InvalidDataException">The stream holds no model, is cut short, or is of a newer format.</exception>
    public static MeshModel Load(Stream stream, string name) => Read(ArchiveReader.Open(stream, name), name);

    private static MeshModel Read(ArchiveReader file, string name)
    {
        var version = file.Version(Format, 1, Version);
        var task = MeshTask.All.FirstOrDefault(task => task.Name == file.Text("task"))
            ?? throw file.Refusal($"the task '{file.Text("task")}' is unknown to this version");
        var (network, graph) = ModelFile.Read(new MemoryStream(file.Bytes("network")), $"{name}: network");
        if (graph is null != (task.IsOfNodes || task.IsOfGraphs))
            throw file.Refusal(graph is not null ? "a model of nodes or of graphs holds no graph, but this one does" : "a model of signals holds its graph, but this one does not");

        var table = task.IsOfGraphs ? ReadTable(file, network) : null;
        var layout = table is null ? ReadLayout(file, network) : new FeatureLayout([file.Text("feature_column")], [network.Shape.Features - table.Walks]);
        var model = new MeshModel(task, network, graph is null ? null : MeshGraph.Of(graph), layout)
        {
            Choice = task == MeshTask.Features || task == MeshTask.NodeFeatures ? ReadChoice(file, network) : null,
            Classes = file.Has("classes") ? ReadClasses(file, network) : null,
            Nodes = task.IsOfNodes ? ReadNodes(file, version) : null,
            Table = table,
        };
        file.CheckAllRead("the model");
        return model;
    }

    private static FeatureLayout ReadLayout(ArchiveReader file, Model network)
    {
        var first = file.Text("feature_column");
        if (!file.Has("feature_columns"))
            return new FeatureLayout([first], [network.Shape.Features]);
        var names = file.Texts("feature_columns");
        var sizes = file.Ints("feature_sizes", names.Length);
        if (names.Length < 2 || names[0] != first || sizes.Any(size => size < 1) || sizes.Sum(size => (long)size) != network.Shape.Features)
            throw file.Refusal($"the features of a cell are {network.Shape.Features} numbers, but the columns {string.Join(", ", names)} give {string.Join(" + ", sizes)}");
        return new FeatureLayout(names, sizes);
    }

    private static FeatureChoice ReadChoice(ArchiveReader file, Model network)
    {
        var channels = file.Ints("channels");
        if (channels.Where(channel => channel < 0 || channel >= network.Shape.Channels).Select(channel => (int?)channel).FirstOrDefault() is { } stranger)
            throw file.Refusal(FormattableString.Invariant($"channel {stranger} is chosen, but the rule has the channels 0 to {network.Shape.Channels - 1}"));
        return new FeatureChoice(file.Text("output_column"), channels, file.Truth("pooled"));
    }

    private static KeyNames ReadClasses(ArchiveReader file, Model network)
    {
        var type = file.Text("class_type");
        return KeyNames.Parse(type, file.Texts("classes", network.Shape.Outputs))
            ?? throw file.Refusal($"the classes' type '{type}' is unknown to this version");
    }

    private static GraphTable ReadTable(ArchiveReader file, Model network)
    {
        var names = file.Texts("graph_columns", 2);
        var table = new GraphTable(names[0], names[1] == "" ? null : names[1], file.Truth("directed"), file.Int("walk_length"));
        return table.WalkLength >= 0 && table.Walks < network.Shape.Features && !network.Shape.Pooling.IsCells
            ? table
            : throw file.Refusal($"a model of graphs has a pooling and more features than the {table.Walks} of walks up to length {table.WalkLength}, but this one has {network.Shape.Features} features");
    }

    private static NodeTable ReadNodes(ArchiveReader file, int version)
    {
        var names = file.Texts("edge_columns", 4);
        var directed = file.Truth("directed");
        var columns = new EdgeColumns(names[0], names[1], names[2] == "" ? null : names[2], names[3] == "" ? null : names[3], directed);
        var sources = file.Texts("edge_sources");
        var targets = file.Texts("edge_targets", sources.Length);
        var weights = file.Has("edge_weights") ? file.Doubles("edge_weights", sources.Length) : null;
        var directions = file.Has("edge_directions") ? file.Doubles("edge_directions", 3 * sources.Length) : null;
        var edges = new EdgeList(sources, targets, weights, directions, directed, columns);

        // In version 1 the source of a directed edge saw its target.
        if (version == 1 && directed)
            edges = edges.Reversed();
        return new NodeTable(file.Text("id_column"), edges, file.Truth("skips_unknown"));
    }
}
