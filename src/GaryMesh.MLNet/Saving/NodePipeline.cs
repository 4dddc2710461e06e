// The file of a pipeline with stages of nodes, which ML.NET's own format cannot keep: an .npz of its stages in order.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Saving;

/// <summary>Stages of nodes stand in the file as their models, those between them in ML.NET's own format.</summary>
internal static class NodePipeline
{
    private const string Format = "gary-mesh ML.NET pipeline";
    private const int Version = 1;

    public static void Save(MLContext context, ITransformer model, DataViewSchema schema, Stream stream)
    {
        var stages = new List<byte[]>();
        var waiting = new List<ITransformer>();
        var kinds = new List<bool>();
        var from = schema;
        void Flush()
        {
            if (waiting.Count == 0)
                return;
            var chain = new TransformerChain<ITransformer>([.. waiting]);
            Add(false, into => context.Model.Save(chain, from, into));
            from = chain.GetOutputSchema(from);
            waiting.Clear();
        }

        void Add(bool nodes, Action<Stream> write)
        {
            using var memory = new MemoryStream();
            write(memory);
            kinds.Add(nodes);
            stages.Add(memory.ToArray());
        }

        foreach (var stage in Flat(model))
        {
            if (stage is MeshNodeTransformer nodes)
            {
                Flush();
                Add(true, nodes.Model.Save);
                from = nodes.GetOutputSchema(from);
            }
            else
            {
                waiting.Add(stage);
            }
        }

        Flush();
        var entries = new Dictionary<string, NpyArray>
        {
            ["format"] = NpyArray.OfText(Format),
            ["format_version"] = NpyArray.OfInt32([], [Version]),
            ["nodes"] = NpyArray.OfBool([kinds.Count], [.. kinds]),
        };
        for (var at = 0; at < stages.Count; at++)
            entries[$"stage{at}"] = NpyArray.OfByte([stages[at].Length], stages[at]);
        Npz.Write(stream, entries);
    }

    public static TransformerChain<ITransformer> Load(MLContext context, Stream stream, string name)
    {
        var entries = Npz.Read(stream, name);
        InvalidDataException Bad(string what) => new($"{name}: {what}.");
        NpyArray Take(string entry) => entries.TryGetValue(entry, out var array) ? array : throw Bad($"the entry '{entry}' is missing");
        var format = Take("format").ToText();
        if (format is not [Format])
            throw Bad($"it holds a '{string.Join(", ", format)}', not a '{Format}'");
        if (Take("format_version").ToInt32() is not [Version])
            throw Bad($"it is of another format version than {Version}, which this version of GaryMesh.MLNet reads");
        var kinds = Take("nodes").ToBool();
        if (entries.Count != kinds.Length + 3)
            throw Bad($"there are {kinds.Length} stages, but {entries.Count - 3} entries for them");
        return new TransformerChain<ITransformer>([.. kinds.Select((nodes, at) =>
        {
            using var memory = new MemoryStream(Take($"stage{at}").ToByte());
            return nodes ? MeshModel.Load(memory, $"{name}: stage{at}").CreateTransformer(context) : context.Model.Load(memory, out _);
        })]);
    }

    private static IEnumerable<ITransformer> Flat(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flat) : [model];
}
