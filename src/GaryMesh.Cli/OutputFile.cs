namespace GaryMesh.Cli;

/// <summary>Refuses an output that cannot be written before any work is done for it.</summary>
internal static class OutputFile
{
    /// <summary>Checks each path that is given; null is none.</summary>
    public static void Check(params string?[] paths)
    {
        foreach (var path in paths.OfType<string>())
        {
            if (path.Length == 0)
                throw new UserErrorException("An output file needs a name, but its path is empty.");

            if (Directory.Exists(path))
                throw new UserErrorException($"{path} cannot be written: it is a folder.");

            if (path.StartsWith("/dev/", StringComparison.Ordinal))
                continue;

            if (File.Exists(path) && File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly))
                throw new UserErrorException($"{path} cannot be written: it is read-only.");

            Probe(Path.GetDirectoryName(Path.GetFullPath(path)) ?? path, path);
        }

        var twice = paths.OfType<string>().GroupBy(Path.GetFullPath).FirstOrDefault(same => same.Count() > 1);

        if (twice is not null)
            throw new UserErrorException($"{twice.First()} is given for two outputs.");
    }

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
