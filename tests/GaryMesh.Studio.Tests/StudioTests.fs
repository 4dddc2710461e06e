/// The studio: who is let in, what malformed requests come to, and that a run survives the process.
module GaryMesh.Studio.Tests.StudioTests

open System
open System.IO
open System.Net.Http
open System.Net.Sockets
open System.Text
open System.Text.Json.Nodes
open Expecto
open GaryMesh
open GaryMesh.Studio.Tests.Browser
open GaryMesh.Studio.Tests.Studio

let private bytes (text: string) = Encoding.UTF8.GetBytes text

let private contents (folder: string) =
    Directory.GetFiles(folder, "*", SearchOption.AllDirectories) |> Array.sort |> List.ofArray

/// The sentence of an answer that refuses.
let private sentence (text: string) =
    let problem = nonNull (JsonNode.Parse text)
    let detail = string problem["detail"]
    Expect.isGreaterThan detail.Length 15 "a sentence"
    Expect.isTrue (detail.TrimEnd().EndsWith '.') $"a sentence's end: {detail}"
    Expect.isFalse (detail.Contains " at GaryMesh." || detail.Contains "   at ") $"no stack: {detail}"
    detail

let private order (entries: string) = bytes $"{{{entries}}}"

let private text (run: JsonObject) (name: string) = string run[name]
let private whole (run: JsonObject) (name: string) = (nonNull run[name]).GetValue<int>()

/// What a server answers to bytes that may be no HTTP at all: the first line; nothing where it hangs up, be it before it has read them all.
let private raw (studio: Studio) (request: byte[]) =
    use client = new TcpClient("127.0.0.1", studio.Url.Port)
    client.ReceiveTimeout <- 15000
    use stream = client.GetStream()
    stream.Write(ReadOnlySpan request)
    client.Client.Shutdown SocketShutdown.Send
    use reader = new StreamReader(stream)

    try
        match reader.ReadLine() with
        | null -> ""
        | line -> line
    with :? IOException as error ->
        match error.InnerException with
        | :? SocketException as reason when reason.SocketErrorCode = SocketError.ConnectionReset -> ""
        | _ -> reraise ()

[<Tests>]
let tests =
    testSequenced
    <| testList
        "The studio"
        [ test "a request without the token, to another name or from another origin is refused" {
              inFolder (fun _ folder ->
                  use studio = start folder

                  let refused (change: HttpRequestMessage -> unit) (address: Uri) (word: string) =
                      for method, path in
                          [ HttpMethod.Get, "/"; HttpMethod.Get, "/api/state"; HttpMethod.Post, "/api/runs" ] do
                          use request = new HttpRequestMessage(method, Uri(address, path + address.Query))
                          change request
                          use answer = await (studio.Client.SendAsync request)
                          Expect.equal (int answer.StatusCode) 403 $"{method} {path} {word}"
                          Expect.stringContains (sentence (await (answer.Content.ReadAsStringAsync()))) word "why"

                  let bare = Uri(studio.Url, "/")
                  refused ignore bare "token"
                  refused ignore (Uri(bare, "?token=" + String('0', 32))) "token"
                  refused ignore (Uri(bare, $"?token={studio.Token}&token=1")) "token"
                  refused (fun request -> request.Headers.Host <- "studio.example") studio.Url "127.0.0.1"

                  refused
                      (fun request -> request.Headers.Host <- $"127.0.0.1.example:{studio.Url.Port}")
                      studio.Url
                      "127.0.0.1"

                  for origin in
                      [ "http://studio.example"
                        "null"
                        $"https://127.0.0.1:{studio.Url.Port}"
                        $"http://127.0.0.1:{studio.Url.Port + 1}" ] do
                      refused (fun request -> request.Headers.Add("Origin", origin)) studio.Url "origin"

                  refused (fun request -> request.Headers.Add("Sec-Fetch-Site", "cross-site")) studio.Url "site"
                  Expect.equal (fst (studio.Get "/api/state")) 200 "with the token"

                  use own = new HttpRequestMessage(HttpMethod.Get, studio.At "/api/state")
                  own.Headers.Add("Origin", $"http://127.0.0.1:{studio.Url.Port}")
                  use answer = await (studio.Client.SendAsync own)
                  Expect.equal (int answer.StatusCode) 200 "from its own page"

                  // It listens on the loopback address alone.
                  for address in Net.Dns.GetHostAddresses(Net.Dns.GetHostName()) do
                      if
                          address.AddressFamily = AddressFamily.InterNetwork && not (Net.IPAddress.IsLoopback address)
                      then
                          use client = new TcpClient()
                          Expect.throws (fun () -> client.Connect(address, studio.Url.Port)) $"at {address}")
          }

          test
              "of 1,000 malformed requests and uploads each has an answer in a sentence, and nothing is written outside the folder" {
              inFolder (fun outside folder ->
                  File.WriteAllText(Path.Combine(outside, "secret.png"), "not the studio's")
                  use studio = start folder
                  Expect.equal (fst (studio.Post("/api/files?name=stripes.png", stripes))) 200 "a picture"
                  use rule = new MemoryStream()
                  RuleFile.Write(rule, Worlds.texture "rust")
                  let before = contents outside
                  let random = Counter.key 11UL [ 4 ]
                  let mutable drawn = 0L

                  let below count =
                      drawn <- drawn + 1L
                      Counter.below count random drawn

                  let pick (choices: 'T list) = choices[below choices.Length]
                  let noise count = Array.init count (fun _ -> byte (below 256))

                  let damaged (whole: byte[]) =
                      match below 3 with
                      | 0 -> whole[.. below whole.Length]
                      | 1 -> Array.append (noise 8) whole
                      | _ ->
                          whole
                          |> Array.mapi (fun at byte -> if at > 30 && below 40 = 0 then byte ^^^ 0x5Auy else byte)

                  let names =
                      [ "../x.png"
                        "..%2F..%2Fx.obj"
                        "/etc/x.png"
                        "a/b.png"
                        "a\\b.obj"
                        ""
                        "x"
                        "x.exe"
                        ".studio"
                        ".x.png"
                        "con.png%00"
                        String('a', 300) + ".png"
                        "x.png/"
                        "runs/x.npz"
                        "-x.png"
                        "%F0%9F%8E%A8.png" ]

                  let words =
                      [ "\"recipe\":\"texture\",\"picture\":\"../secret.png\""
                        "\"recipe\":\"texture\",\"picture\":\"/etc/passwd\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"graph\":\"/etc/passwd\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"graph\":\"torus:99999x99999\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"graph\":\"icosphere:9999999\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"graph\":\"torus:0x0\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"graph\":\"torus:-4x4\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"graph\":\"ring:64:directed\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"graph\":\"line:64\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"iterations\":-1"
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"iterations\":1e99"
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"iterations\":\"many\""
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"channels\":2"
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"hidden\":100000"
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"tiles\":3"
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"rule\":\"stripes.png\""
                        "\"recipe\":\"grow\",\"picture\":\"stripes.png\",\"rule\":\"stripes.png\""
                        "\"recipe\":\"grow\",\"picture\":\"stripes.png\",\"graph\":\"grid:8x8\""
                        "\"recipe\":\"grow\",\"picture\":\"none.png\""
                        "\"recipe\":\"melt\",\"picture\":\"stripes.png\""
                        "\"recipe\":5,\"picture\":\"stripes.png\""
                        "\"recipe\":\"texture\",\"picture\":null"
                        "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"out\":\"/tmp/x\""
                        "\"recipe\":\"texture\",\"recipe\":\"grow\",\"picture\":{}" ]

                  let paths =
                      [ "/view"
                        "/view?run=../x"
                        "/view?model=none"
                        "/view?file=../secret.png"
                        "/view?file=stripes.png"
                        "/view?model=rust&graph=torus:9999x9999"
                        "/view?model=rust&graph=/etc/passwd"
                        "/view?model=rust&graph=line:x"
                        "/files/none.png"
                        "/files/..%2Fsecret.png"
                        "/files/%2e%2e/secret.png"
                        "/api/runs/none/rule"
                        "/api/runs/../curve"
                        "/api/runs/none/pause"
                        "/api/nothing"
                        "/api/state/more"
                        "/favicon.ico"
                        "/files/" + String('x', 3000) ]

                  for number in 1..1000 do
                      let status, said =
                          match number % 5 with
                          | 0 -> studio.Post($"/api/files?name={pick names}", noise (below 200))
                          | 1 ->
                              let name, whole =
                                  pick
                                      [ "p.png", stripes
                                        "r.npz", rule.ToArray()
                                        "m.obj", bytes "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
                                        "m.ply",
                                        bytes
                                            "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nelement face 1\nend_header\n"
                                        "e.csv", bytes "source,target\n0,1\n1,2\n"
                                        "m.stl", noise 90 ]

                              studio.Post($"/api/files?name={name}", damaged whole)
                          | 2 ->
                              let whole = order (pick words)
                              studio.Post("/api/runs", (if below 2 = 0 then whole else damaged whole))
                          | 3 ->
                              studio.Post(
                                  "/api/runs",
                                  pick
                                      [ [||]
                                        noise 50
                                        bytes "[]"
                                        bytes "null"
                                        bytes "7"
                                        bytes (String('[', 500))
                                        Array.zeroCreate 70000 ]
                              )
                          | _ -> studio.Get(pick paths)

                      // A damaged file may still be a whole one, such as a mesh with another place in it.
                      if status <> 200 then
                          if status < 400 || status > 499 then
                              failwith $"request {number}: {status} {said}"

                          sentence said |> ignore

                  for request in
                      [ "nonsense\r\n\r\n"
                        "GET /../../secret.png HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                        "GET / HTTP/9.9\r\n\r\n"
                        "GET /%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                        "GET /%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                        "POST /api/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n"
                        $"POST /api/files?token={studio.Token}&name=x.png HTTP/1.1\r\nHost: 127.0.0.1:{studio.Url.Port}\r\nContent-Length: 500\r\n\r\nshort"
                        $"POST /api/files?token={studio.Token}&name=x.png HTTP/1.1\r\nHost: 127.0.0.1:{studio.Url.Port}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" ] do
                      let line = raw studio (bytes request)

                      Expect.isTrue
                          (line = "" || line.StartsWith "HTTP/1.1 4" || line.StartsWith "HTTP/1.1 505")
                          $"{request} -> {line}"

                  let status, said = studio.Post("/api/files?name=large.png", Array.zeroCreate ((32 <<< 20) + 1))
                  Expect.equal status 413 "an upload that is too large"
                  Expect.stringContains (sentence said) "33,554,433 bytes" "why"
                  Expect.isFalse studio.Process.HasExited "it runs"
                  let after = contents outside |> List.except before
                  let uploads = Path.Combine(folder, "uploads")

                  for path in after do
                      Expect.equal (nonNull (Path.GetDirectoryName path)) uploads $"where {path} is written"

                  Expect.isEmpty studio.Runs "no run"
                  Expect.equal (fst (studio.Get "/")) 200 "the page")
          }

          test "a run whose studio is killed goes on from its last checkpoint, to the bits of one that was not" {
              inFolder (fun _ folder ->
                  let asked =
                      order
                          "\"recipe\":\"texture\",\"picture\":\"stripes.png\",\"graph\":\"torus:16x16\",\"iterations\":800"

                  let mutable reached = 0

                  using (start folder) (fun studio ->
                      Expect.equal (fst (studio.Post("/api/files?name=stripes.png", stripes))) 200 "the picture"
                      Expect.equal (fst (studio.Post("/api/runs", asked))) 201 "the run"
                      let checkpoint = Path.Combine(folder, "runs", text studio.Runs[0] "id", "checkpoint.npz")
                      let description = Path.Combine(folder, "runs", text studio.Runs[0] "id", "run.json")

                      until "a checkpoint" 120.0 (fun () ->
                          File.Exists checkpoint
                          && whole ((nonNull (JsonNode.Parse(File.ReadAllText description))).AsObject()) "iteration" >
                              0)

                      reached <- whole studio.Runs[0] "iteration"
                      studio.Kill())

                  Expect.isLessThan reached 800 "killed on the way"

                  using (start folder) (fun studio ->
                      let run = studio.Runs[0]
                      Expect.contains [ "waiting"; "training"; "finished" ] (text run "state") "it goes on"
                      Expect.isGreaterThan (whole run "iteration") 0 "from the checkpoint"
                      Expect.equal (fst (studio.Post("/api/runs", asked))) 201 "the same, not killed"

                      until "both ends" 240.0 (fun () ->
                          let states = studio.Runs |> List.map (fun run -> text run "state" + text run "message")

                          if states |> List.exists (fun state -> state.StartsWith 'f' && state <> "finished") then
                              failtest $"{states}"

                          states |> List.forall ((=) "finished"))

                      let rules =
                          studio.Runs
                          |> List.map (fun run ->
                              File.ReadAllBytes(Path.Combine(folder, "runs", text run "id", "rule.npz")))

                      Expect.equal rules[0] rules[1] "the rules"

                      for run in studio.Runs do
                          let _, curve = studio.Get $"""/api/runs/{text run "id"}/curve"""
                          let file = nonNull (JsonNode.Parse curve)
                          let points = (nonNull file["points"]).AsArray()
                          Expect.isGreaterThan points.Count 100 "points of the curve"
                          let last = (nonNull points[points.Count - 1]).AsArray()
                          Expect.isGreaterThan ((nonNull last[0]).GetValue<int>()) 795 "its end"))
          }

          test "a folder has one studio, and ends of the command are told apart" {
              inFolder (fun _ folder ->
                  use _ = start folder
                  let refusal = Expect.throwsC (fun () -> (start folder :> IDisposable).Dispose()) _.Message
                  Expect.stringContains refusal "another studio" "why")
          } ]
