using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Meshes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands;

/// <summary>What a file, a folder or a graph word is, as names and values: by its content where that shows it, otherwise by its
/// ending. A file is opened once, so that it may be a pipe.</summary>
internal static class FileFacts
{
    public static JsonObject Of(string word)
    {
        if (Directory.Exists(word))
            return OfFolder(word);

        if (!File.Exists(word) && !word.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
            return OfGraph(GraphFile.Open(word));

        using var file = File.OpenRead(word);
        using Stream stream = file.CanSeek ? file : new MemoryStream();

        if (!file.CanSeek)
            file.CopyTo(stream);

        var head = new byte[64];
        stream.Position = 0;
        head = head[..stream.ReadAtLeast(head, head.Length, false)];
        stream.Position = 0;
        var ending = GraphWord.EndingOf(word);

        if (head.AsSpan().StartsWith("version https://git-lfs"u8))
            throw new UserErrorException($"{word} is a Git LFS pointer; fetch what it stands for (git lfs pull).");

        if (head.AsSpan().StartsWith("PK"u8) || ending == ".npz")
            return OfArchive(stream, word);

        if (head.AsSpan(Math.Min(1, head.Length)).StartsWith("NUMPY"u8) || ending == ".npy")
            return OfArray(Npy.Read(stream, word));

        if (head.AsSpan().StartsWith(_png) && head.Length >= 24)
        {
            return new JsonObject
            {
                ["kind"] = "picture (PNG)",
                ["width"] = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(16)),
                ["height"] = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(20)),
            };
        }

        if (head.AsSpan().StartsWith("glTF"u8))
        {
            var (vertices, triangles, attributes) = Glb.Facts(stream, word);
            return new JsonObject
            {
                ["kind"] = "mesh (glTF)",
                ["vertices"] = vertices,
                ["triangles"] = triangles,
                ["attributes"] = new JsonArray([.. attributes.Select(name => (JsonNode)name)]),
            };
        }

        if (!GraphFile.Endings.Contains(ending))
            throw new UserErrorException(Unknown(word, stream.Length, head));

        if (GraphWord.IsMesh(word))
            return OfMesh(stream, word);

        try
        {
            return OfGraph(GraphFile.Open(stream, word));
        }
        catch (InvalidDataException) when (OfNumbers(stream) is { } facts)
        {
            return facts;
        }
    }

    private static readonly byte[] _png = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static string Unknown(string path, long length, ReadOnlySpan<byte> head)
    {
        var what = head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? ", gzip data"
            : head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? ", text in UTF-16"
            : head.StartsWith("<"u8) ? ", HTML or XML"
            : head.Contains((byte)0) ? ", binary data"
            : "";
        return $"{path} is there ({length:N0} bytes{what}), but "
            + (Path.GetExtension(path) is { Length: > 0 } shown ? $"its ending {shown} says nothing" : "has no ending")
            + $"; read are .npz, .npy, .png, .glb, {string.Join(", ", GraphFile.Endings.Remove(".npz"))}, and text also with .gz.";
    }

    private static JsonObject OfFolder(string path)
    {
        var names = Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal).ToArray();
        var known = names.Select(GraphWord.EndingOf)
            .Where(ending => GraphFile.Endings.Contains(ending) || ending is ".npy" or ".png" or ".glb")
            .ToArray();
        return new JsonObject
        {
            ["kind"] = "folder",
            ["files"] = names.Length,
            ["files_that_info_reads"] = known.Length,
            ["first"] = new JsonArray([.. known.Take(20).Select(name => (JsonNode)name)]),
        };
    }

    private static JsonObject OfArchive(Stream stream, string path)
    {
        var arrays = Npz.Read(stream, path);
        stream.Position = 0;
        var kind = arrays.TryGetValue("format", out var format) && format is { Type: NpyType.Text, Length: 1 }
            ? format.ToText()[0]
            : "";

        if (kind is "csr" or "csc" or "coo" or "bsr" or "dia" || (kind.Length == 0 && arrays.ContainsKey("edges")))
            return OfGraph(GraphFile.Open(stream, GraphWord.EndingOf(path) == ".npz" ? path : path + ".npz"));

        if (kind == "gary-mesh rule" || (kind.Length == 0 && arrays.ContainsKey("fc1.weight")))
            return OfRule(RuleFile.Read(stream, path));

        if (kind.Length == 0 && arrays.ContainsKey("state"))
            return OfState(StateFile.Read(stream, path));

        var facts = new JsonObject { ["kind"] = kind.Length == 0 ? "archive" : kind };

        if (arrays.TryGetValue("settings", out var settings) && settings is { Type: NpyType.Text, Shape: [_, 2] })
        {
            var named = new JsonObject();

            foreach (var pair in settings.ToText().Chunk(2))
                named[pair[0]] = pair[1];

            facts["settings"] = named;
        }

        facts["arrays"] = new JsonObject(arrays.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Described(pair.Value))));
        return facts;
    }

    private static string Described(NpyArray array)
    {
        try
        {
            var shape = $"{array.Type.ToString().ToLowerInvariant()} [{string.Join(" x ", array.Shape)}]";
            return array switch
            {
                { Length: not 1 } or { Type: NpyType.Text } => shape,
                { Type: NpyType.Bool } => $"{shape} = {array.ToBool()[0]}",
                _ => $"{shape} = {array.ToFloat64()[0]}",
            };
        }
        catch (InvalidDataException refusal)
        {
            return refusal.Message;
        }
    }

    private static JsonObject OfArray(NpyArray array)
    {
        var facts = new JsonObject
        {
            ["kind"] = "array",
            ["type"] = array.Type.ToString().ToLowerInvariant(),
            ["shape"] = string.Join(" x ", array.Shape),
            ["length"] = array.Length,
        };

        if (array.Type is not (NpyType.Text or NpyType.Bool) && array.Length > 0)
            facts["values"] = Summary(array.ToFloat64());

        return facts;
    }

    private static string Summary(IReadOnlyCollection<double> values) =>
        string.Create(CultureInfo.InvariantCulture, $"{values.Min():G5} to {values.Max():G5}, mean {values.Average():G5}");

    private static JsonObject OfRule(Automaton automaton)
    {
        var (rule, shape) = (automaton.Rule, automaton.Rule.Shape);
        var facts = new JsonObject
        {
            ["kind"] = "rule",
            ["rule_kind"] = shape.Kind.Name,
            ["shape"] = shape.Text,
            ["parameters"] = rule.ParameterCount,
            ["channels"] = shape.Channels,
            ["operators"] = automaton.Perception.Count,
            ["hidden"] = shape.Hidden,
            ["inputs"] = shape.Inputs,
            ["perception"] = new JsonArray([.. automaton.Perception.Operators.Select(one => (JsonNode)one.Text)]),
            ["lift"] = automaton.Perception.Lift?.Name ?? "none",
            ["fire_rate"] = automaton.FireRate,
            ["time_step"] = automaton.TimeStep,
            ["gate"] = automaton.Gate switch
            {
                Gate.Alive alive => $"alive: channel {alive.Channel} above {alive.Threshold}",
                Gate.AlivePublished alive => $"alive-published: channel {alive.Channel} above {alive.Threshold}",
                _ => "open",
            },
            ["state"] = automaton.Start.Text,
            ["min_steps"] = automaton.MinSteps,
            ["steps"] = automaton.MaxSteps,
        };

        if (float.IsFinite(automaton.Bound))
            facts["bound"] = automaton.Bound;

        if (automaton.Keep is not 1.0)
            facts["keep"] = automaton.Keep;

        if (automaton.Spacing is not 1.0)
            facts["spacing"] = automaton.Spacing;

        return facts;
    }

    private static JsonObject OfState(State state) => new()
    {
        ["kind"] = "state",
        ["cells"] = state.Cells,
        ["channels"] = state.Channels,
        ["values"] = new JsonArray(
        [
            .. Enumerable.Range(0, state.Channels).Select(
                channel => (JsonNode)$"{channel}: {Summary([.. state.Channel(channel).Select(value => (double)value)])}"),
        ]),
    };

    /// <summary>Numbers, one a line, as a target or signal has them; or the curve of a training. Null for any other text.</summary>
    private static JsonObject? OfNumbers(Stream stream)
    {
        stream.Position = 0;
        using var reader = new StreamReader(stream, leaveOpen: true);
        var first = reader.ReadLine() ?? "";
        var curve = first.StartsWith("iteration,loss", StringComparison.Ordinal);
        var numbers = new List<double>();

        for (var line = curve ? reader.ReadLine() : first; line is not null; line = reader.ReadLine())
        {
            var text = curve ? line.Split(',').ElementAtOrDefault(1) : line;

            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                numbers.Add(number);
            else if (line.Trim().Length > 0)
                return null;
        }

        return numbers.Count == 0 ? null : new JsonObject
        {
            ["kind"] = curve ? "training curve" : "numbers",
            [curve ? "iterations" : "length"] = numbers.Count,
            [curve ? "loss" : "values"] = Summary(numbers),
        };
    }

    private static JsonObject OfMesh(Stream stream, string path)
    {
        var mesh = MeshFile.Read(stream, path);
        stream.Position = 0;
        var facts = OfGraph(GraphFile.Open(stream, path));
        facts["kind"] = "mesh";
        facts.Insert(1, "vertices", mesh.VertexCount);
        facts.Insert(2, "triangles", mesh.FaceCount);
        facts.Insert(3, "degenerate_triangles", mesh.Faces.ToArray().Chunk(3).Count(corners => corners.Distinct().Count() < 3));
        return facts;
    }

    private static JsonObject OfGraph(GraphReading reading)
    {
        var graph = reading.Graph;
        var degrees = Enumerable.Range(0, graph.Cells).Select(graph.Degree).ToArray();
        var facts = new JsonObject
        {
            ["kind"] = "graph",
            ["name"] = graph.Name,
            ["cells"] = graph.Cells,
            ["edges"] = graph.Edges,
            ["min_degree"] = degrees.Min(),
            ["mean_degree"] = Math.Round(degrees.Average(), 4),
            ["max_degree"] = degrees.Max(),
            ["directions"] = graph.Offsets.Length > 0,
            ["weights"] = graph.Weights.Length > 0,
        };

        if (reading.Notes.Length > 0)
            facts["read_as"] = new JsonArray([.. reading.Notes.Select(note => (JsonNode)note)]);

        if (reading.Warnings.Length > 0)
            facts["warnings"] = new JsonArray([.. reading.Warnings.Select(warning => (JsonNode)warning)]);

        return facts;
    }
}
