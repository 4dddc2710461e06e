using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace GaryMesh.Studio.Serving;

/// <summary>What could not be done, as JSON (RFC 9457) with a sentence.</summary>
internal static class Problem
{
    /// <summary>The answer to a request that failed.</summary>
    public static Task Write(HttpContext context, Exception fault)
    {
        var (status, sentence) = fault switch
        {
            BadHttpRequestException bad => (bad.StatusCode, bad.Message),
            JsonException => (StatusCodes.Status400BadRequest, "The request holds no JSON that can be read."),
            ArgumentException or InvalidDataException => (StatusCodes.Status400BadRequest, fault.Message),
            OutOfMemoryException => (StatusCodes.Status400BadRequest, "There is not enough memory for what is asked."),
            IOException or UnauthorizedAccessException => (StatusCodes.Status500InternalServerError, fault.Message),
            _ => (StatusCodes.Status500InternalServerError, $"The studio failed at this request: {fault.Message}"),
        };
        return Write(context, status, sentence);
    }

    /// <summary>An answer with a sentence.</summary>
    public static async Task Write(HttpContext context, int status, string sentence)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        var problem = new JsonObject { ["title"] = ReasonPhrases.GetReasonPhrase(status), ["status"] = status, ["detail"] = sentence };
        await context.Response.WriteAsync(problem.ToJsonString());
    }
}
