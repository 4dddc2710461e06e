namespace GaryMesh

/// <summary>Graphs from words and files.</summary>
[<AbstractClass; Sealed>]
type GraphFile =

    /// <summary>Reads the word of a graph, the form that <c>Graph.Name</c> has: <c>ring:N</c>, <c>line:N</c>,
    /// <c>grid:HxW</c>, <c>torus:HxW</c>, <c>torus6:HxW</c> or <c>icosphere:F</c>.</summary>
    /// <exception cref="T:System.ArgumentException">The text is none of these, or a size is out of range.</exception>
    static member Parse: word: string -> Graph

    /// <summary>Reads a graph from a file, whose ending tells the form. The graph bears the file's name.</summary>
    /// <remarks>
    /// <list type="bullet">
    /// <item>A mesh (<c>.obj</c>, <c>.ply</c>, <c>.off</c>, <c>.stl</c>): its vertices, centred and scaled to unit
    /// radius; two see each other when a triangle has both.</item>
    /// <item>Edges (<c>.csv</c>, <c>.tsv</c>): a line for each, <c>source,target</c> or <c>source,target,weight</c>, cells
    /// counted from 0. Seen from both ends, unless a line <c># directed</c> says that the target alone sees the source. A
    /// line <c># cells N</c> gives the number of cells, otherwise one more than the highest of the edges; other lines
    /// that begin with #, and a first line that does not begin with a number, are skipped.</item>
    /// <item>An archive (<c>.npz</c>): <c>edges</c> [E x 2] whole numbers, source and target; and where wanted
    /// <c>weights</c> [E], <c>positions</c> [cells x 3], <c>cells</c> and <c>directed</c> (single values).</item>
    /// </list>
    /// </remarks>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no graph: one sentence begins with the
    /// path.</exception>
    /// <exception cref="T:System.ArgumentException">The ending is none of these.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string -> Graph

    /// <summary>Reads a word or, where the text has the ending of one, a file.</summary>
    static member Of: wordOrPath: string -> Graph
