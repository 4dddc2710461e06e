using System.Net;
using System.Security.Cryptography;
using GaryMesh.Studio.Trainings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GaryMesh.Studio.Serving;

/// <summary>The studio: the viewer's page with trainings, over HTTP on this machine alone.</summary>
public sealed class StudioServer : IAsyncDisposable
{
    private readonly StudioFolder _folder;
    private readonly WebApplication _app;

    private StudioServer(StudioFolder folder, WebApplication app, string address, string token) =>
        (_folder, _app, Url) = (folder, app, new Uri($"{address}/?token={token}"));

    /// <summary>The address that a browser is to open, with the token that every request must bear.</summary>
    public Uri Url { get; }

    /// <summary>Starts a studio; runs that were under way in its folder go on.</summary>
    /// <param name="folder">Where uploads and runs are kept; made where it is missing.</param>
    /// <param name="port">The port on 127.0.0.1, or 0 for a free one.</param>
    /// <param name="workshop">What knows words, recipes and files.</param>
    /// <param name="options">The engine's.</param>
    /// <param name="stop">Gives the start up.</param>
    /// <exception cref="T:System.IO.IOException">The folder cannot be used, another studio has it, or the port is taken.</exception>
    public static async Task<StudioServer> Start(string folder, int port, IWorkshop workshop, EngineOptions options, CancellationToken stop)
    {
        var place = new StudioFolder(folder);

        try
        {
            // An empty builder: neither files nor variables of the surroundings change where it listens.
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
            {
                server.Listen(IPAddress.Loopback, port);
                server.AddServerHeader = false;
                // Larger ones are cut off; what is a little too large is told so.
                server.Limits.MaxRequestBodySize = 4 * StudioFolder.MostBytes;
                server.Limits.MaxConcurrentConnections = 100;
            });
            builder.Services.AddSingleton(place).AddSingleton(workshop).AddSingleton(options).AddSingleton<TrainingService>();
            builder.Services.AddHostedService(services => services.GetRequiredService<TrainingService>());
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(2));
            var app = builder.Build();
            var token = RandomNumberGenerator.GetHexString(32, true);
            var door = new Door(token);
            var desk = new Desk(place, app.Services.GetRequiredService<TrainingService>(), workshop);
            app.Run(context => door.Admit(context, desk.Answer));
            await app.StartAsync(stop).ConfigureAwait(false);
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            return new(place, app, address, token);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>Ends it; a training that is under way keeps what it has, and goes on at the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
    }
}
