// The annotations by which ML.NET's evaluators and mappers know a score.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

internal static class Annotate
{
    /// <summary>What the stock scorers write beside every column of one prediction.</summary>
    /// <param name="kind">The task: <c>Regression</c>, <c>BinaryClassification</c>, <c>MulticlassClassification</c>.</param>
    /// <param name="value">The column's part in it: <c>Score</c>, <c>Probability</c>, <c>PredictedLabel</c>.</param>
    public static DataViewSchema.Annotations.Builder Score(string kind, string value)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add("ScoreColumnSetId", new KeyDataViewType(typeof(uint), int.MaxValue), (ref uint id) => id = 1);
        builder.AddPrimitiveValue("ScoreColumnKind", TextDataViewType.Instance, kind.AsMemory());
        builder.AddPrimitiveValue("ScoreValueKind", TextDataViewType.Instance, value.AsMemory());
        return builder;
    }

    public static DataViewSchema.Annotations SlotNames(string[] names)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddTexts("SlotNames", names);
        return builder.ToAnnotations();
    }

    public static void AddTexts(this DataViewSchema.Annotations.Builder builder, string kind, string[] texts) =>
        builder.Add(kind, new VectorDataViewType(TextDataViewType.Instance, texts.Length), (ref VBuffer<ReadOnlyMemory<char>> into) =>
        {
            var editor = VBufferEditor.Create(ref into, texts.Length);
            for (var slot = 0; slot < texts.Length; slot++)
                editor.Values[slot] = texts[slot].AsMemory();
            into = editor.Commit();
        });
}
