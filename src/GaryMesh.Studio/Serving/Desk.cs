using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using GaryMesh.Studio.Trainings;
using GaryMesh.Studio.Viewer;
using Microsoft.AspNetCore.Http;

namespace GaryMesh.Studio.Serving;

/// <summary>Answers what the studio's page asks: its state, files, runs, rules as they come, and pages that show them.</summary>
internal sealed class Desk(StudioFolder folder, TrainingService service, IWorkshop workshop)
{
    /// <summary>Bytes of an order at most.</summary>
    private const int MostOrder = 1 << 16;

    private readonly Lock _pages = new();

    public Task Answer(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        var get = HttpMethods.IsGet(context.Request.Method);
        var post = HttpMethods.IsPost(context.Request.Method);
        string[] words = path.Split('/', StringSplitOptions.RemoveEmptyEntries);

        switch (words)
        {
            case [] when get:
                return Html(context, StudioPage.Write());
            case ["view"] when get:
                return Html(context, View(context.Request.Query));
            case ["api", "state"] when get:
                return Json(context, State());
            case ["api", "files"] when post:
                return Upload(context);
            case ["files", var name] when get:
                return Bytes(context, ContentType(name), File.ReadAllBytes(folder.PathOf(name)));
            case ["api", "runs"] when post:
                return Order(context);
            case ["api", "runs", var id, var what] when service.Find(id) is { } run:
                switch (what)
                {
                    case "curve" when get:
                        return Json(context, run.DescribeCurve());
                    case "rule" when get:
                        return LatestRule(context, run);
                    case "rule.npz" when get:
                        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{run.Id}.npz\"";
                        return Bytes(context, "application/zip", Packed(run.Latest.Automaton));
                    case "pause" when post:
                        run.Pause();
                        return Json(context, run.Describe());
                    case "resume" when post:
                        service.Resume(run);
                        return Json(context, run.Describe());
                    case "curve" or "rule" or "rule.npz" or "pause" or "resume":
                        return WrongMethod(context);
                }

                break;
            case [] or ["view"] or ["api", "state" or "files" or "runs"] or ["files", _]:
                return WrongMethod(context);
        }

        return Problem.Write(context, StatusCodes.Status404NotFound, $"The studio has nothing at '{TrainingOrder.Short(path)}'.");
    }

    private JsonObject State() => new()
    {
        ["folder"] = folder.Root,
        ["files"] = Texts(folder.Files),
        ["models"] = Texts(workshop.Models),
        ["recipes"] = Texts(TrainingOrder.Recipes),
        ["runs"] = new JsonArray([.. service.Runs.Select(run => (JsonNode)run.Describe())]),
    };

    private async Task Upload(HttpContext context)
    {
        var name = context.Request.Query["name"].ToString();
        var kept = folder.Keep(name, await Body(context, StudioFolder.MostBytes), workshop.CheckFile);
        await Json(context, new JsonObject { ["name"] = kept });
    }

    /// <summary>What a request holds. One that holds too much is heard to its end, so that its sender hears the answer.</summary>
    private static async Task<byte[]> Body(HttpContext context, long most)
    {
        using var body = new MemoryStream();
        var part = new byte[1 << 16];
        var length = 0L;

        for (int read; (read = await context.Request.Body.ReadAsync(part, context.RequestAborted)) > 0; length += read)
        {
            if (length + read <= most)
                body.Write(part, 0, read);
        }

        return length <= most
            ? body.ToArray()
            : throw new BadHttpRequestException($"The request holds {length:N0} bytes, but at most {most:N0} are taken there.", StatusCodes.Status413PayloadTooLarge);
    }

    private async Task Order(HttpContext context)
    {
        var body = await Body(context, MostOrder);
        var run = service.Add(TrainingOrder.Read(JsonNode.Parse(body, null, new() { MaxDepth = 8, AllowDuplicateProperties = false })));
        context.Response.StatusCode = StatusCodes.Status201Created;
        await Json(context, run.Describe());
    }

    /// <summary>The parameters of a run's rule as shaders read them, or nothing where the asker has them.</summary>
    private static Task LatestRule(HttpContext context, StudioRun run)
    {
        var (automaton, iteration) = run.Latest;
        context.Response.Headers["X-Iteration"] = iteration.ToString(CultureInfo.InvariantCulture);

        if (context.Request.Query["after"] == context.Response.Headers["X-Iteration"])
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        return Bytes(context, "application/octet-stream", MemoryMarshal.AsBytes(ViewerPage.Parameters(automaton).AsSpan()).ToArray());
    }

    /// <summary>The viewer's page of a run, a rule that ships or a rule file, on a graph.</summary>
    private string View(IQueryCollection query)
    {
        var (name, automaton, shown) = Viewed(query);
        var word = query["graph"].ToString() is { Length: > 0 } asked ? asked : shown;

        // One at a time: a page of a large graph takes memory.
        lock (_pages)
        {
            var (graph, mesh) = workshop.View(word, automaton, folder.PathOf);
            return new ViewerPage(new NamedRule(name, automaton), graph)
            {
                Mesh = mesh,
                // A rule in training is another one soon, and may overflow.
                TestSteps = 0,
                Words = new Dictionary<string, string> { ["rule"] = name, ["graph"] = word, ["up"] = "y" },
            }.Write();
        }
    }

    private (string Name, Automaton Automaton, string Shown) Viewed(IQueryCollection query)
    {
        if (query["run"].ToString() is { Length: > 0 } id)
        {
            var run = service.Find(id) ?? throw new ArgumentException($"There is no run '{TrainingOrder.Short(id)}'.");
            return (run.Id, run.Latest.Automaton, run.Shown);
        }

        if (query["model"].ToString() is { Length: > 0 } model)
        {
            if (!workshop.Models.Contains(model))
                throw new ArgumentException($"No rule ships as '{TrainingOrder.Short(model)}', but {string.Join(", ", workshop.Models)} do.");

            var automaton = workshop.Model(model);
            return (model, automaton, automaton.Gate.IsOpen ? "torus:64x64" : "grid:72x72");
        }

        var file = query["file"].ToString() is { Length: > 0 } given ? given : throw new ArgumentException("A page shows a run, a model or a file: name one.");
        return (file, RuleFile.Read(folder.PathOf(file)), "grid:64x64");
    }

    private static byte[] Packed(Automaton automaton)
    {
        using var stream = new MemoryStream();
        RuleFile.Write(stream, automaton);
        return stream.ToArray();
    }

    private static string ContentType(string name) => name.EndsWith(".png", StringComparison.OrdinalIgnoreCase) ? "image/png" : "application/octet-stream";

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    private static Task WrongMethod(HttpContext context) =>
        Problem.Write(context, StatusCodes.Status405MethodNotAllowed, $"The studio does not do {TrainingOrder.Short(context.Request.Method)} there.");

    private static Task Json(HttpContext context, JsonObject answer)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(answer.ToJsonString());
    }

    private static Task Html(HttpContext context, string page)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(page);
    }

    private static async Task Bytes(HttpContext context, string type, byte[] bytes)
    {
        (context.Response.ContentType, context.Response.ContentLength) = (type, bytes.Length);
        await context.Response.Body.WriteAsync(bytes);
    }
}
