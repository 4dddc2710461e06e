using System.CommandLine;
namespace GaryMesh.Cli.Commands;
internal static class TrainCommand { public static Command Create(TextWriter output, TextWriter error, CancellationToken stop) => new("train"); }
