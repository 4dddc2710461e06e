/// The studio's page in a browser: from files to a training whose preview changes, compared, reloaded and saved.
module GaryMesh.Studio.Tests.StudioPageTests

open System
open System.IO
open Expecto
open Microsoft.Playwright
open GaryMesh
open GaryMesh.Studio.Tests.Browser
open GaryMesh.Studio.Tests.Studio

let private ask (page: IPage) (expression: string) = await (page.EvaluateAsync<string>($"() => String({expression})"))

/// Waits as the page's own policy lets it: by questions, not by a text that the page evaluates.
let private wait' (page: IPage) (expression: string) =
    until expression 120.0 (fun () ->
        ask page $"(() => {{ try {{ return {expression}; }} catch {{ return false; }} }})()" = "true")

let private viewer pane = $"document.querySelector('#pane-{pane} iframe').contentWindow.garyMesh"

let private shoot (page: IPage) (name: string) =
    match Environment.GetEnvironmentVariable "GARYMESH_SCREENSHOTS" with
    | null -> ()
    | into -> wait (page.ScreenshotAsync(PageScreenshotOptions(Path = Path.Combine(into, $"{name}.png"))))

/// What the rule in a preview makes of a start.
let private grown (page: IPage) pane =
    ask
        page
        $"(() => {{ const g = {viewer pane}; g.play(false); g.restart(3n); for (let step = 0; step < 12; step++) g.automaton.step(); return g.automaton.read().join(); }})()"

[<Tests>]
let tests =
    testSequenced
    <| testList
        "The studio in the browser"
        [ test "from a picture to a training whose preview changes; it is paused, compared, reloaded and saved" {
              withPage (fun page errors ->
                  inFolder (fun outside folder ->
                      File.WriteAllBytes(Path.Combine(outside, "stripes.png"), stripes)
                      File.WriteAllBytes(Path.Combine(outside, "disc.png"), disc)
                      use studio = start folder
                      wait (page.GotoAsync(string studio.Url) :> Threading.Tasks.Task)
                      wait (page.SetInputFilesAsync("#files", [| Path.Combine(outside, "stripes.png") |]))
                      wait' page "document.getElementById('picture').value === 'stripes.png'"
                      wait (page.FillAsync("#graph", "torus:20x20"))
                      wait (page.FillAsync("#iterations", "100000"))
                      wait (page.ClickAsync "#start")

                      // Rules arrive, and each makes something else of the same start.
                      let rules pane = $"Number(document.getElementById('pane-{pane}').dataset.rules ?? 0)"
                      wait' page $"{rules 'a'} >= 1"
                      let first, count = grown page 'a', ask page (rules 'a')
                      wait' page $"{rules 'a'} >= {count} + 2"
                      Expect.notEqual (grown page 'a') first "the preview"
                      wait' page "Number(document.getElementById('chart').dataset.points) > 3"
                      let figures = nonNull (await (page.TextContentAsync "#figures"))
                      Expect.stringContains figures "loss" "the loss"
                      Expect.stringContains figures "scale 1" "its parts"
                      wait (page.CheckAsync "#parts")
                      shoot page "studio-texture"

                      // A reload loses nothing.
                      let shown = "document.querySelector('#pane-a header strong').textContent"
                      let iteration = "Number(document.getElementById('pane-a').dataset.iteration ?? 0)"
                      let before, reached = ask page shown, int (ask page iteration)
                      wait (page.ReloadAsync() :> Threading.Tasks.Task)
                      wait' page $"{iteration} >= {reached}"
                      Expect.equal (ask page shown) before "the same run"
                      wait' page "Number(document.getElementById('chart').dataset.points) > 3"

                      // Paused, it stays where it is; resumed, it goes on.
                      let one =
                          "document.querySelectorAll('#runs li')[document.querySelectorAll('#runs li').length - 1]"

                      wait (page.ClickAsync "#runs .pause")
                      wait' page $"{one}.dataset.state === 'paused'"
                      let paused = studio.Runs[0]
                      let at (run: Text.Json.Nodes.JsonObject) = (nonNull run["iteration"]).GetValue<int>()
                      Threading.Thread.Sleep 1500
                      Expect.equal (at studio.Runs[0]) (at paused) "while it is paused"
                      wait (page.ClickAsync "#runs .resume")
                      wait' page $"{one}.dataset.state === 'training'"
                      until "more iterations" 60.0 (fun () -> at studio.Runs[0] > at paused)
                      wait' page $"{one}.querySelector('.pause') !== null"
                      wait (page.ClickAsync "#runs .pause")
                      wait' page $"{one}.dataset.state === 'paused'"

                      // Another run beside the first.
                      wait (page.SetInputFilesAsync("#files", [| Path.Combine(outside, "disc.png") |]))
                      wait' page "document.getElementById('picture').value === 'disc.png'"
                      wait (page.SelectOptionAsync("#recipe", "regenerate") :> Threading.Tasks.Task)
                      wait (page.FillAsync("#graph", "grid:24x24"))
                      wait (page.ClickAsync "#start")
                      wait' page $"{rules 'a'} >= 2 && document.querySelectorAll('#pane-b iframe').length === 1"
                      wait' page "document.querySelectorAll('#legend span').length === 2"

                      Expect.equal
                          (ask page "document.querySelector('#pane-b header strong').textContent")
                          before
                          "the first run"

                      shoot page "studio-compared"

                      // Saved, it is a rule file.
                      let download =
                          await (
                              page.RunAndWaitForDownloadAsync(fun () ->
                                  page.Locator("#runs li").First.GetByText("Save").ClickAsync())
                          )

                      let path = Path.Combine(outside, "saved.npz")
                      wait (download.SaveAsAsync path)
                      Expect.equal ((RuleFile.Read path).Rule.Shape.Channels) 16 "the saved rule"

                      // A rule that ships, on a mesh.
                      wait (
                          page
                              .Locator("#models li")
                              .Filter(LocatorFilterOptions(HasText = "rust"))
                              .GetByText("Show")
                              .ClickAsync()
                      )

                      wait'
                          page
                          $"{viewer 'a'} !== undefined && document.querySelector('#pane-a header strong').textContent === 'rust'"

                      wait (page.FillAsync("#pane-a header input", "icosphere:8"))
                      wait (page.PressAsync("#pane-a header input", "Enter"))

                      wait'
                          page
                          $"document.querySelector('#pane-a iframe').src.includes('icosphere') && {viewer 'a'} !== undefined"

                      Expect.equal (ask page $"{viewer 'a'}.world.cells") "642" "the cells"
                      shoot page "studio-model"

                      // A graph that cannot be shown is told in its place.
                      wait (page.FillAsync("#pane-a header input", "torus:9999x9999"))
                      wait (page.PressAsync("#pane-a header input", "Enter"))

                      wait'
                          page
                          "document.querySelector('#pane-a .empty')?.textContent.includes('99,980,001 cells') === true"

                      // A mesh is dropped, and is there to be trained on.
                      use mesh = new MemoryStream()
                      MeshFile.Write(mesh, MeshFormat.Obj, Worlds.bumpy)

                      ask
                          page
                          $"(() => {{ const data = new DataTransfer(); data.items.add(new File([atob('{Convert.ToBase64String(mesh.ToArray())}')], 'my mesh.obj')); document.dispatchEvent(new DragEvent('drop', {{ dataTransfer: data, cancelable: true }})); }})()"
                      |> ignore

                      wait' page "document.getElementById('graph').value === 'my-mesh.obj'"
                      wait (page.SelectOptionAsync("#picture", "stripes.png") :> Threading.Tasks.Task)
                      wait (page.SelectOptionAsync("#recipe", "texture") :> Threading.Tasks.Task)
                      wait (page.ClickAsync "#runs .pause")
                      wait (page.ClickAsync "#start")
                      wait' page $"{rules 'a'} >= 2"
                      Expect.equal (ask page $"{viewer 'a'}.world.cells") "492" "its cells"
                      shoot page "studio-mesh"

                      // What is refused is told.
                      wait (page.FillAsync("#graph", "torus:9999x9999"))
                      wait (page.ClickAsync "#start")
                      wait' page "document.getElementById('message').textContent.includes('99,980,001 cells')"

                      errors ()
                      |> List.filter (fun (said: string) -> not (said.Contains "400 (Bad Request)"))
                      |> fun left -> Expect.isEmpty left "no errors on the console"))
          } ]
