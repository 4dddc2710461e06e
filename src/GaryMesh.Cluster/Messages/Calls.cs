namespace GaryMesh.Cluster;

/// <summary>Calls between silos, any of which may be lost.</summary>
internal static class Calls
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100), _patience = TimeSpan.FromSeconds(10);

    /// <summary>Whether a call failed on its way, so that it may be made again.</summary>
    public static bool Lost(Exception fault) => fault is TimeoutException or OrleansException or IOException;

    /// <summary>A call again and again until it is answered: calls may be lost.</summary>
    public static async Task<T> Again<T>(Func<Task<T>> call, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await call().WaitAsync(_patience, stop);
            }
            catch (Exception lost) when (Calls.Lost(lost))
            {
                await Task.Delay(_pause, stop);
            }
        }
    }

    public static Task Again(Func<Task> call, CancellationToken stop) =>
        Again(
            async () =>
            {
                await call();
                return true;
            },
            stop);

    /// <summary>An answer, or null where the call is lost.</summary>
    public static async Task<T?> Maybe<T>(Func<Task<T>> call, CancellationToken stop)
        where T : class
    {
        try
        {
            return await call().WaitAsync(_patience, stop);
        }
        catch (Exception lost) when (Calls.Lost(lost))
        {
            return null;
        }
    }

    public static async Task Quietly(Func<Task> call)
    {
        try
        {
            await call().WaitAsync(_patience);
        }
        catch (Exception lost) when (Calls.Lost(lost))
        {
        }
    }
}
