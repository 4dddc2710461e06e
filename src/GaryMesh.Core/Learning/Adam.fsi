namespace GaryMesh

open System.Collections.Immutable

/// Adam's running means of the gradient and of its square, after a number of steps.
[<NoComparison; ReferenceEquality>]
type AdamMoments =
    { First: float[]
      Second: float[]
      Steps: int }

    /// Before the first step.
    static member Zero: parameters: int -> AdamMoments

/// Settings of the optimiser Adam (Kingma and Ba, ICLR 2015).
[<NoComparison>]
type Adam =
    {
        /// Step length before the schedule, above 0.
        LearningRate: float
        Schedule: Schedule
        Beta1: float
        Beta2: float
        Epsilon: float
        /// Whether each named part of the gradient is divided by its norm first (+ 1e-8), as Growing NCA and MeshNCA do.
        Normalise: bool
        /// Decoupled weight decay (Loshchilov and Hutter, ICLR 2019): a parameter shrinks by learning rate x this a step.
        WeightDecay: float
        /// The roles of the parameters that decay; all where it is empty.
        Decaying: ImmutableArray<ParameterRole>
    }

    /// Betas 0.9 and 0.999, epsilon 1e-8, a constant rate, normalised gradients, no weight decay.
    static member Of: learningRate: float -> Adam
    member WithSchedule: schedule: Schedule -> Adam
    member WithMilestones: milestones: int seq * decay: float -> Adam
    member WithBetas: beta1: float * beta2: float -> Adam
    member WithNormalise: normalise: bool -> Adam
    /// Decay of all parameters.
    member WithWeightDecay: weightDecay: float -> Adam
    /// Decay of the parameters of some roles, such as weights alone.
    member WithWeightDecay: weightDecay: float * roles: ParameterRole seq -> Adam
    /// The learning rate at an iteration (0, 1, ...).
    member RateAt: iteration: int -> float

    /// One step: new parameters and moments from a gradient. `views` are the parts that are normalised each by itself;
    /// parameters outside of them are left alone.
    member Step:
        moments: AdamMoments * views: ParameterView seq * parameters: float32[] * gradient: float[] ->
            struct (float32[] * AdamMoments)

    /// As above, each part at its own share of the learning rate.
    member Step:
        moments: AdamMoments * parts: TrainedPart seq * parameters: float32[] * gradient: float[] ->
            struct (float32[] * AdamMoments)
