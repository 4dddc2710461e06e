namespace GaryMesh.ChatGraft;

/// <summary>The trained model that ships with the assembly.</summary>
public static class ShippedModel
{
    private const string Resource = "gary-cortex.npz";

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">The assembly was built without it.</exception>
    public static ChatModel Read()
    {
        using var stream = typeof(ShippedModel).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidDataException("This build carries no model; name one with --model.");
        return ChatModelFile.Read(stream, "The model that ships");
    }

    /// <summary>Reads a model file, or the model that ships where none is named.</summary>
    /// <exception cref="InvalidDataException">The file is no model.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static ChatModel Or(string? path) => path is null ? Read() : ChatModelFile.Read(path);
}
