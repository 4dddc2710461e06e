namespace GaryMesh

open System
open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra

/// How the first channels of a cell become the maps of a picture, such as red, green and blue: values = mean + basis s. It is
/// kept beside a rule that paints. Several pictures, such as colours and heights, may follow each other among the maps.
[<Sealed>]
type Palette
    /// <summary>A palette of so many maps as there are means, which belong to pictures.</summary>
    /// <param name="mean">The value of each map where all channels are 0.</param>
    /// <param name="basis">What one unit of each channel adds [maps x maps], map by map.</param>
    /// <param name="pictures">The pictures' names and numbers of maps, in the order of the maps; none for a picture without a name.</param>
    /// <exception cref="T:System.ArgumentException">There are not maps x maps numbers, one is not finite, the basis cannot
    /// be inverted, the pictures have other maps, or a name is not one of its own of letters, digits, - and _.</exception>
    (mean: float[], basis: float[], pictures: struct (string * int) seq) =
    let maps = mean.Length
    let pictures = ImmutableArray.CreateRange pictures

    do
        if maps = 0 || basis.Length <> maps * maps then
            Guard.refuse
                $"A palette of {maps} maps needs {maps} x {maps} numbers as its basis, but there are {basis.Length}."

        for number in Seq.append mean basis do
            Guard.finite null "A number of a palette" number

        let count = pictures |> Seq.sumBy (fun struct (_, maps) -> maps)

        if not pictures.IsEmpty && (count <> maps || pictures |> Seq.exists (fun struct (_, maps) -> maps < 1)) then
            Guard.refuse
                $"A palette of {maps} maps holds pictures of as many, each of at least 1, but they have {count}."

        let names = System.Collections.Generic.HashSet StringComparer.OrdinalIgnoreCase

        for struct (name, _) in pictures do
            // Names become parts of files' names.
            let plain = name |> Seq.forall (fun c -> Char.IsLetterOrDigit c || c = '-' || c = '_')

            if name.Length = 0 || name.Length > 64 || not plain || not (names.Add name) then
                Guard.refuse
                    $"A picture's name has 1 to 64 letters, digits, - or _ and is no other's of the palette, but '{name}' is not so."

    let mean, basis = Array.copy mean, Array.copy basis

    let inverse =
        let inverse =
            (Matrix<float>.Build.Dense(maps, maps, fun row column -> basis[row * maps + column])).Inverse()

        if inverse.Enumerate() |> Seq.forall Double.IsFinite then
            inverse
        else
            Guard.refuse $"The basis of a palette of {maps} maps cannot be inverted."

    /// Channels within about -1 .. 1 cover what an exemplar holds.
    static let gain = 4.0

    /// <summary>A palette of so many maps as there are means.</summary>
    /// <param name="mean">The value of each map where all channels are 0.</param>
    /// <param name="basis">What one unit of each channel adds [maps x maps], map by map.</param>
    /// <exception cref="T:System.ArgumentException">There are not maps x maps numbers, one is not finite, or the basis cannot
    /// be inverted.</exception>
    new(mean: float[], basis: float[]) = Palette(mean, basis, [])

    /// <summary>The principal axes of the values of a picture, each scaled by the root of its deviation and of the largest
    /// one: channels are uncorrelated and similar in size, yet what hardly varies stays small.</summary>
    /// <param name="values">Values [pixels x maps].</param>
    /// <param name="maps">Maps of a pixel.</param>
    /// <exception cref="T:System.ArgumentException">The number of values is no multiple of the maps, or one is not finite.</exception>
    static member Of(values: float32[], maps: int) =
        if maps < 1 || values.Length = 0 || values.Length % maps <> 0 then
            Guard.refuse $"A picture of {maps} maps needs a multiple of {maps} values, but there are {values.Length}."

        for value in values do
            Guard.finite null "A value of a picture" (float value)

        let pixels = values.Length / maps

        let mean =
            Array.init maps (fun m -> Seq.init pixels (fun i -> float values[i * maps + m]) |> Seq.average)

        let covariance =
            Matrix<float>
                .Build.Dense(
                    maps,
                    maps,
                    fun a b ->
                        Seq.init pixels (fun i ->
                            (float values[i * maps + a] - mean[a]) * (float values[i * maps + b] - mean[b]))
                        |> Seq.average
                )

        let axes = covariance.Evd Symmetricity.Symmetric
        let deviations = axes.EigenValues |> Seq.map (fun value -> sqrt (max 1e-8 value.Real)) |> Array.ofSeq
        let largest = Array.max deviations

        // The largest axis first; of the two signs that an axis may have, the one that makes its largest number positive.
        let order = Array.init maps (fun k -> maps - 1 - k)

        let column k =
            let axis = axes.EigenVectors.Column order[k]
            let sign = if axis[axis.AbsoluteMaximumIndex()] < 0.0 then -1.0 else 1.0
            axis * (sign * gain * sqrt (deviations[order[k]] * largest))

        let columns = Array.init maps column
        Palette(mean, Array.init (maps * maps) (fun at -> columns[at % maps][at / maps]))

    /// Number of maps, and of the channels that they come from.
    member _.Maps = maps
    /// The value of each map where all channels are 0.
    member _.Mean = ReadOnlyMemory mean
    /// What one unit of each channel adds [maps x maps], map by map.
    member _.Basis = ReadOnlyMemory basis

    /// The pictures that the maps belong to, one after another: names and numbers of maps. None for a picture without a name.
    member _.Pictures = pictures

    /// <summary>The same palette with its maps divided among pictures.</summary>
    /// <exception cref="T:System.ArgumentException">The pictures have other maps, or a name is not one of its own of letters,
    /// digits, - and _.</exception>
    member _.WithPictures(pictures: struct (string * int) seq) = Palette(mean, basis, pictures)

    /// <summary>The maps of each cell [cells x maps], not clamped to any range.</summary>
    /// <exception cref="T:System.ArgumentException">The state has fewer channels than the palette has maps.</exception>
    member _.Values(state: State) : float32[] =
        if state.Channels < maps then
            Guard.refuse $"The palette has {maps} maps, but the state has {state.Channels} channels."

        Array.init (state.Cells * maps) (fun at ->
            let cell, map = at / maps, at % maps
            let mutable sum = mean[map]

            for k in 0 .. maps - 1 do
                sum <- sum + basis[map * maps + k] * float state.Data[cell * state.Channels + k]

            float32 sum)

    /// <summary>The channels that give these values [cells x maps].</summary>
    /// <exception cref="T:System.ArgumentException">The number of values is no multiple of the maps.</exception>
    member _.Channels(values: float32[]) : float32[] =
        if values.Length % maps <> 0 then
            Guard.refuse $"The palette has {maps} maps, but there are {values.Length} values."

        Array.init values.Length (fun at ->
            let cell, channel = at / maps, at % maps
            let mutable sum = 0.0

            for m in 0 .. maps - 1 do
                sum <- sum + inverse[channel, m] * (float values[cell * maps + m] - mean[m])

            float32 sum)
