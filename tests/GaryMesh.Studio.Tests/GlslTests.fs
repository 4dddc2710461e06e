/// Rules as shaders: in a browser they do what the engine does.
module GaryMesh.Studio.Tests.GlslTests

open System
open System.Text
open Expecto
open GaryMesh
open GaryMesh.Studio.Descriptions
open GaryMesh.Studio.Exports
open GaryMesh.Studio.Tests.Worlds
open GaryMesh.Studio.Tests.Browser

let private glsl = Languages.All |> Seq.find (fun export -> export.Name = "glsl")

let private textOf automaton = Encoding.UTF8.GetString(Seq.head (glsl.Texts(RuleDescription.Of automaton, "a rule")))

/// The exported shaders in place of a page's own, on the page's textures.
let private steps =
    """async ([text, count]) => {
         const a = garyMesh.automaton, w = a.world;
         const { quad } = JSON.parse(document.getElementById("description").textContent).shaders;
         const program = (defines) => new w.programs.mask.constructor(w.gl, quad, text.replace("#version 300 es\n", ""), defines)
             .ready().set({ cells: ["1i", w.cells], cellBits: ["1i", w.bits] });
         w.programs.step = program("");
         if (w.rule.gate) w.programs.settle = program("#define SETTLE\n");
         garyMesh.restart(1n);
         for (let step = 0; step < count; step++) {
             w.programs.step.set({ seed: ["2ui", 1, 0], stepNumber: ["1i", step] });
             a.step();
         }
       }"""

let private does name (world: Automaton * Graph) =
    test name {
        let automaton, _ = world
        let text = textOf automaton
        Expect.stringStarts text "#version 300 es\n" "the version"

        within ((page world).Write()) "" (fun opened ->
            opened.SelfTest |> ignore
            let given: obj[] = [| text; 24 |]
            wait (opened.Page.EvaluateAsync(steps, given))
            let expected = (engineState world 1UL 24).ToArray()
            Expect.isGreaterThan (Array.max (Array.map abs expected)) 0.05f "a state that is not zero"

            Expect.isLessThan
                (BrowserTests.largestDifference opened.State expected)
                1e-4f
                "the difference in all cells")
    }

let private refused (automaton: Automaton) (words: string list) =
    let said =
        try
            textOf automaton |> ignore
            ""
        with :? ArgumentException as refusal ->
            refusal.Message

    for word in words do
        Expect.stringContains said word "the refusal"

[<Tests>]
let tests =
    testSequenced
    <| testList
        "GLSL"
        [ does "a pattern with an alive mask grows in the exported shaders as in the engine" growing
          does "an alive mask in the published order does as in the engine" published
          does "a shipped texture grows on a sphere as in the engine" sphere
          does "steering, a bound and a fire rate of 0.7 do as in the engine" steered
          does "a gradient norm does as in the engine" isotropic

          test "what shaders cannot say is refused by name" {
              let shape = RuleShape.For(Perception.Planar, 4, 8)
              let mixture = shape.WithKind(MixtureRule(1, 2))
              refused (Automaton.Of(Perception.Planar, Rule.Zero mixture)) [ "mixture:1:2"; "dense" ]
              refused (Automaton.Of(Perception.Planar, Rule.Zero(shape.WithInputs 3))) [ "inputs"; "3" ]
              let heard = Perception.LeftSelfRight.WithLift(Spoken(1, 0))
              refused (Automaton.Of(heard, Rule.Zero(RuleShape.For(heard, 4, 8)))) [ "spoken:1:0" ]
          } ]
