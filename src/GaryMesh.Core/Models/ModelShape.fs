namespace GaryMesh

open System.Collections.Immutable

/// The parts of a model, in the order of its parameters.
type ModelPart =
    /// What makes the encoding of the features.
    | Encoder = 0
    /// The rule that all cells share.
    | Rule = 1
    /// What reads the outputs off the state.
    | Readout = 2

/// The sizes of a model: encoder -> rollout -> readout, the same for every cell of whatever graph.
///
/// A cell's k features (and, where values may be missing, k flags that are 1 where one was measured) are encoded into E
/// values: by a linear layer, by one with a hidden ReLU layer before it, or not at all (E = k, or 2 k with flags). The
/// encoding is an input of the rule at every step, or the initial state of the first channels, or both. After the steps the
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
        EncoderOutputs: int
        /// Whether the encoding is an input of the rule at every step.
        EncodingAsInput: bool
        /// Whether the encoding is the initial state of the first channels.
        EncodingAsState: bool
        /// Whether the readout reads the encoding, after the state.
        SkipConnection: bool
        /// What each cell perceives of its neighbours.
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
        /// The mask over the step.
        Gate: Gate
        /// Units of the readout's hidden layer; 0 for none.
        ReadoutHidden: int
        /// m: outputs of a target; 0 where the states alone are wanted.
        Outputs: int
        /// Whether each cell answers for itself, or all cells for the graph.
        Pooling: Pooling
        /// What the outputs mean, and their loss.
        Head: Head
        /// Columns of the features of which the first that was measured is added to each output.
        Residual: ImmutableArray<int>
    }

    /// Features without an encoder, as inputs at every step; 16 channels, 64 hidden units, 8 steps in which every cell fires,
    /// a time step of 1, no gate, and a linear readout.
    static member Of(perception: Perception, features: int, head: Head, outputs: int, pooling: Pooling) =
        Guard.positive (nameof features) "The number of features" features
        Guard.notNegative (nameof outputs) "The number of outputs" outputs

        if outputs > 0 then
            head.Check outputs

        { Features = features
          Missing = false
          EncoderHidden = 0
          EncoderOutputs = 0
          EncodingAsInput = true
          EncodingAsState = false
          SkipConnection = false
          Perception = perception
          Channels = 16
          Hidden = 64
          Steps = 8
          FireRate = 1.0
          TimeStep = 1.0
          Gate = Gate.Open
          ReadoutHidden = 0
          Outputs = outputs
          Pooling = pooling
          Head = head
          Residual = ImmutableArray.Empty }

    /// `hidden` 0: a linear layer; `values` 0: no encoder.
    member shape.WithEncoder(hidden: int, values: int) =
        Guard.notNegative (nameof hidden) "The encoder's hidden layer" hidden
        Guard.notNegative (nameof values) "The number of encoded values" values

        if hidden > 0 && values = 0 then
            Guard.refuse $"An encoder with {hidden} hidden units needs at least 1 encoded value, but has 0."

        { shape with EncoderHidden = hidden; EncoderOutputs = values }

    /// Where the encoding goes: inputs of the rule at every step, the initial state's first channels, the readout.
    member shape.WithEncoding(asInput: bool, asState: bool, skip: bool) =
        if not (asInput || asState || skip) then
            Guard.refuse
                $"The encoding must be an input of the rule, the initial state or a skip connection, but is none of these."

        { shape with
            EncodingAsInput = asInput
            EncodingAsState = asState
            SkipConnection = skip }

    /// The same shape with a rule of these sizes, run for so many steps.
    member shape.WithRule(channels: int, hidden: int, steps: int) =
        Guard.positive (nameof channels) "The number of channels" channels
        Guard.positive (nameof hidden) "The number of hidden units" hidden
        Guard.positive (nameof steps) "The number of steps" steps
        { shape with Channels = channels; Hidden = hidden; Steps = steps }

    /// The same shape with this fire rate, time step and gate.
    member shape.WithRunning(fireRate: float, timeStep: float, gate: Gate) =
        Guard.drawn (nameof fireRate) "The fire rate" fireRate
        Guard.finite (nameof timeStep) "The time step" timeStep
        { shape with FireRate = fireRate; TimeStep = timeStep; Gate = gate }

    /// The same shape with so many hidden units in the readout; 0 for a linear one.
    member shape.WithReadout(hidden: int) =
        Guard.notNegative (nameof hidden) "The readout's hidden layer" hidden
        { shape with ReadoutHidden = hidden }

    /// The same shape, where a feature may be NaN or not.
    member shape.WithMissing(missing: bool) = { shape with Missing = missing }

    /// Outputs become what is to be added to a feature: a forecast says how the last value will change. That feature is the
    /// first of the columns that was measured; without one the mean of the first column stands in. It enters in the first
    /// column's place, and all others as their difference from it.
    member shape.WithResidual(columns: int seq) =
        let columns = ImmutableArray.CreateRange columns

        for column in columns do
            if column < 0 || column >= shape.Features then
                Guard.refuse
                    $"The outputs are to be added to feature {column}, but a cell has the features 0 to {shape.Features - 1}."

        { shape with Residual = columns }

    /// Numbers that the encoder reads a cell: k, or 2 k with flags.
    member shape.EncoderInputs = if shape.Missing then 2 * shape.Features else shape.Features
    /// Whether a column enters as its difference from what the outputs are added to.
    member internal shape.IsRelative(column: int) = not shape.Residual.IsEmpty && column <> shape.Residual[0]
    /// E.
    member shape.EncodedValues = if shape.EncoderOutputs = 0 then shape.EncoderInputs else shape.EncoderOutputs
    /// I: inputs of the rule at every step.
    member shape.Inputs = if shape.EncodingAsInput then shape.EncodedValues else 0
    /// The sizes of the rule.
    member shape.RuleShape = RuleShape.For(shape.Perception, shape.Channels, shape.Hidden, shape.Inputs)
    /// Numbers that the readout reads a cell.
    member shape.ReadoutInputs = shape.Channels + (if shape.SkipConnection then shape.EncodedValues else 0)

    /// The named parts of the flat parameter vector: `encoder.hidden.weight`, `encoder.hidden.bias`, `encoder.weight`,
    /// `encoder.bias`, the rule's `fc1.weight`, `fc1.bias`, `fc2.weight`, `fc2.bias`, then `readout.hidden.weight`,
    /// `readout.hidden.bias`, `readout.weight` and `readout.bias`, of those that there are. Matrices are [outputs x inputs].
    member shape.Views =
        let layer name outputs inputs =
            [ struct (name + ".weight", ParameterRole.Weight, outputs, inputs)
              struct (name + ".bias", ParameterRole.Bias, outputs, 1) ]

        ParameterView.InOrder
            [ if shape.EncoderHidden > 0 then
                  yield! layer "encoder.hidden" shape.EncoderHidden shape.EncoderInputs

              if shape.EncoderOutputs > 0 then
                  let inputs = if shape.EncoderHidden > 0 then shape.EncoderHidden else shape.EncoderInputs
                  yield! layer "encoder" shape.EncoderOutputs inputs

              for view in shape.RuleShape.Views do
                  struct (view.Name, view.Role, view.Rows, view.Columns)

              if shape.Outputs > 0 then
                  if shape.ReadoutHidden > 0 then
                      yield! layer "readout.hidden" shape.ReadoutHidden shape.ReadoutInputs

                  let inputs = if shape.ReadoutHidden > 0 then shape.ReadoutHidden else shape.ReadoutInputs
                  yield! layer "readout" shape.Outputs inputs ]

    /// Where the rule's views begin, and where they end.
    member private shape.RuleViews =
        let first = (if shape.EncoderHidden > 0 then 2 else 0) + (if shape.EncoderOutputs > 0 then 2 else 0)
        struct (first, first + shape.RuleShape.Views.Length)

    /// Which part of the model a view belongs to.
    member shape.PartOf(view: ParameterView) =
        let struct (first, last) = shape.RuleViews
        let views = shape.Views

        if view.Offset < views[first].Offset then ModelPart.Encoder
        elif last = views.Length || view.Offset < views[last].Offset then ModelPart.Rule
        else ModelPart.Readout

    /// Where the rule's parameters begin.
    member internal shape.RuleOffset =
        let struct (first, _) = shape.RuleViews
        shape.Views[first].Offset

    /// Number of parameters of encoder, rule and readout.
    member shape.ParameterCount = shape.Views |> Seq.sumBy _.Length
    /// Targets of a graph: 1 where outputs are pooled, else its cells.
    member shape.TargetsOn(cells: int) = if shape.Pooling.IsCells then cells else 1
    /// Numbers of a graph's answer.
    member shape.OutputsOn(cells: int) = shape.TargetsOn cells * shape.Outputs

    /// <summary>Refuses a shape whose parts do not fit each other.</summary>
    /// <exception cref="T:System.ArgumentException">Something does not fit; the message names both sides.</exception>
    member shape.Check() =
        if shape.EncodingAsState && shape.EncodedValues > shape.Channels then
            Guard.refuse
                $"The encoding is to start the state, but has {shape.EncodedValues} values against {shape.Channels} channels."

        if not shape.Residual.IsEmpty && (not shape.Pooling.IsCells || not shape.Head.IsRegression) then
            Guard.refuse
                $"Outputs can be added to a feature where they are numbers for each cell, but the head is {shape.Head.Text} and the pooling {shape.Pooling}."

        if shape.Outputs > 0 then
            shape.Head.Check shape.Outputs

        Automaton
            .Of(shape.Perception, Rule.Zero shape.RuleShape)
            .WithFireRate(shape.FireRate)
            .WithTimeStep(shape.TimeStep)
            .WithGate(shape.Gate)
            .WithSteps(shape.Steps, shape.Steps)
            .Check()
