using System.Globalization;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads which picture cells are shown from a step on.</summary>
internal sealed record ExchangeWord(int Picture, int Step)
{
    public static ExchangeWord Read(string word, int pictures, int steps)
    {
        if (word.Split('@') is not [var number, var after] || !Whole(number, out var picture) || !Whole(after, out var step))
            throw new UserErrorException($"--then is PICTURE@STEP, such as 7@100, but '{word}' is not.");

        if (picture >= pictures)
            throw new UserErrorException($"--then {word} names picture {picture}, but there are the pictures 0 to {pictures - 1}.");

        return step < steps
            ? new(picture, step)
            : throw new UserErrorException($"--then {word} falls after step {step}, but the run has {Counted.Of(steps, "step")}.");

        static bool Whole(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
