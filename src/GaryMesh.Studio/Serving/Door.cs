using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace GaryMesh.Studio.Serving;

/// <summary>Who is let in: requests with the token, to this machine by its own name, from no other page. Whatever goes wrong behind the door
/// is told in a sentence.</summary>
internal sealed class Door(string token)
{
    // All that a page of the studio needs is in the page itself or asked of the studio.
    private const string Policy =
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src 'self' data: blob:; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

    private readonly byte[] _token = Encoding.ASCII.GetBytes(token);

    public async Task Admit(HttpContext context, Func<HttpContext, Task> answer)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";

        try
        {
            if (Refusal(context.Request) is { } refusal)
                await Problem.Write(context, StatusCodes.Status403Forbidden, refusal);
            else
                await answer(context);
        }
        catch (Exception fault) when (!context.RequestAborted.IsCancellationRequested)
        {
            await Problem.Write(context, fault);
        }
    }

    private string? Refusal(HttpRequest request)
    {
        var own = $"{request.Host.Host}:{request.HttpContext.Connection.LocalPort}";

        if (request.Host.Host is not ("127.0.0.1" or "localhost") || request.Host.Value != own)
            return "The studio is asked for as 127.0.0.1 or localhost with its port alone.";

        if (request.Headers.Origin is { Count: > 0 } origin && origin != $"http://{own}")
            return "The request comes from another origin.";

        if (request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
            return "The request comes from another site.";

        return request.Query["token"] is [{ } given] && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _token)
            ? null
            : "The request has not the token that stands in the studio's address.";
    }
}
