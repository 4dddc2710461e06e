/// Meshes and lists of edges that are dropped on a page: the rule runs on them as in the engine.
module GaryMesh.Studio.Tests.DropTests

open System
open System.IO
open System.Text
open Expecto
open GaryMesh
open GaryMesh.Studio.Viewer
open GaryMesh.Studio.Tests.Worlds
open GaryMesh.Studio.Tests.Browser
open GaryMesh.Studio.Tests.BrowserTests
open GaryMesh.Studio.Tests.BrushTests

/// Drops a file; gives what the page says.
let private drop (opened: Opened) (name: string) (bytes: byte[]) =
    let text = Convert.ToBase64String bytes
    opened.Do $"await g.drop(new File([Uint8Array.from(atob('{text}'), (c) => c.charCodeAt(0))], '{name}'));"
    nonNull (await (opened.Page.TextContentAsync "#message"))

let private file (mesh: TriangleMesh) format =
    use stream = new MemoryStream()
    MeshFile.Write(stream, format, mesh)
    stream.ToArray()

/// The page's state after some steps from the start.
let private after (opened: Opened) steps =
    opened.Do $"g.play(false); g.restart(1n); for (let step = 0; step < {steps}; step++) g.automaton.step();"
    opened.State

let private equalOn (opened: Opened) (world: Automaton * Graph) =
    let expected = (engineState world 1UL 48).ToArray()
    Expect.isGreaterThan (Array.max (Array.map abs expected)) 0.05f "a state that is not zero"
    Expect.isLessThan (largestDifference (after opened 48) expected) 1e-4f "the difference"

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Dropped graphs"
        [ test "a texture's rule runs on a dropped mesh as the engine does on its file, and back" {
              let torus = TextureRecipe.World(Graph.Torus(12, 10), struct (0.0, 1.0, 0.0))
              let obj, ply = file bumpy MeshFormat.Obj, file bumpy MeshFormat.Ply

              within ((page (texture "rust", torus)).Write()) "" (fun opened ->
                  opened.SelfTest |> ignore

                  for name, bytes in [ "bumpy.obj", obj; "bumpy.ply", ply ] do
                      Expect.equal (drop opened name bytes) "" "no refusal"
                      Expect.equal (opened.Ask("g.world.cells").GetValue<int>()) 492 "the cells"
                      equalOn opened (texture "rust", bumpyGraph)

                  let heading = nonNull (await (opened.Page.TextContentAsync "h1"))
                  Expect.stringContains heading "bumpy.ply" "the title"

                  // Brushes reach the new cells, and the session replays on the file's graph.
                  opened.Do "g.restart(1n); for (let step = 0; step < 5; step++) g.automaton.step();"
                  opened.Do "g.painting.begin(); g.dab('erase', [0, 0, 0.8], 6 * g.display.unit);"

                  opened.Do
                      "g.painting.set({ orientation: -50 }); for (let step = 0; step < 9; step++) g.automaton.step();"

                  let session = saved opened "save-session" Session.Read
                  Expect.equal session.Words["graph"] "bumpy.ply" "the file"
                  Expect.equal (session.Steps, session.Events) (14, 2) "what was done"

                  let replayed =
                      session.Replay(
                          texture "rust",
                          null,
                          bumpyGraph,
                          EngineOptions(),
                          Threading.CancellationToken.None
                      )

                  Expect.isLessThan (largestDifference opened.State (replayed.ToArray())) 1e-4f "the difference"
                  let untouched = engineState (texture "rust", bumpyGraph) 1UL 14

                  Expect.isGreaterThan
                      (largestDifference opened.State (untouched.ToArray()))
                      1e-2f
                      "what the brush did")
          }

          test "a pattern's rule grows on a dropped mesh as the engine does on its file" {
              let automaton, _ = growingOnBumpy

              within ((page (automaton, GrowingRecipe.World(snd sphere))).Write()) "" (fun opened ->
                  opened.SelfTest |> ignore
                  Expect.equal (drop opened "bumpy.obj" (file bumpy MeshFormat.Obj)) "" "no refusal"
                  equalOn opened growingOnBumpy)
          }

          test "a rule without directions runs on a dropped list of edges as the engine does on its file" {
              let perception = Perception.Diffusion
              let shape = RuleShape.For(perception, 5, 12)
              let random at = float32 (0.4 * Counter.normal 3UL (int64 at))

              let automaton =
                  Automaton
                      .Of(perception, Rule(shape, ReadOnlySpan(Array.init shape.ParameterCount random)))
                      .WithStart(Start.OfNoise 1.0f)
                      .WithBound(1.0f)
                      .WithKeep
                      0.7

              let text =
                  "source,target\n" + String.Join("\n", Seq.init 90 (fun at -> $"{at % 40},{(at * 7 + 3) % 41 + 40}"))

              let graph = GraphFile.Open(new MemoryStream(Encoding.UTF8.GetBytes text), "edges.csv").Graph

              within ((page (automaton, Graph.Line 30)).Write()) "" (fun opened ->
                  opened.SelfTest |> ignore
                  Expect.equal (drop opened "edges.csv" (Encoding.UTF8.GetBytes text)) "" "no refusal"
                  Expect.equal (opened.Ask("g.world.cells").GetValue<int>()) graph.Cells "the cells"
                  equalOn opened (automaton, graph))
          }

          test "what cannot be run is refused in a sentence, and the page runs on" {
              within ((page sphere).Write()) "" (fun opened ->
                  opened.SelfTest |> ignore
                  let before = after opened 5
                  let text (words: string) = Encoding.UTF8.GetBytes words

                  for name, bytes, word in
                      [ "m.obj", text "v 0 0 0\nv 1 0 0\n", "triangle"
                        "m.obj", text "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "vertex 8"
                        "m.obj", text "v 0 0 0\nv 1 x 0\nv 0 1 0\nf 1 2 3\n", "no number"
                        "m.obj", text "v 0 0 0\nv 0 0 0\nv 0 0 0\nf 1 2 3\n", "one point"
                        "m.ply", text "solid", "header"
                        "m.ply", (file bumpy MeshFormat.Ply)[..900], ""
                        "e.csv", text "0,1\n1,2\n", "directions"
                        "m.stl", text "solid", ".obj"
                        "r.npz", text "PK", "npz" ] do
                      let said = drop opened name bytes
                      Expect.stringStarts said $"{name} cannot be run here: " "the refusal"
                      Expect.stringContains said word "why"

                  Expect.equal opened.State before "the state"
                  opened.Do "g.automaton.step();")
          } ]
