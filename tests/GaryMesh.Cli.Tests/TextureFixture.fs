/// Exemplars, rules and meshes for the tests of textures.
module GaryMesh.Cli.Tests.TextureFixture

open System
open System.IO
open System.Text.Json.Nodes
open Expecto
open GaryMesh
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Tests.Support

/// Slanted stripes of two colours, or of two greys.
let stripes path height width grey =
    let value at =
        let y, x, map = at / 3 / width, at / 3 % width, (if grey then 0 else at % 3)
        if (x + y) % 5 < 2 then 0.8f - 0.1f * float32 map else 0.1f + 0.2f * float32 map

    PngCanvas.Write(path, Colours.Image(height, width, ReadOnlySpan(Array.init (3 * height * width) value), 1))

/// A rule that paints and needs no training.
let private painter exemplar =
    let automaton = TextureRecipe.Automaton(exemplar, 6, 12, 1UL)
    automaton.WithRule(GradientCheck.RuleFor(automaton.Rule.Shape, 3UL, 0.3)).WithSteps(4, 8)

let noise maps count = Array.init (maps * count) (fun i -> float32 (Counter.uniform 9UL (int64 i)))

/// Exemplars, rules and meshes that the cases below name, and an output that must survive.
let prepare (at: string -> string) =
    let write (name: string) (text: string) = File.WriteAllText(at name, text)
    stripes (at "stripes.png") 16 20 false
    stripes (at "grey.png") 16 16 true
    stripes (at "small.png") 16 15 false
    List.iter (fun name -> stripes (at $"{name}.png") 16 16 false) [ "a"; "b"; "c"; "d" ]
    stripes (at "wall_height.png") 16 20 true
    stripes (at "m.height.png") 16 20 true
    stripes (at "wall.png") 32 40 false
    let whole = File.ReadAllBytes(at "stripes.png")
    File.WriteAllBytes(at "cut.png", whole[.. whole.Length - 40])
    write "foreign.png" "no picture at all, but longer than the header of one"
    write "stripes.jpg" "a picture of another kind"
    write "signal.csv" ("value\n" + String.Join("\n", [ for i in 0..39 -> string (i % 5) ]) + "\n")
    write "short.csv" "1\n2\n3\n"
    write "words.csv" (String.replicate 20 "1\n" + "two\n")
    write "nan.csv" (String.replicate 20 "1\n" + "nan\n")
    write "kept.npz" "what was there before"
    write "kept.png" "what was there before"
    write "edges.csv" "0,1\n1,2\n2,0\n"
    write "bad.obj" "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n"
    RuleFile.Write(at "rule.npz", painter (Exemplar.Picture(16, 16, 3, noise 3 256, true)))

    let colours, heights =
        Exemplar.Picture(16, 16, 3, noise 3 256, true), Exemplar.Picture(16, 16, 1, noise 1 256, true)

    RuleFile.Write(at "maps.npz", painter (Exemplar.Stacked([| "albedo"; "height" |], [| colours; heights |])))
    RuleFile.Write(at "ring-rule.npz", painter (Exemplar.Signal(1, noise 1 32, true)))
    RuleFile.Write(at "plain.npz", Automaton.GaryMesh 1UL)
    let overflowing = (painter (Exemplar.Picture(16, 16, 3, noise 3 256, true))).WithBound(infinityf)
    let shape = overflowing.Rule.Shape
    RuleFile.Write(at "wild.npz", overflowing.WithRule(GradientCheck.RuleFor(shape, 3UL, 1e12)))

/// A text of an object.
let text (node: JsonNode | null) (key: string) =
    let node = nonNull node
    string node[key]
