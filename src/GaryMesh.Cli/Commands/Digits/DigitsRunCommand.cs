using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Digits;

/// <summary>`gary-mesh digits run`: one digit votes, is exchanged for others under its cells, and is filmed.</summary>
internal static class DigitsRunCommand
{
    /// <summary>How long a picture of an animation is seen.</summary>
    private const int Milliseconds = 80;

    /// <summary>Steps from the beginning, or from an exchange, whose votes are drawn and told.</summary>
    private static readonly int[] _shown = [1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var images = Options.File("--images", "The pictures (see the notes).", "F.npz");
        images.Required = true;
        var picture = Options.Whole("--picture", "N", "The picture that votes, counted from 0.", 0, 0);
        var rule = Options.File("--rule", DigitsWord.RuleHelp, "R.npz");
        var steps = Options.Whole("--steps", "N", "Number of steps.", 200);
        var then = new Option<string[]>("--then")
        {
            Description = "Show another picture from a step on: cells with ink in both keep their state. Several, each with its --then.",
            HelpName = "N@STEP",
        };
        var fire = Options.FireRate("Probability that a cell updates at a step. [default: the rule's, 0.5]");
        var seed = Options.Seed();
        var file = Options.File("--png", "Draw the ink, and the votes after more and more steps.", "P.png");
        var film = Options.File("--animation", "Write an animated PNG of the votes.", "A.png");
        var every = Options.Whole("--every", "N", "Steps from one picture of the animation to the next.", 1);
        var size = Options.Whole("--size", "N", "Height of the animation in pixels; as many whole pixels a cell as fit.", 224);
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("run", "Let the ink of a digit vote on which it is, exchange it for another, and film it.")
        {
            images, picture, rule, steps, then, fire, seed, file, film, every, size, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(images)!,
                parsed.GetValue(picture),
                parsed.GetValue(rule),
                parsed.GetValue(steps),
                parsed.GetValue(then) ?? [],
                parsed.GetValue(fire),
                parsed.GetValue(seed),
                parsed.GetValue(file),
                parsed.GetValue(film),
                parsed.GetValue(every),
                parsed.GetValue(size)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh digits run --images digits.npz --picture 3
            gary-mesh digits run --images digits.npz --picture 3 --then 8@100 --then 11@200 --steps 300 --png votes.png --animation moving.png
            """,
            $"""
            Every inked pixel is a cell. It sees those within three pixels, is told the ink of the 5 x 5 pixels about it, and votes for a digit at each step;
            the colour of a cell is its vote, from all the same before the first step to, as a rule, all the same after a hundred.

            {DigitsWord.Note}

            {DigitsWord.RuleNote}
            """);
        return command;
    }

    private sealed record Settings(
        string Images, int Picture, string? Rule, int Steps, string[] Then, double? Fire, ulong Seed, string? PictureFile, string? Film, int Every, int Size);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        OutputFile.Check([settings.Images, settings.Rule], ("--png", ".png", settings.PictureFile), ("--animation", ".png", settings.Film));
        var automaton = DigitsWord.Rule(settings.Rule, settings.Fire);
        var digits = DigitsWord.Read(settings.Images);

        if (settings.Picture >= digits.Count)
            throw new UserErrorException($"--picture {settings.Picture} is not among the pictures 0 to {digits.Count - 1} of {settings.Images}.");

        ExchangeWord[] shown =
        [
            new(settings.Picture, 0),
            .. settings.Then.Select(word => ExchangeWord.Read(word, digits.Count, settings.Steps)).OrderBy(exchange => exchange.Step),
        ];
        var (height, width) = (digits.Height, digits.Width);
        var zoom = Math.Max(1, settings.Size / height);
        var film = settings.Film is null ? null : new Animation(Milliseconds);
        var (pictures, captions, told) = (new List<Pixels>(), new List<string>(), new JsonArray());
        var state = State.Zeros(height * width, automaton.Rule.Shape.Channels);

        for (var i = 0; i < shown.Length; i++)
        {
            var (number, first) = shown[i];
            var until = i + 1 < shown.Length ? shown[i + 1].Step : settings.Steps;
            var ink = digits.Ink(number);

            if (ink.All(value => value <= InkSheet.Threshold))
                throw new UserErrorException($"Picture {number} of {settings.Images} has no ink, so that there is no cell to vote.");

            var sheet = InkSheet.Of(height, width, [ink]);
            using var simulation = new Simulation(
                automaton, sheet.Graph, sheet.Gather([state]), Firing.Of(settings.Seed, 0), sheet.Inks, new EngineOptions { Threads = 1 })
            {
                StepNumber = first,
            };
            var label = digits.Label(number);
            terminal.Write($"picture {number}, a {label}: {Counted.Of(sheet.Graph.Cells, "cell")}");
            var drawn = Votes.Ink(height, width, ink, zoom);
            pictures.Add(drawn);
            captions.Add($"a {label}");

            for (var step = first; step <= until; step++)
            {
                stop.ThrowIfCancellationRequested();

                if (step > first)
                    simulation.Step();

                var last = step == until;

                if (film is not null && (step % settings.Every == 0 || last))
                    film.Add(Pixels.Row(drawn, Votes.Of(sheet, simulation.State, height, width, zoom)));

                if (step == first || (!last && !_shown.Contains(step - first)))
                    continue;

                Tell(sheet, simulation.State, step, number, label);
            }

            state = sheet.Scatter(simulation.State)[0];
        }

        if (settings.PictureFile is { } path)
            PngCanvas.Write(path, Votes.Sheet($"{Counted.Of(settings.Steps, "step")} of {automaton.Rule.ParameterCount:N0} parameters", pictures, captions));

        if (settings.Film is { } moving)
            film!.Write(moving);

        terminal.WriteJson(new JsonObject
        {
            ["images"] = settings.Images,
            ["steps"] = settings.Steps,
            ["seed"] = settings.Seed,
            ["votes"] = told,
            ["frames"] = film?.Frames,
            ["png"] = settings.PictureFile,
            ["animation"] = settings.Film,
        });

        foreach (var written in new[] { settings.PictureFile, settings.Film }.OfType<string>())
            terminal.Write($"Written to {written}");

        return ExitCode.Done;

        void Tell(InkSheet sheet, State now, int step, int number, int label)
        {
            var votes = DigitsRecipe.Count(sheet, now, 0);
            var most = Array.IndexOf(votes, votes.Max());
            pictures.Add(Votes.Of(sheet, now, height, width, zoom));
            captions.Add($"step {step:N0}: {most}");
            terminal.Write($"step {step,6:N0}: {most} by {Counted.Of(votes[most], "cell")} of {sheet.Graph.Cells:N0}");
            told.Add((JsonNode)new JsonObject
            {
                ["step"] = step,
                ["picture"] = number,
                ["label"] = label,
                ["cells"] = sheet.Graph.Cells,
                ["votes"] = new JsonArray([.. votes.Select(count => (JsonNode)count)]),
                ["majority"] = most,
                ["agreed"] = votes[label] == sheet.Graph.Cells,
            });
        }
    }
}
