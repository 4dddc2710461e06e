namespace GaryMesh

open System
open System.Collections.Generic

/// Pictures side by side as one graph whose cells are their inked pixels: a cell sees those within three pixels, straight and aslant.
///
/// Where the ink of a picture falls into pieces that are farther apart, the nearest pixels of two pieces see each other.
[<Sealed>]
type InkSheet private (height: int, width: int, first: int[], pixels: int[], graph: Graph, told: State) =
    /// The ink above which a pixel is a cell.
    static member Threshold = 0.1f

    /// How many pixels away a cell sees others, straight and aslant.
    static member Reach = 3

    /// How many pixels away a cell is told the ink.
    static member Told = 2

    /// What a cell is told: the ink of the 5 x 5 pixels about its own, row by row.
    static member Inputs = (2 * InkSheet.Told + 1) * (2 * InkSheet.Told + 1)

    /// <summary>The sheet of some pictures.</summary>
    /// <param name="height">Rows of pixels.</param>
    /// <param name="width">Columns of pixels.</param>
    /// <param name="pictures">The ink of each picture's pixels from 0 to 1, row by row.</param>
    /// <exception cref="T:System.ArgumentException">A picture has another size, or none has any ink.</exception>
    static member Of(height: int, width: int, pictures: float32[][]) : InkSheet =
        let size = height * width

        for picture in pictures do
            if picture.Length <> size then
                Guard.refuse $"A picture of {height} x {width} pixels has {size} values, but one has {picture.Length}."

        let inked =
            pictures
            |> Array.map (fun picture ->
                [| for pixel in 0 .. size - 1 do
                       if picture[pixel] > InkSheet.Threshold then
                           pixel |])

        let first = inked |> Array.scan (fun at pixels -> at + pixels.Length) 0
        let cells = first[pictures.Length]

        if cells = 0 then
            Guard.refuse $"Of {pictures.Length} pictures none has a pixel with ink above {InkSheet.Threshold}."

        let rowStart = Array.zeroCreate (cells + 1)
        let neighbours, offsets = List<int>(8 * cells), List<float>(24 * cells)
        let cellAt = Array.create size -1

        for picture in 0 .. pictures.Length - 1 do
            let pixels, start = inked[picture], first[picture]
            pixels |> Array.iteri (fun i pixel -> cellAt[pixel] <- i)
            let bridges = InkSheet.Bridges(width, pixels, InkSheet.Pieces(height, width, pixels, cellAt))

            for i in 0 .. pixels.Length - 1 do
                let see other right down =
                    neighbours.Add(start + other)
                    offsets.AddRange [| float right; float down; 0.0 |]

                InkSheet.Around(
                    height,
                    width,
                    InkSheet.Reach,
                    pixels[i],
                    fun pixel right down ->
                        if cellAt[pixel] >= 0 then
                            see cellAt[pixel] right down
                )

                for struct (one, other) in bridges do
                    let bridge other =
                        let there, here = pixels[other], pixels[i]
                        see other (there % width - here % width) (there / width - here / width)

                    if one = i then
                        bridge other
                    elif other = i then
                        bridge one

                rowStart[start + i + 1] <- neighbours.Count

            for pixel in pixels do
                cellAt[pixel] <- -1

        let told = Array.zeroCreate<float32>(cells * InkSheet.Inputs)

        for picture in 0 .. pictures.Length - 1 do
            inked[picture]
            |> Array.iteri (fun i pixel ->
                let at = (first[picture] + i) * InkSheet.Inputs
                let side, middle = 2 * InkSheet.Told + 1, InkSheet.Inputs / 2
                told[at + middle] <- pictures[picture][pixel]

                InkSheet.Around(
                    height,
                    width,
                    InkSheet.Told,
                    pixel,
                    fun near right down -> told[at + middle + side * down + right] <- pictures[picture][near]
                ))

        let graph = Graph.OfRows(rowStart, neighbours.ToArray(), offsets.ToArray(), null, null)

        InkSheet(
            height,
            width,
            first,
            Array.concat inked,
            graph.Named $"the ink of {pictures.Length} pictures",
            State(cells, InkSheet.Inputs, told)
        )

    /// The pixels around one, row by row.
    static member private Around(height: int, width: int, reach: int, pixel: int, see: int -> int -> int -> unit) =
        let row, column = pixel / width, pixel % width

        for down in -reach .. reach do
            for right in -reach .. reach do
                let r, c = row + down, column + right

                if (right <> 0 || down <> 0) && r >= 0 && r < height && c >= 0 && c < width then
                    see (r * width + c) right down

    /// The piece of each inked pixel of a picture.
    static member private Pieces(height: int, width: int, pixels: int[], cellAt: int[]) : int[] =
        let piece = Array.create pixels.Length -1
        let open' = Stack<int>()
        let mutable pieces = 0

        for i in 0 .. pixels.Length - 1 do
            if piece[i] < 0 then
                piece[i] <- pieces
                open'.Push i

                while open'.Count > 0 do
                    InkSheet.Around(
                        height,
                        width,
                        InkSheet.Reach,
                        pixels[open'.Pop()],
                        fun pixel _ _ ->
                            let near = cellAt[pixel]

                            if near >= 0 && piece[near] < 0 then
                                piece[near] <- pieces
                                open'.Push near
                    )

                pieces <- pieces + 1

        piece

    /// Pairs of pixels that join the pieces: the nearest ones of what is joined and what is not, until all are.
    static member private Bridges(width: int, pixels: int[], piece: int[]) : struct (int * int)[] =
        [| if piece.Length > 0 && Array.max piece > 0 then
               let joined = HashSet [ 0 ]
               let pieces = 1 + Array.max piece

               while joined.Count < pieces do
                   let mutable nearest, pair = Int32.MaxValue, struct (0, 0)

                   for i in 0 .. pixels.Length - 1 do
                       if joined.Contains piece[i] then
                           for j in 0 .. pixels.Length - 1 do
                               if not (joined.Contains piece[j]) then
                                   let right = pixels[j] % width - pixels[i] % width
                                   let down = pixels[j] / width - pixels[i] / width
                                   let apart = right * right + down * down

                                   if apart < nearest then
                                       nearest <- apart
                                       pair <- struct (i, j)

                   let struct (_, far) = pair
                   joined.Add piece[far] |> ignore
                   pair |]

    /// The graph, the cells of the first picture first.
    member _.Graph = graph
    /// What the cells are told at every step [cells x 25].
    member _.Inks = told
    /// Number of pictures.
    member _.Pictures = first.Length - 1
    /// The first cell of a picture; that after the last for the number of pictures.
    member _.First(picture: int) : int = first[picture]
    /// The pixel of a cell in its picture, counted row by row.
    member _.Pixel(cell: int) : int = pixels[cell]

    /// The states of whole pictures [pixels x channels] as the state of the sheet's cells.
    member sheet.Gather(pictures: State[]) : State =
        let channels = pictures[0].Channels
        let values = Array.zeroCreate<float32>(graph.Cells * channels)

        for picture in 0 .. sheet.Pictures - 1 do
            for cell in first[picture] .. first[picture + 1] - 1 do
                Array.Copy(pictures[picture].Data, pixels[cell] * channels, values, cell * channels, channels)

        State(graph.Cells, channels, values)

    /// The state of the sheet's cells as those of whole pictures [pixels x channels], zero where there is no ink.
    member sheet.Scatter(state: State) : State[] =
        Array.init sheet.Pictures (fun picture ->
            let values = Array.zeroCreate<float32>(height * width * state.Channels)

            for cell in first[picture] .. first[picture + 1] - 1 do
                Array.Copy(state.Data, cell * state.Channels, values, pixels[cell] * state.Channels, state.Channels)

            State(height * width, state.Channels, values))
