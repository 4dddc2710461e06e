namespace GaryMesh

open System

/// Pictures of digits, all of one size, and the digit that each of them shows.
[<Sealed>]
type Digits
    /// <summary>Pictures with their labels.</summary>
    /// <param name="height">Rows of pixels.</param>
    /// <param name="width">Columns of pixels.</param>
    /// <param name="ink">The ink of each pixel from 0 to 1, picture by picture, row by row.</param>
    /// <param name="labels">What each picture shows, 0 to 9.</param>
    /// <exception cref="T:System.ArgumentException">The sizes do not fit each other, or a label is no digit.</exception>
    (height: int, width: int, ink: float32[], labels: int[]) =
    do
        Guard.positive (nameof height) "The number of rows" height
        Guard.positive (nameof width) "The number of columns" width

        if int64 ink.Length <> int64 labels.Length * int64 height * int64 width then
            Guard.refuse
                $"{labels.Length} pictures of {height} x {width} pixels have {int64 labels.Length * int64 height * int64 width} values, but {ink.Length} are given."

        match labels |> Array.tryFind (fun label -> label < 0 || label > 9) with
        | Some label -> Guard.refuse $"A picture shows a digit from 0 to 9, but one is said to show {label}."
        | None -> ()

    let pixels = height * width

    /// Number of pictures.
    member _.Count = labels.Length
    /// Rows of pixels.
    member _.Height = height
    /// Columns of pixels.
    member _.Width = width
    /// What a picture shows.
    member _.Label(picture: int) : int = labels[picture]
    /// The ink of a picture's pixels, row by row.
    member _.Ink(picture: int) : float32[] = ink[picture * pixels .. (picture + 1) * pixels - 1]

    /// The pictures in some places, in that order.
    member digits.Some(places: int[]) : Digits =
        Digits(height, width, Array.collect digits.Ink places, places |> Array.map digits.Label)
