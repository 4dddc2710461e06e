using System.Buffers.Binary;

namespace GaryMesh.ChatGraft;

/// <summary>What the first bytes of a file tell before anything opens it: whether it is a brain, whole, and of a format
/// that can be read.</summary>
/// <remarks>The layout is that of every SQLite file ("Database File Format", section 1.3): page size at byte 16, page count
/// at 28, user version at 60, application at 68.</remarks>
internal static class BrainHeader
{
    /// <summary>"GARY" in ASCII: the application that SQLite's header names.</summary>
    public const int Application = 0x47415259;

    private const int Size = 100;

    /// <summary>Checks a file that no interrupted change waits for.</summary>
    /// <exception cref="BrainException">It is no brain, is cut off, or is newer than this program.</exception>
    public static void Check(string path, int format)
    {
        Span<byte> header = stackalloc byte[Size];
        long length;

        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            length = file.Length;
            if (file.ReadAtLeast(header, Size, throwOnEndOfStream: false) < Size || !header.StartsWith("SQLite format 3\0"u8))
                throw new BrainException($"'{path}' is not a brain of this program.");
        }

        if (BinaryPrimitives.ReadInt32BigEndian(header[68..]) != Application)
            throw new BrainException($"'{path}' is a database of another program, not a brain of this one.");

        CheckFormat(path, BinaryPrimitives.ReadInt32BigEndian(header[60..]), format);
        var page = (int)BinaryPrimitives.ReadUInt16BigEndian(header[16..]) is var raw && raw == 1 ? 65_536 : raw;
        var expected = (long)page * BinaryPrimitives.ReadUInt32BigEndian(header[28..]);

        if (length != expected)
            throw new BrainException($"The brain '{path}' is damaged: it should have {expected:N0} bytes and has {length:N0}.");
    }

    /// <summary>Checks a format version.</summary>
    public static void CheckFormat(string path, int found, int format)
    {
        if (found > format)
            throw new BrainException($"The brain '{path}' was written by a newer version: its format is {found}, this program reads up to {format}.");
        if (found < 1)
            throw new BrainException($"The brain '{path}' has the format {found}, but formats begin at 1.");
    }

    /// <summary>Whether a change was interrupted and SQLite will undo it from its journal on opening.</summary>
    public static bool ChangeWasInterrupted(string path)
    {
        var journal = new FileInfo(path + "-journal");
        if (!journal.Exists || journal.Length < 8) return false;
        Span<byte> magic = stackalloc byte[8];
        using var file = new FileStream(journal.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return file.ReadAtLeast(magic, 8, throwOnEndOfStream: false) == 8
            && magic.SequenceEqual((ReadOnlySpan<byte>)[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
    }
}
