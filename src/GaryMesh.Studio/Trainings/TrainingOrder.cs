using System.Text.Json;
using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Trainings;

/// <summary>What a user asks to be trained; files go by their names among the uploads.</summary>
/// <param name="Recipe">texture, grow, persist or regenerate.</param>
/// <param name="Picture">The exemplar or the target.</param>
/// <param name="Graph">A word or a file, or null for the recipe's own.</param>
/// <param name="Iterations">Optimiser steps, or null for the recipe's own.</param>
/// <param name="Channels">Numbers in a cell's state, or null for the recipe's own.</param>
/// <param name="Hidden">Hidden units, or null for the recipe's own.</param>
/// <param name="Seed">Everything random follows from it.</param>
/// <param name="Tiles">Whether an exemplar goes on at its opposite side.</param>
/// <param name="Rule">A rule file to begin with, or null for a new one.</param>
public sealed record TrainingOrder(
    string Recipe, string Picture, string? Graph, int? Iterations, int? Channels, int? Hidden, ulong Seed, bool Tiles, string? Rule)
{
    /// <summary>The recipes by name.</summary>
    public static IReadOnlyList<string> Recipes { get; } = ["texture", "grow", "persist", "regenerate"];

    /// <summary>Whether a pattern grows from a seed, rather than a texture out of noise.</summary>
    public bool Grows => Recipe != "texture";

    /// <summary>Reads an order, and refuses what is none.</summary>
    internal static TrainingOrder Read(JsonNode? node)
    {
        if (node is not JsonObject entries)
            throw new ArgumentException("An order is a JSON object with a recipe and a picture.");

        string[] known = ["recipe", "picture", "graph", "iterations", "channels", "hidden", "seed", "tiles", "rule"];

        if (entries.Select(entry => entry.Key).FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new ArgumentException($"An order has the entries {string.Join(", ", known)}, but '{Short(unknown)}' is none of them.");

        var recipe = Text("recipe") ?? throw new ArgumentException("The order names no recipe.");

        if (!Recipes.Contains(recipe))
            throw new ArgumentException($"A recipe is {string.Join(", ", Recipes)}, but '{Short(recipe)}' is none of them.");

        return new(
            recipe,
            Text("picture") ?? throw new ArgumentException("The order names no picture."),
            Text("graph"),
            Whole("iterations", 1, 1_000_000),
            Whole("channels", recipe == "texture" ? 3 : 5, 32),
            Whole("hidden", 1, 256),
            (ulong)(Whole("seed", 0, int.MaxValue) ?? 1),
            entries["tiles"] is { } tiles && (tiles.GetValueKind() switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw new ArgumentException("The entry 'tiles' is true or false."),
            }),
            Text("rule"));

        string? Text(string name) => entries[name] switch
        {
            null => null,
            { } text when text.GetValueKind() == JsonValueKind.String => (string)text! is { Length: > 0 } words ? words : null,
            _ => throw new ArgumentException($"The entry '{name}' is a text."),
        };

        int? Whole(string name, int least, int most) => entries[name] switch
        {
            null => null,
            JsonValue number when number.GetValueKind() == JsonValueKind.Number && number.TryGetValue<int>(out var whole) && whole >= least && whole <= most => whole,
            _ => throw new ArgumentException($"The entry '{name}' is a whole number from {least:N0} to {most:N0}."),
        };
    }

    /// <summary>The order as JSON.</summary>
    internal JsonObject Write()
    {
        var entries = new JsonObject { ["recipe"] = Recipe, ["picture"] = Picture, ["seed"] = Seed, ["tiles"] = Tiles };

        foreach (var (name, value) in new (string, JsonNode?)[] { ("graph", Graph), ("iterations", Iterations), ("channels", Channels), ("hidden", Hidden), ("rule", Rule) })
        {
            if (value is not null)
                entries[name] = value;
        }

        return entries;
    }

    /// <summary>A word as far as a sentence needs it.</summary>
    internal static string Short(string word) => word.Length <= 40 ? word : word[..40] + "...";
}
