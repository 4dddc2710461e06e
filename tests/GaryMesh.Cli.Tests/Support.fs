/// Runs the command in this process, in a folder of its own.
module GaryMesh.Cli.Tests.Support

open System
open System.IO
open System.Text.Json.Nodes
open System.Threading
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
