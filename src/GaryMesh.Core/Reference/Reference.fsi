namespace GaryMesh

open System
open MathNet.Numerics.LinearAlgebra

/// The specification: what an automaton computes, and the exact derivative of that, in plain double-precision matrices.
///
/// States are [cells x channels], a row a cell. With the perception's operators P_1 .. P_K as matrices
/// [cells x cells], one step from s is
///
///     y   = [P_1 s, ..., P_K s]             what the cells perceive, linearly  [cells x K C]
///     z   = [lift(y), u]                    what their rule reads: the same, or what a lift makes of it, then the inputs
///     d   = rule(z)                         [cells x C]; two dense layers: a = z W1' + b1, h = a where Re a > 0, d = h W2' + b2
///     s'  = s + timeStep x d, in cells that fire and live (alive(s)) keep x s + timeStep x d, each number held within
///           [-bound, bound]
///     s'' = s' where a cell is alive in s and in s', 0 elsewhere
///
/// with alive(s) = 1 everywhere without a gate. Under `Gate.Alive` a dead cell does not fire, so it costs nothing and wakes
/// nobody. `Gate.AlivePublished` has the order of Growing NCA (Distill 2020), s' = s + timeStep x (fires .* d): a dead cell takes
/// its change before the masks zero it, and for that moment counts as a neighbour.
///
/// and a cell is alive in x where the largest Re x[., channel] of the cell itself and of those it sees is above the
/// threshold.
///
/// The numbers are real (`float`) or complex (`System.Numerics.Complex`). Every branch looks at the real part, so the
/// imaginary part of a rollout at x + i h is h times the derivative at x to the last bits (complex-step
/// differentiation: Squire and Trapp, SIAM Review 40, 1998).
///
/// Parameters are one flat vector in the order of the rule's views. They are given apart from the automaton, whose rule lends
/// its shape alone. Lift and rule say themselves, a cell at a time, what they compute (`Lift`, `RuleKind`).
module Reference =
    /// The derivative of a loss.
    type Gradient =
        {
            /// With respect to the parameters, in their order.
            Parameters: float[]
            /// With respect to the state before the first step [cells x channels].
            Start: Matrix<float>
            /// With respect to the inputs of each step [cells x I]; empty for a rule without inputs.
            Inputs: Matrix<float>[]
        }

    /// <summary>The states of a rollout before the first step and after each: steps + 1 matrices [cells x
    /// channels].</summary>
    /// <exception cref="T:System.ArgumentException">The rollout does not fit the automaton on the graph, or the number
    /// of parameters is not the rule's.</exception>
    [<CompiledName "Rollout">]
    val rollout: automaton: Automaton -> graph: Graph -> parameters: float[] -> rollout: Rollout -> Matrix<float>[]

    /// <summary>As `rollout`, over `float` or `Complex`, from the given start [cells x channels] and with the given
    /// inputs [cells x I] for each step (empty for a rule without inputs) in place of the rollout's own.</summary>
    /// <exception cref="T:System.ArgumentException">Something does not fit, or 'T is another type.</exception>
    [<CompiledName "RolloutFrom">]
    val rolloutFrom:
        automaton: Automaton ->
        graph: Graph ->
        parameters: 'T[] ->
        rollout: Rollout ->
        start: Matrix<'T> ->
        inputs: Matrix<'T>[] ->
            Matrix<'T>[]
            when 'T: (new: unit -> 'T)
            and 'T: struct
            and 'T :> ValueType
            and 'T :> IEquatable<'T>
            and 'T :> IFormattable

    /// <summary>The derivative of a loss with respect to everything that the rollout starts from, by backpropagation
    /// through time. `adjointOf t` is the loss's own derivative with respect to the state after step t [cells x
    /// channels], t = 0 (the start) .. steps, or `None` where the loss does not look at that state.
    ///
    /// Where the rule is not differentiable it takes these sides: the derivative of ReLU is 1 where Re a > 0 and 0
    /// elsewhere; that of a number held within the bound is 1 where it lies inside and 0 where it would lie at the bound or
    /// beyond; and which cells live is a constant.</summary>
    /// <exception cref="T:System.ArgumentException">As for `rollout`, or an adjoint is not cells x
    /// channels.</exception>
    [<CompiledName "Adjoint">]
    val adjoint:
        automaton: Automaton ->
        graph: Graph ->
        parameters: float[] ->
        rollout: Rollout ->
        adjointOf: (int -> Matrix<float> option) ->
            Gradient

    /// The parameters of the automaton's own rule in double precision.
    [<CompiledName "ParametersOf">]
    val parametersOf: automaton: Automaton -> float[]

    /// A state as a matrix [cells x channels] in double precision.
    [<CompiledName "MatrixOf">]
    val matrixOf: state: State -> Matrix<float>

    /// The rollout's inputs for each of its steps, in double precision; empty where it has none.
    [<CompiledName "InputsOf">]
    val inputsOf: rollout: Rollout -> Matrix<float>[]

    /// The real part of a `float` or `Complex`.
    val internal real: x: 'T -> float

    /// A real number as a `float` or `Complex`.
    val internal ofReal: x: float -> 'T

    /// An automaton on a graph with a firing for every step, as matrices: made once, shared by many rollouts.
    type internal Prepared<'T
        when 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType and 'T :> IEquatable<'T> and 'T :> IFormattable>

    /// A loss's derivative by the state after a step, and by what the cells reported in it, or null.
    type internal Bars = { State: Matrix<float>; Auxiliary: float[][] | null }

    /// What a step computed on its way, with the state that it left.
    type internal Moment<'T
        when 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType and 'T :> IEquatable<'T> and 'T :> IFormattable> =
        {
            /// y
            Linear: Matrix<'T>
            /// z, cell by cell
            Read: 'T[][]
            /// Whether each cell fires and lives before the step.
            Updates: bool[]
            /// Values by whose sign the rule has branched, cell by cell.
            Branches: 'T[][]
            /// What each cell reported beside its change; zero where it did not update.
            Auxiliary: 'T[][]
            /// s' before it is held within the bound
            Moved: Matrix<'T>
            /// 1 where a cell lives after the step, 0 elsewhere [cells x channels]; `None` without a gate.
            Alive: Matrix<'T> option
            /// s''
            State: Matrix<'T>
        }

    val internal prepare:
        automaton: Automaton -> graph: Graph -> rollout: Rollout -> Prepared<'T>
            when 'T: (new: unit -> 'T)
            and 'T: struct
            and 'T :> ValueType
            and 'T :> IEquatable<'T>
            and 'T :> IFormattable

    /// Every step of a rollout, in order.
    val internal forward:
        prepared: Prepared<'T> -> parameters: 'T[] -> start: Matrix<'T> -> inputs: Matrix<'T>[] -> Moment<'T>[]
            when 'T: (new: unit -> 'T)
            and 'T: struct
            and 'T :> ValueType
            and 'T :> IEquatable<'T>
            and 'T :> IFormattable

    /// 1 where a number that a step has moved lies within the bound, 0 where it is held there [cells x channels]; `None` without a
    /// bound.
    val internal free: prepared: Prepared<float> -> moment: Moment<float> -> Matrix<float> option

    /// The backward pass over the steps of `forward`.
    val internal backward:
        prepared: Prepared<float> ->
        parameters: float[] ->
        moments: Moment<float>[] ->
        adjointOf: (int -> Bars option) ->
            Gradient
