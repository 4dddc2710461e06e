namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics
open GaryMesh.Losses

/// How a sliced Wasserstein loss looks.
[<NoComparison; ReferenceEquality>]
type SlicedWassersteinSettings =
    {
        /// Random directions at each scale.
        Directions: int
        /// Scales of 1, 2, 4, ... cells at most, of those that the exemplar is large enough for.
        Scales: int
    }

    /// 24 directions, and the scales 1, 2, 4 and 8.
    static member Default = { Directions = 24; Scales = 4 }
    /// The same with another number of directions.
    member settings.WithDirections(directions: int) = { settings with Directions = directions }
    /// The same with another number of scales.
    member settings.WithScales(scales: int) = { settings with Scales = scales }

/// How far the look of a graph's cells is from an exemplar's: the squared Wasserstein distance between what both have along random
/// directions of a cell's descriptor, over the exemplar's variance along them, after the last step.
///
/// A descriptor is a cell's maps, their differences along the frame's axes and their Laplacian, smoothed to scales of 1, 2, 4 and 8
/// cells. 0 is the exemplar's look, 1 its mean everywhere. The directions follow from the context's key: one set for a batch and
/// another for the next. The channels 0 .. maps - 1 are read through the exemplar's palette; a graph is a lattice, or has frames
/// whose u points to the right of the picture and v downwards. Kinks: two cells equal along a direction; there, either cell's
/// derivative is the mean of both sides.
///
/// After J. Rabin, G. Peyré, J. Delon and M. Bernot, "Wasserstein barycenter and its application to texture mixing" (SSVM 2011).
[<Sealed>]
type SlicedWasserstein
    /// <summary>The loss of textures on a graph.</summary>
    /// <exception cref="T:System.ArgumentException">The graph is no lattice and has no frames, or is of another dimension than the exemplar: a
    /// picture lies on a surface, a signal on a ring or line. There is no direction or no scale.</exception>
    (exemplar: Exemplar, graph: Graph, settings: SlicedWassersteinSettings) =
    inherit Loss "sliced Wasserstein"

    let exemplar: Exemplar = exemplar.On graph

    do
        Guard.positive (nameof settings) "The number of directions" settings.Directions
        Guard.positive (nameof settings) "The number of scales" settings.Scales

    let levels, cells = min settings.Scales exemplar.Levels, graph.Cells
    let canvas = Canvas(exemplar, graph, levels)
    let descriptors = Descriptors(exemplar.Maps, canvas.Strides, levels, cells)
    let share = 1.0 / (float levels * float settings.Directions * float cells)
    let slices (context: LossContext) = exemplar.Slices.Of(context.Key, levels, settings.Directions)

    /// The loss of the default settings.
    new(exemplar: Exemplar, graph: Graph) = SlicedWasserstein(exemplar, graph, SlicedWassersteinSettings.Default)

    override _.Evaluate(state, _, context) =
        let planes = descriptors.Of(canvas.MapsOf(state.Channels, ReadOnlySpan state.Data))
        let bars = planes |> Array.map (Array.map (fun plane -> Array.zeroCreate<float32> plane.Length))
        let slices, ranking, bar = slices context, Ranking cells, Array.zeroCreate<float32> cells

        let scale level =
            let mutable scale = 0.0

            for slice in slices[level] do
                let wanted, values = slice.Shares cells, Slice.project planes[level] slice.Direction
                let order = ranking.Of values
                let mutable sum, first = 0.0, 0

                while first < cells do
                    // Equal cells share what is wanted of them.
                    let value = values[order[first]]
                    let mutable next, total = first, 0.0

                    while next < cells && (next = first || values[order[next]] = value) do
                        let distance = float value - wanted[next]
                        sum <- sum + distance * distance
                        total <- total + distance
                        next <- next + 1

                    let slope = float32 (2.0 * share * slice.Precision * total / float (next - first))

                    for at in first .. next - 1 do
                        bar[order[at]] <- slope

                    first <- next

                Array.iter2 (fun factor plane -> Slice.add factor bar plane) slice.Direction bars[level]
                scale <- scale + share * slice.Precision * sum

            scale

        let scales = Array.init levels scale

        { LossValue.Of(Array.sum scales, canvas.Adjoint(state.Channels, descriptors.Back bars)) with
            Parts =
                ImmutableArray.CreateRange
                    [ for level in 0 .. levels - 1 do
                          struct (Guard.line $"scale {1 <<< level}", scales[level]) ] }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        let all =
            Descriptors.Value<'T, 'F>(exemplar.Maps, canvas.Strides, levels, canvas.MapsOf(channels, state))

        let slices = slices context
        let mutable loss = 'T.Zero

        for level in 0 .. levels - 1 do
            for slice in slices[level] do
                let wanted = slice.Shares cells

                let along (descriptor: 'T[]) =
                    let mutable sum = 'T.Zero

                    for at in 0 .. descriptor.Length - 1 do
                        sum <- sum + 'F.Of(float slice.Direction[at]) * descriptor[at]

                    sum

                let values = all[level] |> Array.map along |> Array.sortBy 'F.Real
                let mutable sum = 'T.Zero

                for at in 0 .. cells - 1 do
                    let distance: 'T = values[at] - 'F.Of wanted[at]
                    sum <- sum + distance * distance

                loss <- loss + 'F.Of(share * slice.Precision) * sum

        loss
