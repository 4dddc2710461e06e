/// What one cell does: perceive its neighbours, and its adjoint, gathering what its perceivers hand back.
namespace GaryMesh.Engine

open Microsoft.FSharp.NativeInterop

module internal Cells =
    /// One group of edged operators for one cell, the whole state: z_k = self_k s_i + sum over edges of w_k(e) s_j.
    /// `weights`, `self` and `z` begin at the group's first operator.
    let private gather<'O, 'V, 'T when 'O: struct and 'O :> ILanes<'V> and 'T: struct and 'T :> ITile<'T, 'V>>
        (state: P)
        (stateRow: int)
        (channels: int)
        (cell: int)
        (first: int)
        (last: int)
        (joined: nativeptr<int>)
        (weights: P)
        (width: int)
        (self: P)
        (z: P)
        =
        let lanes = 'O.Width
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
            let mutable sums = 'T.Spread(self, own, 'T.Zero)
            let mutable edge = first

            while edge < last do
                let seen = 'O.Load(NativePtr.add here (NativePtr.get joined edge * stateRow))
                sums <- 'T.Spread(NativePtr.add weights (edge * width), seen, sums)
                edge <- edge + 1

            'T.StoreApart(sums, NativePtr.add z at, channels)
            channel <- channel + lanes

    /// Copies `length` numbers, whole vectors at a time.
    let inline private copy<'O, 'V when 'O: struct and 'O :> ILanes<'V>> (source: P) (target: P) (length: int) =
        let lanes = 'O.Width
        let mutable i = 0

        while i < length do
            let at = if i + lanes > length && length > lanes then length - lanes else i
            'O.Store('O.Load(NativePtr.add source at), NativePtr.add target at)
            i <- i + lanes

    /// What one cell perceives: z [edged operators, own state, inputs].
    let perceive<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        (layout: Layout)
        (sizes: Sizes)
        (state: P)
        (inputs: P)
        (cell: int)
        (z: P)
        =
        let rows = layout.Forward
        let first = NativePtr.get rows.Start cell
        let last = NativePtr.get rows.Start (cell + 1)
        let width = sizes.Edged
        let channels = sizes.Channels
        let self = NativePtr.add layout.SelfWeights (cell * width)
        let mutable k = 0

        while k < width do
            let weights = NativePtr.add rows.Weights k
            let self = NativePtr.add self k
            let z = NativePtr.add z (k * channels)
            let left = width - k

            if left >= 4 || left = 2 then
                gather<'O, 'V, Tile2<'O, 'V>>
                    state
                    sizes.StateRow
                    channels
                    cell
                    first
                    last
                    rows.Joined
                    weights
                    width
                    self
                    z

                k <- k + 2
            elif left = 3 then
                gather<'O, 'V, Tile3<'O, 'V>>
                    state
                    sizes.StateRow
                    channels
                    cell
                    first
                    last
                    rows.Joined
                    weights
                    width
                    self
                    z

                k <- k + 3
            else
                gather<'O, 'V, Tile1<'O, 'V>>
                    state
                    sizes.StateRow
                    channels
                    cell
                    first
                    last
                    rows.Joined
                    weights
                    width
                    self
                    z

                k <- k + 1

        for own in width .. width + sizes.Own - 1 do
            copy<'O, 'V> (NativePtr.add state (cell * sizes.StateRow)) (NativePtr.add z (own * channels)) channels

        if sizes.Inputs > 0 then
            let told = NativePtr.add inputs (cell * sizes.InputRow)
            copy<'O, 'V> told (NativePtr.add z ((width + sizes.Own) * channels)) sizes.Inputs

    /// The adjoint of `perceive` for the state of one cell, added to what it had:
    /// ds_j = before_j + sum_k self_k(j) dz_k(j) + sum over those who see j of w_k(e) dz_k(i) + own dz(j).
    ///
    /// `slot[cell]` is the row of a cell's dz, a row of zeros for a cell that did not fire. Lanes past the channels are
    /// cleared by `channelMask`.
    let gatherBack<'O, 'V when 'O: struct and 'O :> ILanes<'V>>
        (layout: Layout)
        (sizes: Sizes)
        (dz: P)
        (slot: nativeptr<int>)
        (channelMask: P)
        (before: P)
        (cell: int)
        (out: P)
        =
        let rows = layout.Backward
        let first = NativePtr.get rows.Start cell
        let last = NativePtr.get rows.Start (cell + 1)
        let width = sizes.Edged
        let channels = sizes.Channels
        let dzRow = sizes.PerceivedRow
        let lanes = 'O.Width
        let self = NativePtr.add layout.SelfWeights (cell * width)
        let mine = NativePtr.add dz (NativePtr.get slot cell * dzRow)
        let mutable channel = 0

        while channel < channels do
            let at =
                if channel + lanes > channels && channels > lanes then
                    channels - lanes
                else
                    channel

            let mutable sum = 'O.Load(NativePtr.add before (cell * sizes.StateRow + at))

            for k in 0 .. width - 1 do
                let part = 'O.Load(NativePtr.add mine (k * channels + at))
                sum <- 'O.Fma('O.Spread(NativePtr.get self k), part, sum)

            for own in width .. width + sizes.Own - 1 do
                sum <- 'O.Add(sum, 'O.Load(NativePtr.add mine (own * channels + at)))

            let mutable edge = first

            while edge < last do
                let theirs = NativePtr.add dz (NativePtr.get slot (NativePtr.get rows.Joined edge) * dzRow + at)
                let weights = NativePtr.add rows.Weights (edge * width)

                for k in 0 .. width - 1 do
                    let part = 'O.Load(NativePtr.add theirs (k * channels))
                    sum <- 'O.Fma('O.Spread(NativePtr.get weights k), part, sum)

                edge <- edge + 1

            let kept = 'O.Multiply(sum, 'O.Load(NativePtr.add channelMask at))
            'O.Store(kept, NativePtr.add out (cell * sizes.StateRow + at))
            channel <- channel + lanes
