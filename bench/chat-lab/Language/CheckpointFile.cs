using System.Globalization;

namespace GaryMesh.ChatLab.Language;

/// <summary>A cortex training as a file, from which it goes on to the same bits as without the stop.</summary>
public static class CheckpointFile
{
    private const string First = "moments.first";
    private const string Second = "moments.second";
    private const string Step = "moments.step";
    private const string Settings = "settings";

    /// <summary>Writes a training; an older file is replaced only once the new one is complete.</summary>
    /// <exception cref="ArgumentException">The trainer trains a graft in a frozen cortex.</exception>
    public static void Write(string path, CortexTrainer trainer, ChatModel model)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var moments = trainer.CortexMoments
            ?? throw new ArgumentException("A frozen cortex is not in training: there is nothing to keep.", nameof(trainer));
        var entries = ChatModelFile.ToEntries(model, WeightPrecision.Float32);
        entries[First] = NpyArray.OfFloat32([moments.First.Length], moments.First);
        entries[Second] = NpyArray.OfFloat32([moments.Second.Length], moments.Second);
        entries[Step] = NpyArray.OfInt32([], [trainer.Step]);
        entries[Settings] = NpyArray.OfText(TextOf(trainer.Settings));
        Npz.Write(path, entries, compress: false);
    }

    /// <summary>Brings a trainer, made for the checkpoint's model with the same settings, to where the training was.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint, or one of other sizes or settings.</exception>
    public static void Restore(string path, CortexTrainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var entries = Npz.Read(path);

        NpyArray Entry(string key) =>
            entries.TryGetValue(key, out var found)
                ? found
                : throw new InvalidDataException($"{path} is no checkpoint of a training: it holds no '{key}'.");

        var settings = string.Concat(Entry(Settings).ToText());

        if (settings != TextOf(trainer.Settings))
            throw new InvalidDataException($"{path} belongs to a training with {settings}, not with {TextOf(trainer.Settings)}.");

        var model = ChatModelFile.FromEntries(entries, path);
        var (first, second) = (Entry(First).ToFloat32(), Entry(Second).ToFloat32());
        var moments = trainer.CortexMoments
            ?? throw new InvalidDataException($"{path} holds the training of a cortex, but the cortex is frozen.");

        if (!model.Cortex.Shape.Equals(trainer.Cortex.Shape) || first.Length != moments.First.Length
            || second.Length != moments.Second.Length || Entry(Step).ToInt32() is not [>= 0 and var step])
        {
            throw new InvalidDataException(
                $"{path} holds a training of {model.Cortex.Shape.Text}, but one of {trainer.Cortex.Shape.Text} is going on.");
        }

        model.Cortex.Parameters.CopyTo(trainer.Cortex.Parameters, 0);
        first.CopyTo(moments.First, 0);
        second.CopyTo(moments.Second, 0);
        trainer.ContinueAfter(step);
    }

    /// <summary>The settings as text, the same under every culture.</summary>
    private static string TextOf(TrainingSettings settings)
    {
        var culture = CultureInfo.CurrentCulture;

        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            return settings.ToString();
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
