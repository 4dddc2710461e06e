// The trainers of graphs in the catalogs of an MLContext.
using GaryMesh.MLNet;
using GaryMesh.MLNet.Training;

namespace Microsoft.ML;

/// <summary>Adds the trainers whose rows are graphs to ML.NET's catalogs.</summary>
public static class MeshGraphCatalog
{
    /// <summary>Classifies graphs, each of them a row.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="valuesPerCell">k: values of a cell in the feature column.</param>
    /// <param name="labelColumnName">The column of labels, a key.</param>
    /// <param name="featureColumnName">The column of features: k values for each cell of the row.</param>
    /// <param name="edgeColumnName">The column of edges: source, target, source, target, ..., counted from 0 in each row.</param>
    /// <param name="exampleWeightColumnName">The column of example weights, or null.</param>
    public static MeshGraphMulticlassTrainer GaryMeshGraphs(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        int valuesPerCell,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string edgeColumnName = "Edges",
        string? exampleWeightColumnName = null) =>
        catalog.GaryMeshGraphs(Of<MeshGraphMulticlassTrainer.Options>(valuesPerCell, labelColumnName, featureColumnName, edgeColumnName, exampleWeightColumnName));

    /// <summary>Classifies graphs, each of them a row, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshGraphMulticlassTrainer GaryMeshGraphs(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, MeshGraphMulticlassTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Binary classification of graphs, each of them a row.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="valuesPerCell">k: values of a cell in the feature column.</param>
    /// <param name="labelColumnName">The column of labels (Boolean).</param>
    /// <param name="featureColumnName">The column of features: k values for each cell of the row.</param>
    /// <param name="edgeColumnName">The column of edges: source, target, source, target, ..., counted from 0 in each row.</param>
    /// <param name="exampleWeightColumnName">The column of example weights, or null.</param>
    public static MeshGraphBinaryTrainer GaryMeshGraphs(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        int valuesPerCell,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string edgeColumnName = "Edges",
        string? exampleWeightColumnName = null) =>
        catalog.GaryMeshGraphs(Of<MeshGraphBinaryTrainer.Options>(valuesPerCell, labelColumnName, featureColumnName, edgeColumnName, exampleWeightColumnName));

    /// <summary>Binary classification of graphs, each of them a row, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshGraphBinaryTrainer GaryMeshGraphs(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, MeshGraphBinaryTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Predicts a number from a graph that is a row.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="valuesPerCell">k: values of a cell in the feature column.</param>
    /// <param name="labelColumnName">The column of labels (Single).</param>
    /// <param name="featureColumnName">The column of features: k values for each cell of the row.</param>
    /// <param name="edgeColumnName">The column of edges: source, target, source, target, ..., counted from 0 in each row.</param>
    /// <param name="exampleWeightColumnName">The column of example weights, or null.</param>
    public static MeshGraphRegressionTrainer GaryMeshGraphs(
        this RegressionCatalog.RegressionTrainers catalog,
        int valuesPerCell,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string edgeColumnName = "Edges",
        string? exampleWeightColumnName = null) =>
        catalog.GaryMeshGraphs(Of<MeshGraphRegressionTrainer.Options>(valuesPerCell, labelColumnName, featureColumnName, edgeColumnName, exampleWeightColumnName));

    /// <summary>Predicts a number from a graph that is a row, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshGraphRegressionTrainer GaryMeshGraphs(this RegressionCatalog.RegressionTrainers catalog, MeshGraphRegressionTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    private static TOptions Of<TOptions>(int values, string label, string feature, string edges, string? exampleWeight)
        where TOptions : MeshGraphOptions, new() => new()
        {
            ValuesPerCell = values,
            LabelColumnName = label,
            FeatureColumnName = feature,
            EdgeColumnName = edges,
            ExampleWeightColumnName = exampleWeight,
        };
}
