// Holds GaryMesh against NumPy, PyTorch, ONNX Runtime, the machine and another build, interleaved in one run:
// `dotnet run -c Release --project bench/compare`.
using System.Globalization;
using System.Runtime.InteropServices;
using GaryMesh.Cli.Measuring;
using GaryMesh.Compare;

const string Usage = """
    dotnet run -c Release --project bench/compare -- [OPTIONS]

      --only SECTIONS   some of: forward, peak, parts, training, checkpoints, scaling, collections (comma between them)
      --quick           fewer rounds, and scaling up to 1,048,576 cells: half of the time
      --rounds N        number of rounds (9; 3 with --quick)
      --threads N       threads for GaryMesh (one per processor)
      --python PATH     a Python that has NumPy and, if it is to be compared, PyTorch (python3)
      --against PATH    another build's GaryMesh.Compare, timed in turn with this one; alone, where no section is named
      --json FILE       writes every number as JSON; - for the standard output, in place of the table
      --markdown FILE   puts the table between the marks in a Markdown file, such as bench/analysis.md
    """;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["--serve", "time", var count]:
        Builds.Serve(int.Parse(count));
        return 0;
    case ["--serve", .. var words]:
        Large.Serve(words);
        return 0;
}

string[] sections = ["forward", "peak", "parts", "training", "checkpoints", "scaling", "collections"];
string? json = null, markdown = null, against = null;
string[]? only = null;
var (quick, python) = (false, "python3");
int? rounds = null, threads = null;
for (var at = 0; at < args.Length; at++)
{
    string Value() => ++at < args.Length ? args[at] : throw new ArgumentException($"{args[at - 1]} needs a value.");
    int Number(string option) => int.TryParse(Value(), out var number) && number > 0
        ? number
        : throw new ArgumentException($"{option} needs a number above 0, but is given '{args[at]}'.");
    try
    {
        switch (args[at])
        {
            case "--only": only = Value().Split(','); break;
            case "--quick": quick = true; break;
            case "--rounds": rounds = Number("--rounds"); break;
            case "--threads": threads = Number("--threads"); break;
            case "--python": python = Value(); break;
            case "--against": against = Value(); break;
            case "--json": json = Value(); break;
            case "--markdown": markdown = Value(); break;
            case "--help" or "-h": Console.WriteLine(Usage); return 0;
            default: throw new ArgumentException($"There is no option {args[at]}.");
        }

        if (only?.FirstOrDefault(name => !sections.Contains(name)) is string unknown)
            throw new ArgumentException($"The sections are {string.Join(", ", sections)}, but {unknown} is none.");
        if (against is not null && !File.Exists(against))
            throw new ArgumentException($"--against needs another build's GaryMesh.Compare, but there is no file {against}.");
    }
    catch (ArgumentException error)
    {
        Console.Error.WriteLine($"{error.Message}\n\n{Usage}");
        return 2;
    }
}

var turns = rounds ?? (quick ? 3 : 9);
var hands = threads ?? Environment.ProcessorCount;
var report = new Report();
report.Describe("Processor", $"{Machine.Processor}, {Environment.ProcessorCount} cores, vectors of {Machine.Vectors}");
report.Describe("GaryMesh", $"{hands} threads, {RuntimeInformation.FrameworkDescription}, TieredCompilation off");
var load = Machine.Load;

only ??= against is null ? sections : [];

if (only.Intersect(["forward", "training"]).Any())
{
    var all = Environment.ProcessorCount;
    using var numPy = Peer.TryStart("NumPy", "numpy", python, [new(1, 1), new(all, all)], report);
    using var torch = Peer.TryStart("PyTorch", "torch", python, [new(1, 1), new(all, 1), new(all, all)], report);
    if (numPy is not null)
    {
        var speed = numPy.Hello["matmul_gflops"]!.GetValue<double>();
        report.Describe("NumPy", $"{numPy.Hello["version"]}, matrix product {speed:0} GFLOP/s on 1 thread");
        if (speed < 0.1 * PeakRate.Gflops(1))
            report.Note("NumPy stands on a slow BLAS here: its times say little. Install OpenBLAS for it.");
        Contest.Agree(report, numPy, Subject.Checked.Where(subject => subject.IsPlanar));
    }

    if (torch is not null)
    {
        report.Describe("PyTorch", $"{torch.Hello["version"]}");
        Contest.Agree(report, torch, Subject.Checked);
    }

    if (only.Contains("forward"))
    {
        using var onnx = OnnxPeer.TryStart(report);
        onnx?.Agree(report, Subject.Checked);
        Forward.AgainstPeers(report, numPy, torch, onnx, turns, hands);
    }

    if (only.Contains("training"))
        Training.AgainstPeers(report, numPy, torch, Math.Max(3, turns / 2), hands);
}

foreach (var section in sections.Intersect(only))
{
    switch (section)
    {
        case "peak": Peak.Rollouts(report, turns, hands); break;
        case "parts": Forward.Parts(report, turns); break;
        case "training": Peak.Trainings(report, turns, hands); break;
        case "checkpoints": Large.Checkpoints(report, quick ? 1 : Math.Max(3, turns / 3)); break;
        case "scaling": Large.Scaling(report, Math.Max(3, turns / 2), quick ? 1_048_576 : 16_777_216); break;
        case "collections": Forward.Collections(report, hands); break;
    }
}

if (against is not null)
    Builds.Compare(report, against, turns, hands);

if (load is double before && Machine.Load is double after)
    report.Describe("Load of the machine", $"{before:0.0} before, {after:0.0} after");

if (json != "-")
    Console.WriteLine(report.ToMarkdown());
else
    Console.Write(report.ToJsonText());
if (json is not null and not "-")
    File.WriteAllText(json, report.ToJsonText());
if (markdown is not null)
    report.WriteInto(markdown);
return 0;
