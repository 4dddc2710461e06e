/// Graphs in the XML form of GraphML: nodes, edges and the edges' weights.
module internal GaryMesh.Graphs.GraphMl

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open System.Xml
open GaryMesh
open GaryMesh.Arrays

let read (path: string) (wishes: Wishes) (bytes: byte[]) : Reading =
    let settings =
        XmlReaderSettings(DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true)

    use reader = XmlReader.Create(new MemoryStream(bytes), settings)
    let table = EdgeTable(path, wishes, bytes.LongLength)
    let nodes = HashSet<string> StringComparer.Ordinal
    let edges = List<struct (string * string * bool * float voption)>()
    let left = HashSet<string>()
    let mutable weightKey = ""
    let mutable standard = ValueNone
    let mutable standardDirected = false
    let mutable graphs = 0

    let bad (what: FormattableString) : 'a =
        let line =
            match box reader with
            | :? IXmlLineInfo as info -> info.LineNumber
            | _ -> 0

        Guard.badData $"{path}, line {line}: {what}."

    let attribute (name: string) =
        match reader.GetAttribute name with
        | null -> bad $"<{Foreign.shown reader.LocalName}> lacks the attribute '{name}'"
        | value -> value

    let number (text: string) =
        match Double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value when Double.IsFinite value -> value
        | _ -> bad $"a weight is a finite number, but '{Foreign.shown text}' is none"

    /// The text of an element that holds nothing else.
    let content () = reader.ReadElementContentAsString()

    /// Reads the children of the current element: `child` reads the one that it is given, or leaves it.
    let rec children (child: unit -> bool) =
        if reader.IsEmptyElement then
            reader.Read() |> ignore
        else
            reader.Read() |> ignore

            while reader.NodeType <> XmlNodeType.EndElement do
                if reader.NodeType <> XmlNodeType.Element then
                    if not (reader.Read()) then
                        bad $"the file ends within an element"
                elif not (child ()) then
                    left.Add reader.LocalName |> ignore
                    reader.Skip()

            reader.Read() |> ignore

    let key () =
        let id, subject = attribute "id", reader.GetAttribute "for"

        match reader.GetAttribute "attr.name" with
        | "weight" when subject = "edge" || subject = "all" || isNull subject ->
            weightKey <- id

            children (fun () ->
                reader.LocalName = "default"
                && (standard <- ValueSome(number (content ()))
                    true))
        | _ -> reader.Skip()

    let edge () =
        let source, target = attribute "source", attribute "target"

        let directed =
            match reader.GetAttribute "directed" with
            | null -> standardDirected
            | "true" -> true
            | "false" -> false
            | other -> bad $"an edge is directed 'true' or 'false', but not '{Foreign.shown other}'"

        let mutable weight = standard

        children (fun () ->
            reader.LocalName = "data"
            && weightKey <> ""
            && reader.GetAttribute "key" = weightKey
            && (weight <- ValueSome(number (content ()))
                true))

        edges.Add(struct (source, target, directed, weight))

    let graph () =
        graphs <- graphs + 1

        if graphs > 1 then
            bad $"there is a second graph, but one is read"

        match attribute "edgedefault" with
        | "directed" -> standardDirected <- true
        | "undirected" -> ()
        | other -> bad $"the edges are 'directed' or 'undirected', but not '{Foreign.shown other}'"

        children (fun () ->
            match reader.LocalName with
            | "node" ->
                if not (nodes.Add(attribute "id")) then
                    bad $"""there are two nodes '{Foreign.shown (attribute "id")}'"""

                children (fun () ->
                    reader.LocalName = "graph" && bad $"a node holds a graph of its own, which is not read")

                true
            | "edge" ->
                edge ()
                true
            | "hyperedge" -> bad $"hyperedges are not read"
            | _ -> false)

    try
        if reader.MoveToContent() <> XmlNodeType.Element || reader.LocalName <> "graphml" then
            bad $"a GraphML file is an element <graphml>"

        children (fun () ->
            match reader.LocalName with
            | "key" ->
                key ()
                true
            | "graph" ->
                graph ()
                true
            | _ -> false)
    with :? XmlException as error ->
        Guard.badData $"{path}, line {error.LineNumber}: the XML is damaged or of a kind that is not read."

    if nodes.Count = 0 then
        Guard.badData $"{path} holds no graph with nodes."

    for node in nodes do
        table.Called node |> ignore

    let mixed = Seq.exists (fun struct (_, _, directed, _) -> directed) edges
    let weighted = Seq.exists (fun struct (_, _, _, weight: float voption) -> weight.IsSome) edges
    table.Says mixed
    table.Cells nodes.Count

    for struct (source, target, directed, weight) in edges do
        for name in [ source; target ] do
            if not (nodes.Contains name) then
                Guard.badData $"{path}: an edge names the node '{Foreign.shown name}', which is not there."

        let add source target =
            if weighted then
                table.Add(table.Called source, table.Called target, ValueOption.defaultValue 1.0 weight)
            else
                table.Add(table.Called source, table.Called target)

        add source target

        // Among directed edges one that is not counts both ways.
        if mixed && not directed && source <> target then
            add target source

    if weighted && Seq.exists (fun struct (_, _, _, weight: float voption) -> weight.IsNone) edges then
        table.Warn "some edges have no weight: theirs is 1"

    if left.Count > 0 then
        table.Note
            $"""left out: {left |> Seq.truncate 5 |> Seq.map (fun name -> "<" + Foreign.shown name + ">") |> String.concat ", "}"""

    table.Finish None
