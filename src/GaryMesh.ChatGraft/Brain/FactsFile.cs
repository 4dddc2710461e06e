using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GaryMesh.ChatGraft;

/// <summary>Facts as JSON, to be read by people and by another brain.</summary>
internal static class FactsFile
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The facts as text.</summary>
    public static string Write(IReadOnlyList<Fact> facts) => JsonSerializer.Serialize(facts, _options);

    /// <summary>Facts from text.</summary>
    /// <exception cref="InvalidDataException">The text holds none.</exception>
    public static IReadOnlyList<Fact> Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);

        try
        {
            return [.. (JsonSerializer.Deserialize<Fact[]>(json, _options) ?? []).Select(Cleaned)];
        }
        catch (Exception refusal) when (refusal is JsonException or NullReferenceException)
        {
            throw new InvalidDataException($"Facts are a list as an export writes it, but this text is none: {refusal.Message.TrimEnd('.')}.", refusal);
        }
    }

    // Text from a file has been through no other door.
    private static Fact Cleaned(Fact fact) => fact with
    {
        Told = fact.Told with
        {
            Subject = Utterance.Clean(fact.Told.Subject),
            Relation = Utterance.Clean(fact.Told.Relation),
            Value = Utterance.Clean(fact.Told.Value),
            Sentence = Utterance.Clean(fact.Told.Sentence),
        },
        Former = string.Join('\n', fact.Former.Split('\n').Select(Utterance.Clean)),
    };
}
