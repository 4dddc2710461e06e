/// What is said to small talk, held against its own examples and against sixty openers.
module GaryMesh.ChatGraft.Tests.SmallTalkTests

open System.Threading
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatLab.Chats

[<Tests>]
let tests =
    testList
        "small talk"
        [ testList
              "rules hear what they are made for and nothing else"
              [ for rule in SmallTalk.Rules do
                    for message in rule.Like ->
                        test $"{rule.Name} hears '{message}'" {
                            Expect.equal (SmallTalk.Heard message) rule $"{SmallTalk.Heard message}"
                        }

                    for message in rule.Unlike ->
                        test $"{rule.Name} does not hear '{message}'" {
                            Expect.notEqual (SmallTalk.Heard message) rule "another or none"
                        } ]

          test "no rule says that something was done" {
              for rule in SmallTalk.Rules do
                  for answer in rule.Says do
                      Expect.isFalse (SmallTalk.Claims answer) answer
          }

          test "claims of what a chat cannot have done are known" {
              for claim in
                  [ "Your reservation has been booked and your reference number is 8I0RH3B8."
                    "I have ordered a pizza for you."
                    "Your table is ready." ] do
                  Expect.isTrue (SmallTalk.Claims claim) claim
          }

          test "of sixty openers at least seven in ten are answered aptly, and no answer claims an action" {
              let judged = SmallTalkMeasure.Run(ShippedModel.Read(), Opener.Shipped, 1UL, CancellationToken.None)

              let inept =
                  [ for one in judged do
                        if not one.Apt then
                            $"{one.Opener.Text} -> {one.Answer}" ]

              Expect.equal judged.Length 60 "sixty"
              Expect.isLessThanOrEqual inept.Length 18 (String.concat "; " inept)
              Expect.isEmpty (judged |> Array.filter _.Claims) "no claims"
          } ]
