// How far a field's scores lie from its labels, as one number and output by output.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet;

/// <summary>The errors of scores of whole snapshots; labels that are NaN do not count.</summary>
/// <remarks>ML.NET's own regression evaluator takes one number a row.</remarks>
public sealed class FieldMetrics
{
    private FieldMetrics(Sums all, IReadOnlyList<FieldMetrics> outputs)
    {
        Count = all.Count;
        RootMeanSquaredError = Math.Sqrt(all.Squared / all.Count);
        MeanAbsoluteError = all.Absolute / all.Count;
        Outputs = outputs;
    }

    /// <summary>Number of labels that count.</summary>
    public long Count { get; }

    /// <summary>The square root of the mean squared difference of score and label, in the label's unit.</summary>
    public double RootMeanSquaredError { get; }

    /// <summary>The mean absolute difference of score and label, in the label's unit.</summary>
    public double MeanAbsoluteError { get; }

    /// <summary>The same for each of a cell's outputs: a forecast's horizons, say.</summary>
    public IReadOnlyList<FieldMetrics> Outputs { get; }

    internal static FieldMetrics Of(IDataView data, string labelColumnName, string scoreColumnName, int outputsPerCell)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputsPerCell, 1);
        var score = data.Schema.Require("score", scoreColumnName, ColumnKind.Vector);
        var size = ((VectorDataViewType)score.Type).Size;
        var label = data.Schema.Require("label", labelColumnName, ColumnKind.VectorOf(size));
        if (size % outputsPerCell != 0)
            throw new ArgumentException($"Score column '{scoreColumnName}' has {size} values, which are no multiple of {outputsPerCell} outputs a cell", nameof(outputsPerCell));

        var outputs = new Sums[outputsPerCell];
        using var cursor = data.GetRowCursor([score, label]);
        var (getScores, getLabels) = (FeatureLayout.Whole(cursor, score), FeatureLayout.Whole(cursor, label));
        VBuffer<float> buffer = default;
        var (scores, labels) = (new float[size], new float[size]);
        while (cursor.MoveNext())
        {
            getScores(ref buffer);
            buffer.CopyTo(scores);
            getLabels(ref buffer);
            buffer.CopyTo(labels);
            for (var index = 0; index < size; index++)
            {
                if (!float.IsNaN(labels[index]))
                    outputs[index % outputsPerCell].Add((double)scores[index] - labels[index]);
            }
        }

        var all = default(Sums);
        foreach (var output in outputs)
            all.Add(output);
        if (all.Count == 0)
            throw new InvalidOperationException($"No row holds a value in label column '{labelColumnName}', so there is nothing to evaluate");
        return new FieldMetrics(all, Array.ConvertAll(outputs, output => new FieldMetrics(output, [])));
    }

    private struct Sums
    {
        public long Count;
        public double Squared;
        public double Absolute;

        public void Add(double difference)
        {
            Count++;
            Squared += difference * difference;
            Absolute += Math.Abs(difference);
        }

        public void Add(Sums other)
        {
            Count += other.Count;
            Squared += other.Squared;
            Absolute += other.Absolute;
        }
    }
}
