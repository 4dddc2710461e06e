/// Runs the command in this process, in a folder of its own.
module GaryMesh.Cli.Tests.Support

open System
open System.IO
open System.Text.Json.Nodes
open System.Threading
open Expecto
open GaryMesh.Cli

/// What a run of the command came to.
type Ran =
    { Code: int
      Output: string
      Error: string }

    member ran.Json = nonNull (JsonNode.Parse ran.Output) |> _.AsObject()

let runUntil (stop: CancellationToken) (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = CommandLine.Run(List.toArray arguments, output, error, stop)

    { Code = code; Output = output.ToString(); Error = error.ToString() }

let run (arguments: string list) = runUntil CancellationToken.None arguments

/// Fails with what the command said unless it was done.
let succeed (arguments: string list) =
    let ran = run arguments

    if ran.Code <> 0 then
        failwith $"""gary-mesh {String.Join(" ", arguments)} ended with {ran.Code}: {ran.Error}"""

    ran

/// A folder that is there while `test` runs.
let inFolder (test: (string -> string) -> unit) =
    let folder = Directory.CreateTempSubdirectory "gary-mesh-"

    try
        test (fun name -> Path.Combine(folder.FullName, name))
    finally
        folder.Delete true

/// The paths and contents of everything in a folder.
let contents (folder: string) =
    Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
    |> Array.sort
    |> Array.map (fun path -> path, (if File.Exists path then Convert.ToBase64String(File.ReadAllBytes path) else ""))

/// Height and width that a PNG names.
let sizeOf (path: string) =
    let bytes = File.ReadAllBytes path
    let number from = Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(bytes, from, 4))
    number 20, number 16

/// Arguments in which a file of the folder is written @name.
let named (at: string -> string) =
    List.map (fun (word: string) -> if word.StartsWith '@' then at (word.Substring 1) else word)

/// The words with another value of an option.
let rec instead option value words =
    match words with
    | first :: _ :: rest when first = option -> first :: value :: rest
    | first :: rest -> first :: instead option value rest
    | [] -> [ option; value ]

/// What does not fit is refused in one sentence that has all the words, and no file is changed.
let refuses (prepare: (string -> string) -> unit) (arguments: string list) (words: string list) =
    inFolder (fun at ->
        prepare at
        let before = contents (at "")
        let ran = run (named at arguments)
        Expect.equal ran.Code 2 $"the exit code (said: {ran.Error})"
        Expect.equal ran.Output "" "nothing on the output"
        let lines = ran.Error.TrimEnd().Split '\n'
        Expect.equal lines.Length 1 $"one line, but: {ran.Error}"
        Expect.isFalse (lines[0] |> Seq.exists Char.IsControl) "no control character"
        Expect.stringStarts lines[0] "gary-mesh: " "the line"
        Expect.stringEnds lines[0] "." "the line"

        for word in words do
            Expect.stringContains lines[0] word "the line"

        Expect.equal (contents (at "")) before "the files")
