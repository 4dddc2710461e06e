// The names that stand in files of ML.NET's own format: a file brings back what bears them, so they stay.
using Microsoft.ML;
using Microsoft.ML.Transforms;

namespace GaryMesh.MLNet.Saving;

/// <summary>Columns that live within a lowered stage.</summary>
internal static class Columns
{
    public const string Size = "GaryMesh.Size";
    public const string Input = "GaryMesh.Input";
    public const string Edges = "GaryMesh.Edges";
    public const string EdgeWeights = "GaryMesh.EdgeWeights";
    public const string Anchor = "GaryMesh.Anchor";
    public const string Model = "GaryMesh.Model";
    public const string Output = "GaryMesh.Output";
    public const string Class = "GaryMesh.Class";
}

/// <summary>The names by which ML.NET finds a factory of mappings again.</summary>
internal static class Contracts
{
    public static string NameOf(Type factory) =>
        ((CustomMappingFactoryAttributeAttribute)Attribute.GetCustomAttribute(factory, typeof(CustomMappingFactoryAttributeAttribute))!).ContractName;

    /// <summary>A stage that a file keeps by the name of its factory.</summary>
    public static IEstimator<ITransformer> Mapping<TSource, TTarget>(this MLContext context, CustomMappingFactory<TSource, TTarget> factory)
        where TSource : class, new()
        where TTarget : class, new() =>
        context.Transforms.CustomMapping(factory.GetMapping(), NameOf(factory.GetType()));
}
