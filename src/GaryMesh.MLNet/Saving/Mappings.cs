// The custom mappings of a lowered stage. ML.NET makes one target for each reader of rows, so that a target may keep a scorer.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GaryMesh.MLNet.Models;
using GaryMesh.MLNet.Rows;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace GaryMesh.MLNet.Saving;

internal sealed class Nothing;

internal sealed class AnchorTarget
{
    [ColumnName(Columns.Anchor)]
    public uint Anchor { get; set; }
}

/// <summary>Gives every row the key under which the model's text is looked up.</summary>
[CustomMappingFactoryAttribute("GaryMesh.Anchor")]
internal sealed class AnchorFactory : CustomMappingFactory<Nothing, AnchorTarget>
{
    public const uint Key = 1;

    public override Action<Nothing, AnchorTarget> GetMapping() => static (_, target) => target.Anchor = Key;
}

internal sealed class ScoringSource
{
    [ColumnName(Columns.Input)]
    public VBuffer<float> Input { get; set; }

    [ColumnName(Columns.Model)]
    public ReadOnlyMemory<char> Model { get; set; }
}

/// <summary>A model as a text, and back.</summary>
internal static class ModelText
{
    public static string Of(MeshModel model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        return Convert.ToBase64String(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    public static MeshModel Read(ReadOnlySpan<char> text)
    {
        var bytes = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, bytes, out var written))
            throw new InvalidDataException("The pipeline's GaryMesh stage holds no readable model.");
        using var stream = new MemoryStream(bytes, 0, written);
        return MeshModel.Load(stream, "the pipeline's GaryMesh stage");
    }
}

/// <summary>The scores of a row, with their scorer.</summary>
internal abstract class ScoringTarget
{
    private Scorer? _scorer;
    private GraphScorer? _graphs;

    /// <summary>Takes over the outputs of a row.</summary>
    internal abstract void Take(ReadOnlySpan<float> outputs);

    internal void Run(ScoringSource source, MeshModel model)
    {
        if (!ReferenceEquals(model, _scorer?.Model))
            _scorer = new Scorer(model);
        _scorer.Score(source.Input);
        Take(_scorer.Outputs);
    }

    internal void Run(GraphSource source, MeshModel model)
    {
        if (!ReferenceEquals(model, _graphs?.Model))
            _graphs = new GraphScorer(model);
        _graphs.Row.Take(source.Input, source.Edges, source.Weights, null);
        _graphs.Score();
        Take(_graphs.Outputs);
    }
}

/// <summary>The model whose text comes with each row: it is read once, and the same text again is known by its place in memory.</summary>
internal sealed class CarriedModel
{
    private Decoded? _decoded;

    public MeshModel Of(ReadOnlyMemory<char> text)
    {
        var known = _decoded;
        if (known is null || !known.IsOf(text))
            _decoded = known = new Decoded(text, ModelText.Read(text.Span));
        return known.Model;
    }

    private sealed record Decoded(ReadOnlyMemory<char> Text, MeshModel Model)
    {
        public bool IsOf(ReadOnlyMemory<char> text) => text.Length == Text.Length
            && Unsafe.AreSame(ref MemoryMarshal.GetReference(text.Span), ref MemoryMarshal.GetReference(Text.Span));
    }
}

/// <summary>Applies the model whose text comes with the row.</summary>
internal abstract class ScoringFactory<T> : CustomMappingFactory<ScoringSource, T>
    where T : ScoringTarget, new()
{
    public override Action<ScoringSource, T> GetMapping()
    {
        var carried = new CarriedModel();
        return (source, target) => target.Run(source, carried.Of(source.Model));
    }
}

internal sealed class VectorTarget : ScoringTarget
{
    [ColumnName(Columns.Output)]
    public VBuffer<float> Output { get; set; }

    internal override void Take(ReadOnlySpan<float> outputs) => Output = Copy(outputs, Output);

    /// <summary>A vector of the given values in the memory of an earlier one.</summary>
    internal static VBuffer<float> Copy(ReadOnlySpan<float> values, VBuffer<float> into)
    {
        var editor = VBufferEditor.Create(ref into, values.Length);
        values.CopyTo(editor.Values);
        return editor.Commit();
    }
}

[CustomMappingFactoryAttribute("GaryMesh.Vector")]
internal sealed class VectorFactory : ScoringFactory<VectorTarget>;

internal sealed class MulticlassTarget : ScoringTarget
{
    [ColumnName(Columns.Output)]
    public VBuffer<float> Output { get; set; }

    [ColumnName(Columns.Class)]
    public uint Class { get; set; }

    internal override void Take(ReadOnlySpan<float> outputs)
    {
        Output = VectorTarget.Copy(outputs, Output);
        Class = MulticlassOutputs.Likeliest(outputs);
    }
}

[CustomMappingFactoryAttribute("GaryMesh.Multiclass")]
internal sealed class MulticlassFactory : ScoringFactory<MulticlassTarget>;

internal sealed class BinaryTarget : ScoringTarget
{
    public bool PredictedLabel { get; set; }

    public float Score { get; set; }

    public float Probability { get; set; }

    internal override void Take(ReadOnlySpan<float> outputs)
    {
        PredictedLabel = outputs[0] > 0;
        Score = outputs[0];
        Probability = BinaryOutputs.Probability(outputs[0]);
    }
}

[CustomMappingFactoryAttribute("GaryMesh.Binary")]
internal sealed class BinaryFactory : ScoringFactory<BinaryTarget>;

internal sealed class RegressionTarget : ScoringTarget
{
    public float Score { get; set; }

    internal override void Take(ReadOnlySpan<float> outputs) => Score = outputs[0];
}

[CustomMappingFactoryAttribute("GaryMesh.Regression")]
internal sealed class RegressionFactory : ScoringFactory<RegressionTarget>;
