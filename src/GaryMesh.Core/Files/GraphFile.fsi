namespace GaryMesh

open System.Collections.Immutable
open System.IO
open GaryMesh.Graphs

/// A graph as it was read, and how its file was understood.
[<Sealed>]
type GraphReading =
    internal new: reading: Reading -> GraphReading
    /// The graph.
    member Graph: Graph
    /// The name of each cell where the file names cells by text, otherwise empty. Cells are numbered in the order in which
    /// their names come; one that no edge names has an empty name.
    member Names: ImmutableArray<string>
    /// What the reader took from the file or for granted: separator, header, direction, numbering, what was left out.
    member Notes: ImmutableArray<string>
    /// What is read as it stands, but may be meant otherwise: edges listed more than once, cells without edges.
    member Warnings: ImmutableArray<string>

/// <summary>Graphs from words and files.</summary>
/// <remarks>
/// The ending of a file tells its form; text may be compressed with gzip (<c>.txt.gz</c>). An edge leads from its source to its
/// target: where the graph is directed, the target alone sees the source, otherwise both see each other.
/// <list type="bullet">
/// <item>A mesh (<c>.obj</c>, <c>.ply</c>, <c>.off</c>, <c>.stl</c>): its vertices, centred and scaled to unit
/// radius; two see each other when a triangle has both.</item>
/// <item>A list of edges (<c>.csv</c>, <c>.tsv</c>, <c>.txt</c>, <c>.edges</c>, <c>.edgelist</c>): a line for each, source, target
/// and perhaps a weight, between tabs, commas, semicolons or blanks. A header is a line without any number; it may name the
/// columns (source, target, weight and the like), and others are left out. Cells are numbers counted from 0, or all
/// named by text. Comments begin with # or %: <c>directed</c>, <c>undirected</c>, <c>one-based</c>, <c>cells N</c>, and
/// what SNAP and KONECT write of nodes, edges and direction are understood.</item>
/// <item>A sparse matrix as SciPy (<c>.npz</c>: csr, csc, coo) or Matrix Market (<c>.mtx</c>) has it: entry [i, j] is a
/// directed edge from i to j, the value its weight.</item>
/// <item>GraphML (<c>.graphml</c>): nodes in their order, edges and their data called <c>weight</c>.</item>
/// <item>An archive (<c>.npz</c>): <c>edges</c> [E x 2] whole numbers, source and target; and where wanted
/// <c>weights</c> [E], <c>positions</c> [cells x 3], <c>cells</c> and <c>directed</c> (single values).</item>
/// </list>
/// Words behind the name, each after a colon, say what a file of edges does not: <c>web.txt:directed</c>, <c>:undirected</c>,
/// <c>:one-based</c> (cells are counted from 1), <c>:named</c> (numbers are names) and <c>:merge</c> (of edges that join the
/// same cells one is kept). Without it an edge that stands twice counts twice. A file may ask for at most 2^26 cells, and
/// for no more than 2^20 unless it has a byte of edges for each.
/// </remarks>
[<AbstractClass; Sealed>]
type GraphFile =

    /// The endings of the files that are read, each in small letters with its dot.
    static member Endings: ImmutableArray<string>

    /// <summary>Reads the word of a graph, the form that <c>Graph.Name</c> has: <c>ring:N</c>, <c>line:N</c>,
    /// <c>grid:HxW</c>, <c>torus:HxW</c>, <c>torus6:HxW</c>, <c>icosphere:F</c>, <c>delaunay:N</c> (seed 1) or
    /// <c>geometric:N</c> (10 neighbours in the mean, seed 1).</summary>
    /// <exception cref="T:System.ArgumentException">The text is none of these, or a size is out of range.</exception>
    static member Parse: word: string -> Graph

    /// <summary>The lattice of a word, of any size; null where the text is no lattice's word.</summary>
    /// <exception cref="T:System.ArgumentException">A size is out of range.</exception>
    static member Lattice: word: string -> Lattice | null

    /// <summary>Reads a word or, where the text has the ending of one, a file, and says how it was understood.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no graph: one sentence begins with the
    /// path.</exception>
    /// <exception cref="T:System.ArgumentException">The text is neither word nor the name of a graph file.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Open: wordOrPath: string -> GraphReading

    /// <summary>Reads a graph from a stream's position to its end; the name's ending tells the form.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no graph: one sentence begins with the
    /// name.</exception>
    /// <exception cref="T:System.ArgumentException">The ending is none of a graph file's.</exception>
    static member Open: stream: Stream * name: string -> GraphReading

    /// <summary>Reads a graph from a file. The graph bears the file's name, with the words behind it.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no graph: one sentence begins with the
    /// path.</exception>
    /// <exception cref="T:System.ArgumentException">The ending is none of a graph file's.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string -> Graph

    /// <summary>Reads a word or, where the text has the ending of one, a file.</summary>
    static member Of: wordOrPath: string -> Graph
