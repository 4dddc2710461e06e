using System.CommandLine;
using GaryMesh.ChatGraft.Commands;
using GaryMesh.ChatLab.Brains;
using GaryMesh.ChatLab.Chats;
using GaryMesh.ChatLab.Facts;
using GaryMesh.ChatLab.Grafts;
using GaryMesh.ChatLab.Language;
using GaryMesh.ChatLab.Readers;
using GaryMesh.ChatLab.Tasks;

namespace GaryMesh.ChatLab;

/// <summary>The laboratory's commands.</summary>
internal static class Laboratory
{
    /// <summary>Runs the command that the arguments name.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var root = new RootCommand("What trained and measures the chat model that ships.")
        {
            TrainCommand.Create(output, error, stop),
            EvalCommand.Create(output),
            PackCommand.Create(output),
            new Command("graft", "Train grafts in the frozen cortex and compare them with controls of as many parameters.")
            {
                GraftTrainCommand.Create(output, error, stop), GraftSpeedCommand.Create(output, stop), GraftReportCommand.Create(output),
            },
            new Command("tasks", "Tasks in which a graft that carries something along the positions should shine, or fail visibly.")
            {
                TasksTrainCommand.Create(output, stop), TasksReportCommand.Create(output),
            },
            MemoryTrainCommand.Create(output, error, stop),
            ReaderTrainCommand.Create(output, error, stop),
            MemoryEvalCommand.Create(output, stop),
            SmallTalkEvalCommand.Create(output, stop),
            SleepEvalCommand.Create(output, stop),
            EndureCommand.Create(output, stop),
            SequencesCommand.Create(output, stop),
        };
        return CommandLine.Run("chat-lab", root, args, output, error);
    }
}
