using GaryMesh.ChatGraft;
using Microsoft.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What the chat that a service collection gets is made of.</summary>
public sealed class GaryChatOptions
{
    /// <summary>The brain file; null for a chat that remembers only as long as it lives.</summary>
    public string? BrainPath { get; set; } = Brain.DefaultPath;

    /// <summary>A model file for a new brain; null for the model that ships.</summary>
    public string? ModelPath { get; set; }

    /// <summary>A file with the mesh graft of a new brain; null for the one that ships in the model that ships.</summary>
    public string? GraftPath { get; set; }

    /// <summary>How it answers.</summary>
    public ChatSettings Settings { get; set; } = new();
}

/// <summary>Registers the chat as <see cref="IChatClient"/>.</summary>
public static class GaryChatServices
{
    /// <summary>Adds a <see cref="GaryChatClient"/> as the collection's <see cref="IChatClient"/>: one for all, made when first
    /// asked for, which opens the brain then and closes it with the provider. It knows its users apart only as its callers do: by
    /// <see cref="GaryChatClient.UserProperty"/> or <see cref="ChatOptions.ConversationId"/>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>A builder, for what is to stand before the client.</returns>
    public static ChatClientBuilder AddGaryChat(this IServiceCollection services, Action<GaryChatOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = Configured(configure);
        return services.AddChatClient(_ => Open(options));
    }

    /// <summary>The same under a key, for chats with brains of their own.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>A builder, for what is to stand before the client.</returns>
    public static ChatClientBuilder AddKeyedGaryChat(this IServiceCollection services, object? serviceKey, Action<GaryChatOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = Configured(configure);
        return services.AddKeyedChatClient(serviceKey, _ => Open(options));
    }

    private static GaryChatOptions Configured(Action<GaryChatOptions>? configure)
    {
        var options = new GaryChatOptions();
        configure?.Invoke(options);
        return options;
    }

    private static GaryChatClient Open(GaryChatOptions options)
    {
        var brain = options.BrainPath is { } path ? Brain.Open(path) : null;

        try
        {
            var session = ChatSession.Open(brain, options.ModelPath, options.GraftPath);
            session.Settings = options.Settings;
            return new GaryChatClient(session, brain is null ? [session] : [session, brain]);
        }
        catch
        {
            brain?.Dispose();
            throw;
        }
    }
}
