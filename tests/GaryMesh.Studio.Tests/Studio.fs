/// A studio as its users start it: a process of the command, with a folder of its own.
module GaryMesh.Studio.Tests.Studio

open System
open System.Diagnostics
open System.IO
open System.IO.Compression
open System.Net.Http
open System.Text
open System.Text.Json.Nodes
open GaryMesh.Studio.Tests.Browser

/// The command that was built beside the tests.
let private command =
    Path.GetFullPath(
        Path.Combine(
            AppContext.BaseDirectory,
            "..",
            "..",
            "GaryMesh.Cli",
            (DirectoryInfo AppContext.BaseDirectory).Name,
            "GaryMesh.Cli.dll"
        )
    )

/// A running studio.
type Studio =
    { Process: Process
      Folder: string
      Url: Uri
      Client: HttpClient }

    member studio.Token = studio.Url.Query.Substring "?token=".Length

    /// The address of a path, with the token.
    member studio.At(path: string) =
        let mark = if path.Contains '?' then "&" else "?"
        Uri(studio.Url, $"{path}{mark}token={studio.Token}")

    /// What a path answers: its status and text.
    member studio.Get(path: string) =
        use answer = await (studio.Client.GetAsync(studio.At path))
        int answer.StatusCode, await (answer.Content.ReadAsStringAsync())

    member studio.Post(path: string, body: byte[]) =
        use answer = await (studio.Client.PostAsync(studio.At path, new ByteArrayContent(body)))
        int answer.StatusCode, await (answer.Content.ReadAsStringAsync())

    /// What it says of itself.
    member studio.State =
        match studio.Get "/api/state" with
        | 200, text -> nonNull (JsonNode.Parse text) |> _.AsObject()
        | status, text -> failwith $"{status}: {text}"

    /// Its runs, the oldest first.
    member studio.Runs =
        (nonNull studio.State["runs"]).AsArray() |> Seq.map (nonNull >> _.AsObject()) |> List.ofSeq

    /// Ends it at once, as if the power failed.
    member studio.Kill() =
        if not studio.Process.HasExited then
            studio.Process.Kill()

        studio.Process.WaitForExit()

    interface IDisposable with
        member studio.Dispose() =
            studio.Kill()
            studio.Process.Dispose()
            studio.Client.Dispose()

/// Starts a studio on a folder.
let start (folder: string) : Studio =
    let info = ProcessStartInfo("dotnet", RedirectStandardOutput = true, RedirectStandardError = true)

    for argument in [ command; "studio"; "--folder"; folder; "--no-browser"; "--threads"; "1" ] do
        info.ArgumentList.Add argument

    let started = nonNull (Process.Start info)

    match started.StandardOutput.ReadLine() with
    | null -> failwith $"The studio ended: {started.StandardError.ReadToEnd()}"
    | line ->
        let url = Uri(line.Substring(line.IndexOf("http", StringComparison.Ordinal)))

        { Process = started
          Folder = folder
          Url = url
          Client = new HttpClient(Timeout = TimeSpan.FromSeconds 60.0) }

/// A folder for a studio, within one that must stay as it is otherwise.
let inFolder (test: string -> string -> unit) =
    let outside = Directory.CreateTempSubdirectory "gary-mesh-"

    try
        test outside.FullName (Path.Combine(outside.FullName, "studio"))
    finally
        outside.Delete true

/// Waits until something holds.
let until (what: string) (seconds: float) (holds: unit -> bool) =
    let clock = Stopwatch.StartNew()

    while not (holds ()) do
        if clock.Elapsed.TotalSeconds > seconds then
            failwith $"{what}: not within {seconds} s"

        Threading.Thread.Sleep 100

/// A picture as a PNG of colours with opacity, a pixel a call.
let png (height: int) (width: int) (pixel: int -> int -> byte[]) =
    use file = new MemoryStream()
    let big (number: int) = BitConverter.GetBytes number |> Array.rev

    let chunk (name: string) (data: byte[]) =
        let named = Array.append (Encoding.ASCII.GetBytes name) data
        let mutable crc = 0xFFFFFFFFu

        for byte in named do
            crc <- crc ^^^ uint32 byte

            for _ in 1..8 do
                crc <- if crc &&& 1u = 1u then (crc >>> 1) ^^^ 0xEDB88320u else crc >>> 1

        file.Write(ReadOnlySpan(big data.Length))
        file.Write(ReadOnlySpan named)
        file.Write(ReadOnlySpan(big (int (~~~crc))))

    file.Write(ReadOnlySpan [| 0x89uy; 0x50uy; 0x4Euy; 0x47uy; 0x0Duy; 0x0Auy; 0x1Auy; 0x0Auy |])
    chunk "IHDR" (Array.concat [ big width; big height; [| 8uy; 6uy; 0uy; 0uy; 0uy |] ])
    use lines = new MemoryStream()

    using (new ZLibStream(lines, CompressionLevel.Fastest, true)) (fun zlib ->
        for row in 0 .. height - 1 do
            zlib.WriteByte 0uy

            for column in 0 .. width - 1 do
                zlib.Write(ReadOnlySpan(pixel row column)))

    chunk "IDAT" (lines.ToArray())
    chunk "IEND" [||]
    file.ToArray()

/// Stripes of two colours.
let stripes =
    png 24 24 (fun row column ->
        if (row + column) / 4 % 2 = 0 then
            [| 200uy; 60uy; 30uy; 255uy |]
        else
            [| 20uy; 60uy; 120uy; 255uy |])

/// A disc on nothing.
let disc =
    png 12 12 (fun row column ->
        if (row - 6) * (row - 6) + (column - 6) * (column - 6) < 25 then
            [| 220uy; 40uy; 40uy; 255uy |]
        else
            [| 0uy; 0uy; 0uy; 0uy |])
