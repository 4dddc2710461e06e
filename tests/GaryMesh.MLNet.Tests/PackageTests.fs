/// The packages as a stranger meets them: a console project outside the repository trains, saves, and in another process loads.
module GaryMesh.MLNet.Tests.PackageTests

open System
open System.Diagnostics
open System.IO
open System.IO.Compression
open System.Xml.Linq
open Expecto

let private root =
    let rec up (folder: DirectoryInfo) =
        if File.Exists(Path.Combine(folder.FullName, "GaryMesh.sln")) then
            folder.FullName
        else
            match folder.Parent with
            | null -> failtest $"GaryMesh.sln stands in no folder above {AppContext.BaseDirectory}."
            | parent -> up parent

    up (DirectoryInfo AppContext.BaseDirectory)

/// Runs a command and gives what it said; fails with that where the command fails.
let private run (folder: string) (command: string) (arguments: string seq) =
    let start =
        ProcessStartInfo(
            command,
            arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    // A test host's own MSBuild must not be mistaken for that of the command.
    for name in Seq.toArray start.Environment.Keys do
        if
            name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
        then
            start.Environment.Remove name |> ignore

    start.Environment["MSBUILDDISABLENODEREUSE"] <- "1"
    start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] <- "0"
    start.Environment["DOTNET_NOLOGO"] <- "1"
    use running = nonNull (Process.Start start)
    let errors = running.StandardError.ReadToEndAsync()
    let said = running.StandardOutput.ReadToEnd()
    running.WaitForExit()

    if running.ExitCode <> 0 then
        let words = String.Join(' ', arguments)
        failtest $"{command} {words} ended with {running.ExitCode}: {said}{errors.Result}"

    said.Trim()

let private project version feed cache packages =
    $"""<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <NuGetAudit>false</NuGetAudit>
    <RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources>
    <RestorePackagesPath>{packages}</RestorePackagesPath>
    <RestoreFallbackFolders>{cache}</RestoreFallbackFolders>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="GaryMesh.MLNet" Version="{version}" />
  </ItemGroup>
</Project>
"""

let private program =
    """
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext(seed: 1);
var rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(Row.At).ToArray());
if (args[0] == "train")
    Training.Save(ml, rows, args[1]);
// From here on nothing names the plug-in.
var model = ml.Model.Load(args[1], out _);
using var engine = ml.Model.CreatePredictionEngine<Row, Prediction>(model);
Console.WriteLine(string.Join(' ', engine.Predict(Row.At(3)).Score.Select(score => score.ToString("R"))));
var graphs = ml.Model.Load(args[1] + ".graphs", out _);
using var graphEngine = ml.Model.CreatePredictionEngine<Molecule, Prediction>(graphs);
Console.WriteLine(string.Join(' ', graphEngine.Predict(Molecule.At(5)).Score.Select(score => score.ToString("R"))));

public sealed class Row
{
    [VectorType(8)]
    public float[] Features { get; set; } = [];

    public string Kind { get; set; } = "";

    public static Row At(int number) => new()
    {
        Features = [.. Enumerable.Range(0, 8).Select(cell => cell == number % 8 ? 1f : 0f)],
        Kind = number % 2 == 0 ? "even" : "odd",
    };
}

public sealed class Molecule
{
    public float[] Features { get; set; } = [];

    public int[] Edges { get; set; } = [];

    public string Kind { get; set; } = "";

    public static Molecule At(int number) => new()
    {
        Features = [.. Enumerable.Range(0, 3 + number % 4).Select(cell => (float)(cell % 2))],
        Edges = [.. Enumerable.Range(0, 2 + number % 4).SelectMany(cell => new[] { cell, cell + 1 })],
        Kind = number % 2 == 0 ? "even" : "odd",
    };
}

public sealed class Prediction
{
    public float[] Score { get; set; } = [];
}

public static class Training
{
    public static void Save(MLContext ml, IDataView rows, string path)
    {
        var trainer = ml.MulticlassClassification.Trainers.GaryMesh(new GaryMesh.MLNet.MeshMulticlassTrainer.Options
        {
            Graph = GaryMesh.MLNet.MeshGraph.Line(8),
            NumberOfEpochs = 1,
        });
        ml.Model.Save(ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(trainer).Fit(rows), rows.Schema, path);
        var molecules = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(Molecule.At).ToArray());
        var graphs = ml.MulticlassClassification.Trainers.GaryMeshGraphs(new GaryMesh.MLNet.MeshGraphMulticlassTrainer.Options { ValuesPerCell = 1, NumberOfEpochs = 1 });
        ml.Model.Save(ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(graphs).Fit(molecules), molecules.Schema, path + ".graphs");
    }
}
"""

/// The packages that `dotnet pack` made, each checked for what a package must have.
let private pack feed version =
    for project in [ "src/GaryMesh.Core.fsproj"; "src/GaryMesh.MLNet/GaryMesh.MLNet.csproj" ] do
        run root "dotnet" [ "pack"; project; "--no-build"; "-c"; "Release"; "-o"; feed; $"-p:PackageVersion={version}" ]
        |> ignore

    for name in [ "GaryMesh.Core"; "GaryMesh.MLNet" ] do
        use archive = ZipFile.OpenRead(Path.Combine(feed, $"{name}.{version}.nupkg"))
        let entries = [ for entry in archive.Entries -> entry.FullName ]

        for expected in [ "README.md"; $"lib/net10.0/{name}.dll"; $"lib/net10.0/{name}.xml" ] do
            Expect.contains entries expected $"{name} holds it"

        use nuspec = (archive.Entries |> Seq.find _.FullName.EndsWith(".nuspec")).Open()

        let metadata =
            XDocument.Load(nuspec).Descendants()
            |> Seq.map (fun element -> element.Name.LocalName, element.Value)
            |> List.ofSeq

        Expect.contains metadata ("license", "MIT") "its licence"
        Expect.isTrue (File.Exists(Path.Combine(feed, $"{name}.{version}.snupkg"))) "its symbols"

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Packages"
        [ test "a project outside the repository trains and saves, and another process loads and predicts" {
              if isNull (Environment.GetEnvironmentVariable "GARYMESH_PACKAGES") then
                  skiptest "GARYMESH_PACKAGES is not set, so nothing is packed; the project's own check sets it."

              let folder = Directory.CreateTempSubdirectory("gary-mesh-packages-").FullName

              try
                  let version = $"0.0.0-test.{Environment.ProcessId}"
                  let feed, packages = Path.Combine(folder, "feed"), Path.Combine(folder, "packages")
                  pack feed version
                  // The packages that are there already serve; whatever is missing comes from the ordinary source.
                  let cache = (run root "dotnet" [ "nuget"; "locals"; "global-packages"; "--list" ]).Split(": ", 2)[1]
                  let console = Directory.CreateDirectory(Path.Combine(folder, "console")).FullName

                  File.WriteAllText(
                      Path.Combine(console, "console.csproj"),
                      project version feed (cache.TrimEnd '/') packages
                  )

                  File.WriteAllText(Path.Combine(console, "Program.cs"), program)
                  run console "dotnet" [ "build"; "-c"; "Release"; "-o"; "out" ] |> ignore
                  let model = Path.Combine(folder, "model.zip")
                  let ran verb = run console "dotnet" [ "out/console.dll"; verb; model ]
                  let trained = ran "train"

                  Expect.equal
                      (trained.Split([| ' '; '\n' |]).Length)
                      4
                      "scores of two classes, of a signal and of a graph"

                  Expect.equal (ran "load") trained "in a process that names no GaryMesh type"
              finally
                  Directory.Delete(folder, true)
          } ]
