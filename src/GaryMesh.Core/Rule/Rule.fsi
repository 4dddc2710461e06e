namespace GaryMesh

open System
open System.Collections.Immutable

/// The sizes of a rule: perceived values -> hidden units -> change of the channels.
[<Struct; CustomEquality; NoComparison>]
type RuleShape =
    /// <exception cref="T:System.ArgumentOutOfRangeException">channels, operators or hidden is less than 1, or inputs
    /// is negative.</exception>
    new: channels: int * operators: int * hidden: int * inputs: int -> RuleShape
    new: channels: int * operators: int * hidden: int -> RuleShape
    /// C: numbers in a cell's state.
    val Channels: int
    /// K: operators of the perception the rule reads.
    val Operators: int
    /// H: hidden units.
    val Hidden: int
    /// I: input values a cell is given at every step, after what it perceives.
    val Inputs: int
    /// K x C + I: values the rule reads.
    member Perceived: int
    /// (K C + I) H + H + H C + C.
    member ParameterCount: int
    /// Such as `36 -> 48 -> 12`.
    member Text: string
    interface IEquatable<RuleShape>

/// A named part of a rule's parameters: a row-major matrix (a vector has one column).
[<Struct>]
type ParameterView =
    {
        /// `fc1.weight`, `fc1.bias`, `fc2.weight` or `fc2.bias`.
        Name: string
        /// Position of the first value in the flat vector.
        Offset: int
        Rows: int
        Columns: int
    }

    member Length: int

/// The shared update, the same for every cell: z -> W1 z + b1 -> ReLU -> W2 h + b2 = the change of the state.
///
/// Its parameters are one flat vector: W1 [H x (K C + I)], b1 [H], W2 [C x H], b2 [C], matrices row by row.
[<Sealed>]
type Rule =
    /// A rule with the given parameters, which are copied.
    /// <exception cref="T:System.ArgumentException">The number of parameters is not the shape's, or one is not
    /// finite.</exception>
    new: shape: RuleShape * parameters: ReadOnlySpan<float32> -> Rule
    member Shape: RuleShape
    /// The flat vector.
    member Parameters: ReadOnlySpan<float32>
    /// Number of parameters; it does not depend on any graph.
    member ParameterCount: int
    /// The flat vector, copied.
    member ToArray: unit -> float32[]
    /// The named parts of the flat vector, in order.
    member Views: ImmutableArray<ParameterView>
    /// A copy of one named part.
    /// <exception cref="T:System.ArgumentException">No part has that name.</exception>
    member View: name: string -> float32[]
    /// The named parts of any rule of a shape.
    static member ViewsOf: shape: RuleShape -> ImmutableArray<ParameterView>

    /// Every parameter zero: the rule that changes nothing.
    static member Zero: shape: RuleShape -> Rule
    /// Growing NCA's start: W1 uniform as PyTorch's linear layer has it (within 1 / sqrt(inputs)), b1 zero, the last
    /// layer zero, so that the first step changes nothing.
    static member ZeroLast: shape: RuleShape * seed: uint64 -> Rule
    /// Xavier-normal weights (Glorot and Bengio, AISTATS 2010) times a gain for each layer, biases zero. MeshNCA's
    /// start has the gains 0.2 and 1.2 over hidden and output layer.
    static member Xavier: shape: RuleShape * seed: uint64 * hiddenGain: float * outputGain: float -> Rule

    /// gary-mesh: 12 channels, 3 operators, 48 hidden units: 2,364 parameters.
    static member GaryMeshShape: RuleShape
    /// MeshNCA: 16 channels, 5 operators, 128 hidden units: 12,432 parameters.
    static member MeshNcaShape: RuleShape
    /// Growing NCA: 16 channels, 3 operators, 128 hidden units: 8,336 parameters.
    static member GrowingShape: RuleShape
