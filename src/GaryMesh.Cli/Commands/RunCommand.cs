using System.CommandLine;
namespace GaryMesh.Cli.Commands;
internal static class RunCommand { public static Command Create(TextWriter output, TextWriter error, CancellationToken stop) => new("run"); }
