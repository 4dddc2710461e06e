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
        var file = new ArchiveWriter(Format, Version).Truths("nodes", [.. kinds]);
        for (var at = 0; at < stages.Count; at++)
            file.Bytes($"stage{at}", stages[at]);
        file.Write(stream, compress: true);
    }

    public static TransformerChain<ITransformer> Load(MLContext context, Stream stream, string name)
    {
        var file = ArchiveReader.Open(stream, name);
        file.Version(Format, 1, Version);
        var stages = file.Truths("nodes").Select((nodes, at) =>
        {
            using var memory = new MemoryStream(file.Bytes($"stage{at}"));
            return nodes ? new MeshNodeTransformer(context, MeshModel.Load(memory, $"{name}: stage{at}")) : context.Model.Load(memory, out _);
        }).ToArray();
        file.CheckAllRead("the pipeline");
        return new TransformerChain<ITransformer>(stages);
    }

    private static IEnumerable<ITransformer> Flat(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flat) : [model];
}
