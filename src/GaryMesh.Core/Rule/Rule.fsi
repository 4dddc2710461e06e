namespace GaryMesh

open System
open System.Collections.Immutable

module internal RuleKinds =
    val parse: name: string -> known: RuleKind seq -> RuleKind

/// The kind and the sizes of a rule: values read -> hidden units -> change of the channels.
[<Sealed>]
type RuleShape =
    /// <summary>A shape of any kind.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">channels, perceived or hidden is less than 1, or inputs
    /// is negative.</exception>
    new: channels: int * perceived: int * hidden: int * inputs: int * kind: RuleKind -> RuleShape
    /// A shape of two dense layers.
    new: channels: int * perceived: int * hidden: int * inputs: int -> RuleShape
    /// A shape of two dense layers without inputs.
    new: channels: int * perceived: int * hidden: int -> RuleShape
    /// Two dense layers over what a perception gives cells of so many channels.
    static member For: perception: Perception * channels: int * hidden: int * inputs: int -> RuleShape
    /// Two dense layers, without inputs, over what a perception gives cells of so many channels.
    static member For: perception: Perception * channels: int * hidden: int -> RuleShape
    /// The same sizes for a rule of another kind.
    member WithKind: kind: RuleKind -> RuleShape
    /// The same shape with so many inputs.
    member WithInputs: inputs: int -> RuleShape
    /// The kind of the rule.
    member Kind: RuleKind
    /// The sizes alone.
    member Sizes: RuleSizes
    /// C: numbers in a cell's state.
    member Channels: int
    /// Values that the perception gives a cell.
    member Perceived: int
    /// H: hidden units.
    member Hidden: int
    /// I: input values a cell is given at every step, after what it perceives.
    member Inputs: int
    /// Perceived + I: values that the rule reads.
    member Read: int
    /// The named parts of the flat parameter vector, in order.
    member Views: ImmutableArray<ParameterView>
    /// (Read + 1) H + (H + 1) C for two dense layers.
    member ParameterCount: int
    /// Values that a cell reports beside its change.
    member Auxiliary: int
    /// Values by whose sign the rule branches.
    member Branches: int
    /// Multiply-adds of the rule for one cell that fires.
    member MultiplyAdds: int64
    /// Such as `36 -> 48 -> 12`, after the kind's name where it is not dense.
    member Text: string
    interface IEquatable<RuleShape>

/// The shared update, the same for every cell, with its parameters: one flat vector, in the order of `Views`.
[<Sealed>]
type Rule =
    /// <summary>A rule with the given parameters, which are copied.</summary>
    /// <exception cref="T:System.ArgumentException">The number of parameters is not the shape's, or one is not
    /// finite.</exception>
    new: shape: RuleShape * parameters: ReadOnlySpan<float32> -> Rule
    /// The sizes of the rule.
    member Shape: RuleShape
    /// The flat vector.
    member Parameters: ReadOnlySpan<float32>
    /// Number of parameters; it does not depend on any graph.
    member ParameterCount: int
    /// The flat vector, copied.
    member ToArray: unit -> float32[]
    /// The named parts of the flat vector, in order.
    member Views: ImmutableArray<ParameterView>
    /// <summary>A copy of one named part.</summary>
    /// <exception cref="T:System.ArgumentException">No part has that name.</exception>
    member View: name: string -> float32[]

    /// Every parameter zero: the rule that changes nothing.
    static member Zero: shape: RuleShape -> Rule
    /// The start of the shape's kind (`RuleKind.Initial`); two dense layers begin as Growing NCA does, with the last layer
    /// zero, so that the first step changes nothing.
    static member ZeroLast: shape: RuleShape * seed: uint64 -> Rule
    /// Every parameter from normal noise, with a deviation by its part and its place there.
    static member internal Drawn: shape: RuleShape * seed: uint64 * deviation: (ParameterView -> int -> float) -> Rule

    /// Xavier-normal weights (Glorot and Bengio, AISTATS 2010) times a gain for each layer, everything else zero; the output
    /// gain is for parts called `fc2.weight`. MeshNCA's start has the gains 0.2 and 1.2 over hidden and output layer.
    static member Xavier: shape: RuleShape * seed: uint64 * hiddenGain: float * outputGain: float -> Rule

    /// <summary>Rule a where a cell's last input is 0, rule b where it is 1, and in between a mixture of both changes
    /// (`BlendRule`).</summary>
    /// <exception cref="T:System.ArgumentException">The shapes differ.</exception>
    static member Blend: a: Rule * b: Rule -> Rule

    /// gary-mesh: 12 channels, 3 operators, 48 hidden units: 2,364 parameters.
    static member GaryMeshShape: RuleShape
    /// MeshNCA: 16 channels, 5 operators, 128 hidden units: 12,432 parameters.
    static member MeshNcaShape: RuleShape
    /// Growing NCA: 16 channels, 3 operators, 128 hidden units: 8,336 parameters.
    static member GrowingShape: RuleShape
