namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics

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

/// The numbers of one Adam step of a part, and the step itself: eight parameters at a time, the last few on padded copies.
[<Struct; NoComparison>]
type internal AdamStep =
    {
        Beta1: float
        Beta2: float
        Epsilon: float
        /// What the running means are divided by, since they begin at zero.
        Correct1: float
        Correct2: float
        /// What the gradient is multiplied by first.
        Scale: float
        Rate: float
        /// The part's share of the learning rate.
        Share: float
        /// What weight decay leaves of a parameter.
        Keep: float
        /// All parameters decay in double precision, those of some roles in single, as PyTorch's AdamW does.
        KeepsInSingle: bool
    }

    /// The parameters after the step, in double precision; `kept` is what decay left of them.
    member private step.Half(gradient: float[], first: float[], second: float[], at: int, kept: Vector<float>) =
        let g = Vector<float>(gradient, at) * Vector step.Scale
        let m = Vector step.Beta1 * Vector<float>(first, at) + Vector(1.0 - step.Beta1) * g
        let v = Vector step.Beta2 * Vector<float>(second, at) + Vector(1.0 - step.Beta2) * g * g
        m.CopyTo(first, at)
        v.CopyTo(second, at)
        let root = Vector.SquareRoot(v / Vector step.Correct2) + Vector step.Epsilon
        kept - Vector step.Rate * (m / Vector step.Correct1 / root)

    member private step.Block(gradient: float[], first: float[], second: float[], parameters: float32[], at: int) =
        let old = Vector<float32>(parameters, at)
        let mutable low, high = Vector<float>.Zero, Vector<float>.Zero

        if step.KeepsInSingle then
            Vector.Widen(old * Vector(float32 step.Keep), &low, &high)
        else
            Vector.Widen(old, &low, &high)
            low <- low * Vector step.Keep
            high <- high * Vector step.Keep

        let low = step.Half(gradient, first, second, at, low)
        let high = step.Half(gradient, first, second, at + Vector<float>.Count, high)
        let next = Vector.Narrow(low, high)

        // Adam's step is proportional to its rate, so a share of the rate is a share of the step.
        let next =
            if step.Share = 1.0 then
                next
            else
                old + Vector(float32 step.Share) * (next - old)

        next.CopyTo(parameters, at)

    /// Steps `length` parameters from `offset` on.
    member step.Apply
        (gradient: float[], first: float[], second: float[], parameters: float32[], offset: int, length: int)
        =
        let lanes = Vector<float32>.Count
        let whole = length / lanes * lanes

        for at in offset..lanes .. offset + whole - 1 do
            step.Block(gradient, first, second, parameters, at)

        if whole < length then
            let at, rest = offset + whole, length - whole
            let padded (values: 'a[]) = Array.init lanes (fun i -> values[at + min i (rest - 1)])
            let m, v, p = padded first, padded second, padded parameters
            step.Block(padded gradient, m, v, p, 0)
            Array.blit m 0 first at rest
            Array.blit v 0 second at rest
            Array.blit p 0 parameters at rest

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

    /// The same optimiser with another learning rate before the schedule.
    member adam.WithLearningRate(learningRate: float) = { adam with LearningRate = (Adam.Of learningRate).LearningRate }

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

            let pace =
                { Beta1 = adam.Beta1
                  Beta2 = adam.Beta2
                  Epsilon = adam.Epsilon
                  Correct1 = correct1
                  Correct2 = correct2
                  Scale = scale
                  Rate = rate
                  Share = part.Rate
                  Keep = keep
                  KeepsInSingle = not everything }

            pace.Apply(gradient, first, second, next, view.Offset, view.Length)

        struct (next, { First = first; Second = second; Steps = steps })
