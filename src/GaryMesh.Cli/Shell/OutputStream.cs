namespace GaryMesh.Cli.Shell;

/// <summary>An output that cannot be written any more; files may have been written all the same.</summary>
internal sealed class OutputException(string message, Exception cause) : Exception(message, cause);

/// <summary>The standard output or error stream, whose failures are told apart from those of files: a full or closed output ends
/// the command, a full or closed error stream has nobody to tell.</summary>
internal sealed class OutputStream(Stream inner, bool silent) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => Guarded(inner.Flush);

    public override void Write(byte[] buffer, int offset, int count) => Guarded(() => inner.Write(buffer, offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Guarded(Action write)
    {
        try
        {
            write();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            if (!silent)
            {
                var why = cause is IOException ? cause.Message.Split(" : '")[0].TrimEnd('.') : "it is closed";
                throw new OutputException($"The output could not be written: {why}.", cause);
            }
        }
    }
}
