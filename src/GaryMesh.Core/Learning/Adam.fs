namespace GaryMesh

open System
open System.Collections.Immutable

[<NoComparison; ReferenceEquality>]
type AdamMoments =
    { First: float[]
      Second: float[]
      Steps: int }

    static member Zero(parameters: int) =
        { First = Array.zeroCreate parameters
          Second = Array.zeroCreate parameters
          Steps = 0 }

[<NoComparison>]
type Adam =
    { LearningRate: float
      Beta1: float
      Beta2: float
      Epsilon: float
      Milestones: ImmutableArray<int>
      Decay: float
      Normalise: bool
      WeightDecay: float }

    static member Of(learningRate: float) =
        if not (learningRate > 0.0 && Double.IsFinite learningRate) then
            Guard.outOfRange "learningRate" $"The learning rate must be above 0, but is {learningRate}."

        { LearningRate = learningRate
          Beta1 = 0.9
          Beta2 = 0.999
          Epsilon = 1e-8
          Milestones = ImmutableArray.Empty
          Decay = 1.0
          Normalise = true
          WeightDecay = 0.0 }

    member adam.WithMilestones(milestones: int seq, decay: float) =
        { adam with Milestones = ImmutableArray.CreateRange milestones; Decay = decay }

    member adam.WithNormalise(normalise: bool) = { adam with Normalise = normalise }
    member adam.WithWeightDecay(weightDecay: float) = { adam with WeightDecay = weightDecay }

    member adam.RateAt(iteration: int) =
        let passed = adam.Milestones |> Seq.filter (fun milestone -> milestone <= iteration) |> Seq.length
        adam.LearningRate * Math.Pow(adam.Decay, float passed)

    member adam.Step(moments: AdamMoments, views: ParameterView seq, parameters: float32[], gradient: float[]) =
        if gradient.Length <> parameters.Length || moments.First.Length <> parameters.Length then
            Guard.refuse
                $"There are {parameters.Length} parameters, but {gradient.Length} derivatives and {moments.First.Length} moments."

        let steps = moments.Steps + 1
        let rate = adam.RateAt moments.Steps
        let next = Array.copy parameters
        let first, second = Array.copy moments.First, Array.copy moments.Second
        let correct beta = 1.0 - Math.Pow(beta, float steps)
        let correct1, correct2 = correct adam.Beta1, correct adam.Beta2

        for view in views do
            let mutable scale = 1.0

            if adam.Normalise then
                let mutable squares = 0.0

                for i in view.Offset .. view.Offset + view.Length - 1 do
                    squares <- squares + gradient[i] * gradient[i]

                scale <- 1.0 / (sqrt squares + 1e-8)

            for i in view.Offset .. view.Offset + view.Length - 1 do
                let g = gradient[i] * scale
                first[i] <- adam.Beta1 * first[i] + (1.0 - adam.Beta1) * g
                second[i] <- adam.Beta2 * second[i] + (1.0 - adam.Beta2) * g * g
                let step = first[i] / correct1 / (sqrt (second[i] / correct2) + adam.Epsilon)
                let decayed = float parameters[i] * (1.0 - rate * adam.WeightDecay)
                next[i] <- float32 (decayed - rate * step)

        struct (next, { First = first; Second = second; Steps = steps })
