using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Persistence;
using Orleans.Runtime.Messaging;
using Orleans.Serialization;
using Orleans.Storage;
using StackExchange.Redis;

namespace GaryMesh.Cluster;

/// <summary>Makes silos, which hold parts, and clients, which ask for runs.</summary>
public static class ClusterHost
{
    /// <summary>The bytes of the largest message, and of what Redis keeps under a name.</summary>
    public const int MostSent = Keeping.MostSent;

    private const string Cluster = "gary-mesh";

    /// <summary>A silo in this process that nothing outside can reach; its checkpoints last as long as it does.</summary>
    /// <param name="threads">Threads that step; 0 for one a processor.</param>
    public static IHost Embedded(int threads) => Host.CreateDefaultBuilder()
        .ConfigureLogging(Quiet)
        .UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), FreePort(), null, Cluster, Cluster);
            silo.AddMemoryGrainStorage(Keeping.Storage);
            AddParts(silo, threads);
        })
        .Build();

    /// <summary>A silo that finds others by Redis and keeps its checkpoints there.</summary>
    /// <param name="redis">HOST:PORT.</param>
    /// <param name="name">Its name in the console.</param>
    /// <param name="address">The address at which other silos and clients reach it.</param>
    /// <param name="threads">Threads that step; 0 for one a processor.</param>
    public static IHost Silo(string redis, string name, IPAddress address, int threads) => Host.CreateDefaultBuilder()
        .ConfigureLogging(Quiet)
        .UseOrleans(silo =>
        {
            var options = Options(redis);
            silo.Configure<SiloOptions>(named => named.SiloName = name);
            silo.ConfigureEndpoints(address, FreePort(), FreePort(), listenOnAnyHostAddress: false);
            silo.UseRedisClustering(clustering => clustering.ConfigurationOptions = options);
            silo.AddRedisGrainStorage(Keeping.Storage, (OptionsBuilder<RedisStorageOptions> storage) => storage.Configure<Serializer>((kept, serializer) =>
            {
                kept.ConfigurationOptions = options;
                // States as they are: text would take twice the room and most of the time.
                kept.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
            }));
            silo.Configure<ClusterOptions>(Name);
            silo.Configure<SiloMessagingOptions>(messages => messages.MaxMessageBodySize = MostSent);
            silo.Configure<ClusterMembershipOptions>(members =>
            {
                // A killed silo is known as dead after about six seconds; one that is merely slow has answered by then.
                (members.ProbeTimeout, members.NumMissedProbesLimit, members.NumVotesForDeathDeclaration) = (TimeSpan.FromSeconds(2), 3, 1);
                members.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            });
            AddParts(silo, threads);
        })
        .Build();

    /// <summary>A client of the silos that one Redis knows.</summary>
    public static IHost Client(string redis) => Host.CreateDefaultBuilder()
        .ConfigureLogging(Quiet)
        .UseOrleansClient(client =>
        {
            client.UseRedisClustering(clustering => clustering.ConfigurationOptions = Options(redis));
            client.Configure<ClusterOptions>(Name);
            client.Configure<ClientMessagingOptions>(messages => messages.MaxMessageBodySize = MostSent);
        })
        .Build();

    /// <summary>What a silo needs to hold parts, which step on so many threads, 0 for one a processor.</summary>
    public static void AddParts(ISiloBuilder silo, int threads) =>
        silo.Services.AddSingleton(new PartStore(threads)).AddPlacementDirector<SpreadPlacement, SpreadDirector>();

    /// <summary>Why a silo or client could not be started.</summary>
    public static ClusterFault Reason(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is RedisConnectionException or RedisTimeoutException)
                return ClusterFault.NoRedis;

            if (cause is SiloUnavailableException or ConnectionFailedException)
                return ClusterFault.NoSilo;
        }

        return ClusterFault.Other;
    }

    private static void Name(ClusterOptions options) => (options.ClusterId, options.ServiceId) = (Cluster, Cluster);

    private static void Quiet(ILoggingBuilder logging) => logging.ClearProviders();

    private static ConfigurationOptions Options(string redis)
    {
        var options = ConfigurationOptions.Parse(redis);
        // A checkpoint of a large part takes seconds to write.
        (options.ConnectTimeout, options.AsyncTimeout, options.AbortOnConnectFail) = (5000, 60_000, true);
        return options;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>Why a silo or client could not be started.</summary>
public enum ClusterFault
{
    /// <summary>Redis does not answer.</summary>
    NoRedis,

    /// <summary>Redis knows no silo that answers.</summary>
    NoSilo,

    /// <summary>Anything else.</summary>
    Other,
}
