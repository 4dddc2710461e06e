namespace GaryMesh.Losses

open System.Numerics
open GaryMesh
open GaryMesh.Graphs

/// What is known of a cell at scales of 1, 2, 4, ... cells: its maps, smoothed by two passes of the binomial filter at each finer
/// stride, their differences along each axis of its frame, and how far they lie from the cell's surroundings (Laplacian).
[<Sealed>]
type internal Descriptors(maps: int, strides: Strides, levels: int, cells: int) =
    let directions = strides.Directions
    let binomial = BinomialPass(maps, strides, cells)
    let axes = Descriptors.Axes directions
    /// Where the Laplacian begins.
    let last = (1 + axes) * maps

    /// Directions are eight on a surface, whose axes are two apart, and two on a strip.
    static member Axes(directions: int) = max 1 (directions / 4)

    /// Numbers of a cell at a scale.
    static member Size(maps: int, directions: int) = maps * (2 + Descriptors.Axes directions)

    /// The same as a specification over numbers of any field: scale by scale and cell by cell.
    static member Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (maps: int, strides: Strides, levels: int, values: 'T[])
        : 'T[][][] =
        let directions = strides.Directions
        let axes = Descriptors.Axes directions
        let mutable level = values

        Array.init levels (fun j ->
            let table, own = strides.Table j, level
            let pass = Bank.smooth<'T, 'F> maps directions table
            let once = pass own
            level <- pass once

            Array.init (own.Length / maps) (fun cell ->
                Array.init (Descriptors.Size(maps, directions)) (fun at ->
                    let kind, map = at / maps, at % maps
                    let here = cell * maps + map

                    if kind = 0 then
                        own[here]
                    elif kind <= axes then
                        let far d = table[cell * directions + d] * maps + map
                        let ahead = 2 * (kind - 1)
                        let difference: 'T = own[far ahead] - own[far (ahead + directions / 2)]
                        'F.Of 0.5 * difference
                    else
                        once[here] - own[here])))

    /// Runs over the places of all differences: number of a descriptor, cell, and the two places whose difference it is.
    member inline private _.EachDifference(level: int, [<InlineIfLambda>] act: int -> int -> int -> int -> unit) =
        let table = strides.Table level

        for axis in 0 .. axes - 1 do
            for cell in 0 .. cells - 1 do
                let ahead = cell * directions + 2 * axis

                for m in 0 .. maps - 1 do
                    act
                        ((1 + axis) * maps + m)
                        cell
                        (table[ahead] * maps + m)
                        (table[ahead + directions / 2] * maps + m)

    /// The descriptors of maps [cells x maps]: scale by scale and number by number, those of all cells.
    member descriptors.Of(values: float32[]) : float32[][][] =
        let mutable level = values

        Array.init levels (fun j ->
            let own = level
            let once = binomial.Forward(j, own)

            if j < levels - 1 then
                level <- binomial.Forward(j, once)

            let planes = Array.init (last + maps) (fun _ -> Array.zeroCreate<float32> cells)

            for at in 0 .. own.Length - 1 do
                planes[at % maps][at / maps] <- own[at]
                planes[last + at % maps][at / maps] <- once[at] - own[at]

            descriptors.EachDifference(
                j,
                fun number cell ahead behind -> planes[number][cell] <- 0.5f * (own[ahead] - own[behind])
            )

            planes)

    /// What the descriptors' derivatives say of the maps.
    member descriptors.Back(bars: float32[][][]) : float32[] =
        let mutable coarser = Array.zeroCreate<float32>(cells * maps)

        for j in levels - 1 .. -1 .. 0 do
            let planes = bars[j]
            // Of the level after one pass, which the Laplacian and the coarser level see.
            let once = if j < levels - 1 then binomial.Back(j, coarser) else coarser

            for at in 0 .. once.Length - 1 do
                once[at] <- once[at] + planes[last + at % maps][at / maps]

            let own = binomial.Back(j, once)

            for at in 0 .. own.Length - 1 do
                own[at] <- own[at] + planes[at % maps][at / maps] - planes[last + at % maps][at / maps]

            descriptors.EachDifference(
                j,
                fun number cell ahead behind ->
                    let bar = 0.5f * planes[number][cell]
                    own[ahead] <- own[ahead] + bar
                    own[behind] <- own[behind] - bar
            )

            coarser <- own

        coarser
