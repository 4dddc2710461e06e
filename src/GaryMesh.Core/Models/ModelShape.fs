namespace GaryMesh

open System.Collections.Immutable

type ModelPart =
    | Encoder = 0
    | Rule = 1
    | Readout = 2

[<NoComparison; ReferenceEquality>]
type ModelShape =
    { Features: int
      Missing: bool
      EncoderHidden: int
      Encoded: int
      Told: bool
      Starts: bool
      Read: bool
      Perception: Perception
      Channels: int
      Hidden: int
      Steps: int
      FireRate: float
      TimeStep: float
      Gate: Gate
      ReadoutHidden: int
      Outputs: int
      Pooling: Pooling
      Head: Head
      Residual: ImmutableArray<int> }

    static member Of(perception: Perception, features: int, head: Head, outputs: int, pooling: Pooling) =
        Guard.positive "The number of features" features
        Guard.notNegative "The number of outputs" outputs

        if outputs > 0 then
            head.Check outputs

        { Features = features
          Missing = false
          EncoderHidden = 0
          Encoded = 0
          Told = true
          Starts = false
          Read = false
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

    member shape.WithEncoder(hidden: int, values: int) =
        Guard.notNegative "The encoder's hidden layer" hidden
        Guard.notNegative "The number of encoded values" values

        if hidden > 0 && values = 0 then
            Guard.refuse $"An encoder with {hidden} hidden units needs at least 1 encoded value, but has 0."

        { shape with EncoderHidden = hidden; Encoded = values }

    member shape.WithEncoding(told: bool, starts: bool, read: bool) =
        if not (told || starts || read) then
            Guard.refuse "The encoding must be told to the rule, start the state or be read, but is none of these."

        { shape with Told = told; Starts = starts; Read = read }

    member shape.WithRule(channels: int, hidden: int, steps: int) =
        Guard.positive "The number of channels" channels
        Guard.positive "The number of hidden units" hidden
        Guard.positive "The number of steps" steps
        { shape with Channels = channels; Hidden = hidden; Steps = steps }

    member shape.WithRunning(fireRate: float, timeStep: float, gate: Gate) =
        Guard.probability "The fire rate" fireRate
        Guard.finite "The time step" timeStep
        { shape with FireRate = fireRate; TimeStep = timeStep; Gate = gate }

    member shape.WithReadout(hidden: int) =
        Guard.notNegative "The readout's hidden layer" hidden
        { shape with ReadoutHidden = hidden }

    member shape.WithMissing(missing: bool) = { shape with Missing = missing }

    member shape.WithResidual(columns: int seq) =
        let columns = ImmutableArray.CreateRange columns

        for column in columns do
            if column < 0 || column >= shape.Features then
                Guard.refuse
                    $"The outputs are to be added to feature {column}, but a cell has the features 0 to {shape.Features - 1}."

        { shape with Residual = columns }

    member shape.Seen = if shape.Missing then 2 * shape.Features else shape.Features
    member shape.IsRelative(column: int) = not shape.Residual.IsEmpty && column <> shape.Residual[0]
    member shape.EncodedValues = if shape.Encoded = 0 then shape.Seen else shape.Encoded
    member shape.Inputs = if shape.Told then shape.EncodedValues else 0
    member shape.RuleShape = RuleShape.For(shape.Perception, shape.Channels, shape.Hidden, shape.Inputs)
    member shape.Readable = shape.Channels + (if shape.Read then shape.EncodedValues else 0)

    member shape.Views =
        let layer name outputs inputs =
            [ struct (name + ".weight", ParameterRole.Weight, outputs, inputs)
              struct (name + ".bias", ParameterRole.Bias, outputs, 1) ]

        ParameterView.InOrder
            [ if shape.EncoderHidden > 0 then
                  yield! layer "encoder.hidden" shape.EncoderHidden shape.Seen

              if shape.Encoded > 0 then
                  let inputs = if shape.EncoderHidden > 0 then shape.EncoderHidden else shape.Seen
                  yield! layer "encoder" shape.Encoded inputs

              for view in shape.RuleShape.Views do
                  struct (view.Name, view.Role, view.Rows, view.Columns)

              if shape.Outputs > 0 then
                  if shape.ReadoutHidden > 0 then
                      yield! layer "readout.hidden" shape.ReadoutHidden shape.Readable

                  let inputs = if shape.ReadoutHidden > 0 then shape.ReadoutHidden else shape.Readable
                  yield! layer "readout" shape.Outputs inputs ]

    /// Where the rule's views begin, and where they end.
    member private shape.RuleViews =
        let first = (if shape.EncoderHidden > 0 then 2 else 0) + (if shape.Encoded > 0 then 2 else 0)
        struct (first, first + shape.RuleShape.Views.Length)

    member shape.PartOf(view: ParameterView) =
        let struct (first, last) = shape.RuleViews
        let views = shape.Views

        if view.Offset < views[first].Offset then ModelPart.Encoder
        elif last = views.Length || view.Offset < views[last].Offset then ModelPart.Rule
        else ModelPart.Readout

    member shape.RuleOffset =
        let struct (first, _) = shape.RuleViews
        shape.Views[first].Offset

    member shape.ParameterCount = shape.Views |> Seq.sumBy _.Length
    member shape.TargetsOn(cells: int) = if shape.Pooling.IsMean then 1 else cells
    member shape.OutputsOn(cells: int) = shape.TargetsOn cells * shape.Outputs

    member shape.Check() =
        if shape.Starts && shape.EncodedValues > shape.Channels then
            Guard.refuse
                $"The encoding is to start the state, but has {shape.EncodedValues} values against {shape.Channels} channels."

        if not shape.Residual.IsEmpty && (shape.Pooling.IsMean || not shape.Head.IsRegression) then
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
