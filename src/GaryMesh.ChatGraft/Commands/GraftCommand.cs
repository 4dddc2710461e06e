using System.CommandLine;
using GaryMesh.Cli.Shell;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>`graft make`: trains a mesh graft in the frozen cortex and keeps it in a file.</summary>
internal static class GraftCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop) =>
        new("graft", "Make mesh grafts.") { Make(output, error, stop) };

    private static Command Make(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var data = Options.Needed("--data", "The text to train on, UTF-8; its last twentieth is left out, to choose a learning rate by.");
        var valid = Options.Needed("--valid", "The text held out, to say what the graft came to.");
        var file = Options.Needed("--out", "The graft file to write.");
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var (steps, batch, place) = (GraftOptions.Steps(), GraftOptions.Batch(), new GraftOptions());
        var rate = Options.Positive("--learning-rate", "Learning rate after the warm-up.", 1e-3);
        var seed = Options.Number<ulong>("--seed", "Everything random follows from it.", 1, _ => true, "a whole number");
        var (threads, resume) = (Options.Threads(), CheckpointedTraining.Resume());
        var command = new Command(
            "make", "Train one mesh graft in the frozen cortex and write it to a file. A checkpoint is kept in OUT.checkpoint, also at Ctrl-C.")
        {
            data, valid, file, model, steps, batch, rate, seed, threads, resume,
        };
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            OutputFile.Check(
                [parsed.GetValue(data), parsed.GetValue(valid), parsed.GetValue(model)], ("--out", "", parsed.GetValue(file)));
            var read = ShippedModel.Or(parsed.GetValue(model));
            var (learnt, _) = GraftOptions.Split(read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(data)!)));
            var held = read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(valid)!));
            var settings = TrainingSettings.OfGraft(
                parsed.GetValue(steps), parsed.GetValue(batch), parsed.GetValue(rate), parsed.GetValue(seed));
            var graft = new MeshGraft(place.Mesh(parsed, read.Cortex.Shape.Width), settings.Seed);
            var grafting = new Grafting(graft, place.After(parsed));
            using var trainer = new CortexTrainer(read.Cortex, learnt, settings, parsed.GetValue(threads), grafting, frozen: true);

            var run = new CheckpointedTraining(parsed.GetValue(file)!, trainer.Description, error);

            if (run.Run(trainer.Loop, trainer.Begin(), parsed.GetValue(resume), every: 100, _ => { }, stop) is not { } learned)
                return run.ExitCode;

            trainer.Load(learned.Parameters);

            double HeldOut(Grafting? plugged) =>
                Scoring.Losses(trainer.Packed, held, read.Tokenizer.LineBreak, threads: parsed.GetValue(threads), grafting: plugged).Average();
            var (with, without) = (HeldOut(grafting), HeldOut(null));
            var about = FormattableString.Invariant(
                $"graft make --steps {settings.Steps} --batch {settings.Batch} --learning-rate {settings.LearningRate} --seed {settings.Seed}");
            GraftFile.Write(parsed.GetValue(file)!, graft, grafting.After, about);
            output.WriteLine(
                $"{graft.Parameters.Length:N0} parameters written to {parsed.GetValue(file)}; held out {with:F5} nats a token, "
                + $"without a graft {without:F5}");
            return run.ExitCode;
        });
        return command;
    }
}
