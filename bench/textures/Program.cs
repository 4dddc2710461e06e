// Measures pictures of textures, or the rules that paint them, by what no training sees: `dotnet run -c Release --project
// bench/textures -- EXEMPLAR.png RESULT.png|RULE.npz ...`; `... -- rings SIGNAL.csv` measures rings of all sizes.
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GaryMesh;
using GaryMesh.Cli.Measuring;
using GaryMesh.TextureJudge;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var exemplarPath = new Argument<string>("EXEMPLAR") { Description = "The picture that results are to look like (.png)." };
var results = new Argument<string[]>("RESULT") { Description = "Pictures (.png), or rules that paint them (.npz).", Arity = ArgumentArity.ZeroOrMore };
var tiles = new Option<bool>("--tiles") { Description = "The exemplar goes on at its opposite side." };
var resultTiles = new Option<bool>("--results-tile") { Description = "The pictures of results do; those of rules always do." };
var size = new Option<string>("--size") { Description = "Height and width of the torus of rules and of the direct optimum.", DefaultValueFactory = _ => "128x128" };
var steps = new Option<int[]>("--steps") { Description = "Steps of a rule; each number is a result.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [200, 1000] };
var seed = new Option<ulong>("--seed") { Description = "Of a rule's start and firing.", DefaultValueFactory = _ => 1 };
var seeds = new Option<int>("--seeds") { Description = "Starts of a rule, of --seed and the numbers after it: their median, and the worst for the network.", DefaultValueFactory = _ => 1 };
var evaluations = new Option<int>("--evaluations") { Description = "Evaluations of the loss for the direct optimum; 0 leaves it out.", DefaultValueFactory = _ => 400 };
var cache = new Option<string>("--cache") { Description = "Where direct optima are kept between runs.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "gary-mesh-textures") };
var others = new Option<string[]>("--others") { Description = "Other exemplars, which tile where the exemplar does: to which is a result nearest for the network?", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var pictures = new Option<string?>("--pictures") { Description = "A folder for the pictures that were judged." };
var json = new Option<string?>("--json") { Description = "A file for the figures." };
var command = new RootCommand("A judge of textures that is not the training's loss.") { exemplarPath, results, tiles, resultTiles, size, steps, seed, seeds, evaluations, cache, others, pictures, json, Rings.Create() };
command.SetAction(given =>
{
    try
    {
        return Run(given);
    }
    catch (Exception refusal) when (refusal is IOException or InvalidDataException or ArgumentException or InvalidOperationException)
    {
        Console.Error.WriteLine(refusal.Message);
        return 2;
    }
});
return command.Parse(args).Invoke();

int Run(ParseResult given)
{
    if (given.GetValue(seeds) < 1)
        throw new ArgumentException($"A rule is judged from one start at least, but not from {given.GetValue(seeds)}.");

    if (given.GetValue(size)!.Split('x') is not [var rows, var columns] || !int.TryParse(rows, out var height) || !int.TryParse(columns, out var width))
        throw new ArgumentException($"A size is like 128x128, but not '{given.GetValue(size)}'.");

    using var network = Network.Open();

    if (network is null)
        Console.Error.WriteLine("The network's package is not there, so its score is left out.");

    var exemplar = Picture.Read(given.GetValue(exemplarPath)!, given.GetValue(tiles));
    var judge = new Judge(exemplar, network);
    var direct = given.GetValue(evaluations) > 0 ? DirectOptimum.Of(exemplar, height, width, given.GetValue(evaluations), given.GetValue(cache)!) : null;
    var table = new List<(string Name, Scores Scores, string Nearest)>();
    (string Name, Judge Judge)[] all =
    [
        (Path.GetFileNameWithoutExtension(given.GetValue(exemplarPath)!), judge),
        .. given.GetValue(others)!.Select(path => (Path.GetFileNameWithoutExtension(path), new Judge(Picture.Read(path, given.GetValue(tiles)), network))),
    ];

    foreach (var (name, starts) in given.GetValue(results)!.SelectMany(Results))
    {
        var judged = starts.Select(Judged).ToArray();
        table.Add((name, Scores.By(Measurement.Median, [.. judged.Select(start => start.Scores)]), Counted([.. judged.Select(start => start.Nearest)])));
        Keep(name, starts[0]);

        if (starts.Length == 1)
            continue;

        var worst = Enumerable.Range(0, starts.Length).MaxBy(start => judged[start].Scores.Network ?? judged[start].Scores.Marginals);
        table.Add(($"{name}, the worst of {starts.Length} starts", judged[worst].Scores, judged[worst].Nearest));
        Keep($"{name}, the worst", starts[worst]);
    }

    var best = direct is null ? null : judge.Score(direct);

    if (best is not null)
    {
        Keep("direct optimum", direct!);
        table.Add(("direct optimum", best, ""));
    }

    table.AddRange(judge.Beside().Select(control => (control.Name, control.Scores, "")));
    Report.Write(Console.Out, table, best);

    if (given.GetValue(json) is { } file)
        File.WriteAllText(file, Report.Json(given.GetValue(exemplarPath)!, table, best).ToJsonString(new JsonSerializerOptions { WriteIndented = true }));

    return 0;

    // A result's name, and its picture from every start.
    IEnumerable<(string Name, Picture[] Starts)> Results(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);

        if (!path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
            return [(name, [Picture.Read(path, given.GetValue(resultTiles))])];

        var rule = RuleFile.Read(path);
        return Enumerable.Range(0, given.GetValue(seeds))
            .SelectMany(start => Painted.By(rule, height, width, given.GetValue(steps)!, given.GetValue(seed) + (ulong)start))
            .GroupBy(painted => painted.Steps, painted => painted.Picture)
            .Select(starts => ($"{name}, {starts.Key} steps", starts.ToArray()));
    }

    // A picture's scores, and the exemplar that the network takes it for.
    (Scores Scores, string Nearest) Judged(Picture picture)
    {
        var seen = judge.See(picture);
        return (judge.Score(picture, seen), seen is null || all.Length == 1 ? "" : all.MinBy(other => other.Judge.Ratio(seen)).Name);
    }

    // A name alone where all are the same, and how often each stands there where not.
    static string Counted(string[] names) =>
        string.Join(", ", names.CountBy(name => name).OrderByDescending(pair => pair.Value).Select(pair => pair.Value == names.Length ? pair.Key : $"{pair.Key} {pair.Value}"));

    void Keep(string name, Picture picture)
    {
        if (given.GetValue(pictures) is not { } folder)
            return;

        Directory.CreateDirectory(folder);
        picture.Write(Path.Combine(folder, $"{all[0].Name} {name}.png".Replace(", ", "-").Replace(' ', '-')));
    }
}
