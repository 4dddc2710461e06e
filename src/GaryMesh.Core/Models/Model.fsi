namespace GaryMesh

open System
open System.Collections.Immutable

/// The units that a model works in, found once from data and not trained: a feature x of column c enters as
/// (x - FeatureShift[c]) FeatureScale[c], a number o of output j leaves as OutputShift[j] + OutputScale[j] o.
[<NoComparison; ReferenceEquality>]
type Scaling =
    {
        /// What is subtracted from each column of the features.
        FeatureShift: float32[]
        /// What each column of the features is multiplied by, after the shift.
        FeatureScale: float32[]
        /// Whether a cell's features are divided by the sum of their absolute values before (bags of words).
        UnitSum: bool
        /// What is added to each output, after the scale.
        OutputShift: float32[]
        /// What each output is multiplied by.
        OutputScale: float32[]
    }

    /// Numbers as they are.
    static member None: shape: ModelShape -> Scaling
    /// Each cell's features divided by the sum of their absolute values.
    static member Sums: shape: ModelShape -> Scaling
    /// <summary>Mean 0 and standard deviation 1 for each column of the features, over all rows and cells that have it,
    /// and the same for the numbers of a regression's labels, less the feature they are added to. Labels of
    /// a sum over cells keep their zero, and have the root mean square 1.</summary>
    /// <exception cref="T:System.ArgumentException">The data does not fit the shape on a graph of so many
    /// cells.</exception>
    static member OfData: shape: ModelShape * cells: int * data: ModelData -> Scaling
    /// What the outputs of a cell with the given features are added to, where the shape has a residual.
    member internal Base: shape: ModelShape * features: ReadOnlySpan<float32> -> float32

/// What a model's rule starts as.
[<RequireQualifiedAccess>]
type RuleStart =
    /// `Rule.ZeroLast`: the first step changes nothing.
    | Zero
    /// Plain diffusion with restart: a step of length 1 gives s' = (1 - Restart) P s + Restart e, where e are the inputs of the rule and P is
    /// the operator of that number in the perception, plus the own state where it sums differences (Gasteiger et al., ICLR 2019, eq. 4). Input of channel c is value c of the encoding. A pair of hidden units carries a channel through the ReLU, so the
    /// rule needs twice as many hidden units as channels; those left over start small. A linear readout begins as output k = channel k.
    | Diffusion of Operator: int * Restart: float

    /// Plain diffusion along an operator: `Diffusion`.
    static member OfDiffusion: operator: int * restart: float -> RuleStart

/// Encoder, rule and readout with their parameters: one flat vector with named parts.
[<Sealed>]
type Model =
    /// <summary>A model with the given parameters, which are copied.</summary>
    /// <exception cref="T:System.ArgumentException">The shape's parts do not fit each other, the scaling or the number of parameters is not the shape's, or a
    /// number is not finite.</exception>
    new: shape: ModelShape * scaling: Scaling * parameters: ReadOnlySpan<float32> -> Model
    /// The sizes of the model.
    member Shape: ModelShape
    /// The units that the model works in.
    member Scaling: Scaling
    /// The flat vector.
    member Parameters: ReadOnlySpan<float32>
    /// Number of parameters of encoder, rule and readout.
    member ParameterCount: int
    /// The flat vector, copied.
    member ToArray: unit -> float32[]
    /// The named parts of the flat vector, in order.
    member Views: ImmutableArray<ParameterView>
    /// <summary>A copy of one named part.</summary>
    /// <exception cref="T:System.ArgumentException">No part has that name.</exception>
    member View: name: string -> float32[]
    /// The rule, with its part of the parameters.
    member Rule: Rule
    /// The rule with everything that says how it runs.
    member Automaton: Automaton
    /// The same model with other parameters, which are copied.
    member WithParameters: parameters: ReadOnlySpan<float32> -> Model

    /// <summary>A model before training: encoder and readout uniform within sqrt(6 / (inputs + outputs)) (Glorot and
    /// Bengio, AISTATS 2010) with zero biases, the last layer zero where outputs are added to a feature.</summary>
    /// <exception cref="T:System.ArgumentException">The shape's parts do not fit each other, or diffusion does not fit
    /// the shape.</exception>
    static member Create: shape: ModelShape * scaling: Scaling * start: RuleStart * seed: uint64 -> Model

    /// <summary>A given automaton as a model without encoder and readout, for whoever wants its states: features are
    /// inputs of a rule that takes inputs, and start the first channels of one that takes none. It runs `MaxSteps`
    /// steps.</summary>
    /// <exception cref="T:System.ArgumentException">The automaton's inputs or channels do not fit the number of
    /// features.</exception>
    static member OfAutomaton: automaton: Automaton * features: int -> Model
