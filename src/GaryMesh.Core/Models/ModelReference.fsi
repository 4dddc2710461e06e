namespace GaryMesh

open System
open MathNet.Numerics.LinearAlgebra

/// The specification of a model: what its outputs are, and their exact derivative, in plain double-precision matrices.
///
/// With the features of a row as a matrix x [cells x EncoderInputs] in the model's units, the outputs are
///
///     e = (relu(x A' + a)) B' + b           the encoding [cells x E]; without a hidden layer x B' + b, without a layer x
///     s = [e, 0] or 0                       the start [cells x C]
///     t = the state after the steps         `Reference`, with e as its input at each of them or none
///     r = [t, e] or t                       what the readout reads
///     v = (relu(r D' + d)) F' + f           the outputs of each cell [cells x m]; without a hidden layer r F' + f
///     o = v or its rows' mean, sum, max         [targets x m]
///
/// Numbers are real or complex, as with `Reference`. Parameters are one flat vector in the layout of `ModelShape.Views`, given
/// apart from the model.
module ModelReference =
    /// A row's features [cells x k] in the model's units [cells x EncoderInputs], and what the outputs of each cell are added to; empty
    /// where there is no residual.
    [<CompiledName "Enter">]
    val enter: model: Model -> graph: Graph -> features: float32[] -> struct (Matrix<float> * float[])

    /// <summary>The outputs of a row in the model's own units [targets x m].</summary>
    /// <exception cref="T:System.ArgumentException">The number of parameters is not the model's, or the row does not
    /// fit the graph.</exception>
    [<CompiledName "Outputs">]
    val outputs:
        model: Model -> graph: Graph -> parameters: 'T[] -> features: float32[] -> Matrix<'T>
            when 'T: (new: unit -> 'T)
            and 'T: struct
            and 'T :> ValueType
            and 'T :> IEquatable<'T>
            and 'T :> IFormattable

    /// <summary>The derivative by the parameters of what has the derivative `adjoint` by a row's outputs [targets x
    /// m].</summary>
    /// <exception cref="T:System.ArgumentException">As for `outputs`.</exception>
    [<CompiledName "Adjoint">]
    val adjoint:
        model: Model -> graph: Graph -> parameters: float[] -> features: float32[] -> adjoint: Matrix<float> -> float[]
