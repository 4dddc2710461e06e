using System.Text.Json;
using System.Text.Json.Serialization;

namespace GaryMesh.ChatLab;

/// <summary>Files of results: a run as a line of JSON, so that a training that was stopped goes on behind the last one.</summary>
internal static class JsonLines
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new JsonStringEnumConverter() } };

    /// <summary>A run as a line.</summary>
    public static string Line<T>(T run) => JsonSerializer.Serialize(run, _json);

    /// <summary>Adds a run to a file.</summary>
    public static void Append<T>(string path, T run) => File.AppendAllText(path, Line(run) + "\n");

    /// <summary>The runs of a file; none where it is missing.</summary>
    /// <exception cref="InvalidDataException">A line is no run.</exception>
    public static T[] Read<T>(string path)
        where T : class => File.Exists(path) ? [.. File.ReadLines(path).Select(line => Parse<T>(line, path))] : [];

    /// <summary>The run of a line.</summary>
    /// <exception cref="InvalidDataException">The line is no run.</exception>
    public static T Parse<T>(string line, string path)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, _json) ?? throw new InvalidDataException($"A line of {path} is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"A line of {path} is no run: {error.Message}");
        }
    }
}
