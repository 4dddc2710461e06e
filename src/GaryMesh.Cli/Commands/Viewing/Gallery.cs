using System.Text;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using GaryMesh.Studio.Viewer;

namespace GaryMesh.Cli.Commands.Viewing;

/// <summary>What `gary-mesh view --gallery` does: a page of each texture that ships, and one that shows them all at work.</summary>
internal static class Gallery
{
    private const string Graph = "torus:64x64";

    public static int Run(Terminal terminal, string folder, CancellationToken stop)
    {
        OutputFile.MakeFolder(folder);
        var (names, total) = (TextureWord.Names, 0L);

        for (var at = 0; at < names.Length; at++)
        {
            stop.ThrowIfCancellationRequested();
            var (name, next) = (names[at], names[(at + 1) % names.Length]);
            var automaton = TextureWord.Read(name).Automaton;
            var world = ViewedWorld.Read(Graph, "y", automaton, terminal);
            total += Write(Path.Combine(folder, $"{name}.html"), new ViewerPage(new NamedRule(name, automaton), world.Graph)
            {
                Graft = new NamedRule(next, TextureWord.Read(next).Automaton),
                TestSteps = 32,
                Words = new Dictionary<string, string> { ["rule"] = name, ["graft"] = next, ["graph"] = Graph, ["up"] = "y" },
            }.Write());
        }

        total += Write(Path.Combine(folder, "index.html"), GalleryPage.Write(names.Select(name => ($"{name}.html", name))));
        terminal.WriteJson(new JsonObject { ["pages"] = names.Length, ["bytes"] = total, ["out"] = folder });
        terminal.Write($"{Counted.Of(names.Length, "page")} of {total / 1000} kB in all: open {Path.Combine(folder, "index.html")}");
        return ExitCode.Done;
    }

    private static int Write(string path, string page)
    {
        var bytes = Encoding.UTF8.GetBytes(page);
        SafeFile.Write(path, stream => stream.Write(bytes));
        return bytes.Length;
    }
}
