/// Brushes, undo and what is saved, in a browser.
module GaryMesh.Studio.Tests.BrushTests

open System
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Studio.Viewer
open GaryMesh.Studio.Tests.Worlds
open GaryMesh.Studio.Tests.Browser
open GaryMesh.Studio.Tests.BrowserTests

/// A file that a press of a button saves, while `read` looks at it.
let saved (opened: Opened) button (read: string -> 'T) =
    let download =
        await (opened.Page.RunAndWaitForDownloadAsync(fun () -> opened.Page.ClickAsync $"#{button}"))

    let path = await (download.PathAsync())
    let folder = Directory.CreateTempSubdirectory "gary-mesh-"
    let named = Path.Combine(folder.FullName, download.SuggestedFilename)

    try
        File.Copy(path, named)
        read named
    finally
        folder.Delete true

let private steps (opened: Opened) count = opened.Do $"for (let step = 0; step < {count}; step++) g.automaton.step();"

/// A page on which every tool has been used, and the world that it is of.
let private painted (automaton: Automaton, graph: Graph) (places: string list) (test: Opened -> Automaton -> unit) =
    let other =
        automaton.WithRule(Rule(automaton.Rule.Shape, ReadOnlySpan(automaton.Rule.ToArray() |> Array.map ((*) 0.7f))))

    let mesh: TriangleMesh | null = (page (automaton, graph)).Mesh

    let page =
        ViewerPage(NamedRule("one", automaton), graph, Graft = NamedRule("other", other), Mesh = mesh, Seed = 5UL)

    within (page.Write()) "" (fun opened ->
        let radius = "4 * (g.display.unit ?? 1)"

        for at, tool in List.indexed [ "noise"; "freeze"; "graft"; "paint"; "erase"; "seed" ] do
            steps opened 3
            opened.Do $"g.painting.begin(); g.dab('{tool}', {places[at % places.Length]}, {radius});"

        opened.Do "g.painting.set({ fireRate: 0.75, timeStep: 0.8 });"
        steps opened 2
        opened.Do "g.painting.set({ spacing: 1.5, orientation: 35 });"
        steps opened 3
        test opened other)

let private replays world places =
    painted world places (fun opened other ->
        let automaton, graph = world

        let replayed =
            saved opened "save-session" (fun path ->
                let session = Session.Read path
                Expect.equal session.Steps 23 "the steps"
                Expect.equal session.Events 8 "the events"
                session.Replay(automaton, other, graph, EngineOptions(), CancellationToken.None))

        Expect.isLessThan (largestDifference opened.State (replayed.ToArray())) 1e-4f "the difference")

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Brushes"
        [ test "a stroke of the pointer erases, and undo brings every bit back" {
              within ((page growing).Write()) "" (fun opened ->
                  steps opened 20
                  let before = opened.State
                  let box = nonNull (await (opened.Page.Locator("#canvas").BoundingBoxAsync()))
                  let x, y = box.X + box.Width / 2f, box.Y + box.Height / 2f
                  wait (opened.Page.Mouse.MoveAsync(x, y))
                  wait (opened.Page.Mouse.DownAsync())
                  wait (opened.Page.Mouse.MoveAsync(x + 40f, y, Microsoft.Playwright.MouseMoveOptions(Steps = 4)))
                  wait (opened.Page.Mouse.UpAsync())
                  let after = opened.State
                  let middle = 16 * (24 * 10 + 12)
                  Expect.isTrue (Array.exists ((<>) 0.0f) before[middle .. middle + 15]) "there was a state"
                  Expect.equal after[middle .. middle + 15] (Array.zeroCreate 16) "the middle"
                  wait (opened.Page.Keyboard.PressAsync "z")
                  Expect.equal opened.State before "after undo")
          }

          test "a session on a torus replays to the same state in the engine" {
              replays steered [ "[3, 4, 0]"; "[8.5, 0.2, 0]" ]
          }

          test "a session on a sphere replays to the same state in the engine" {
              replays sphere [ "[0, 0, 1]"; "[0.6, 0.64, 0.48]" ]
          }

          test "a session under an alive mask replays to the same state in the engine" {
              replays growing [ "[12, 10, 0]"; "[14, 8, 0]" ]
          }

          test "frozen cells stay as they are, and each tool changes what is within its size alone" {
              within ((page steered).Write()) "" (fun opened ->
                  steps opened 4
                  opened.Do "g.dab('freeze', [3, 4, 0], 2);"
                  let before = opened.State
                  steps opened 5
                  let at column row = 6 * (7 * row + column)
                  let here = at 3 4
                  Expect.equal opened.State[here .. here + 5] before[here .. here + 5] "the frozen cell"
                  Expect.notEqual opened.State[..5] before[..5] "another cell"

                  for tool in [ "erase"; "seed"; "paint"; "noise" ] do
                      let before = opened.State
                      opened.Do $"g.dab('{tool}', [3, 4, 0], 1.5);"
                      let after = opened.State
                      Expect.notEqual after[here .. here + 5] before[here .. here + 5] $"the cell under {tool}"

                      for cell in 0..62 do
                          let column, row = cell % 7, cell / 7

                          if (column - 3) * (column - 3) + (row - 4) * (row - 4) > 2 then
                              Expect.equal
                                  after[6 * cell .. 6 * cell + 5]
                                  before[6 * cell .. 6 * cell + 5]
                                  $"cell {cell} beside {tool}")
          }

          test "forty strokes are undone one by one, with the number of the step, the graft and the frozen cells" {
              painted steered [ "[3, 4, 0]" ] (fun opened _ ->
                  let before = opened.State

                  for stroke in 1..40 do
                      opened.Do $"g.painting.begin(); g.dab('noise', [{stroke % 7}, 2, 0], 2); g.automaton.step();"

                  Expect.notEqual opened.State before "after the strokes"

                  for _ in 1..40 do
                      opened.Do "g.undo();"

                  Expect.equal opened.State before "after undo"
                  Expect.equal (opened.Ask("g.automaton.stepNumber").GetValue<int>()) 23 "the step"

                  for _ in 1..6 do
                      opened.Do "g.undo();"

                  Expect.equal
                      ((opened.Ask "[g.automaton.graft, g.automaton.freeze, g.painting.events]").ToJsonString())
                      "[null,null,[]]"
                      "nothing done"

                  Expect.isLessThan
                      (largestDifference opened.State ((engineState steered 5UL 3).ToArray()))
                      1e-5f
                      "the start")
          }

          test "a dropped rule that fits runs on from the state, and one that does not is refused with both sizes" {
              within ((page sphere).Write()) "" (fun opened ->
                  opened.SelfTest |> ignore
                  steps opened 3
                  let before = opened.State

                  let drop (automaton: Automaton) =
                      use file = new MemoryStream()
                      RuleFile.Write(file, automaton)
                      let bytes = Convert.ToBase64String(file.ToArray())

                      opened.Do
                          $"await g.drop(new File([Uint8Array.from(atob('{bytes}'), (c) => c.charCodeAt(0))], 'other.npz'));"

                      nonNull (await (opened.Page.TextContentAsync "#message"))

                  let small = Automaton.Of(Perception.Planar, Rule.Zero(RuleShape.For(Perception.Planar, 4, 8)))
                  let refusal = drop small
                  Expect.stringContains refusal "12 -> 8 -> 4" "the file's sizes"
                  Expect.stringContains refusal "64 -> 128 -> 16" "the page's sizes"
                  Expect.equal opened.State before "the state"
                  Expect.equal (drop (texture "bark")) "" "no refusal"
                  steps opened 4
                  let graph = snd sphere

                  use simulation =
                      new Simulation(
                          texture "bark",
                          graph,
                          State(graph.Cells, 16, ReadOnlySpan before),
                          Firing.Of(1UL, 0)
                      )

                  simulation.StepNumber <- 3
                  simulation.Step 4

                  Expect.isLessThan
                      (largestDifference opened.State (simulation.State.ToArray()))
                      1e-4f
                      "the difference")
          }

          test "a film of the last seconds is an animated PNG of as many pictures as it says" {
              within ((page growing).Write()) "" (fun opened ->
                  opened.SelfTest |> ignore
                  opened.Do "g.play(true); await new Promise((resolve) => setTimeout(resolve, 1500)); g.play(false);"
                  let film = saved opened "save-film" File.ReadAllBytes
                  let number at = Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(film, at, 4))

                  let rec chunks at =
                      if at >= film.Length then
                          []
                      else
                          (Text.Encoding.ASCII.GetString(film, at + 4, 4), at + 8) :: chunks (at + 12 + number at)

                  let found = chunks 8
                  let count name = found |> List.filter (fst >> (=) name) |> List.length
                  let said = number (snd (List.find (fst >> (=) "acTL") found))
                  Expect.isGreaterThan said 3 "pictures"
                  Expect.equal (count "fcTL") said "as many as it says"
                  Expect.equal (count "IDAT", count "fdAT") (1, said - 1) "data"

                  // A browser shows it.
                  let bytes = Convert.ToBase64String film

                  let width =
                      opened.Ask
                          $"await (async () => {{ const image = new Image(); image.src = 'data:image/png;base64,{bytes}'; await image.decode(); return image.naturalWidth; }})()"

                  Expect.equal (width.GetValue<int>()) (number (snd (List.head found))) "its width")
          }

          test "one finger paints; a second takes the stroke back, turns and comes closer" {
              withinTouch ((page sphere).Write()) "" (fun opened ->
                  steps opened 12
                  let before = opened.State
                  let session = await (opened.Page.Context.NewCDPSessionAsync opened.Page)

                  let touch (kind: string) (points: (float * float) list) =
                      let point at (x, y) = dict [ "x", nonNull (box x); "y", nonNull (box y); "id", nonNull (box at) ]
                      let arguments = Collections.Generic.Dictionary<string, obj>()
                      arguments["type"] <- kind
                      arguments["touchPoints"] <- points |> List.mapi point |> Array.ofList
                      wait (session.SendAsync("Input.dispatchTouchEvent", arguments))

                  let canvas = nonNull (await (opened.Page.Locator("#canvas").BoundingBoxAsync()))
                  let x, y = float (canvas.X + canvas.Width / 2f), float (canvas.Y + canvas.Height / 2f)
                  touch "touchStart" [ x, y ]
                  touch "touchMove" [ x + 20.0, y ]
                  touch "touchEnd" []
                  Expect.notEqual opened.State before "after a stroke"
                  opened.Do "g.undo();"
                  Expect.equal opened.State before "after undo"
                  let view = opened.Ask "[g.display.yaw, g.display.zoom]"
                  touch "touchStart" [ x, y ]
                  touch "touchStart" [ x, y; x + 30.0, y ]
                  touch "touchMove" [ x, y; x + 60.0, y + 4.0 ]
                  touch "touchMove" [ x, y; x + 90.0, y + 8.0 ]
                  touch "touchEnd" []
                  Expect.equal opened.State before "after two fingers"
                  let turned = opened.Ask "[g.display.yaw, g.display.zoom]"
                  let number (list: Text.Json.Nodes.JsonNode) (at: int) = (nonNull list[at]).GetValue<float>()
                  Expect.notEqual (number turned 0) (number view 0) "the turn"
                  Expect.isGreaterThan (number turned 1) (1.5 * number view 1) "closer")
          }

          test "state and mesh are saved as files that can be read" {
              within ((page sphere).Write()) "" (fun opened ->
                  steps opened 3
                  let state = saved opened "save-state" StateFile.Read
                  Expect.equal (state.ToArray()) opened.State "the state"
                  let mesh = saved opened "save-ply" MeshFile.Read
                  Expect.equal mesh.VertexCount 362 "the vertices"
                  Expect.equal (mesh.Faces.ToArray()) ((TriangleMesh.Icosphere 6).Faces.ToArray()) "the faces"
                  let picture = saved opened "save-png" File.ReadAllBytes
                  Expect.isGreaterThan picture.Length 3000 "a picture with something in it")
          } ]
