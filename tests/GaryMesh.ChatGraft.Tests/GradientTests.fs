module GaryMesh.ChatGraft.Tests.GradientTests

open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Tests.Support

let private complex = Array.map (fun (x: float32) -> System.Numerics.Complex(float x, 0.0))

let private targetsOf (tokens: int[]) = tokens |> Array.mapi (fun i token -> if i % 3 = 1 then -1 else (token + i) % 5)

[<Tests>]
let tests =
    testList
        "Cortex gradient"
        [ test "every parameter's derivative is that of the complex step" {
              let cortex = cortexOf tinyShape 5UL
              let tokens, length = tokensOf tinyShape 6UL 14, 7
              let targets = targetsOf tokens
              use packed = new PackedCortex(cortex, true)
              use pass = new CortexPass(packed, 2, length)
              pass.Forward(tokens, length)
              let sums = Array.zeroCreate tinyShape.ParameterCount
              let sum = pass.Backward(targets, 1.0f, sums, null)

              let loss parameters =
                  [ 0; 7 ]
                  |> List.map (fun first ->
                      ComplexCortex.loss
                          tinyShape
                          parameters
                          id
                          0
                          tokens[first .. first + 6]
                          targets[first .. first + 6])
                  |> List.reduce (+)

              Expect.floatClose Accuracy.medium sum (loss (complex cortex.Parameters)).Real "the loss itself"
              let error = relative (ComplexCortex.gradient loss cortex.Parameters) sums
              Expect.isLessThan error 1e-6 "relative error of the whole gradient"
          }

          for after in 0..2 do
              test
                  $"with a graft after block {after}, so are the derivatives of both, and of the graft in a frozen cortex" {
                  let cortex = cortexOf tinyShape 15UL
                  let graft = NeighbourGraft(tinyShape.Width, 16UL)
                  let graftParameters = (graft :> IGraft).Parameters
                  let tokens = tokensOf tinyShape 17UL 7
                  let targets = targetsOf tokens
                  use packed = new PackedCortex(cortex, true)
                  use pass = new CortexPass(packed, 1, 7, Grafting(graft, after))
                  let cortexSums = Array.zeroCreate tinyShape.ParameterCount
                  let graftSums = Array.zeroCreate graftParameters.Length
                  pass.Forward(tokens, 7)
                  pass.Backward(targets, 1.0f, cortexSums, graftSums) |> ignore

                  let loss cortexParameters graftParameters =
                      let graft = ComplexCortex.neighbourGraft tinyShape.Width graftParameters
                      ComplexCortex.loss tinyShape cortexParameters graft after tokens targets

                  let ofCortex = ComplexCortex.gradient (fun p -> loss p (complex graftParameters)) cortex.Parameters

                  let ofGraft = ComplexCortex.gradient (loss (complex cortex.Parameters)) graftParameters
                  Expect.isLessThan (relative ofCortex cortexSums) 1e-6 "the cortex"
                  Expect.isLessThan (relative ofGraft graftSums) 1e-6 "the graft"

                  let frozen = Array.zeroCreate graftParameters.Length
                  pass.Forward(tokens, 7)
                  pass.Backward(targets, 1.0f, null, frozen) |> ignore
                  Expect.sequenceEqual frozen graftSums "frozen: the same bits"
              } ]
