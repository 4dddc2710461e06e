/// Rules in C: what the machine's compiler makes of them, and how large they are.
module GaryMesh.Studio.Tests.CTests

open System
open System.Text
open System.Text.RegularExpressions
open Expecto
open GaryMesh
open GaryMesh.Studio.Descriptions
open GaryMesh.Studio.Exports
open GaryMesh.Studio.Tests.ExportWorlds

let private c = Languages.All |> Seq.find (fun export -> export.Name = "c")

let private textOf automaton = Encoding.UTF8.GetString(Seq.head (c.Texts(RuleDescription.Of automaton, "a rule")))

[<Tests>]
let tests =
    testList
        "C"
        [ testPropertyWithConfig
              { FsCheckConfig.defaultConfig with maxTest = 20 }
              "a rule of any kind compiles without a warning, fires the engine's cells and does what the engine does"
          <| fun (seed: uint64) -> agrees c (automaton seed) 1000 12

          test "a rule that was written with another time step, fire rate or weight does not hold" {
              let own = Worlds.ring |> fst
              let weights = own.Rule.ToArray()
              weights[weights.Length / 2] <- weights[weights.Length / 2] + 0.01f

              for other in
                  [ own.WithTimeStep 1.001
                    own.WithFireRate 0.51
                    own.WithRule(Rule(own.Rule.Shape, ReadOnlySpan weights)) ] do
                  opened c other (fun _ written _ ->
                      let rule = RuleDescription.Of own
                      let trial = Trial.All own |> Seq.find (fun trial -> trial.Graph.Cells = 60)
                      let found = Verification.On(written, rule, trial, 24)
                      Expect.isFalse found.Holds $"{found}")
          }

          test "the Growing rule takes at most 10 kB of code beside its weights" {
              let weights =
                  Regex.Replace(
                      textOf (Automaton.Growing 1UL),
                      @"^static const float \w+\[\d+\] = \{.*?^\};\n",
                      "",
                      RegexOptions.Multiline ||| RegexOptions.Singleline
                  )

              Expect.isLessThanOrEqual weights.Length 10000 "characters"
          }

          test "no file allocates or names a library but integers and sizes" {
              for seed in 1UL .. 40UL do
                  let text = textOf (automaton seed)
                  let included = [ for one in Regex.Matches(text, "#include <(.*)>") -> one.Groups[1].Value ]
                  Expect.equal included [ "stddef.h"; "stdint.h" ] "headers"
                  Expect.isFalse (Regex.IsMatch(text, @"\b(malloc|calloc|alloca|sqrtf?|expf?|sinf?|cosf?)\(")) "calls"
          } ]
