namespace GaryMesh.ChatLab.Tasks;

/// <summary>A mesh that is carried from token to token: some cells, of which each goes on from its own state and its neighbour's, all by one gated rule;
/// what they say together is added to the stream.</summary>
/// <remarks>
/// A cell reads the normalised hidden states of this position and the one before it, encoded, twice: as they are, and times a code of signs of its own, hashed
/// from its index. So the cells differ though they share all parameters, whose number does not depend on how many cells there are.
/// Parameters: the encoder [2 width x read] and its bias; what is coded [read x 3 channels], what is plain [read x 3 channels], its own state and its
/// neighbour's [2 channels x 3 channels], a bias; the readout [channels x width]. The three are how much a number of a state is kept, the new number, and how
/// loud it is said. The readout starts at zero, so that an untrained graft changes nothing.
/// </remarks>
public sealed class CarriedMeshGraft : IGraft
{
    private const ulong Codes = 0xC0DE;

    /// <summary>An untrained graft.</summary>
    /// <param name="width">Width of the stream.</param>
    /// <param name="population">Cells.</param>
    /// <param name="channels">Numbers in a cell's state.</param>
    /// <param name="read">Numbers that a cell reads.</param>
    /// <param name="seed">What the parameters are drawn from; the codes are the same for all seeds.</param>
    public CarriedMeshGraft(int width, int population, int channels, int read, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(population, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(read, 1);
        (Width, Population, Channels, Read) = (width, population, channels, read);
        Parameters = new float[CountOf(width, channels, read)];
        var key = Counter.Key(seed, 0xCA44);

        // As large as keeps a sum of so many inputs at a deviation of one.
        void Draw(int from, int to, int inputs)
        {
            for (var i = from; i < to; i++)
                Parameters[i] = (float)(Counter.Normal(key, i) / Math.Sqrt(inputs));
        }

        Draw(0, EncoderBiasAt, 2 * width);
        Draw(CodedAt, AcrossAt, 2 * read);
        Draw(AcrossAt, BiasAt, 2 * channels);
        // A state that is kept at first lets gradients pass over many positions (Jozefowicz et al., ICML 2015).
        Parameters.AsSpan(BiasAt, channels).Fill(1);
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>Cells.</summary>
    public int Population { get; }

    /// <summary>Numbers in a cell's state.</summary>
    public int Channels { get; }

    /// <summary>Numbers that a cell reads.</summary>
    public int Read { get; }

    /// <inheritdoc/>
    public float[] Parameters { get; }

    /// <summary>Gates of one cell.</summary>
    internal int Gates => 3 * Channels;

    internal int EncoderBiasAt => 2 * Width * Read;

    internal int CodedAt => EncoderBiasAt + Read;

    internal int PlainAt => CodedAt + (Read * Gates);

    internal int AcrossAt => PlainAt + (Read * Gates);

    internal int BiasAt => AcrossAt + (2 * Channels * Gates);

    internal int ReadoutAt => BiasAt + Gates;

    /// <summary>The number of parameters of a graft of such sizes, whatever its population.</summary>
    public static int CountOf(int width, int channels, int read) =>
        (((2 * width) + 1) * read) + (((2 * (read + channels)) + 1) * 3 * channels) + (channels * width);

    /// <summary>The sign by which a cell reads a number: plus or minus one.</summary>
    public static float Sign(int cell, int number) => 1 - (2 * (int)(Counter.Word(Counter.Key(Codes, cell), number) & 1));

    /// <inheritdoc/>
    public IGraftPass CreatePass(int sequences, int length) => new CarriedMeshPass(this, sequences, length);
}
