namespace GaryMesh.Losses

open System
open System.Numerics
open GaryMesh
open GaryMesh.Graphs

/// What a texture loss compares, term by term: as many numbers each as its matrix has.
[<NoComparison; ReferenceEquality>]
type internal Terms<'T> =
    {
        /// The mean of each rectified response, level by level.
        Means: 'T[][]
        /// Mean products of the rectified responses of a level with those of itself and its partners [features x features].
        Products: 'T[][][]
        /// The mean of each channel, times three.
        Mean: 'T[]
        /// Mean products of the channels [maps x maps].
        Covariance: 'T[]
        /// The mean of each channel's third power.
        Third: 'T[]
    }

/// What a texture is to have: an exemplar's terms, in its own units.
[<NoComparison; ReferenceEquality>]
type internal Target = { Shape: BankShape; Units: Units; Terms: Terms<float> }

module internal Statistics =
    /// The smooth absolute difference: quadratic within beta (Huber, 1964; PyTorch's SmoothL1Loss).
    [<Literal>]
    let Beta = 0.05

    /// The number of terms, each of which counts the same.
    let count (shape: BankShape) = shape.Levels + Seq.sumBy shape.Partners (seq { 0 .. shape.Levels - 1 }) + 3

    let private mean<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (count: int)
        (value: int -> 'T)
        : 'T =
        let mutable sum = 'T.Zero

        for i in 0 .. count - 1 do
            sum <- sum + value i

        let mean: 'T = 'F.Of(1.0 / float count) * sum
        mean

    /// The rectified responses of the given cells, level by level and cell by cell.
    let features<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (shape: BankShape)
        (strides: Strides)
        (cells: int[])
        (values: 'T[])
        : 'T[][][] =
        Bank.bands<'T, 'F> shape strides values
        |> Array.mapi (fun j band ->
            cells
            |> Array.map (fun cell -> Bank.rectify<'T, 'F>(Bank.respond<'T, 'F> shape (strides.Table j) band cell)))

    /// Their means and deviations over an exemplar.
    let units (shape: BankShape) (features: float[][][]) : Units =
        let means =
            features
            |> Array.map (fun level ->
                Array.init shape.Features (fun f -> level |> Array.averageBy (fun row -> Array.item f row)))

        let deviation (level: float[][]) (means: float[]) f =
            let variance =
                level
                |> Array.averageBy (fun row ->
                    let difference = Array.item f row - means[f]
                    difference * difference)

            sqrt variance + 1e-4

        { Mean = means
          Deviation = Array.map2 (fun level means -> Array.init shape.Features (deviation level means)) features means }

    /// The terms over the given cells, in an exemplar's units.
    let terms<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (shape: BankShape)
        (units: Units)
        (cells: int[])
        (values: 'T[])
        (features: 'T[][][])
        : Terms<'T> =
        // Level by level and feature by feature, so that products run along cells.
        let standard =
            features
            |> Array.mapi (fun j level ->
                Array.init shape.Features (fun f ->
                    let centre: 'T = 'F.Of(units.Mean[j][f])
                    let scale: 'T = 'F.Of(1.0 / units.Deviation[j][f])

                    level
                    |> Array.map (fun row ->
                        let value: 'T = Array.item f row
                        let centred: 'T = value - centre
                        let scaled: 'T = centred * scale
                        scaled)))

        let average = mean<'T, 'F> cells.Length
        let channel i map = values[cells[i] * shape.Maps + map]

        let product (a: 'T[][]) (b: 'T[][]) : 'T[] =
            Array.init (shape.Features * shape.Features) (fun at ->
                let x, y = a[at / shape.Features], b[at % shape.Features]

                average (fun i ->
                    let product: 'T = x[i] * y[i]
                    product))

        { Means = standard |> Array.map (Array.map (fun (column: 'T[]) -> average (fun i -> Array.item i column)))
          Products =
            Array.init shape.Levels (fun j ->
                Array.init (shape.Partners j) (fun k -> product standard[j] standard[j + k]))
          Mean =
            Array.init shape.Maps (fun m ->
                let mean: 'T = average (fun i -> channel i m)
                let triple: 'T = 'F.Of 3.0 * mean
                triple)
          Covariance =
            Array.init (shape.Maps * shape.Maps) (fun at ->
                average (fun i ->
                    let product: 'T = channel i (at / shape.Maps) * channel i (at % shape.Maps)
                    product))
          Third =
            Array.init shape.Maps (fun m ->
                average (fun i ->
                    let c = channel i m
                    let square: 'T = c * c
                    let cube: 'T = square * c
                    cube)) }

    /// The target of an exemplar's channels, over the given cells of its lattice.
    let target (shape: BankShape) (strides: Strides) (cells: int[]) (values: float[]) : Target =
        let features = features<float, Reals> shape strides cells values
        let units = units shape features

        { Shape = shape
          Units = units
          Terms = terms<float, Reals> shape units cells values features }

    /// The mean smooth absolute difference of a term.
    let difference<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (term: 'T[])
        (target: float[])
        : 'T =
        mean<'T, 'F> term.Length (fun at ->
            let d: 'T = term[at] - 'F.Of target[at]

            if abs ('F.Real d) < Beta then
                let square: 'T = d * d
                let half: 'T = 'F.Of(0.5 / Beta) * square
                half
            else
                let size: 'T = if 'F.Real d > 0.0 then d else 'T.Zero - d
                let less: 'T = size - 'F.Of(0.5 * Beta)
                less)

    /// The derivative of one number's smooth absolute difference.
    let slope (d: float) = if abs d < Beta then d / Beta else float (sign d)
