namespace GaryMesh.Cli.Shell;

/// <summary>Refuses an output that cannot be written before any work is done for it.</summary>
internal static class OutputFile
{
    /// <summary>Checks each path that is given, null for none, with the option that gives it and the ending by which a command
    /// finds the file again, or "".</summary>
    /// <param name="inputs">What the command reads: paths of files among other words, or null.</param>
    /// <param name="outputs">What it writes.</param>
    public static void Check(string?[] inputs, params (string Option, string Ending, string? Path)[] outputs)
    {
        foreach (var (option, ending, given) in outputs)
        {
            if (given is not { } path)
                continue;

            if (path.Length == 0)
                throw new UserErrorException("An output file needs a name, but its path is empty.");

            if (Directory.Exists(path))
                throw new UserErrorException($"{path} cannot be written: it is a folder.");

            if (path.StartsWith("/dev/", StringComparison.Ordinal))
                continue;

            if (!path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                throw new UserErrorException($"{option} must name a file that ends in {ending}, but its name is '{path}'.");

            if (inputs.Any(input => IsSame(input, path)))
                throw new UserErrorException($"{option} would overwrite {path}, which is read.");

            if (File.Exists(path) && File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly))
                throw new UserErrorException($"{path} cannot be written: it is read-only.");

            Probe(Path.GetDirectoryName(Path.GetFullPath(path)) ?? path, path);
        }

        var paths = outputs.Select(output => output.Path).OfType<string>();
        var twice = paths.GroupBy(Target).FirstOrDefault(same => same.Count() > 1);

        if (twice is not null)
            throw new UserErrorException($"{twice.First()} is given for two outputs.");
    }

    /// <summary>Whether two paths mean one file that is there.</summary>
    public static bool IsSame(string? one, string? other) =>
        File.Exists(one) && File.Exists(other) && Target(one) == Target(other);

    /// <summary>The full path, to where a symbolic link leads.</summary>
    private static string Target(string path) =>
        (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);

    /// <summary>Makes the folder where it is missing, and checks that files can be made in it.</summary>
    public static void MakeFolder(string folder)
    {
        if (File.Exists(folder))
            throw new UserErrorException($"{folder} cannot be a folder for output: it is a file.");

        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The folder {folder} cannot be made: {cause.Message}");
        }

        Probe(folder, folder);
    }

    private static void Probe(string folder, string path)
    {
        if (!Directory.Exists(folder))
            throw new UserErrorException($"{path} cannot be written: there is no folder {folder}.");

        try
        {
            var probe = Path.Combine(folder, $".gary-mesh-{Guid.NewGuid():N}");
            new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            // Which of the two it is, is all that matters: the message names the file of the trial.
            var why = cause is UnauthorizedAccessException ? $"files may not be made in {folder}" : cause.Message.Split(" : '")[0];
            throw new UserErrorException($"{path} cannot be written: {why}.");
        }
    }
}
