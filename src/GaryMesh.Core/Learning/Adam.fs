namespace GaryMesh

open System
open System.Collections.Immutable

/// Adam's running means of the gradient and of its square, after a number of steps.
[<NoComparison; ReferenceEquality>]
type AdamMoments =
    {
        /// The running mean of the gradient, one number for each parameter.
        First: float[]
        /// The running mean of the squared gradient, one number for each parameter.
        Second: float[]
        /// Number of steps taken.
        Steps: int
    }

    /// Before the first step.
    static member Zero(parameters: int) =
        { First = Array.zeroCreate parameters
          Second = Array.zeroCreate parameters
          Steps = 0 }

/// Settings of the optimiser Adam (Kingma and Ba, ICLR 2015).
[<NoComparison>]
type Adam =
    {
        /// Step length before the schedule, above 0.
        LearningRate: float
        /// How the learning rate goes over the iterations.
        Schedule: Schedule
        /// Decay of the running mean of the gradient.
        Beta1: float
        /// Decay of the running mean of the squared gradient.
        Beta2: float
        /// What is added to the root of the squared gradient's mean, so that nothing is divided by zero.
        Epsilon: float
        /// Whether each named part of the gradient is divided by its norm first (+ 1e-8), as Growing NCA and MeshNCA do.
        Normalise: bool
        /// Decoupled weight decay (Loshchilov and Hutter, ICLR 2019): a parameter shrinks by learning rate x this a step.
        WeightDecay: float
        /// The roles of the parameters that decay; all where it is empty.
        Decaying: ImmutableArray<ParameterRole>
    }

    /// Betas 0.9 and 0.999, epsilon 1e-8, a constant rate, normalised gradients, no weight decay.
    static member Of(learningRate: float) =
        if not (learningRate > 0.0 && Double.IsFinite learningRate) then
            Guard.outOfRange (nameof learningRate) $"The learning rate must be above 0, but is {learningRate}."

        { LearningRate = learningRate
          Schedule = Schedule.Constant
          Beta1 = 0.9
          Beta2 = 0.999
          Epsilon = 1e-8
          Normalise = true
          WeightDecay = 0.0
          Decaying = ImmutableArray.Empty }

    /// The same optimiser with another schedule of the learning rate.
    member adam.WithSchedule(schedule: Schedule) = { adam with Schedule = schedule }

    /// The same settings with a learning rate that is multiplied by `decay` at each of these iterations.
    member adam.WithMilestones(milestones: int seq, decay: float) = adam.WithSchedule(Schedule.Steps(milestones, decay))

    /// The same optimiser with other decay rates of the two running means.
    member adam.WithBetas(beta1: float, beta2: float) = { adam with Beta1 = beta1; Beta2 = beta2 }
    /// The same settings with gradients normalised or not.
    member adam.WithNormalise(normalise: bool) = { adam with Normalise = normalise }
    /// Decay of all parameters.
    member adam.WithWeightDecay(weightDecay: float) = adam.WithWeightDecay(weightDecay, [])

    /// Decay of the parameters of some roles, such as weights alone.
    member adam.WithWeightDecay(weightDecay: float, roles: ParameterRole seq) =
        { adam with
            WeightDecay = weightDecay
            Decaying = ImmutableArray.CreateRange roles }

    /// The learning rate at an iteration (0, 1, ...).
    member adam.RateAt(iteration: int) = adam.LearningRate * adam.Schedule.ShareAt iteration

    /// One step: new parameters and moments from a gradient. `views` are the parts that are normalised each by itself;
    /// parameters outside of them are left alone.
    member adam.Step(moments: AdamMoments, views: ParameterView seq, parameters: float32[], gradient: float[]) =
        adam.Step(moments, (TrainedPart.All views :> TrainedPart seq), parameters, gradient)

    /// As above, each part at its own share of the learning rate.
    member adam.Step(moments: AdamMoments, parts: TrainedPart seq, parameters: float32[], gradient: float[]) =
        if gradient.Length <> parameters.Length || moments.First.Length <> parameters.Length then
            Guard.refuse
                $"There are {parameters.Length} parameters, but {gradient.Length} derivatives and {moments.First.Length} moments."

        let steps = moments.Steps + 1
        let rate = adam.RateAt moments.Steps
        let next = Array.copy parameters
        let first, second = Array.copy moments.First, Array.copy moments.Second
        let correct beta = 1.0 - Math.Pow(beta, float steps)
        let correct1, correct2 = correct adam.Beta1, correct adam.Beta2

        for part in parts |> Seq.filter (fun part -> part.Rate > 0.0) do
            let view = part.View
            let everything = adam.Decaying.IsEmpty
            let decays = adam.WeightDecay > 0.0 && (everything || adam.Decaying.Contains view.Role)
            let keep = if decays then 1.0 - rate * adam.WeightDecay else 1.0
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

                // All parameters decay in double precision, those of some roles in single, as PyTorch's AdamW does.
                let decayed =
                    if everything then
                        float parameters[i] * keep
                    else
                        float (parameters[i] * float32 keep)

                next[i] <- float32 (decayed - rate * step)

                // Adam's step is proportional to its rate, so a share of the rate is a share of the step.
                if part.Rate <> 1.0 then
                    next[i] <- parameters[i] + float32 part.Rate * (next[i] - parameters[i])

        struct (next, { First = first; Second = second; Steps = steps })
