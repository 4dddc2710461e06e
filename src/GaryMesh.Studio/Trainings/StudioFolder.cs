using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace GaryMesh.Studio.Trainings;

/// <summary>The folder of a studio: files that were uploaded, and a folder for each run. Names lead nowhere else.</summary>
internal sealed partial class StudioFolder : IDisposable
{
    /// <summary>Bytes of an upload at most, uploads at most, and bytes of all of them at most.</summary>
    public const long MostBytes = 32 << 20, MostFiles = 200, MostBytesInAll = 512 << 20;

    private static readonly string[] _endings = [".png", ".csv", ".tsv", ".txt", ".edges", ".edgelist", ".obj", ".ply", ".off", ".stl", ".npz"];

    private readonly Lock _lock = new();
    private readonly FileStream _held;

    /// <summary>Opens a folder, and makes it where it is missing; a folder has one studio.</summary>
    public StudioFolder(string path)
    {
        Root = Path.GetFullPath(path);
        Directory.CreateDirectory(Uploads);
        Directory.CreateDirectory(Runs);

        try
        {
            _held = new FileStream(Path.Combine(Root, ".studio"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new IOException($"{path} is the folder of another studio that runs: end that one, or name another folder.");
        }

        // What a process left that was ended while it wrote.
        foreach (var left in Directory.EnumerateFiles(Root, ".*.tmp", SearchOption.AllDirectories))
            File.Delete(left);
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    private string Uploads => Path.Combine(Root, "uploads");

    private string Runs => Path.Combine(Root, "runs");

    public void Dispose() => _held.Dispose();

    /// <summary>The names of the uploads.</summary>
    public string[] Files => [.. new DirectoryInfo(Uploads).EnumerateFiles().Where(file => IsName(file.Name) && file.LinkTarget is null).Select(file => file.Name).Order(StringComparer.Ordinal)];

    /// <summary>The path of an upload.</summary>
    public string PathOf(string name) => IsName(name) && new FileInfo(Path.Combine(Uploads, name)) is { Exists: true, LinkTarget: null } file
        ? file.FullName
        : throw new ArgumentException($"There is no file '{TrainingOrder.Short(name)}' among the uploads.");

    /// <summary>The folder of a run; made where it is missing.</summary>
    public string RunFolder(string id) => Directory.CreateDirectory(Path.Combine(Runs, id)).FullName;

    /// <summary>The runs that have a folder, with what they say of themselves.</summary>
    public IEnumerable<(string Id, JsonObject Description)> ReadRuns()
    {
        foreach (var folder in new DirectoryInfo(Runs).EnumerateDirectories().Where(folder => IsName(folder.Name) && folder.LinkTarget is null).OrderBy(folder => folder.Name, StringComparer.Ordinal))
        {
            if (ReadJson(Path.Combine(folder.FullName, "run.json")) is JsonObject description)
                yield return (folder.Name, description);
        }
    }

    /// <summary>What a file of JSON holds, or null where it holds none.</summary>
    public static JsonNode? ReadJson(string path)
    {
        try
        {
            return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes JSON in place of what stands there, once it is whole.</summary>
    public static void WriteJson(string path, JsonNode node)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(node.ToJsonString());
        SafeFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>Keeps an upload under its name, or a like one where another file has it; gives that name.</summary>
    public string Keep(string name, byte[] bytes, Action<string> check)
    {
        if (!IsName(name))
            throw new ArgumentException($"A file's name has at most 80 letters, digits, dots, hyphens and underscores and begins with a letter or digit, but '{TrainingOrder.Short(name)}' does not.");

        var ending = Path.GetExtension(name).ToLowerInvariant();

        if (!_endings.Contains(ending))
            throw new ArgumentException($"A file ends in {string.Join(", ", _endings)}, but '{TrainingOrder.Short(name)}' does not.");

        lock (_lock)
        {
            var files = new DirectoryInfo(Uploads).GetFiles();

            if (files.Length >= MostFiles || files.Sum(file => file.Length) + bytes.Length > MostBytesInAll)
                throw new ArgumentException($"The folder holds at most {MostFiles} uploads of {MostBytesInAll >> 20} MB in all: remove some of {Uploads}.");

            // Looked at beside the uploads, under the ending by which its form is told.
            var folder = Directory.CreateDirectory(Path.Combine(Root, "trial"));

            try
            {
                var trial = Path.Combine(folder.FullName, "file" + ending);
                File.WriteAllBytes(trial, bytes);

                try
                {
                    check(trial);
                }
                catch (Exception refusal) when (refusal is ArgumentException or InvalidDataException or IOException)
                {
                    throw new ArgumentException(refusal.Message.Replace(trial, name, StringComparison.Ordinal).Replace(Path.GetFileName(trial), name, StringComparison.Ordinal));
                }

                var kept = Free(name, bytes);
                File.Move(trial, Path.Combine(Uploads, kept), true);
                return kept;
            }
            finally
            {
                folder.Delete(true);
            }
        }
    }

    /// <summary>The name, or one with a number where another file stands under it.</summary>
    private string Free(string name, byte[] bytes)
    {
        var (stem, ending) = (Path.GetFileNameWithoutExtension(name), Path.GetExtension(name));

        for (var number = 1; ; number++)
        {
            var free = number == 1 ? name : $"{stem}-{number}{ending}";
            var path = Path.Combine(Uploads, free);

            if (!Path.Exists(path) || (new FileInfo(path) is { LinkTarget: null } file && file.Length == bytes.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes)))
                return free;
        }
    }

    private static bool IsName(string name) => NameForm().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,79}\z")]
    private static partial Regex NameForm();
}
