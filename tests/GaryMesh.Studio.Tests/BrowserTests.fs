/// The page in a browser comes to what the engine comes to.
module GaryMesh.Studio.Tests.BrowserTests

open System
open Expecto
open GaryMesh
open GaryMesh.Studio.Tests.Worlds
open GaryMesh.Studio.Tests.Browser

let largestDifference (a: float32[]) (b: float32[]) =
    Expect.equal a.Length b.Length "as many numbers"
    Array.fold2 (fun largest x y -> if Single.IsFinite x then max largest (abs (x - y)) else infinityf) 0.0f a b

let private truth (node: Text.Json.Nodes.JsonNode | null) = (nonNull node).GetValue<bool>()
let private number (node: Text.Json.Nodes.JsonNode | null) = (nonNull node).GetValue<float>()

/// All firing masks and the state after 96 steps in all cells, beside what the page says of itself.
let private equals name (world: Automaton * Graph) =
    test name {
        let automaton, graph = world

        within ((page world).Write()) "" (fun opened ->
            let said = opened.SelfTest
            Expect.isTrue (truth said["masks_equal"]) "the page's masks"
            Expect.isLessThan (number said["max_difference"]) 1e-4 "the page's difference"
            Expect.isNotEmpty (string said["renderer"]) "the renderer"

            for first in [ 0; 32; 64 ] do
                let bits = (opened.Ask $"[...g.automaton.masks({first})]").AsArray()

                for step in first .. first + 31 do
                    for cell in 0 .. graph.Cells - 1 do
                        let fires = ((nonNull bits[cell]).GetValue<uint32>() >>> (step - first)) &&& 1u = 1u

                        if fires <> Firing.Of(1UL, 0).Fires(automaton.FireRate, step, cell) then
                            failtest $"cell {cell} at step {step}"

            opened.Do "g.restart(1n); for (let step = 0; step < 96; step++) g.automaton.step();"
            let expected = (engineState world 1UL 96).ToArray()
            Expect.isGreaterThan (Array.max (Array.map abs expected)) 0.05f "a state that is not zero"
            Expect.isLessThan (largestDifference opened.State expected) 1e-4f "the difference in all cells")
    }

[<Tests>]
let tests =
    testSequenced
    <| testList
        "In the browser"
        [ equals "a pattern with an alive mask grows on a grid as in the engine" growing
          equals "an alive mask in the published order does as in the engine" published
          equals "a shipped texture grows on a sphere as in the engine" sphere
          equals "a texture grows on a mesh file as in the engine" (texture "rust", bumpyGraph)
          equals "a pattern grows on a mesh as in the engine" growingOnBumpy
          equals "gary-mesh runs on a ring as in the engine, bound included" ring
          equals "steering, spacing and a fire rate of 0.7 do as in the engine" steered
          equals "a gradient norm on points does as in the engine" isotropic

          test "with half-float targets alone it says so and is near the engine" {
              within ((page sphere).Write()) "&half" (fun opened ->
                  let said = opened.SelfTest
                  Expect.equal (string said["precision"]) "float16" "the precision"
                  Expect.isTrue (truth said["masks_equal"]) "the masks"
                  Expect.isLessThan (number said["max_difference"]) 2e-2 "the difference"
                  let facts = await (opened.Page.TextContentAsync "#facts")
                  Expect.stringContains (nonNull facts) "16-bit" "what the page says")
          }

          test "a page whose engine came to something else says so" {
              let automaton, graph = growing

              let other =
                  ((page (automaton.WithTimeStep 1.01, graph)).Write()).Replace("\"timeStep\":1.01", "\"timeStep\":1")

              within other "" (fun opened ->
                  let said = opened.SelfTest
                  Expect.isTrue (truth said["masks_equal"]) "the masks"
                  Expect.isGreaterThan (number said["max_difference"]) 1e-3 "the difference")
          } ]
