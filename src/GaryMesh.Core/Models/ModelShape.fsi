namespace GaryMesh

open System.Collections.Immutable

/// The parts of a model, in the order of its parameters.
type ModelPart =
    | Encoder = 0
    | Rule = 1
    | Readout = 2

/// The sizes of a model: encoder -> rollout -> readout, the same for every cell of whatever graph.
///
/// A cell's k features (and, where values may be missing, k flags that are 1 where one was measured) are encoded into E
/// values: by a linear layer, by one with a hidden ReLU layer before it, or not at all (E = k, or 2 k with flags). The
/// encoding is told to the rule at every step, or starts the first channels of the state, or both. After the steps the
/// readout, linear or with a hidden ReLU layer, turns a cell's state (and, if wanted, its encoding) into m outputs.
///
/// Made with `ModelShape.Of` and the methods that begin with `With`; each checks what it is given.
[<NoComparison; ReferenceEquality>]
type ModelShape =
    {
        /// k: features of a cell.
        Features: int
        /// Whether a feature may be NaN, which means that it was not measured.
        Missing: bool
        /// Units of the encoder's hidden layer; 0 for none.
        EncoderHidden: int
        /// Values of the encoder's last layer; 0 for no encoder.
        Encoded: int
        /// Whether the encoding is told to the rule at every step.
        Told: bool
        /// Whether the encoding is what the first channels start with.
        Starts: bool
        /// Whether the readout reads the encoding after the state.
        Read: bool
        Perception: Perception
        /// C: numbers in a cell's state.
        Channels: int
        /// H: hidden units of the rule.
        Hidden: int
        /// Steps of the rollout.
        Steps: int
        /// Probability that a cell updates at a step, in prediction too; 1 fires all of them.
        FireRate: float
        /// What the rule's change is multiplied by.
        TimeStep: float
        Gate: Gate
        /// Units of the readout's hidden layer; 0 for none.
        ReadoutHidden: int
        /// m: outputs of a target; 0 where the states alone are wanted.
        Outputs: int
        Pooling: Pooling
        Head: Head
        /// Columns of the features of which the first that was measured is added to each output.
        Residual: ImmutableArray<int>
    }

    /// Features that go straight in, told at every step; 16 channels, 64 hidden units, 8 steps in which every cell fires,
    /// a time step of 1, no gate, and a linear readout.
    static member Of:
        perception: Perception * features: int * head: Head * outputs: int * pooling: Pooling -> ModelShape

    /// `hidden` 0: a linear layer; `values` 0: no encoder.
    member WithEncoder: hidden: int * values: int -> ModelShape
    /// Where the encoding goes: told to the rule at every step, into the first channels of the start, to the readout.
    member WithEncoding: told: bool * starts: bool * read: bool -> ModelShape
    member WithRule: channels: int * hidden: int * steps: int -> ModelShape
    member WithRunning: fireRate: float * timeStep: float * gate: Gate -> ModelShape
    member WithReadout: hidden: int -> ModelShape
    member WithMissing: missing: bool -> ModelShape
    /// Outputs become what is to be added to a feature: a forecast says how the last value will change. That feature is the
    /// first of the columns that was measured; without one the mean of the first column stands in. It enters in the first
    /// column's place, and all others as their difference from it.
    member WithResidual: columns: int seq -> ModelShape

    /// Refuses a shape whose parts do not fit each other.
    /// <exception cref="T:System.ArgumentException">Something does not fit; the message names both sides.</exception>
    member Check: unit -> unit

    /// Numbers that the encoder reads a cell: k, or 2 k with flags.
    member Seen: int
    /// Whether a column enters as its difference from what the outputs are added to.
    member internal IsRelative: column: int -> bool
    /// E.
    member EncodedValues: int
    /// I: numbers the rule is told at every step.
    member Inputs: int
    member RuleShape: RuleShape
    /// Numbers that the readout reads a cell.
    member Readable: int
    /// Where the rule's parameters begin.
    member internal RuleOffset: int
    /// The named parts of the flat parameter vector: `encoder.hidden.weight`, `encoder.hidden.bias`, `encoder.weight`,
    /// `encoder.bias`, the rule's `fc1.weight`, `fc1.bias`, `fc2.weight`, `fc2.bias`, then `readout.hidden.weight`,
    /// `readout.hidden.bias`, `readout.weight` and `readout.bias`, of those that there are. Matrices are [outputs x inputs].
    member Views: ImmutableArray<ParameterView>
    /// Which part of the model a view belongs to.
    member PartOf: view: ParameterView -> ModelPart
    member ParameterCount: int
    /// Numbers of a graph's answer.
    member OutputsOn: cells: int -> int
    /// Targets of a graph: 1 where votes are pooled, else its cells.
    member TargetsOn: cells: int -> int
