namespace GaryMesh

open System
open System.Collections.Concurrent
open System.Numerics
open GaryMesh.Graphs
open GaryMesh.Losses

/// A picture, or a signal, whose look a texture is to have: cells with a few maps each, such as red, green and blue, and
/// perhaps height or roughness.
[<Sealed>]
type Exemplar private (graph: Graph, maps: int, values: float32[], tiles: bool, palette: Lazy<Palette>) =

    /// The shortest side.
    let side =
        match graph.Topology with
        | Topology.Grid(height, width)
        | Topology.Torus(height, width) -> min height width
        | _ -> graph.Cells

    /// The cells that are so far from every border that a filter sees little of it: all of them where it tiles.
    let inner () =
        let margin = if tiles then 0 else min 16 (side / 6)

        let isInner cell =
            match graph.Topology with
            | Topology.Grid(height, width) ->
                let y, x = cell / width, cell % width
                y >= margin && y < height - margin && x >= margin && x < width - margin
            | Topology.Line -> cell >= margin && cell < graph.Cells - margin
            | _ -> true

        [| 0 .. graph.Cells - 1 |] |> Array.filter isInner

    /// The coarsest filters reach an eighth of the side.
    let levels = Math.Clamp(BitOperations.Log2(uint32 (side / 8)) + 1, 1, 5)
    let strides = lazy Strides.Of(graph, levels)

    let target =
        lazy
            let channels = palette.Value.Channels values |> Array.map float
            let shape = BankShape(maps, strides.Value.Directions, levels)
            Statistics.target shape strides.Value (inner ()) channels

    let slices =
        lazy
            let inner = inner ()

            Descriptors(maps, strides.Value, levels, graph.Cells).Of(palette.Value.Channels values)
            |> Array.map (Array.map (fun plane -> inner |> Array.map (Array.get plane)))
            |> Slices

    /// The exemplar at the spacings at which it was asked for: targets are worked out once.
    let atSpacings = ConcurrentDictionary<float, Exemplar>()

    static let from (graph: Graph) maps (values: float32[]) tiles =
        if maps < 1 || values.Length <> graph.Cells * maps then
            Guard.refuse
                $"An exemplar of {graph.Cells} cells and {maps} maps needs {graph.Cells} x {maps} values, but there are {values.Length}."

        for value in values do
            Guard.finite null "A value of an exemplar" (float value)

        let values = Array.copy values
        Exemplar(graph, maps, values, tiles, lazy (Palette.Of(values, maps)))

    /// <summary>A picture.</summary>
    /// <param name="height">Rows, at least 16.</param>
    /// <param name="width">Columns, at least 16.</param>
    /// <param name="maps">Maps of a pixel: 3 for red, green and blue.</param>
    /// <param name="values">Values [height x width x maps], usually 0 .. 1.</param>
    /// <param name="tiles">Whether the picture goes on at the opposite side. If not, its borders count for less.</param>
    /// <exception cref="T:System.ArgumentException">The picture is too small, there are not so many values, or one is not
    /// finite.</exception>
    static member Picture(height: int, width: int, maps: int, values: float32[], tiles: bool) =
        if height < 16 || width < 16 then
            Guard.refuse $"An exemplar needs at least 16 x 16 pixels, but has {height} x {width}."

        from (if tiles then Graph.Torus(height, width) else Graph.Grid(height, width)) maps values tiles

    /// <summary>A signal.</summary>
    /// <param name="maps">Maps at a time.</param>
    /// <param name="values">Values [times x maps].</param>
    /// <param name="tiles">Whether the end goes on at the beginning.</param>
    /// <exception cref="T:System.ArgumentException">There are fewer than 16 times or no multiple of the maps, or a value is
    /// not finite.</exception>
    static member Signal(maps: int, values: float32[], tiles: bool) =
        let times = values.Length / max 1 maps

        if times < 16 then
            Guard.refuse $"An exemplar needs at least 16 values, but has {times}."

        from (if tiles then Graph.Ring times else Graph.Line times) maps values tiles

    /// <summary>Several pictures of one thing, such as its colours, heights and roughness: the maps of one after those of another.</summary>
    /// <param name="names">A name of each, of letters, digits, - and _.</param>
    /// <param name="exemplars">The pictures, or signals, of one size.</param>
    /// <exception cref="T:System.ArgumentException">There is none, there are not as many names, two are of different sizes, one tiles and another
    /// does not, or a name is not one of its own of such letters.</exception>
    static member Stacked(names: string[], exemplars: Exemplar[]) : Exemplar =
        if exemplars.Length = 0 || names.Length <> exemplars.Length then
            Guard.refuse
                $"Every picture of an exemplar needs a name, but there are {exemplars.Length} pictures and {names.Length} names."

        let first = exemplars[0]

        for name, exemplar in Array.zip names exemplars do
            if exemplar.Graph.Name <> first.Graph.Name then
                Guard.refuse
                    $"The pictures of one exemplar are of one size and kind, but {names[0]} is {first.Graph.Name} and {name} is {exemplar.Graph.Name}."

        let values =
            Array.init first.Graph.Cells (fun cell ->
                exemplars
                |> Array.collect (fun (exemplar: Exemplar) ->
                    exemplar.Values.Slice(cell * exemplar.Maps, exemplar.Maps).ToArray()))
            |> Array.concat

        let pictures =
            Array.map2 (fun name (exemplar: Exemplar) -> struct (name, exemplar.Maps)) names exemplars

        let maps = exemplars |> Array.sumBy _.Maps
        let palette = lazy (Palette.Of(values, maps)).WithPictures pictures
        let stacked = Exemplar(first.Graph, maps, values, first.Tiles, palette)
        stacked.Palette |> ignore
        stacked

    /// The lattice of the exemplar's own cells.
    member _.Graph: Graph = graph
    /// Maps of a cell.
    member _.Maps: int = maps
    /// The values [cells x maps].
    member _.Values: ReadOnlyMemory<float32> = ReadOnlyMemory values
    /// Whether it goes on at the opposite side.
    member _.Tiles = tiles
    /// The palette of its values.
    member _.Palette = palette.Value

    /// Whether every side keeps the 16 pixels that an exemplar needs when it is enlarged by a factor.
    member _.CanBeEnlarged(factor: float) = Math.Round(factor * float side) >= 16.0

    /// <summary>The same look in another number of pixels, and in the same palette.</summary>
    /// <param name="factor">Pixels a side over those of today: 2 is twice as large in pixels.</param>
    /// <exception cref="T:System.ArgumentException">The factor is not finite and above 0, or a side would have fewer than 16 pixels.</exception>
    member exemplar.Enlarged(factor: float) : Exemplar =
        if not (factor > 0.0 && Double.IsFinite factor) then
            Guard.outOfRange (nameof factor) $"An exemplar is enlarged by a finite number above 0, but not by {factor}."

        if not (exemplar.CanBeEnlarged factor) then
            Guard.refuse
                $"An exemplar needs at least 16 pixels a side, but one of {side} pixels enlarged by {factor} has {Math.Round(factor * float side)}."

        let scaled (count: int) = int (Math.Round(factor * float count))
        let made sides = Resample.picture maps tiles sides

        let enlarged, values =
            match graph.Topology with
            | Topology.Grid(height, width)
            | Topology.Torus(height, width) ->
                let rows, columns = scaled height, scaled width
                let lattice = if tiles then Graph.Torus(rows, columns) else Graph.Grid(rows, columns)
                lattice, made (height, width) (rows, columns) values
            | _ ->
                let times = scaled graph.Cells
                let line = if tiles then Graph.Ring times else Graph.Line times
                line, made (1, graph.Cells) (1, times) values

        Exemplar(enlarged, maps, values, tiles, palette)

    /// The exemplar as large as cells of a graph's spacing show it.
    member internal exemplar.On(graph: Graph) : Exemplar =
        if graph.Spacings.IsEmpty then
            exemplar
        else
            let spacing = graph.Spacings[0]

            if graph.Spacings |> Seq.exists ((<>) spacing) then
                Guard.refuse
                    $"A texture is compared with an exemplar at one spacing, but {graph.Name} has cells of several."

            atSpacings.GetOrAdd(spacing, fun spacing -> exemplar.Enlarged(1.0 / spacing))

    /// Scales of 1, 2, 4, ... cells that it is large enough for.
    member internal _.Levels = levels
    /// Directions in which its cells have neighbours.
    member internal _.Directions = strides.Value.Directions
    /// What a texture is compared with: worked out once, whatever graphs it is trained on.
    member internal _.Target = target.Value
    /// The same for slices of its descriptors.
    member internal _.Slices = slices.Value
