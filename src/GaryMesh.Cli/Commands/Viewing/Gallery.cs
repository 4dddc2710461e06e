using System.Text;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using GaryMesh.Studio.Viewer;

namespace GaryMesh.Cli.Commands.Viewing;

/// <summary>What `gary-mesh view --gallery` does: a page of each rule that ships and runs on its own, and one that shows them all at work.</summary>
internal static class Gallery
{
    public static int Run(Terminal terminal, string folder, CancellationToken stop)
    {
        OutputFile.MakeFolder(folder);
        var (textures, total) = (TextureWord.Names, 0L);
        string[] names = [.. textures, .. ShippedRules.Names(ShippedRules.Growing)];

        foreach (var name in names)
        {
            stop.ThrowIfCancellationRequested();
            var at = Array.IndexOf(textures, name);
            var (automaton, graph) = (ShippedRules.Find(name)!, at < 0 ? "grid:72x72" : "torus:64x64");
            var graft = at < 0 ? null : Graft(automaton, [.. textures[(at + 1)..], .. textures[..at]]);
            var words = new Dictionary<string, string> { ["rule"] = name, ["graph"] = graph, ["up"] = "y" };

            if (graft is not null)
                words["graft"] = graft.Name;

            total += Write(Path.Combine(folder, $"{name}.html"), new ViewerPage(new NamedRule(name, automaton), ViewedWorld.GraphOf(graph, "y", automaton, terminal))
            {
                Graft = graft,
                TestSteps = at < 0 ? 96 : 32,
                Words = words,
            }.Write());
        }

        total += Write(Path.Combine(folder, "index.html"), GalleryPage.Write(names.Select(name => ($"{name}.html", name))));
        terminal.WriteJson(new JsonObject { ["pages"] = names.Length, ["bytes"] = total, ["out"] = folder });
        terminal.Write($"{Counted.Of(names.Length, "page")} of {total / 1000} kB in all: open {Path.Combine(folder, "index.html")}");
        return ExitCode.Done;
    }

    /// <summary>The first of some textures that can grow beside another: of the same shape. Null where there is none.</summary>
    private static NamedRule? Graft(Automaton automaton, string[] others) => others
        .Select(other => new NamedRule(other, ShippedRules.Find(other)!))
        .FirstOrDefault(other => other.Automaton.Rule.Shape == automaton.Rule.Shape);

    private static int Write(string path, string page)
    {
        var bytes = Encoding.UTF8.GetBytes(page);
        SafeFile.Write(path, stream => stream.Write(bytes));
        return bytes.Length;
    }
}
