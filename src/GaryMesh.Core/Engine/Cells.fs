/// What one cell does: perceive its neighbours, and its adjoint, gathering what its perceivers hand back.
namespace GaryMesh.Kernels

open Microsoft.FSharp.NativeInterop
open GaryMesh.Vectors

module internal Cells =
    /// One group of edged operators for some cells, the whole state:
    /// z_k(i) = self_k s_i + sum over edges of w_k(e) s_j. The group begins at operator `k`; where `withOwn`, the own
    /// state, which is at hand, goes in after it.
    let private gather<'O, 'V, 'T when 'O: struct and 'O :> ILanes<'V> and 'T: struct and 'T :> IGroup<'T, 'V>>
        (layout: Layout)
        (sizes: Sizes)
        (state: P)
        (cells: nativeptr<int>)
        (count: int)
        (k: int)
        (withOwn: bool)
        (z: P)
        =
        let lanes = 'O.Width

        let channels, stateRow, linearRow, width = sizes.Channels, sizes.StateRow, sizes.LinearRow, sizes.Edged

        let start, joined = layout.Forward.Start, layout.Forward.Joined
        let weights = NativePtr.add layout.Forward.Weights k
        let self = NativePtr.add layout.SelfWeights k
        let mutable out = NativePtr.add z (k * channels)

        for i in 0 .. count - 1 do
            let cell = NativePtr.get cells i
            let first = NativePtr.get start cell
            let last = NativePtr.get start (cell + 1)
            let mutable channel = 0

            while channel < channels do
                // The last vector of a row longer than one vector overlaps the one before rather than the next operator.
                let at =
                    if channel + lanes > channels && channels > lanes then
                        channels - lanes
                    else
                        channel

                let here = NativePtr.add state at
                let own = 'O.Load(NativePtr.add here (cell * stateRow))
                let mutable sums = 'T.Weigh(NativePtr.add self (cell * width), own)
                let mutable edge = first

                while edge < last do
                    let seen = 'O.Load(NativePtr.add here (NativePtr.get joined edge * stateRow))
                    sums <- 'T.Spread(NativePtr.add weights (edge * width), seen, sums)
                    edge <- edge + 1

                'T.StoreApart(sums, NativePtr.add out at, channels)

                if withOwn then
                    'O.Store(own, NativePtr.add out ('T.Vectors * channels + at))

                channel <- channel + lanes

            out <- NativePtr.add out linearRow

    /// Copies `length` numbers of the rows of some cells, whole vectors at a time.
    let private copy<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        (source: P)
        (sourceRow: int)
        (cells: nativeptr<int>)
        (count: int)
        (length: int)
        (target: P)
        (targetRow: int)
        =
        let lanes = 'O.Width
        let mutable out = target

        for i in 0 .. count - 1 do
            let row = NativePtr.add source (NativePtr.get cells i * sourceRow)
            let mutable number = 0

            while number < length do
                let at = if number + lanes > length && length > lanes then length - lanes else number
                'O.Store('O.Load(NativePtr.add row at), NativePtr.add out at)
                number <- number + lanes

            out <- NativePtr.add out targetRow

    /// What some cells perceive: a row z each [edged operators, own state, inputs].
    let perceive<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        (layout: Layout)
        (sizes: Sizes)
        (state: P)
        (inputs: P)
        (cells: nativeptr<int>)
        (count: int)
        (z: P)
        =
        let width, channels = sizes.Edged, sizes.Channels
        let mutable k = 0

        // From the first operator to the last: a vector stored over the next operator's place is overwritten by it.
        while k < width do
            let withOwn = sizes.Own > 0 && width - k <= 4

            match width - k with
            | 1 ->
                gather<'O, 'V, Tile1<'O, 'V>> layout sizes state cells count k withOwn z
                k <- k + 1
            | 2 ->
                gather<'O, 'V, Tile2<'O, 'V>> layout sizes state cells count k withOwn z
                k <- k + 2
            | 3 ->
                gather<'O, 'V, Tile3<'O, 'V>> layout sizes state cells count k withOwn z
                k <- k + 3
            | _ ->
                gather<'O, 'V, Tile4<'O, 'V>> layout sizes state cells count k withOwn z
                k <- k + 4

        for own in (if width > 0 then width + 1 else width) .. width + sizes.Own - 1 do
            copy<'O, 'V> state sizes.StateRow cells count channels (NativePtr.add z (own * channels)) sizes.LinearRow

        if sizes.Inputs > 0 then
            let given = NativePtr.add z ((width + sizes.Own) * channels)
            copy<'O, 'V> inputs sizes.InputRow cells count sizes.Inputs given sizes.LinearRow

    /// One group of operators of the adjoint of `perceive`, for the cells of a stretch. The group begins at operator `k`
    /// and adds to `before`; the first one takes the own state's part along.
    let private gatherBack<'O, 'V, 'T when 'O: struct and 'O :> ILanes<'V> and 'T: struct and 'T :> IGroup<'T, 'V>>
        (layout: Layout)
        (sizes: Sizes)
        (dz: P)
        (slot: nativeptr<int>)
        (channelMask: P)
        (before: P)
        (out: P)
        (first: int)
        (last: int)
        (k: int)
        =
        let lanes = 'O.Width
        let channels, row, dzRow, width = sizes.Channels, sizes.StateRow, sizes.LinearRow, sizes.Edged
        let start, joined = layout.Backward.Start, layout.Backward.Joined
        let weights = NativePtr.add layout.Backward.Weights k
        let self = NativePtr.add layout.SelfWeights k
        let ownFrom = if k = 0 then width * channels else 0
        let ownTo = if k = 0 then (width + sizes.Own) * channels else 0
        let dz = NativePtr.add dz (k * channels)

        for cell in first .. last - 1 do
            let firstEdge = NativePtr.get start cell
            let lastEdge = NativePtr.get start (cell + 1)
            let mine = NativePtr.add dz (NativePtr.get slot cell * dzRow)
            let mutable channel = 0

            while channel < channels do
                // Two chains, for the cell itself and for those who see it.
                let mutable own = 'O.Load(NativePtr.add before (cell * row + channel))
                own <- 'T.Collect(NativePtr.add self (cell * width), NativePtr.add mine channel, channels, own)
                let mutable part = ownFrom

                while part < ownTo do
                    own <- 'O.Add(own, 'O.Load(NativePtr.add mine (part + channel)))
                    part <- part + channels

                let mutable seen = 'O.Zero
                let mutable edge = firstEdge

                while edge < lastEdge do
                    let theirs = NativePtr.add dz (NativePtr.get slot (NativePtr.get joined edge) * dzRow + channel)
                    seen <- 'T.Collect(NativePtr.add weights (edge * width), theirs, channels, seen)
                    edge <- edge + 1

                let sum = 'O.Multiply('O.Add(own, seen), 'O.Load(NativePtr.add channelMask channel))
                'O.Store(sum, NativePtr.add out (cell * row + channel))
                channel <- channel + lanes

    /// The adjoint of `perceive` for the states of a stretch of cells, added to what they had:
    /// ds_j = before_j + sum_k self_k(j) dz_k(j) + own dz(j) + sum over those who see j of w_k(e) dz_k(i).
    ///
    /// `slot[cell]` is the row of a cell's dz, a row of zeros for a cell that did not fire. Lanes past the channels are
    /// cleared by `channelMask`.
    let perceiveBack<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        layout
        (sizes: Sizes)
        dz
        slot
        channelMask
        before
        out
        first
        last
        =
        let mutable k = 0
        let mutable before = before

        while k = 0 || k < sizes.Edged do
            match sizes.Edged - k with
            | 0 ->
                gatherBack<'O, 'V, Tile0<'O, 'V>> layout sizes dz slot channelMask before out first last k
                k <- 1
            | 1 ->
                gatherBack<'O, 'V, Tile1<'O, 'V>> layout sizes dz slot channelMask before out first last k
                k <- k + 1
            | 2 ->
                gatherBack<'O, 'V, Tile2<'O, 'V>> layout sizes dz slot channelMask before out first last k
                k <- k + 2
            | 3 ->
                gatherBack<'O, 'V, Tile3<'O, 'V>> layout sizes dz slot channelMask before out first last k
                k <- k + 3
            | _ ->
                gatherBack<'O, 'V, Tile4<'O, 'V>> layout sizes dz slot channelMask before out first last k
                k <- k + 4

            before <- out
