using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;
using GaryMesh.ChatLab.Facts;

namespace GaryMesh.ChatLab.Brains;

/// <summary>`endure`: kills a chat again and again, during answers and sleeps, and looks whether its brain opens and knows
/// everything that it had acknowledged.</summary>
internal static class EndureCommand
{
    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var kills = Options.Whole("--kills", "How often to kill.", 200);
        var model = Options.File("--model", "The model that the brain gets. [default: the one that ships]");
        var seed = Options.Number<ulong>("--seed", "Draws the facts and the moments.", 1, _ => true, "a whole number");
        var json = Options.Json();
        var command = new Command("endure", "Kill a chat at random moments and check that its brain has lost nothing.") { kills, model, seed, json };
        command.SetAction(parsed =>
        {
            var folder = Directory.CreateTempSubdirectory("gary-endure-");

            try
            {
                var report = Run(Path.Combine(folder.FullName, "gary.brain"), parsed.GetValue(model), parsed.GetValue(kills), parsed.GetValue(seed), stop);

                if (parsed.GetValue(json)) output.WriteLine(report.ToJson());
                else output.WriteLine($"{report.Kills} kills ({report.DuringSleep} with a sleep under way): opened {report.Opened} times, {report.Acknowledged} facts acknowledged, {report.Lost} lost.");

                return report.Opened == report.Kills && report.Acknowledged > 0 && report.Lost == 0 ? ExitCode.Done : ExitCode.Failed;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return command;
    }

    /// <summary>What came of it.</summary>
    internal sealed record Report(int Kills, int DuringSleep, int Opened, int Acknowledged, int Lost)
    {
        public string ToJson() => new JsonObject
        {
            ["kills"] = Kills,
            ["during_sleep"] = DuringSleep,
            ["opened"] = Opened,
            ["acknowledged_facts"] = Acknowledged,
            ["lost_facts"] = Lost,
        }.ToJsonString();
    }

    internal static Report Run(string brainFile, string? model, int kills, ulong seed, CancellationToken stop)
    {
        var acknowledged = new HashSet<string>(StringComparer.Ordinal);
        var (opened, sleeping, lost) = (0, 0, 0);

        for (var kill = 0; kill < kills; kill++)
        {
            stop.ThrowIfCancellationRequested();
            var dice = new Dice(seed, kill);
            var sleeps = kill % 3 == 2;
            if (sleeps) sleeping++;
            acknowledged.UnionWith(Talk(brainFile, model, dice, kill, sleeps));

            try
            {
                using var brain = Brain.Open(brainFile);
                var known = brain.ReadFacts().Select(fact => fact.Told.Value).ToHashSet(StringComparer.Ordinal);
                brain.ReadTurns();
                if (brain.ReadWeights("cortex") is { } weights) ChatModelFile.Read(new MemoryStream(weights), "the brain's cortex");
                opened++;
                lost = acknowledged.Count(value => !known.Contains(value));
            }
            catch (Exception refusal) when (refusal is BrainException or InvalidDataException)
            {
                lost = acknowledged.Count;
            }
        }

        return new Report(kills, sleeping, opened, acknowledged.Count, lost);
    }

    // One life: tells facts until it is killed. A value counts as acknowledged once the chat has printed it.
    private static List<string> Talk(string brainFile, string? model, Dice dice, int kill, bool sleeps)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(host) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments = [typeof(Brain).Assembly.Location, "chat", "--brain", brainFile, .. model is null ? Array.Empty<string>() : ["--model", model]];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var chat = Process.Start(start) ?? throw new IOException($"'{host}' could not be started.");
        var (told, said) = (new List<string>(), new List<string>());
        using var spoken = new ManualResetEventSlim();
        chat.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                lock (said) said.Add(text);
            }

            // Its first word, or the end of one that says nothing.
            if (!spoken.IsSet) spoken.Set();
        };
        chat.ErrorDataReceived += (_, _) => { };
        chat.BeginOutputReadLine();
        chat.BeginErrorReadLine();

        try
        {
            for (var i = 0; i < 40; i++)
            {
                told.Add($"{FactTemplates.Invented(dice)}{kill}x{i}");
                chat.StandardInput.WriteLine($"The code for the room {kill}-{i} is {told[^1]}.");
                if (sleeps && i == 1) chat.StandardInput.WriteLine("/sleep");
            }

            chat.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It may have ended by itself; what it has acknowledged until then still counts.
        }

        // Every fifth moment lies in the start, the others after the first word, however long that takes.
        if (dice.Below(5) > 0) spoken.Wait(TimeSpan.FromSeconds(30));
        chat.WaitForExit(1 + dice.Below(sleeps ? 2_500 : 800));
        if (!chat.HasExited) chat.Kill();
        chat.WaitForExit();
        lock (said) return [.. told.Where(value => said.Exists(line => line.Contains("remembered:", StringComparison.Ordinal) && line.Contains(value, StringComparison.Ordinal)))];
    }
}
