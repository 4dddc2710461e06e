namespace GaryMesh

open System
open System.Collections.Immutable
open System.Globalization
open System.IO
open System.Runtime.InteropServices
open GaryMesh.Graphs

/// What the ending of a file's name, without .gz, stands for.
module private Ending =
    let of' (path: string) =
        match Path.GetExtension(Gzip.inner path) with
        | null -> ""
        | ending -> ending.ToLowerInvariant()

    let meshes = [ ".obj"; ".ply"; ".off"; ".stl" ]
    let known = meshes @ [ ".csv"; ".tsv"; ".txt"; ".edges"; ".edgelist"; ".mtx"; ".graphml"; ".npz" ]
    let listed = String.Join(", ", known)

    /// A file's name and the wishes behind it, as in `web.txt:merge`.
    let rec split (name: string) (wishes: Wishes) : struct (string * Wishes) =
        match name.LastIndexOf ':' with
        | -1 -> name, wishes
        | at ->
            match wishes.With(name.Substring(at + 1)) with
            | Some more -> split (name.Substring(0, at)) more
            | None -> name, wishes

    let isFile (word: string) =
        let struct (path, _) = split word Wishes.None
        List.contains (of' path) known

[<Sealed>]
type GraphReading internal (reading: Reading) =
    let immutable (values: string seq) = ImmutableArray.CreateRange values
    member _.Graph = reading.Graph
    member _.Names = ImmutableCollectionsMarshal.AsImmutableArray reading.Names
    member _.Notes = immutable reading.Notes
    member _.Warnings = immutable reading.Warnings

module private GraphBytes =
    let private mesh (path: string) (wishes: Wishes) (bytes: byte[]) : Reading =
        if wishes <> Wishes.None then
            Guard.refuse $"{path} is a mesh, whose edges are neither directed, merged nor named otherwise."

        let read = MeshFile.Read(new MemoryStream(bytes), path)

        let mesh =
            try
                read.Normalised()
            with :? InvalidDataException as error ->
                raise (InvalidDataException($"{path}: {error.Message}", error))

        { Graph = Graph.OfTriangles(path, mesh.Vertices.ToArray(), mesh.Faces.ToArray())
          Names = [||]
          Notes =
            [ $"a mesh of {read.VertexCount} vertices and {read.FaceCount} triangles, centred and scaled to unit radius"
              "undirected: two vertices see each other when a triangle has both" ]
          Warnings = [] }

    let read (name: string) (load: string -> byte[]) : GraphReading =
        let struct (path, wishes) = Ending.split name Wishes.None
        let ending = Ending.of' path

        if not (List.contains ending Ending.known) then
            Guard.refuse $"A graph file ends in one of {Ending.listed}, but {path} does not."

        let bytes = load path

        let read () =
            if List.contains ending Ending.meshes then
                mesh path wishes bytes
            elif ending = ".npz" then
                GraphArchive.read path wishes (Npz.Read(new MemoryStream(bytes), path))
            else
                let text = Gzip.unpacked path bytes

                if text.AsSpan(0, min 4096 text.Length).Contains 0uy then
                    Guard.badData $"{path}: the file is binary or text in UTF-16, but text in UTF-8 is read."

                if ending = ".graphml" then
                    GraphMl.read path wishes text
                elif text.AsSpan().StartsWith("%%MatrixMarket"B) || ending = ".mtx" then
                    MatrixMarket.read path wishes text
                else
                    EdgeText.read path wishes text

        try
            let reading = read ()
            GraphReading { reading with Graph = reading.Graph.Named(string (Path.GetFileName name)) }
        with :? ArgumentException as refusal ->
            // What a graph refuses is here what the file holds.
            Guard.badDataFrom refusal $"{path}: {Guard.sentence refusal}"

module private Words =
    let (|Whole|_|) (text: string) =
        match Int32.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
        | true, value -> Some value
        | _ -> None

    let private (|Sides|_|) (text: string) =
        match text.Split 'x' with
        | [| Whole height; Whole width |] -> Some(height, width)
        | _ -> None

    /// The lattice that a word means, with at most so many cells.
    let lattice (most: int64) (word: string) : Lattice option =
        let single make cells =
            CellLimit.word most word (int64 cells)
            Some(make cells)

        let sides (make: int * int -> Lattice) (height, width) =
            CellLimit.word most word (if height < 0 || width < 0 then 0L else int64 height * int64 width)
            Some(make (height, width))

        match word.Split ':' with
        | [| "ring"; Whole cells |] -> single Lattice.Ring cells
        | [| "line"; Whole cells |] -> single Lattice.Line cells
        | [| "grid"; Sides size |] -> sides Lattice.Grid size
        | [| "torus"; Sides size |] -> sides Lattice.Torus size
        | [| "torus6"; Sides size |] -> sides Lattice.Torus6 size
        | _ -> None

[<AbstractClass; Sealed>]
type GraphFile =

    static member Endings = ImmutableArray.CreateRange Ending.known

    static member Parse(word: string) =
        let refuse () : 'a =
            let shown = Arrays.Foreign.shown word
            let words = "ring:N, line:N, grid:HxW, torus:HxW, torus6:HxW, icosphere:F, delaunay:N or geometric:N"

            if Directory.Exists word then
                Guard.refuse $"'{shown}' is a folder, but a graph is {words}, or a file ({Ending.listed})."
            elif File.Exists word then
                Guard.refuse $"'{shown}' has none of the endings by which a graph file is read ({Ending.listed})."
            else
                Guard.refuse
                    $"A graph is {words}, or a file ({Ending.listed}), but '{shown}' is none of them, and there is no such file."

        match Words.lattice CellLimit.graph word, word.Split ':' with
        | Some lattice, _ -> Graph.OfLattice lattice
        | None, [| "icosphere"; Words.Whole frequency |] ->
            CellLimit.word CellLimit.graph word (10L * int64 frequency * int64 frequency + 2L)
            Graph.Icosphere frequency
        | None, [| "delaunay"; Words.Whole cells |] ->
            CellLimit.word CellLimit.graph word (int64 cells)
            Graph.Delaunay(cells, 1UL)
        | None, [| "geometric"; Words.Whole cells |] ->
            CellLimit.word CellLimit.graph word (int64 cells)
            Graph.Geometric(cells, 10.0, 1UL)
        | _ -> refuse ()

    static member Lattice(word: string) : Lattice | null =
        match Words.lattice CellLimit.lattice word with
        | Some lattice -> lattice
        | None -> null

    static member Open(wordOrPath: string) : GraphReading =
        if Ending.isFile wordOrPath then
            GraphBytes.read wordOrPath File.ReadAllBytes
        else
            GraphReading { Graph = GraphFile.Parse wordOrPath; Names = [||]; Notes = []; Warnings = [] }

    static member Open(stream: Stream, name: string) : GraphReading =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(name, nameof name)

        GraphBytes.read name (fun _ ->
            use memory = new MemoryStream()
            stream.CopyTo memory
            memory.ToArray())

    static member Read(path: string) : Graph = (GraphBytes.read path File.ReadAllBytes).Graph
    static member Of(wordOrPath: string) : Graph = (GraphFile.Open wordOrPath).Graph
