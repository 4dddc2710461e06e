using System.Text.Json.Nodes;

namespace GaryMesh.TextureJudge;

/// <summary>The figures as a table and as JSON.</summary>
internal static class Report
{
    public static void Write(TextWriter to, IReadOnlyCollection<(string Name, Scores Scores, string Nearest)> rows, Scores? direct)
    {
        var names = rows.Max(row => row.Name.Length);
        to.WriteLine($"{"".PadRight(names)}  marginals (x direct)  patches (x direct)  spectrum  non-Gaussian  network   mean   dev.  nearest");

        foreach (var (name, scores, nearest) in rows)
        {
            to.WriteLine(FormattableString.Invariant(
                $"{name.PadRight(names)}  {scores.Marginals,9:F3}{Times(scores.Marginals, direct?.Marginals),11}  {scores.Sliced,7:F3}{Times(scores.Sliced, direct?.Sliced),11}  {scores.Spectrum,8:F3}  {scores.NonGaussian,12:F3}  {scores.Network,7:F3}  {scores.Mean,5:F3}  {scores.Deviation,5:F3}  {nearest}"));
        }

        static string Times(double value, double? direct) => direct is null ? "" : FormattableString.Invariant($"({value / direct:F2}x)");
    }

    public static JsonObject Json(string exemplar, IEnumerable<(string Name, Scores Scores, string Nearest)> rows, Scores? direct) => new()
    {
        ["exemplar"] = exemplar,
        ["results"] = new JsonArray([.. rows.Select(row => new JsonObject
        {
            ["name"] = row.Name,
            ["marginals"] = row.Scores.Marginals,
            ["marginals_over_direct"] = row.Scores.Marginals / direct?.Marginals,
            ["patches"] = row.Scores.Sliced,
            ["patches_over_direct"] = row.Scores.Sliced / direct?.Sliced,
            ["spectrum"] = row.Scores.Spectrum,
            ["non_gaussian"] = row.Scores.NonGaussian,
            ["network"] = row.Scores.Network,
            ["mean"] = row.Scores.Mean,
            ["deviation"] = row.Scores.Deviation,
            ["nearest"] = row.Nearest.Length > 0 ? row.Nearest : null,
        })]),
    };
}
