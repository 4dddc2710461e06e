/// Where a cell's numbers lie inside the engine.
namespace GaryMesh.Kernels

open GaryMesh
open GaryMesh.Vectors

/// Sizes of a rule and a lift inside the engine. Linear perceptions lie edged operators first, then the own state, then the
/// inputs; z, which the rule reads, is the same row, or what the lift makes of it followed by the inputs.
[<Sealed>]
type internal Sizes(shape: RuleShape, perception: Perception, layout: Layout) =
    let channels, inputs = shape.Channels, shape.Inputs
    let edged, own = layout.Edged.Length, layout.Own.Length
    let operators = edged + own
    let linear = operators * channels

    /// For each linear perception inside the engine its place in the user's order.
    let userOfLinear =
        let order = Array.append layout.Edged layout.Own
        Array.init linear (fun at -> order[at / channels] * channels + at % channels)

    let userOf =
        if isNull perception.Lift then
            Array.append userOfLinear [| linear .. linear + inputs - 1 |]
        else
            [| 0 .. shape.Read - 1 |]

    let linearRow =
        let states = (operators - 1) * channels + Pad.lanes channels
        Pad.lanes (max (max states (linear + Pad.lanes inputs)) (Pad.rows (linear + inputs)))

    let zRow = if isNull perception.Lift then linearRow else Pad.lanes (Pad.rows shape.Read)
    let auxiliary = shape.Auxiliary

    member _.Shape = shape
    member _.Lift = perception.Lift
    member _.Channels = channels
    member _.Inputs = inputs
    member _.Auxiliary = auxiliary
    member _.Edged = edged
    member _.Own = own
    /// Numbers from one cell's state to the next.
    member _.StateRow = Pad.lanes channels
    member _.InputRow = Pad.lanes inputs
    /// Linear perceptions of a cell; its inputs follow.
    member _.Linear = linear

    /// Numbers from one cell's linear perceptions to the next: whole vectors are stored over the last operator and the
    /// inputs, and the kernel reads eight at a time.
    member _.LinearRow = linearRow
    member _.ZRow = zRow
    member _.UserOfLinear = userOfLinear

    member sizes.Rows: Rules.RowSizes =
        { Sizes = shape.Sizes
          UserOf = userOf
          ZRow = sizes.ZRow
          ChangeRow = sizes.StateRow }

    /// Cells that go through the layers together: what they see, answer and change stays in the first-level cache,
    /// beside a panel of weights.
    member sizes.Tile(keptRow: int) =
        let bytes = 4 * (sizes.ZRow + keptRow + sizes.StateRow)
        max 16 (min 64 (24576 / bytes / 8 * 8))
