namespace GaryMesh

open System
open System.IO

[<AutoOpen>]
module private SafeFileParts =
    let isDevice (path: string) =
        not (OperatingSystem.IsWindows()) && path.StartsWith("/dev/", StringComparison.Ordinal)

    /// The file that a symbolic link finally means, or the path itself.
    let target (path: string) : string =
        let file = FileInfo path

        if isNull file.LinkTarget then
            path
        else
            match file.ResolveLinkTarget true with
            | null -> path
            | file -> file.FullName

    let delete (path: string) =
        try
            File.Delete path
        with
        | :? IOException
        | :? UnauthorizedAccessException -> ()

    /// A name beside a file, for what is to take its place.
    let beside (path: string) : string =
        let folder =
            match Path.GetDirectoryName path with
            | null -> path
            | folder -> folder

        Path.Combine(folder, "." + Path.GetRandomFileName() + ".tmp")

    /// Writes beside the target and moves into place.
    let replace (path: string) (temporary: string) (write: Action<Stream>) =
        if Directory.Exists path then
            raise (IOException "it is a folder")

        let exists = File.Exists path

        if exists && File.GetAttributes(path).HasFlag FileAttributes.ReadOnly then
            raise (UnauthorizedAccessException "the file is read-only")

        try
            using (new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None)) (fun stream ->
                write.Invoke stream
                stream.Flush true)

            if exists && not (OperatingSystem.IsWindows()) then
                File.SetUnixFileMode(temporary, File.GetUnixFileMode path)

            File.Move(temporary, path, true)
        with _ ->
            delete temporary
            reraise ()

    /// A cause as the second half of a sentence about a path, which .NET would name once more, and by its temporary name.
    let cause (path: string) (temporary: string) (error: exn) =
        let message = error.Message.Replace(temporary, path)
        let again = message.IndexOf(" : '", StringComparison.Ordinal)
        (if again < 0 then message else message.Substring(0, again)).TrimEnd('.', ' ')

[<AbstractClass; Sealed>]
type SafeFile =

    static member Write(path: string, write: Action<Stream>) : unit =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        ArgumentNullException.ThrowIfNull(write, nameof write)

        let full = target (Path.GetFullPath path)
        let temporary = beside full

        try
            if isDevice full then
                using (new FileStream(full, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) write.Invoke
            else
                replace full temporary write
        with
        | :? UnauthorizedAccessException as error ->
            raise (UnauthorizedAccessException($"Could not write '{path}': {cause path temporary error}.", error))
        | :? IOException as error ->
            raise (IOException($"Could not write '{path}': {cause path temporary error}.", error))
