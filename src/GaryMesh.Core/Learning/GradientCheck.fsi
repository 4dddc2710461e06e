namespace GaryMesh

open System
open System.Numerics
open System.Threading
open MathNet.Numerics.LinearAlgebra

/// How well `Reference.adjoint` agrees with two other ways to differentiate. Differences are given relative to the
/// largest absolute derivative, `Largest`.
type GradientReport =
    {
        /// Number of the rule's parameters.
        Parameters: int
        /// Number of derivatives compared: the parameters and, where asked for, every start value and input.
        Compared: int
        /// The largest absolute derivative among those compared.
        Largest: float
        /// The largest difference from the complex step.
        ComplexStep: float
        /// The largest difference from central differences among those not excluded.
        Central: float
        /// The fraction of the derivatives, 0 .. 1, left out of `Central`, because an activation or the gate flips between
        /// the two points of the difference, where the loss has a kink.
        CentralExcluded: float
    }

/// Checks the derivative that the reference computes by hand, in double precision, against the complex step
/// (Squire and Trapp, SIAM Review 40, 1998; step 1e-30) and central differences (step 1e-6).
[<AbstractClass; Sealed>]
type GradientCheck =
    /// Half the sum of squared differences between the states after the given steps (from 1 on) and their targets: the sum
    /// over (step, target) of 0.5 |s - target|^2. A step may be named more than once.
    static member Squares: targets: (struct (int * State)) seq -> Loss

    /// A rule with nothing left at zero: weights normal with standard deviation gain / sqrt(inputs of the layer), biases normal
    /// with standard deviation gain / 2. A derivative can hide in a zero, so a check wants such a rule.
    static member RuleFor: shape: RuleShape * seed: uint64 * gain: float -> Rule

    /// <summary>Differentiates the loss at the automaton's own parameters in all three ways. `everything` adds each
    /// start value and each input of each step. The work is shared among threads and its result does not depend on
    /// their number; `progress` hears the fraction that is done, 0 .. 1.</summary>
    /// <exception cref="T:System.ArgumentException">The rollout does not fit the automaton on the graph.</exception>
    /// <exception cref="T:System.OperationCanceledException">The check was cancelled.</exception>
    static member Run:
        automaton: Automaton *
        graph: Graph *
        rollout: Rollout *
        loss: Loss *
        everything: bool *
        progress: (IProgress<float> | null) *
        cancellation: CancellationToken ->
            GradientReport

    /// As the full overload: the parameters alone, unobserved.
    static member Run: automaton: Automaton * graph: Graph * rollout: Rollout * loss: Loss -> GradientReport

    /// The derivative of the loss at the automaton's own parameters, as the reference computes it.
    static member Gradient: automaton: Automaton * graph: Graph * rollout: Rollout * loss: Loss -> Reference.Gradient

    /// <summary>How far single-precision derivatives lie from the reference's: the largest difference relative to the
    /// largest absolute value of `reference`; the largest difference itself where `reference` is zero
    /// everywhere.</summary>
    /// <exception cref="T:System.ArgumentException">The lengths differ.</exception>
    static member Deviation: reference: ReadOnlySpan<float> * given: ReadOnlySpan<float32> -> float
