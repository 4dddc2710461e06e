/// What a page is: one file, small, whole, and refused where a rule cannot run in it.
module GaryMesh.Studio.Tests.PageTests

open System
open System.Text.Json.Nodes
open System.Text.RegularExpressions
open Expecto
open GaryMesh
open GaryMesh.Studio.Viewer
open GaryMesh.Studio.Tests.Worlds

let private torus = lazy (TextureRecipe.World(Graph.Torus(128, 128), struct (0.0, 1.0, 0.0)))

let private descriptionOf (html: string) =
    let found =
        Regex.Match(
            html,
            "<script type=\"application/json\" id=\"description\">(.*?)</script>",
            RegexOptions.Singleline
        )

    nonNull (JsonNode.Parse found.Groups[1].Value)

let private refuses (automaton: Automaton) graph (words: string list) =
    let said =
        try
            ViewerPage(NamedRule("r", automaton), graph).Write() |> ignore
            ""
        with :? ArgumentException as refusal ->
            refusal.Message

    for word in words do
        Expect.stringContains said word "the refusal"

[<Tests>]
let tests =
    testList
        "A page"
        [ test "a rule that ships on 16,384 cells takes at most 500 kB" {
              let html = ViewerPage(NamedRule("rust", texture "rust"), torus.Value).Write()
              Expect.isLessThan (Text.Encoding.UTF8.GetByteCount html) 500000 "bytes"
          }

          test "a rule that ships on a mesh of 16,002 cells takes at most 500 kB" {
              let graph = TextureRecipe.World(Graph.Icosphere 40, struct (0.0, 1.0, 0.0))
              let page = ViewerPage(NamedRule("rust", texture "rust"), graph, Mesh = TriangleMesh.Icosphere 40)
              Expect.isLessThan (Text.Encoding.UTF8.GetByteCount(page.Write())) 500000 "bytes"
          }

          test "it asks for nothing from elsewhere" {
              let html = (page growing).Write()

              let elsewhere =
                  Regex.Match(html, "https?:|\\bsrc=|<link|@import|\\bfetch\\(|XMLHttpRequest|WebSocket|import\\(")

              Expect.equal elsewhere.Value "" "a reference"
          }

          test "no name ends the element that holds it" {
              let automaton, graph = ring
              let html = ViewerPage(NamedRule("</script><b>", automaton), graph.Named("<!--")).Write()
              let description = descriptionOf html
              let rule = nonNull (description.["rule"])
              Expect.equal (string (rule.["name"])) "</script><b>" "the name"
              Expect.isFalse (html.Contains("</script><b>", StringComparison.Ordinal)) "the name as it is"
              Expect.stringContains html "<title>&lt;/script&gt;&lt;b&gt; on &lt;!--</title>" "the title"
          }

          test "equal worlds are equal pages" {
              let first, second = (page ring).Write(), (page ring).Write()
              Expect.equal first second "the pages"
          }

          test "rules that shaders do not know are refused by name" {
              let line = Graph.Line 8
              refuses (adder ()) line [ "reads 10" ]
              let perception = Perception.Planar
              let shape = RuleShape.For(perception, 4, 8)
              let secant = shape.WithKind(SecantRule(1, DenseRule.Kind))
              refuses (Automaton.Of(perception, Rule.Zero secant)) line [ "secant:1 dense" ]
              let many = RuleShape.For(perception, 36, 4)
              refuses (Automaton.Of(perception, Rule.Zero(shape.WithInputs 2))) line [ "reads 2" ]
              refuses (Automaton.Of(perception, Rule.Blend(Rule.Zero shape, Rule.Zero shape))) line [ "dense"; "blend" ]
              refuses (Automaton.Of(perception, Rule.Zero many)) line [ "32 channels"; "36" ]
              let heard = Perception.LeftSelfRight.WithLift(Spoken(1, 0))
              refuses (Automaton.Of(heard, Rule.Zero(RuleShape.For(heard, 4, 8)))) line [ "spoken:1:0" ]
          }

          test "a graft of another size is refused, and says both sizes" {
              let automaton, graph = ring
              let other = Automaton.Of(Perception.Planar, Rule.Zero(RuleShape.For(Perception.Planar, 12, 7)))
              let page = ViewerPage(NamedRule("r", automaton), graph, Graft = NamedRule("other", other))

              let refusal = Expect.throwsC (fun () -> page.Write() |> ignore) (fun (refusal: exn) -> refusal.Message)

              Expect.stringContains refusal "7 hidden units" "the one"
              Expect.stringContains refusal "48 hidden units" "the other"
          } ]
