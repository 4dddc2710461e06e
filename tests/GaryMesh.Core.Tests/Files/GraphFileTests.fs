/// Graphs from files of edges as people have them.
module GaryMesh.Tests.Files.GraphFileTests

open System
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Tests.Mutants
open GaryMesh.Tests.Files.Support

let private bytes (text: string) = Encoding.UTF8.GetBytes text

let private openBytes (name: string) (content: byte[]) =
    use stream = new MemoryStream(content)
    GraphFile.Open(stream, name)

let private reading (name: string) (text: string) = openBytes name (bytes text)

/// What each cell sees, with the weights.
let private rows (graph: Graph) =
    [ for cell in 0 .. graph.Cells - 1 ->
          [ for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 ->
                graph.Neighbours[edge], (if graph.Weights.IsEmpty then 1.0 else graph.Weights[edge]) ] ]

let private seen (graph: Graph) = rows graph |> List.map (List.map fst)

let private reads (name: string) (text: string) (expected: int list list) =
    Expect.equal (seen (reading name text).Graph) expected $"{name}: {text}"

let private notes (read: GraphReading) = String.Join("; ", read.Notes)
let private warnings (read: GraphReading) = String.Join("; ", read.Warnings)

let private path = [ [ 1 ]; [ 0; 2 ]; [ 1 ] ]
let private arrow = [ []; [ 0 ]; [ 1 ] ]

let private archive (entries: (string * NpyArray) list) =
    use stream = new MemoryStream()
    Npz.Write(stream, entries |> List.map KeyValuePair)
    stream.ToArray()

let private ints (values: int list) = NpyArray.OfInt32([| values.Length |], List.toArray values)

let private gzip (content: byte[]) =
    use packed = new MemoryStream()

    using (new GZipStream(packed, CompressionLevel.Optimal, true)) (fun stream ->
        stream.Write(content, 0, content.Length))

    packed.ToArray()

let private graphMl direction edges =
    $"""<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="edge" attr.name="weight" attr.type="double"/>
  <key id="d1" for="node" attr.name="colour" attr.type="string"/>
  <graph id="G" edgedefault="{direction}">
    <node id="a"><data key="d1">red</data></node><node id="b"/><node id="c"/>
    {edges}
  </graph>
</graphml>"""

/// The path 0 - 1 - 2 as many tools write it.
let private paths =
    [ "a.csv", "0,1\n1,2\n"
      "a.csv", "\uFEFF0,1\r\n1,2\r\n"
      "a.csv", "source,target\n0,1\n1,2\n"
      "a.csv", ",source,target\n0,0,1\n1,1,2\n"
      "a.csv", "id,To,weight,From\nx,1,1,0\ny,2,1,1\n"
      "a.csv", "\"0\";\"1\"\n\"1\";\"2\"\n"
      "a.tsv", "a\tb\n0\t1\n1\t2\n"
      "a.txt", "0 1\n1  2\n"
      "a.edges", "% a comment\n0 1\n\n1 2\n"
      "a.edgelist", "0 1 {}\n1 2 {}\n"
      "a.edgelist", "0 1 {'weight': 1.0}\n1 2 {'weight': 1.0}\n"
      "a.txt", "0.000e+00 1.000e+00\n1.000e+00 2.000e+00\n"
      "a.txt:one-based", "1 2\n2 3\n"
      "a.txt", "# one-based\n1 2\n2 3\n"
      "a.txt", "% sym unweighted\n% 2 3 3\n1 2\n2 3\n"
      "a.txt", "# Undirected graph: a.txt\n# Nodes: 3 Edges: 2\n# FromNodeId\tToNodeId\n0\t1\n1\t2\n"
      "a.txt", "# Nodes: 3 Edges: 2\n5 20\n20 1000\n"
      "a.txt:merge", "0 1\n1 0\n1 2\n2 1\n1 2\n"
      "a.txt:undirected", "# directed\n0 1\n1 2\n"
      "a.csv", "alice,bob\nbob,carol\n"
      "a.txt:named", "773869 767541\n767541 767542\n"
      "a.mtx", "%%MatrixMarket matrix coordinate pattern symmetric\n% a comment\n3 3 2\n2 1\n3 2\n"
      "a.txt", "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 2\n"
      "a.graphml", graphMl "undirected" """<edge source="a" target="b"/><edge source="b" target="c"/>""" ]

/// The arrow 0 -> 1 -> 2.
let private arrows =
    [ "a.csv:directed", "0,1\n1,2\n"
      "a.txt", "# directed\n0 1\n1 2\n"
      "a.txt", "# Directed graph (each unordered pair of nodes is saved once): a.txt\n0 1\n1 2\n"
      "a.txt", "% asym posweighted\n% 2 3 3\n1 2 1 1082008561\n2 3 1 1082008562\n"
      "a.mtx", "%%MatrixMarket matrix coordinate integer general\n3 3 2\n1 2 1\n2 3 1\n"
      "a.graphml", graphMl "directed" """<edge source="a" target="b"/><edge source="b" target="c"/>"""
      "a.graphml",
      graphMl
          "undirected"
          """<edge source="a" target="b" directed="true"/><edge directed="true" source="b" target="c"/>""" ]

/// Name, text, and words that the refusal must have.
let private refusals =
    [ "a letter in the first line", "a.csv", "O,1\n1,2\n", [ "line 1"; "'O' is not a cell number" ]
      "a letter in a later line", "a.csv", "0,1\nl,2\n", [ "line 2"; "'l'" ]
      "a number among names", "a.csv", "a,b\nb,c\nb,3\n", [ "line 3"; "'3'"; ":named" ]
      "columns of unknown names", "a.csv", "x,y,z\n0,1,2\n", [ "line 1"; "'x', 'y', 'z'"; "source, target and weight" ]
      "four fields", "a.txt", "0 1 2 3\n", [ "line 1"; "4 fields" ]
      "one field", "a.csv", "0\n1\n", [ "line 1"; "1 field" ]
      "fields that change", "a.csv", "0,1\n1,2,3\n", [ "line 2"; "3 fields"; "2" ]
      "a weight that is none", "a.csv", "0,1,x\n", [ "line 1"; "'x'" ]
      "a weight that is not finite", "a.csv", "0,1,nan\n", [ "'nan'" ]
      "an empty name", "a.csv", "a,b\nb,\n", [ "line 2"; "empty" ]
      "cell 0 where cells are counted from 1", "a.txt:one-based", "0 1\n", [ "counted from 1"; "cell 0" ]
      "two directions", "a.txt", "# directed\n# Undirected graph: x\n0 1\n", [ "directed" ]
      "more nodes than said", "a.txt", "# Nodes: 2\n0 1\n1 7\n", [ "2 nodes"; "name 3"; "number 7" ]
      "a bipartite graph", "a.txt", "% bip unweighted\n1 1\n", [ "bipartite" ]
      "other weights of the same edge", "a.csv:merge", "0,1,2\n1,0,3\n", [ "edges 0 and 1"; "weigh 2 and 3" ]
      "control characters", "a.csv", "0,\u001b[31mred\u0007\n", [ "line 1"; "'?[31mred?'" ]
      "text that is not UTF-8", "a.csv", "a,b\nb,\u0001\n", [ "line 2" ]
      "what NetworkX writes of other data", "a.txt", "0 1 {'colour': 'red'}\n", [ "colour" ]
      "a matrix that is not square", "a.mtx", "%%MatrixMarket matrix coordinate pattern general\n3 2 0\n", [ "3 x 2" ]
      "a matrix cut short",
      "a.mtx",
      "%%MatrixMarket matrix coordinate pattern general\n3 3 2\n1 2\n",
      [ "2 entries"; "are 1" ]
      "a dense matrix",
      "a.mtx",
      "%%MatrixMarket matrix array real general\n2 2\n0\n1\n1\n0\n",
      [ "'matrix array real general'" ]
      "a row 0", "a.mtx", "%%MatrixMarket matrix coordinate pattern general\n3 3 1\n0 1\n", [ "from 1"; "cell 0" ]
      "XML that is cut short", "a.graphml", "<graphml><graph edgedefault='directed'><node id='a'/>", [ "line 1" ]
      "XML with entities", "a.graphml", "<!DOCTYPE a [<!ENTITY b 'c'>]><graphml/>", [ "XML" ]
      "an edge to no node", "a.graphml", graphMl "directed" "<edge source='a' target='d'/>", [ "'d'" ]
      "hyperedges", "a.graphml", graphMl "directed" "<hyperedge/>", [ "hyperedges" ]
      "UTF-16", "a.csv", "\uFFFE", [] ]

let private sparse format entries = archive (("format", NpyArray.OfText(format: string)) :: entries)

/// Numbers of an edge list, as text and as the edges that they are.
let private lists =
    gen {
        let! cells = Gen.choose (2, 12)
        let! edges = Gen.nonEmptyListOf (Gen.two (Gen.choose (0, cells - 1)))
        return cells, edges
    }

/// A whole file of each format, which mutations start from.
let private wholes =
    [ "a.csv", bytes "# Nodes: 6 Edges: 3\nsource,target,weight\n0,1,0.5\n1,2,3\n4,5,1e-3\n"
      "a.txt", bytes "% asym posweighted\n% 3 9 9\n1 2 2.5 17\n2 3 1 18\n4 9 1 19\n"
      "a.edges", bytes "alice bob {'weight': 1}\nbob carol {'weight': 2}\n"
      "a.tsv.gz", gzip (bytes (String.replicate 50 "10\t11\n12\t13\n"))
      "a.mtx", bytes "%%MatrixMarket matrix coordinate real general\n% c\n9 9 3\n1 2 2.5\n2 3 1\n4 9 1\n"
      "a.graphml", bytes (graphMl "directed" "<edge source='a' target='b'><data key='d0'>2</data></edge>")
      "a.npz",
      archive
          [ "edges", NpyArray.OfInt32([| 3; 2 |], [| 0; 1; 1; 2; 4; 5 |])
            "cells", NpyArray.OfInt32([||], [| 7 |]) ]
      "b.npz",
      sparse
          "csr"
          [ "shape", ints [ 4; 4 ]
            "indptr", ints [ 0; 2; 3; 3; 4 ]
            "indices", ints [ 1; 2; 0; 3 ]
            "data", ints [ 1; 2; 3; 4 ] ] ]

[<Tests>]
let tests =
    testList
        "Graph files"
        [ test "a path comes out the same however it is written" {
              for name, text in paths do
                  reads name text path
          }

          test "an arrow leads from source to target however it is written" {
              for name, text in arrows do
                  reads name text arrow
          }

          testList
              "refused:"
              [ for what, name, text, words in refusals ->
                    test what {
                        let content = if text = "\uFFFE" then [| 0xFFuy; 0xFEuy; 48uy; 0uy |] else bytes text
                        refused (name.Split(':')[0] :: words) (fun () -> openBytes name content |> ignore)
                    } ]

          propertyOf
              lists
              "lists of edges are read back in any form, with numbers, names and weights"
              (fun (_, edges) ->
                  let sources, targets = List.unzip edges
                  let cells = 1 + List.max (sources @ targets)
                  let weights = edges |> List.mapi (fun at _ -> float (at % 5) / 4.0)
                  let ends = List.toArray sources, List.toArray targets

                  let expected directed =
                      rows (Graph.OfEdges(cells, fst ends, snd ends, directed, List.toArray weights, null))

                  let lines (separator: string) (name: int -> string) =
                      List.zip edges weights
                      |> List.map (fun ((s, t), w) ->
                          String.Join(
                              separator,
                              name s,
                              name t,
                              w.ToString Globalization.CultureInfo.InvariantCulture
                          ))
                      |> String.concat "\n"

                  for separator in [ ","; ";"; "\t"; " " ] do
                      let text = lines separator string
                      Expect.equal (rows (reading "a.txt" text).Graph) (expected false) "undirected"
                      Expect.equal (rows (reading "a.txt:directed" text).Graph) (expected true) "directed"
                      let packed = gzip (bytes text)
                      Expect.equal (rows (openBytes "a.txt.gz" packed).Graph) (expected false) "gzip"

                      let one = lines separator (fun cell -> string (cell + 1))
                      Expect.equal (rows (reading "a.csv:one-based" one).Graph) (expected false) "one-based"

                      if separator <> " " then
                          let named = reading "a.txt" (lines separator (fun cell -> $"cell {cell}"))
                          let numbers = [| for name in named.Names -> int (name.Substring 5) |]
                          Expect.equal named.Graph.Cells numbers.Length "a name a cell"

                          for cell, row in List.indexed (rows named.Graph) do
                              Expect.equal
                                  [ for i, w in row -> numbers[i], w ]
                                  (expected false).[numbers[cell]]
                                  "names"

                  let matrix =
                      [ for (s, t), w in List.zip edges weights -> FormattableString.Invariant $"{s + 1} {t + 1} {w}" ]

                  let market =
                      $"%%%%MatrixMarket matrix coordinate real general\n{cells} {cells} {edges.Length}\n"
                      + String.Join("\n", matrix)

                  Expect.equal (rows (reading "a.mtx" market).Graph) (expected true) "Matrix Market"

                  let coo =
                      sparse
                          "coo"
                          [ "shape", ints [ cells; cells ]
                            "row", ints sources
                            "col", ints targets
                            "data", NpyArray.OfFloat64([| edges.Length |], List.toArray weights) ]

                  let coo = (openBytes "a.npz" coo).Graph
                  // A matrix of ones has no weights, which is the same.
                  Expect.equal (rows coo) (expected true) "coo"

                  for format, major, minor in [ "csr", fst, snd; "csc", snd, fst ] do
                      let sorted = List.zip edges weights |> List.sortBy (fst >> major)

                      let starts =
                          [ for i in 0..cells -> sorted |> List.filter (fun (e, _) -> major e < i) |> List.length ]

                      let compressed =
                          sparse
                              format
                              [ "shape", ints [ cells; cells ]
                                "indptr", ints starts
                                "indices", ints [ for e, _ in sorted -> minor e ]
                                "data", NpyArray.OfFloat64([| edges.Length |], [| for _, w in sorted -> w |]) ]

                      let sets = List.map (List.sort)
                      Expect.equal (sets (rows (openBytes "a.npz" compressed).Graph)) (sets (expected true)) format)

          test "a matrix in the form in which SciPy saves it is read" {
              // scipy.sparse.save_npz writes the format as bytes ('|S3').
              let stored = File.ReadAllBytes(fixture "scipy_csr.npz")
              let read = openBytes "scipy_csr.npz" stored
              Expect.equal (rows read.Graph) [ [ 2, 4.0 ]; [ 0, 2.5 ]; [ 0, 1.0; 1, 3.0 ] ] "the entries"
              Expect.stringContains (notes read) "csr" "the notes"
          }

          test "numbers are names in any form, on request" {
              let edges = NpyArray.OfInt64([| 2; 2 |], [| 9000000000000000L; -5L; -5L; 7L |])
              let read = openBytes "a.npz:named" (archive [ "edges", edges ])
              Expect.equal (seen read.Graph) path "the edges"
              Expect.sequenceEqual read.Names [ "9000000000000000"; "-5"; "7" ] "the names"
              Expect.equal read.Graph.Name "a.npz:named" "a name of its own: it is another graph"

              refused [ "a.csv"; "named"; "from 1" ] (fun () -> reading "a.csv:one-based" "a,b\nb,c\n" |> ignore)
          }

          test "weights and names of GraphML are kept" {
              let read =
                  reading
                      "a.graphml"
                      (graphMl
                          "directed"
                          "<edge source='c' target='a'><data key='d0'>2.5</data></edge><edge source='a' target='b'/>")

              Expect.equal (rows read.Graph) [ [ 2, 2.5 ]; [ 0, 1.0 ]; [] ] "edges"
              Expect.sequenceEqual read.Names [ "a"; "b"; "c" ] "names"
              Expect.stringContains (warnings read) "no weight" "the warning"
          }

          test "edges that stand more than once are told of, and merged on request" {
              let both = "0,1\n1,0\n1,2\n2,1\n"
              let read = reading "a.csv" both
              Expect.equal (read.Graph.Degree 1) 4 "each counts"
              Expect.stringContains (warnings read) "2 of 4 edges stand more than once" "the warning"
              let merged = reading "a.csv:merge" both
              Expect.equal (seen merged.Graph) path "one of each"
              Expect.stringContains (notes merged) "repeated edges left out: 2" "the note"
              Expect.isEmpty (reading "a.csv:directed" both).Warnings "there and back are two directed edges"
              Expect.isNonEmpty (reading "a.csv:directed" "0,1\n0,1\n").Warnings "twice the same"
          }

          test "a reader says what it took for granted" {
              let read = reading "a.csv" "from,to,colour\n# made by hand\n0,1,red\n"

              for words in
                  [ "commas"
                    "header"
                    "source 'from'"
                    "left out: 'colour'"
                    "undirected"
                    "counted from 0"
                    "1 comment" ] do
                  Expect.stringContains (notes read) words "the notes"

              let warned name text words = Expect.stringContains (warnings (reading name text)) words text
              warned "a.csv" "1,2\n2,3\n" ":one-based"
              warned "a.csv" "400001,400017\n" ":named"
              warned "a.csv" "0,0,1\n1,1,2\n2,2,3\n" "index column"
              warned "a.txt" "# Nodes: 3 Edges: 7\n0 1\n1 2\n" "7 edges, but lists 2"
              warned "a.txt" ("# " + String.replicate 100_000 "node " + "\n0 1\n") "not understood"
              warned "a.txt" "# every node is a page\n0 1\n" "every node is a page"
          }

          test "cells that no edge names are there where the file says so" {
              Expect.equal (reading "a.csv" "# cells 5\n0,1\n").Graph.Cells 5 "cells"
              Expect.equal (reading "a.txt" "# Nodes: 5\n0 1\n").Graph.Cells 5 "nodes"

              Expect.equal
                  (reading "a.txt" "# Nodes: 5\n1 5\n").Graph.Cells
                  5
                  "counted from 1, as the number of nodes shows"

              Expect.equal (seen (reading "a.txt" "# Nodes: 5\n1 5\n").Graph).[4] [ 0 ] "the last sees the first"
          }

          test "comments that say how many cells there are, and whether edges are directed, are heeded" {
              for comment in
                  [ "nodes 5"
                    "Nodes: 5"
                    "num_nodes = 5"
                    "Number of nodes: 5"
                    "5 nodes"
                    "5 nodes and 2 edges"
                    "vertices=5" ] do
                  let read = reading "a.txt" $"# {comment}\n0 1\n1 2\n"
                  Expect.equal read.Graph.Cells 5 comment
                  Expect.isEmpty read.Warnings comment

              for comment in
                  [ "directed"
                    "Directed"
                    "directed: true"
                    "Directed graph"
                    "undirected = no"
                    "is directed: yes" ] do
                  Expect.equal (seen (reading "a.txt" $"%% {comment}\n0 1\n1 2\n").Graph) arrow comment

              for comment in
                  [ "undirected"; "directed=false"; "Undirected graph"; "type: undirected, nodes: 3"; "directed 0" ] do
                  let read = reading "a.txt" $"# {comment}\n0 1\n1 2\n"
                  Expect.equal (seen read.Graph) path comment
                  Expect.stringContains (notes read) "as the file says" comment
          }

          test "no number in a file takes memory that the file does not pay for" {
              let matrix cells = $"%%%%MatrixMarket matrix coordinate pattern general\n{cells} {cells} 1\n1 2\n"

              let coo (cells: int) =
                  sparse
                      "coo"
                      [ "shape", ints [ cells; cells ]; "row", ints [ 0 ]; "col", ints [ 1 ]; "data", ints [ 1 ] ]

              for name, content in
                  [ "a.csv", bytes "0,60000000\n"
                    "a.csv", bytes "# cells 60000000\n0,1\n"
                    "a.txt", bytes "# Nodes: 60000000\n0 1\n"
                    "a.txt", bytes "# Nodes: 2\n0 1\n1 60000000\n"
                    "a.csv", bytes "0,9007199254740993\n"
                    "a.mtx", bytes (matrix "60000000")
                    "a.mtx", bytes (matrix "9000000000000")
                    "a.npz", coo 60_000_000
                    "a.npz", archive [ "edges", NpyArray.OfInt64([| 1; 2 |], [| 0L; 60_000_000L |]) ]
                    "a.txt.gz", gzip (Array.zeroCreate 100_000_000) ] do
                  let before = GC.GetAllocatedBytesForCurrentThread()
                  refused [ name ] (fun () -> openBytes name content |> ignore)
                  Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 4_000_000L $"{name}: bytes taken"
          }

          testList
              "mutants are read or refused in one line:"
              [ for name, content in wholes ->
                    test name {
                        let signs = bytes "0123456789,;:# %\n<>'\""

                        // Digits in place of others make numbers large; other bytes make text of another form.
                        let mutate (random: Random) content =
                            let mutant = mutated random content

                            if mutant.Length > 0 && random.Next 2 = 0 then
                                for _ in 0..2 do
                                    mutant[random.Next mutant.Length] <- signs[random.Next signs.Length]

                            mutant

                        survivesAny mutate name 400 7 content (openBytes name >> ignore)
                    } ]

          test "a mesh without size is refused by its name" {
              refused [ "flat.obj" ] (fun () -> reading "flat.obj" "v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n" |> ignore)
          } ]
