namespace GaryMesh.Losses

open System
open GaryMesh
open GaryMesh.Graphs

/// What all texture losses do with a graph and its states: they fit an exemplar, and their first channels are its maps.
[<Sealed>]
type internal Canvas(exemplar: Exemplar, graph: Graph, levels: int) =
    let maps, cells = exemplar.Maps, graph.Cells
    let strides = Strides.Of(graph, levels)

    do
        if strides.Directions <> exemplar.Directions then
            Guard.refuse
                $"A picture lies on a surface and a signal on a ring or line, but the exemplar is {exemplar.Graph.Name} and the graph {graph.Name}."

    member _.Cells = cells
    member _.Strides = strides

    /// The maps [cells x maps] of a state, which is refused where it does not fit.
    member _.MapsOf(channels: int, state: ReadOnlySpan<'T>) : 'T[] =
        let given = state.Length / channels

        if given <> cells || channels < maps then
            Guard.refuse
                $"The loss is for {cells} cells of at least {maps} channels, but the state has {given} cells x {channels} channels."

        let values = Array.zeroCreate<'T>(cells * maps)

        for at in 0 .. values.Length - 1 do
            values[at] <- state[at / maps * channels + at % maps]

        values

    /// The derivative by a state, from that by its maps.
    member _.Adjoint(channels: int, bars: float32[]) : State =
        let whole = Array.zeroCreate<float32>(cells * channels)

        for at in 0 .. bars.Length - 1 do
            whole[at / maps * channels + at % maps] <- bars[at]

        State(cells, channels, whole)
