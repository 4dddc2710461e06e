// The MLContext behind one of its catalogs.
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet.Training;

internal static class CatalogEnvironment
{
    /// <summary>
    /// The environment of a catalog: its seed and its log. ML.NET shows it to its own assemblies only, so that it is read by
    /// reflection; where a later version hides it better, an environment of its own serves, without the user's seed and log.
    /// Whoever wants neither uses an estimator's constructor, which takes the <c>MLContext</c> itself.
    /// </summary>
    public static IHostEnvironment Of(object catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return Array.Find(catalog.GetType().GetInterfaces(), candidate => candidate.Name == "IInternalCatalog")
            ?.GetProperty("Environment", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            ?.GetValue(catalog) as IHostEnvironment ?? new MLContext();
    }
}
