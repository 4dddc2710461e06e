namespace GaryMesh.Losses

open System
open System.Numerics
open GaryMesh
open GaryMesh.Graphs

/// What the filters and statistics of a texture loss are made of, as numbers: maps, directions and levels.
[<Sealed>]
type internal BankShape(maps: int, directions: int, levels: int) =
    /// Maps of a cell.
    member _.Maps = maps
    /// Band-pass levels.
    member _.Levels = levels
    member _.Directions = directions
    /// Responses of a map at a level: the band itself, and its difference along each axis.
    member _.Kinds = 1 + directions / 2
    /// Responses at a level.
    member shape.Responses = shape.Kinds * maps
    /// Rectified responses at a level: positive parts, then negative parts.
    member shape.Features = 2 * shape.Responses
    /// The levels whose products with a level are taken: itself and the next two.
    member _.Partners(level: int) = min levels (level + 3) - level

/// The filters as a specification over numbers of any field. Band j is what two passes of a binomial filter at stride 2^j take
/// away; its differences reach 2^j hops to both sides (after the rectified band-pass responses of Brochard, Zhang and Mallat,
/// "Generalized rectifier wavelet covariance models for texture synthesis", ICLR 2022, with an a trous bank).
module internal Bank =
    /// A pass of the binomial filter: a quarter of the cell itself, eighths along the axes, sixteenths along the diagonals; on a
    /// strip a half and quarters.
    let weights directions =
        if directions = 8 then
            struct (0.25, [| 0.125; 0.0625; 0.125; 0.0625; 0.125; 0.0625; 0.125; 0.0625 |])
        else
            struct (0.5, [| 0.25; 0.25 |])

    let smooth<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (maps: int)
        (directions: int)
        (table: int[])
        (values: 'T[])
        : 'T[] =
        let struct (own, others) = weights directions

        Array.init values.Length (fun at ->
            let cell, map = at / maps, at % maps
            let mutable sum: 'T = 'F.Of own * values[at]

            for d in 0 .. directions - 1 do
                let part: 'T = 'F.Of others[d] * values[table[cell * directions + d] * maps + map]
                sum <- sum + part

            sum)

    /// The bands of channels [cells x maps], finest first.
    let bands<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (shape: BankShape)
        (strides: Strides)
        (values: 'T[])
        : 'T[][] =
        let mutable level = values

        Array.init shape.Levels (fun j ->
            let pass = smooth<'T, 'F> shape.Maps shape.Directions (strides.Table j)
            let next = pass (pass level)
            let band = Array.init level.Length (fun at -> let difference: 'T = level[at] - next[at] in difference)
            level <- next
            band)

    /// The responses of one cell to a band: kind by kind, map by map.
    let respond<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (shape: BankShape)
        (table: int[])
        (band: 'T[])
        (cell: int)
        : 'T[] =
        let maps, half = shape.Maps, shape.Directions / 2

        Array.init shape.Responses (fun at ->
            let kind, map = at / maps, at % maps

            if kind = 0 then
                band[cell * maps + map]
            else
                let at d = table[cell * shape.Directions + d] * maps + map
                let difference: 'T = band[at (kind - 1)] - band[at (kind - 1 + half)]
                'F.Of 0.5 * difference)

    /// The positive parts, then the negative ones.
    let rectify<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (responses: 'T[])
        : 'T[] =
        Array.init (2 * responses.Length) (fun at ->
            if at < responses.Length then
                let q = responses[at]
                if 'F.Real q > 0.0 then q else 'T.Zero
            else
                let q = responses[at - responses.Length]
                if 'F.Real q < 0.0 then -q else 'T.Zero)

/// Mean and deviation of each rectified response of an exemplar, level by level: the units in which all are compared.
[<NoComparison; ReferenceEquality>]
type internal Units = { Mean: float[][]; Deviation: float[][] }
