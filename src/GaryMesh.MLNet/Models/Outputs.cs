// The columns that a stage adds for each task, and their values, from a model's raw outputs.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Models;

/// <summary>The finished outputs of whatever row a reader stands at.</summary>
internal delegate ReadOnlySpan<float> CurrentOutputs();

/// <summary>The columns of one task over rows of <see cref="Width"/> outputs.</summary>
internal abstract class Outputs(int width)
{
    /// <summary>Number of outputs a row.</summary>
    public int Width => width;

    public abstract IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; }

    /// <summary>For each column its getter.</summary>
    public abstract IReadOnlyList<Delegate> Getters(CurrentOutputs current);

    /// <summary>One vector column.</summary>
    protected static Delegate VectorGetter(CurrentOutputs current) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> into) =>
    {
        var values = current();
        var editor = VBufferEditor.Create(ref into, values.Length);
        values.CopyTo(editor.Values);
        into = editor.Commit();
    });
}

/// <summary>Features: one vector under a name of the user's.</summary>
internal sealed class FeatureOutputs(string column, string[] slots) : Outputs(slots.Length)
{
    public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; } =
        [new(column, new VectorDataViewType(NumberDataViewType.Single, slots.Length), Annotate.SlotNames(slots))];

    public override IReadOnlyList<Delegate> Getters(CurrentOutputs current) => [VectorGetter(current)];
}

/// <summary>Multiclass: the probability of each class, and the key of the likeliest.</summary>
internal sealed class MulticlassOutputs : Outputs
{
    private const string Kind = "MulticlassClassification";

    public MulticlassOutputs(int classes, KeyNames? names)
        : base(classes)
    {
        var predicted = Annotate.Score(Kind, "PredictedLabel");
        var score = Annotate.Score(Kind, "Score");
        if (names is not null)
        {
            names.Annotate(predicted, "KeyValues");
            names.Annotate(score, "TrainingLabelValues");
            score.AddTexts("SlotNames", names.Texts);
        }

        Columns =
        [
            new("PredictedLabel", new KeyDataViewType(typeof(uint), classes), predicted.ToAnnotations()),
            new("Score", new VectorDataViewType(NumberDataViewType.Single, classes), score.ToAnnotations()),
        ];
    }

    public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; }

    public override IReadOnlyList<Delegate> Getters(CurrentOutputs current) =>
        [(ValueGetter<uint>)((ref uint key) => key = Likeliest(current())), VectorGetter(current)];

    /// <summary>The key of the likeliest class, the first of equals; 0 (missing) where a probability is NaN.</summary>
    public static uint Likeliest(ReadOnlySpan<float> probabilities)
    {
        var best = 0;
        for (var index = 0; index < probabilities.Length; index++)
        {
            if (float.IsNaN(probabilities[index]))
                return 0;
            if (probabilities[index] > probabilities[best])
                best = index;
        }

        return (uint)best + 1;
    }
}

/// <summary>Binary: the logit, its probability, and whether it is positive.</summary>
internal sealed class BinaryOutputs() : Outputs(1)
{
    private const string Kind = "BinaryClassification";

    public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; } =
    [
        new("PredictedLabel", BooleanDataViewType.Instance, Annotate.Score(Kind, "PredictedLabel").ToAnnotations()),
        new("Score", NumberDataViewType.Single, Annotate.Score(Kind, "Score").ToAnnotations()),
        new("Probability", NumberDataViewType.Single, Normalised(Annotate.Score(Kind, "Probability"))),
    ];

    public override IReadOnlyList<Delegate> Getters(CurrentOutputs current) =>
    [
        (ValueGetter<bool>)((ref bool positive) => positive = current()[0] > 0),
        (ValueGetter<float>)((ref float score) => score = current()[0]),
        (ValueGetter<float>)((ref float probability) => probability = Probability(current()[0])),
    ];

    public static float Probability(float logit) => 1 / (1 + MathF.Exp(-logit));

    private static DataViewSchema.Annotations Normalised(DataViewSchema.Annotations.Builder builder)
    {
        builder.AddPrimitiveValue("IsNormalized", BooleanDataViewType.Instance, true);
        return builder.ToAnnotations();
    }
}

/// <summary>Regression: one number.</summary>
internal sealed class RegressionOutputs() : Outputs(1)
{
    public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; } =
        [new("Score", NumberDataViewType.Single, Annotate.Score("Regression", "Score").ToAnnotations())];

    public override IReadOnlyList<Delegate> Getters(CurrentOutputs current) =>
        [(ValueGetter<float>)((ref float score) => score = current()[0])];
}

/// <summary>Field regression: the same numbers for every cell, cell by cell.</summary>
internal sealed class FieldOutputs(int width) : Outputs(width)
{
    public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; } =
        [new("Score", new VectorDataViewType(NumberDataViewType.Single, width), Annotate.Score("Regression", "Score").ToAnnotations())];

    public override IReadOnlyList<Delegate> Getters(CurrentOutputs current) => [VectorGetter(current)];
}
