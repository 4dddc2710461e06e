using System.CommandLine;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>`graft make`: trains one mesh graft in the frozen cortex, as `graft train` does, and keeps it in a file.</summary>
internal static class GraftMakeCommand
{
    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var data = Options.Needed("--data", "The text to train on, UTF-8; its last twentieth is left out, as by `graft train`.");
        var valid = Options.Needed("--valid", "The text held out, to say what the graft came to.");
        var file = Options.Needed("--out", "The graft file to write.");
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var (steps, batch, place) = (GraftOptions.Steps(), GraftOptions.Batch(), new GraftOptions());
        var rate = Options.Positive("--learning-rate", "Learning rate after the warm-up.", 1e-3);
        var seed = Options.Number<ulong>("--seed", "Everything random follows from it.", 1, _ => true, "a whole number");
        var threads = Options.Threads();
        var command = new Command("make", "Train one mesh graft and write it to a file.")
        {
            data, valid, file, model, steps, batch, rate, seed, threads,
        };
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            var read = ShippedModel.Or(parsed.GetValue(model));
            var (learnt, _) = GraftOptions.Split(read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(data)!)));
            var held = read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(valid)!));
            var experiment = new GraftExperiment(
                read, learnt, held, parsed.GetValue(steps), parsed.GetValue(batch), parsed.GetValue(threads));
            var plan = place.Plan(parsed, "mesh", read.Cortex.Shape.Width);
            var run = experiment.Run(
                plan,
                CortexTraining.Frozen,
                parsed.GetValue(seed),
                parsed.GetValue(rate),
                stop,
                graft => GraftFile.Write(
                    parsed.GetValue(file)!,
                    (MeshGraft)graft,
                    plan.After,
                    FormattableString.Invariant(
                        $"graft make --steps {parsed.GetValue(steps)} --batch {parsed.GetValue(batch)} --learning-rate {parsed.GetValue(rate)} --seed {parsed.GetValue(seed)}")));
            output.WriteLine(
                $"{run.Parameters:N0} parameters written to {parsed.GetValue(file)}; held out {run.HeldOut:F5} nats a token, "
                + $"without a graft {experiment.Bare():F5}");
            return CommandLine.Done;
        });
        return command;
    }
}
