// The estimators where ML.NET users look for them: in the catalogs of an MLContext.
using GaryMesh.MLNet;
using GaryMesh.MLNet.Training;

namespace Microsoft.ML;

/// <summary>Adds GaryMesh's estimators to ML.NET's catalogs.</summary>
public static class MeshCatalog
{
    /// <summary>Maps a signal over a graph to the final states of its cells, by a rule that is fitted without labels.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="outputColumnName">The column to add.</param>
    /// <param name="inputColumnName">The column of signals (a known-size vector of Single: cells x k values, cell by cell); null
    /// for one of the same name as the output.</param>
    /// <param name="graph">The graph of the cells.</param>
    /// <param name="pooled">Whether to give statistics over all cells instead of every cell's channels.</param>
    public static MeshFeaturizingEstimator GaryMesh(
        this TransformsCatalog catalog, string outputColumnName, string? inputColumnName, MeshGraph graph, bool pooled = false) =>
        catalog.GaryMesh(new MeshFeaturizingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Graph = graph,
            Pooled = pooled,
        });

    /// <summary>Maps a signal over a graph to the final states of its cells, by a given rule.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="outputColumnName">The column to add.</param>
    /// <param name="inputColumnName">The column of signals; null for one of the same name as the output.</param>
    /// <param name="graph">The graph of the cells.</param>
    /// <param name="rulePath">A rule file (.npz).</param>
    /// <param name="pooled">Whether to give statistics over all cells instead of every cell's channels.</param>
    /// <exception cref="InvalidDataException">The file holds no rule.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static MeshFeaturizingEstimator GaryMesh(
        this TransformsCatalog catalog, string outputColumnName, string? inputColumnName, MeshGraph graph, string rulePath, bool pooled = false) =>
        catalog.GaryMesh(new MeshFeaturizingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Graph = graph,
            Rule = global::GaryMesh.RuleFile.Read(rulePath),
            Pooled = pooled,
        });

    /// <summary>Maps a signal over a graph to the final states of its cells, with all options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshFeaturizingEstimator GaryMesh(this TransformsCatalog catalog, MeshFeaturizingEstimator.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Classifies signals over a graph by the mean of the cells' logits.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="graph">The graph of the cells.</param>
    /// <param name="labelColumnName">The column of labels, a key.</param>
    /// <param name="featureColumnName">The column of features: cells x k values, cell by cell.</param>
    /// <param name="exampleWeightColumnName">The column of example weights, or null.</param>
    public static MeshMulticlassTrainer GaryMesh(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        MeshGraph graph,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string? exampleWeightColumnName = null) =>
        catalog.GaryMesh(Over<MeshMulticlassTrainer.Options>(graph, labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Classifies signals over a graph, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshMulticlassTrainer GaryMesh(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, MeshMulticlassTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Binary classification of signals over a graph.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="graph">The graph of the cells.</param>
    /// <param name="labelColumnName">The column of labels (Boolean).</param>
    /// <param name="featureColumnName">The column of features: cells x k values, cell by cell.</param>
    /// <param name="exampleWeightColumnName">The column of example weights, or null.</param>
    public static MeshBinaryTrainer GaryMesh(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        MeshGraph graph,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string? exampleWeightColumnName = null) =>
        catalog.GaryMesh(Over<MeshBinaryTrainer.Options>(graph, labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Binary classification of signals over a graph, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshBinaryTrainer GaryMesh(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, MeshBinaryTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Predicts a number from a signal over a graph.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="graph">The graph of the cells.</param>
    /// <param name="labelColumnName">The column of labels (Single).</param>
    /// <param name="featureColumnName">The column of features: cells x k values, cell by cell.</param>
    /// <param name="exampleWeightColumnName">The column of example weights, or null.</param>
    public static MeshRegressionTrainer GaryMesh(
        this RegressionCatalog.RegressionTrainers catalog,
        MeshGraph graph,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string? exampleWeightColumnName = null) =>
        catalog.GaryMesh(Over<MeshRegressionTrainer.Options>(graph, labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Predicts a number from a signal over a graph, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshRegressionTrainer GaryMesh(this RegressionCatalog.RegressionTrainers catalog, MeshRegressionTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Predicts numbers for every cell of a snapshot: forecasts or fills in a whole network a row.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="graph">The graph of the cells.</param>
    /// <param name="labelColumnName">The column of labels: cells x m numbers, cell by cell; NaN does not count.</param>
    /// <param name="featureColumnName">The column of features: cells x k values, cell by cell; NaN was not measured.</param>
    /// <param name="exampleWeightColumnName">The column of example weights, or null.</param>
    public static MeshFieldTrainer GaryMeshField(
        this RegressionCatalog.RegressionTrainers catalog,
        MeshGraph graph,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string? exampleWeightColumnName = null) =>
        catalog.GaryMeshField(Over<MeshFieldTrainer.Options>(graph, labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Predicts numbers for every cell of a snapshot, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshFieldTrainer GaryMeshField(this RegressionCatalog.RegressionTrainers catalog, MeshFieldTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Evaluates scores of whole snapshots; labels that are NaN do not count.</summary>
    /// <param name="catalog">The regression catalog.</param>
    /// <param name="data">The scored rows.</param>
    /// <param name="outputsPerCell">Numbers a cell, m: each is evaluated on its own beside all of them.</param>
    /// <param name="labelColumnName">The column of labels: cells x m numbers, cell by cell.</param>
    /// <param name="scoreColumnName">The column of scores, of the same size.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of another size than the other.</exception>
    public static FieldMetrics EvaluateGaryMeshField(
        this RegressionCatalog catalog,
        IDataView data,
        int outputsPerCell = 1,
        string labelColumnName = "Label",
        string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return FieldMetrics.Of(data, labelColumnName, scoreColumnName, outputsPerCell);
    }

    /// <summary>Classifies the nodes of a graph.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="edges">The edges, with the columns <c>Source</c> and <c>Target</c>.</param>
    /// <param name="labelColumnName">The column of labels, a key; missing where a node has none.</param>
    /// <param name="featureColumnName">The column of features.</param>
    /// <param name="idColumnName">The column that names each row's node.</param>
    /// <param name="splitColumnName">The column of <c>train</c>, <c>valid</c> or anything else, or null.</param>
    public static MeshNodeMulticlassTrainer GaryMeshNodes(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        IDataView edges,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string idColumnName = "Id",
        string? splitColumnName = null) =>
        catalog.GaryMeshNodes(Between<MeshNodeMulticlassTrainer.Options>(edges, labelColumnName, featureColumnName, idColumnName, splitColumnName));

    /// <summary>Classifies the nodes of a graph, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshNodeMulticlassTrainer GaryMeshNodes(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, MeshNodeMulticlassTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Binary classification of the nodes of a graph.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="edges">The edges, with the columns <c>Source</c> and <c>Target</c>.</param>
    /// <param name="labelColumnName">The column of labels (Boolean).</param>
    /// <param name="featureColumnName">The column of features.</param>
    /// <param name="idColumnName">The column that names each row's node.</param>
    /// <param name="splitColumnName">The column of <c>train</c>, <c>valid</c> or anything else, or null.</param>
    public static MeshNodeBinaryTrainer GaryMeshNodes(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        IDataView edges,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string idColumnName = "Id",
        string? splitColumnName = null) =>
        catalog.GaryMeshNodes(Between<MeshNodeBinaryTrainer.Options>(edges, labelColumnName, featureColumnName, idColumnName, splitColumnName));

    /// <summary>Binary classification of the nodes of a graph, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshNodeBinaryTrainer GaryMeshNodes(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, MeshNodeBinaryTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Learns which nodes of a graph are joined.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshLinkTrainer GaryMeshLinks(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, MeshLinkTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Predicts a number for each node of a graph.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="edges">The edges, with the columns <c>Source</c> and <c>Target</c>.</param>
    /// <param name="labelColumnName">The column of labels (Single); NaN where a node has none.</param>
    /// <param name="featureColumnName">The column of features.</param>
    /// <param name="idColumnName">The column that names each row's node.</param>
    /// <param name="splitColumnName">The column of <c>train</c>, <c>valid</c> or anything else, or null.</param>
    public static MeshNodeRegressionTrainer GaryMeshNodes(
        this RegressionCatalog.RegressionTrainers catalog,
        IDataView edges,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string idColumnName = "Id",
        string? splitColumnName = null) =>
        catalog.GaryMeshNodes(Between<MeshNodeRegressionTrainer.Options>(edges, labelColumnName, featureColumnName, idColumnName, splitColumnName));

    /// <summary>Predicts a number for each node of a graph, with all options.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">The options.</param>
    public static MeshNodeRegressionTrainer GaryMeshNodes(
        this RegressionCatalog.RegressionTrainers catalog, MeshNodeRegressionTrainer.Options options) =>
        new(CatalogEnvironment.Of(catalog), options);

    private static TOptions Over<TOptions>(MeshGraph graph, string label, string feature, string? exampleWeight)
        where TOptions : MeshSignalOptions, new() => new()
        {
            Graph = graph,
            LabelColumnName = label,
            FeatureColumnName = feature,
            ExampleWeightColumnName = exampleWeight,
        };

    private static TOptions Between<TOptions>(IDataView edges, string label, string feature, string id, string? split)
        where TOptions : MeshNodeOptions, new() => new()
        {
            Edges = edges,
            LabelColumnName = label,
            FeatureColumnName = feature,
            IdColumnName = id,
            SplitColumnName = split,
        };
}
