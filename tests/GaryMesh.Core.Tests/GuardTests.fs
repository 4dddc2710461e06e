module GaryMesh.Tests.GuardTests

open System
open Expecto
open GaryMesh

/// Whether a guard lets a value through. Any other exception than the promised one fails the test.
let private accepts (guard: unit -> unit) =
    try
        guard ()
        true
    with :? ArgumentOutOfRangeException ->
        false

[<Tests>]
let tests =
    testList
        "Guard"
        [ property "positive accepts exactly the numbers from one" (fun (value: int) ->
              accepts (fun () -> Guard.positive "steps" "The number of steps" value) = (value >= 1))

          property "notNegative accepts exactly the numbers from zero" (fun (value: int) ->
              accepts (fun () -> Guard.notNegative "steps" "The number of steps" value) = (value >= 0))

          property "finite refuses NaN and both infinities, and nothing else" (fun (value: float) ->
              accepts (fun () -> Guard.finite "dt" "The time step" value) = Double.IsFinite value)

          property "probability accepts exactly 0..1" (fun (value: float) ->
              accepts (fun () -> Guard.probability "fireRate" "The fire rate" value) = (value >= 0.0 && value <= 1.0))

          for value in [ 0.0; -0.0; 0.5; 1.0 ] do
              test $"probability accepts {value:R}" { Guard.probability "fireRate" "The fire rate" value }

          for value in [ -Double.Epsilon; 1.0 + 2.3e-16; Double.NaN; Double.PositiveInfinity ] do
              test $"probability refuses {value:R}" {
                  Expect.isFalse (accepts (fun () -> Guard.probability "fireRate" "The fire rate" value)) "outside 0..1"
              }

          test "a refusal names the argument, its range and the value given" {
              let refusal =
                  Expect.throwsC (fun () -> Guard.positive "steps" "The number of steps" -3) (fun error ->
                      error :?> ArgumentOutOfRangeException)

              Expect.equal refusal.ParamName "steps" "the argument"
              Expect.stringStarts refusal.Message "The number of steps must be at least 1, but is -3." "both sides"
          } ]
