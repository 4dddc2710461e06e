namespace GaryMesh

open System
open System.Collections.Immutable
open System.Globalization

[<Struct>]
type Edge =
    { X: float
      Y: float
      Z: float
      U: float
      V: float
      N: float
      Length: float
      MeanLength: float
      Weight: float
      Degree: int
      NeighbourDegree: int
      TotalWeight: float }

/// What of a graph a weight looks at beside its edges.
[<RequireQualifiedAccess>]
type internal Sight =
    | Edges
    /// Where the cells lie.
    | Places
    /// Where they lie, in the frames of the cells.
    | Frames

[<Sealed>]
type EdgeWeight private (name: string, weight: Func<Edge, float>, order: int, balanced: bool, sight: Sight) =
    do Guard.notNegative (nameof order) "The order of a derivative" order

    /// MeshNCA's guard against an edge without length.
    static let unit component' (edge: Edge) =
        component' edge / (sqrt (edge.X * edge.X + edge.Y * edge.Y + edge.Z * edge.Z) + 1e-8)

    static let planar component' (edge: Edge) =
        match Double.Hypot(edge.X, edge.Y) with
        | 0.0 -> 0.0
        | length -> component' edge / length

    static let ratio part whole = if whole = 0.0 then 0.0 else part / whole

    /// Lattice steps are whole; rounding forgives positions that are nearly so.
    static let step (offset: float) = Math.Round offset

    static let sobel along across edge = step (along edge) * (2.0 - abs (step (across edge))) / 8.0

    static let x (edge: Edge) = edge.X
    static let y (edge: Edge) = edge.Y
    static let z (edge: Edge) = edge.Z

    /// A polynomial of the direction.
    static let harmonic polynomial edge : float = polynomial (unit x edge) (unit y edge) (unit z edge)

    static let first name (weight: Edge -> float) = EdgeWeight(name, Func<Edge, float> weight, 1, false, Sight.Places)
    static let second name (weight: Edge -> float) = EdgeWeight(name, Func<Edge, float> weight, 2, false, Sight.Places)
    static let framed name (weight: Edge -> float) = EdgeWeight(name, Func<Edge, float> weight, 1, false, Sight.Frames)
    static let sobel name along across = EdgeWeight(name, Func<Edge, float>(sobel along across), 1, true, Sight.Places)

    static let builtIn =
        [ EdgeWeight("one", fun _ -> 1.0)
          first "cos" (planar x)
          first "sin" (planar y)
          first "x" (unit x)
          first "y" (unit y)
          first "z" (unit z)
          second "xy" (harmonic (fun x y _ -> x * y))
          second "yz" (harmonic (fun _ y z -> y * z))
          second "z2" (harmonic (fun x y z -> (2.0 * z * z - x * x - y * y) / sqrt 12.0))
          second "xz" (harmonic (fun x _ z -> x * z))
          second "x2-y2" (harmonic (fun x y _ -> (x * x - y * y) / 2.0))
          framed "u" (fun edge -> ratio edge.U edge.Length)
          framed "v" (fun edge -> ratio edge.V edge.Length)
          second "length" (fun edge -> ratio edge.Length edge.MeanLength)
          sobel "sobel-x" x y
          sobel "sobel-y" y x
          second "laplacian" (fun edge -> if step edge.X = 0.0 || step edge.Y = 0.0 then 2.0 / 16.0 else 1.0 / 16.0)
          EdgeWeight("weight", fun edge -> edge.Weight)
          EdgeWeight("random-walk", fun edge -> ratio edge.Weight edge.TotalWeight)
          EdgeWeight(
              "self-loop-walk",
              fun edge -> ratio edge.Weight edge.TotalWeight * float edge.Degree / float (edge.Degree + 1)
          )
          EdgeWeight(
              "symmetric",
              fun edge -> edge.Weight / sqrt (float (edge.Degree + 1) * float (edge.NeighbourDegree + 1))
          ) ]

    static let named name = builtIn |> List.find (fun (weight: EdgeWeight) -> weight.Name = name)

    new(name: string, weight: Func<Edge, float>, order: int) = EdgeWeight(name, weight, order, false, Sight.Edges)
    new(name: string, weight: Func<Edge, float>) = EdgeWeight(name, weight, 2)
    member _.Name = name
    member _.Order = order
    member _.Balanced = balanced
    member _.Sight = sight
    member _.Of(edge: Edge) = weight.Invoke edge

    static member One = named "one"
    static member Cos = named "cos"
    static member Sin = named "sin"
    static member X = named "x"
    static member Y = named "y"
    static member Z = named "z"
    static member XY = named "xy"
    static member YZ = named "yz"
    static member Z2 = named "z2"
    static member XZ = named "xz"
    static member X2Y2 = named "x2-y2"
    static member U = named "u"
    static member V = named "v"
    static member Length = named "length"
    static member SobelX = named "sobel-x"
    static member SobelY = named "sobel-y"
    static member Laplacian = named "laplacian"
    static member Given = named "weight"
    static member RandomWalk = named "random-walk"
    static member SelfLoopWalk = named "self-loop-walk"
    static member Symmetric = named "symmetric"

    static member At(offset: int) =
        first $"at:{WholeNumber.text offset}" (fun edge -> if step edge.X = float offset then 1.0 else 0.0)

    static member At(right: int, down: int) =
        first $"at:{WholeNumber.text right}:{WholeNumber.text down}" (fun edge ->
            if step edge.X = float right && step edge.Y = float down then 1.0 else 0.0)

    static member Find(name: string) : EdgeWeight | null =
        // Files of the first version say `share`.
        let name = if name = "share" then "random-walk" else name

        match builtIn |> List.tryFind (fun weight -> weight.Name = name) with
        | Some weight -> weight
        | None ->
            match name.Split ':' |> List.ofArray with
            | [ "at"; along ] ->
                match WholeNumber.read along with
                | Some along -> EdgeWeight.At along
                | None -> null
            | [ "at"; right; down ] ->
                match WholeNumber.read right, WholeNumber.read down with
                | Some right, Some down -> EdgeWeight.At(right, down)
                | _ -> null
            | _ -> null

    static member Names = ImmutableArray.CreateRange(builtIn |> List.map _.Name)

[<RequireQualifiedAccess>]
type Messages =
    | Value
    | Difference

[<RequireQualifiedAccess>]
type Aggregation =
    | Sum
    | Mean

[<RequireQualifiedAccess>]
type Operator =
    | Own
    | Neighbours of Weight: EdgeWeight * Messages: Messages * Aggregation: Aggregation

    member operator.Text =
        match operator with
        | Own -> "own"
        | Neighbours(weight, messages, aggregation) ->
            let aggregation = if aggregation.IsMean then "mean" else "sum"
            let messages = if messages.IsDifference then "difference" else "value"
            $"{aggregation} {messages} {weight.Name}"

    member operator.Order =
        match operator with
        | Neighbours(weight, messages, _) when messages.IsDifference || weight.Balanced -> weight.Order
        | _ -> 0

    static member Of(weight: EdgeWeight, messages: Messages, aggregation: Aggregation) =
        Neighbours(weight, messages, aggregation)

    static member Parse(text: string, known: EdgeWeight seq) =
        let weight name =
            match Seq.tryFind (fun (weight: EdgeWeight) -> weight.Name = name) known, EdgeWeight.Find name with
            | Some weight, _ -> weight
            | None, NonNull weight -> weight
            | None, Null ->
                let names = String.Join(", ", EdgeWeight.Names)

                Guard.refuse
                    $"The operator '{text}' weighs edges by '{name}', but the known weights are {names}, at:D and at:DX:DY."

        match text.Split(' ', 3) with
        | [| "own" |] -> Own
        | [| "sum" | "mean" as aggregation; "value" | "difference" as messages; name |] ->
            Neighbours(
                weight name,
                (if messages = "value" then Messages.Value else Messages.Difference),
                (if aggregation = "sum" then Aggregation.Sum else Aggregation.Mean)
            )
        | _ -> Guard.refuse $"An operator is 'own' or '(sum|mean) (value|difference) WEIGHT', but '{text}' is neither."

[<Sealed>]
type Perception(operators: Operator seq, lift: Lift | null) =
    let operators = ImmutableArray.CreateRange operators

    do
        if operators.IsEmpty then
            Guard.refuse $"A perception needs at least one operator, but none is given."

    new(operators: Operator seq) = Perception(operators, null)
    member _.Operators = operators

    static member private SightOf(operator: Operator) =
        match operator with
        | Operator.Neighbours(weight, _, _) -> weight.Sight
        | Operator.Own -> Sight.Edges

    member _.SeesFrames = operators |> Seq.exists (fun operator -> (Perception.SightOf operator).IsFrames)
    member _.SeesPlaces = operators |> Seq.exists (fun operator -> not (Perception.SightOf operator).IsEdges)

    /// Refuses a graph that has not what an operator looks at: it would see nothing there, and say nothing of it.
    member internal _.CheckSight(graph: Graph) =
        if graph.Edges > 0 then
            for operator in operators do
                let sight = Perception.SightOf operator

                if graph.Offsets.IsEmpty && not sight.IsEdges then
                    Guard.refuse
                        $"The operator '{operator.Text}' looks where neighbours lie, but {graph.Name} has no places."

                if graph.Frames.IsEmpty && sight.IsFrames then
                    Guard.refuse
                        $"The operator '{operator.Text}' looks along the frames of the cells, but {graph.Name} has none (Graph.WithFrames gives them)."

    member _.Count = operators.Length
    member _.Lift = lift
    member _.WithLift(lift: Lift | null) = Perception(operators, lift)

    member _.Width(channels: int) =
        match lift with
        | null -> operators.Length * channels
        | lift -> lift.Width(operators.Length, channels)

    member perception.Text =
        String.Join(", ", operators |> Seq.map _.Text)
        + (match lift with
           | null -> ""
           | lift -> $"; {lift.Name}")

    static member private Of messages aggregation weight = Operator.Neighbours(weight, messages, aggregation)

    static member Planar =
        let mean = Perception.Of Messages.Difference Aggregation.Mean
        Perception [ Operator.Own; mean EdgeWeight.Cos; mean EdgeWeight.Sin ]

    static member Harmonics =
        let sum = Perception.Of Messages.Difference Aggregation.Sum
        Perception [ sum EdgeWeight.One; sum EdgeWeight.Y; sum EdgeWeight.Z; sum EdgeWeight.X; Operator.Own ]

    static member Harmonics2 =
        let sum = Perception.Of Messages.Difference Aggregation.Sum

        let degree2 = [ EdgeWeight.XY; EdgeWeight.YZ; EdgeWeight.Z2; EdgeWeight.XZ; EdgeWeight.X2Y2 ]

        Perception(Seq.append Perception.Harmonics.Operators (List.map sum degree2))

    static member Tangent =
        let mean = Perception.Of Messages.Difference Aggregation.Mean
        Perception [ Operator.Own; mean EdgeWeight.U; mean EdgeWeight.V; mean EdgeWeight.One ]

    static member Steered(channel: int) = Perception.Tangent.WithLift(Steering(0, 1, 2, channel))
    static member RotationInvariant = Perception.Tangent.WithLift(GradientNorm(1, 2))

    static member Sobel =
        let sum = Perception.Of Messages.Value Aggregation.Sum
        Perception [ Operator.Own; sum EdgeWeight.SobelX; sum EdgeWeight.SobelY ]

    static member Isotropic =
        Perception [ Operator.Own; Perception.Of Messages.Difference Aggregation.Sum EdgeWeight.Laplacian ]

    static member Moore =
        let at (right, down) = Perception.Of Messages.Value Aggregation.Sum (EdgeWeight.At(right, down))

        let around =
            [ for down in -1 .. 1 do
                  for right in -1 .. 1 do
                      if (right, down) <> (0, 0) then
                          right, down ]

        Perception(Operator.Own :: List.map at around)

    static member LeftSelfRight =
        let at offset = Perception.Of Messages.Value Aggregation.Sum (EdgeWeight.At offset)
        Perception [ at -1; Operator.Own; at 1 ]

    static member Diffusion =
        Perception [ Operator.Own; Perception.Of Messages.Difference Aggregation.Sum EdgeWeight.SelfLoopWalk ]

    static member Offsets(offsets: int seq) =
        let at offset = Perception.Of Messages.Value Aggregation.Sum (EdgeWeight.At offset)
        Perception(Seq.append [ Operator.Own ] (Seq.map at offsets))

[<Sealed>]
type internal Stencil(perception: Perception, graph: Graph, spacing: float) =
    do perception.CheckSight graph

    let edged, own =
        [| 0 .. perception.Count - 1 |] |> Array.partition (fun k -> perception.Operators[k].IsNeighbours)

    let width = edged.Length
    let spacings = graph.Spacings

    /// What each operator is multiplied by at a spacing.
    let scalesAt spacing = edged |> Array.map (fun k -> spacing ** float -perception.Operators[k].Order)

    let scales = scalesAt spacing
    let offsets, weights, frames = graph.Offsets, graph.Weights, graph.Frames
    let weightOf edge = if weights.IsEmpty then 1.0 else weights[edge]

    new(perception: Perception, graph: Graph) = Stencil(perception, graph, 1.0)
    member _.Edged = edged
    member _.Own = own

    member _.Weigh(cell: int, edgeWeights: float[], edgesAt: int, selfWeights: float[], selfAt: int) =
        let first, last = graph.RowStart[cell], graph.RowStart[cell + 1] - 1
        let degree = graph.Degree cell
        let mutable total = 0.0

        for edge in first..last do
            total <- total + weightOf edge

        let scales = if spacings.IsEmpty then scales else scalesAt (spacing * spacings[cell])

        Array.Clear(selfWeights, selfAt, width)

        for edge in first..last do
            let offset axis = if offsets.IsEmpty then 0.0 else offsets[3 * edge + axis]
            let x, y, z = offset 0, offset 1, offset 2

            let along vector =
                if frames.IsEmpty then
                    0.0
                else
                    let at = 9 * cell + 3 * vector
                    frames[at] * x + frames[at + 1] * y + frames[at + 2] * z

            let seen =
                { X = x
                  Y = y
                  Z = z
                  U = along 0
                  V = along 1
                  N = along 2
                  Length = Double.Hypot(Double.Hypot(x, y), z)
                  MeanLength = graph.MeanLength
                  Weight = weightOf edge
                  Degree = degree
                  NeighbourDegree = graph.WholeDegree graph.Neighbours[edge]
                  TotalWeight = total }

            for k in 0 .. width - 1 do
                match perception.Operators[edged[k]] with
                | Operator.Own -> ()
                | Operator.Neighbours(weight, messages, aggregation) ->
                    let share = if aggregation.IsMean then 1.0 / float degree else 1.0
                    let w = weight.Of seen * share * scales[k]
                    edgeWeights[edgesAt + (edge - first) * width + k] <- w

                    if messages.IsDifference then
                        selfWeights[selfAt + k] <- selfWeights[selfAt + k] - w

    member stencil.WeighAll() =
        let edgeWeights = Array.zeroCreate (graph.Edges * width)
        let selfWeights = Array.zeroCreate (graph.Cells * width)

        for cell in 0 .. graph.Cells - 1 do
            stencil.Weigh(cell, edgeWeights, graph.RowStart[cell] * width, selfWeights, cell * width)

        struct (edgeWeights, selfWeights)
