using System.CommandLine;
namespace GaryMesh.Cli.Commands;
internal static class CheckCommand { public static Command Create(TextWriter output, TextWriter error, CancellationToken stop) => new("check"); }
