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

    /// Writes beside the target and moves into place.
    let replace (path: string) (write: Action<Stream>) =
        if Directory.Exists path then
            raise (IOException "it is a folder")

        let exists = File.Exists path

        if exists && File.GetAttributes(path).HasFlag FileAttributes.ReadOnly then
            raise (UnauthorizedAccessException "the file is read-only")

        let folder =
            match Path.GetDirectoryName path with
            | null -> path
            | folder -> folder

        let temporary = Path.Combine(folder, "." + Path.GetRandomFileName() + ".tmp")

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

    /// A cause as the second half of a sentence.
    let cause (error: exn) = error.Message.TrimEnd('.', ' ')

[<AbstractClass; Sealed>]
type SafeFile =

    static member Write(path: string, write: Action<Stream>) : unit =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        ArgumentNullException.ThrowIfNull(write, nameof write)

        try
            let full = Path.GetFullPath path

            if isDevice full then
                using (new FileStream(full, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) write.Invoke
            else
                replace (target full) write
        with
        | :? UnauthorizedAccessException as error ->
            raise (UnauthorizedAccessException($"Could not write '{path}': {cause error}.", error))
        | :? IOException as error -> raise (IOException($"Could not write '{path}': {cause error}.", error))
