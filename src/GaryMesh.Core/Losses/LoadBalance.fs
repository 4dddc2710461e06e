namespace GaryMesh

open System
open System.Numerics

/// How evenly a mixture's cells are spread over its experts: K times the sum over the experts of the share of choices that fall on it and
/// its mean probability (Fedus et al., JMLR 2022, eq. 4), 1 where all are even. The means are over the cells that fired; the shares count as
/// constants on the way back.
[<Sealed>]
type LoadBalance
    /// <summary>Looks at the probabilities that cells report, of which each chooses the greatest.</summary>
    /// <param name="first">The position of the first expert's probability among what a cell reports.</param>
    /// <param name="top">Experts that a cell chooses.</param>
    /// <param name="experts">Number of experts.</param>
    (first: int, top: int, experts: int) =
    inherit Loss "load balance"

    do
        Guard.notNegative (nameof first) "The position of the first expert" first
        Guard.positive (nameof top) "The number of experts that a cell chooses" top

        if top > experts then
            Guard.refuse $"A cell is to choose {top} experts, but there are {experts}."

    /// The cells that fired and the share of their choices that falls on each expert; the others report nothing but zeros.
    let shares (reports: int) (probability: int -> int -> float) cells =
        if first + experts > reports then
            Guard.refuse
                $"The probabilities of {experts} experts from position {first} on are wanted, but a cell reports {reports} values."

        let fired =
            [| for cell in 0 .. cells - 1 do
                   if Seq.exists (fun e -> probability cell e <> 0.0) (seq { 0 .. experts - 1 }) then
                       cell |]

        let counts = Array.zeroCreate<int> experts

        for cell in fired do
            // A stable sort: of equal probabilities the first ones.
            for e in [ 0 .. experts - 1 ] |> List.sortBy (fun e -> -(probability cell e)) |> List.truncate top do
                counts[e] <- counts[e] + 1

        struct (fired, counts |> Array.map (fun count -> float count / float (max 1 (top * fired.Length))))

    /// <summary>The share of choices that falls on each expert, over the cells that fired.</summary>
    /// <exception cref="T:System.ArgumentException">Cells report fewer values.</exception>
    member _.Shares(auxiliary: State) : float[] =
        let struct (_, shares) =
            shares auxiliary.Channels (fun cell e -> float auxiliary[cell, first + e]) auxiliary.Cells

        shares

    override _.Evaluate(state, auxiliary, _) =
        let struct (fired, shares) =
            shares auxiliary.Channels (fun cell e -> float auxiliary[cell, first + e]) auxiliary.Cells

        let adjoint = Array.zeroCreate<float32> auxiliary.Data.Length
        let factor = float experts / float (max 1 fired.Length)
        let mutable sum = 0.0

        for cell in fired do
            for e in 0 .. experts - 1 do
                sum <- sum + factor * shares[e] * float auxiliary[cell, first + e]
                adjoint[cell * auxiliary.Channels + first + e] <- float32 (factor * shares[e])

        { LossValue.Of(sum, State.Zeros(state.Cells, state.Channels)) with
            AuxiliaryAdjoint = State(auxiliary.Cells, auxiliary.Channels, adjoint) }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, auxiliary: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        let cells = state.Length / channels
        let reports = auxiliary.Length / cells
        let given = Array.init auxiliary.Length (fun _ -> 0.0)

        for i in 0 .. given.Length - 1 do
            given[i] <- 'F.Real auxiliary[i]

        let struct (fired, shares) = shares reports (fun cell e -> given[cell * reports + first + e]) cells
        let mutable sum = 'T.Zero

        for cell in fired do
            for e in 0 .. experts - 1 do
                sum <- sum + 'F.Of shares[e] * auxiliary[cell * reports + first + e]

        sum * 'F.Of(float experts / float (max 1 fired.Length))
