namespace GaryMesh

open System
open System.IO

/// <summary>Writing a file so that a reader sees the old content or the new, never a part of either.</summary>
[<AbstractClass; Sealed>]
type SafeFile =

    /// <summary>Writes a file: the content is streamed to a temporary name in the same folder, flushed to disk and
    /// moved into place, replacing what stood there. On failure the temporary file is deleted and the old file stays as
    /// it was.</summary>
    /// <param name="path">The file to write. Its folder must exist. A symbolic link keeps its place and its target is
    /// replaced. A device (<c>/dev/null</c>, <c>/dev/stdout</c>) is written directly.</param>
    /// <param name="write">Writes the content to a stream, seekable unless it belongs to a device; called once. Closing
    /// the stream is left to this method.</param>
    /// <exception cref="T:System.ArgumentException">The path is empty.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path, the cause is
    /// the inner exception.</exception>
    /// <exception cref="T:System.UnauthorizedAccessException">The file is read-only or its folder may not be
    /// written.</exception>
    /// <remarks>Any other exception that <paramref name="write" /> throws passes through unchanged.</remarks>
    static member Write: path: string * write: Action<Stream> -> unit
