/// Rows that are each a graph: what is learnt, what is kept by files, and what is refused.
module GaryMesh.MLNet.Tests.GraphRowTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open GaryMesh.Tests
open GaryMesh.Tests.Mutants
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Small =
    { Features: float32[]
      Edges: int[]
      EdgeWeights: float32[]
      Label: bool
      Kind: string
      Number: float32 }

[<CLIMutable>]
type Scored = { Score: float32; Probability: float32; PredictedLabel: bool }

let private row features edges label =
    { Features = features
      Edges = edges |> Seq.collect (fun struct (a, b) -> [ a; b ]) |> Array.ofSeq
      EdgeWeights = Array.create (Seq.length edges) 1.0f
      Label = label
      Kind = if label then "yes" else "no"
      Number = float32 (Seq.length edges) }

let private near cells (edges: struct (int * int)[]) =
    let sets = Array.init cells (fun _ -> HashSet<int>())

    for struct (a, b) in edges do
        sets[a].Add b |> ignore
        sets[b].Add a |> ignore

    sets

let private drawEdges (random: Random) cells count =
    let edges = HashSet<struct (int * int)>()

    while edges.Count < count do
        let a, b = random.Next cells, random.Next cells

        if a <> b then
            edges.Add(struct (min a b, max a b)) |> ignore

    Array.ofSeq edges

/// Pairs of edges exchange their ends: every cell keeps its degree.
let private swapped (random: Random) cells times (edges: struct (int * int)[]) =
    let edges = Array.copy edges
    let known = HashSet<struct (int * int)> edges

    for _ in 1..times do
        let one, two = random.Next edges.Length, random.Next edges.Length
        let struct (a, b) = edges[one]

        let struct (c, d) =
            let struct (c, d) = edges[two]
            if random.Next 2 = 0 then struct (c, d) else struct (d, c)

        let pair x y = struct (min x y, max x y)

        if (set [ a; b; c; d ]).Count = 4 && not (known.Contains(pair a d) || known.Contains(pair c b)) then
            known.Remove edges[one] |> ignore
            known.Remove edges[two] |> ignore
            edges[one] <- pair a d
            edges[two] <- pair c b
            known.Add edges[one] |> ignore
            known.Add edges[two] |> ignore

    edges

let private hasTriangle cells (edges: struct (int * int)[]) =
    let near = near cells edges
    edges |> Array.exists (fun struct (a, b) -> near[a].Overlaps near[b])

/// Two graphs of 6 to 14 equal cells with the same degrees: one with a triangle, one without.
let rec private triangles (random: Random) : Small[] =
    let cells = random.Next(6, 15)
    let start = drawEdges random cells (cells + random.Next 3)

    let drawn =
        Seq.unfold (fun edges -> let next = swapped random cells 10 edges in Some(next, next)) start
        |> Seq.truncate 100
        |> Array.ofSeq

    let ones = Array.create cells 1.0f

    match Array.tryFind (hasTriangle cells) drawn, Array.tryFind (hasTriangle cells >> not) drawn with
    | Some held, Some free -> [| row ones held true; row ones free false |]
    | _ -> triangles random

/// Whether a path of cells has these colours.
let private hasPath cells edges (colours: int[]) (path: int list) =
    let near = near cells edges

    let rec from cell rest =
        match rest with
        | [] -> true
        | next :: rest -> near[cell] |> Seq.exists (fun other -> colours[other] = next && from other rest)

    [ 0 .. cells - 1 ] |> List.exists (fun cell -> colours[cell] = path.Head && from cell path.Tail)

/// A graph with one of two coloured paths, 0-1-2-3 or 0-2-1-3, and not the other.
let rec private motif (random: Random) (label: bool) : Small =
    let cells = random.Next(6, 15)
    let edges = drawEdges random cells (cells + random.Next 3)
    let colours = Array.init cells (fun _ -> random.Next 4)
    let one, other = hasPath cells edges colours [ 0; 1; 2; 3 ], hasPath cells edges colours [ 0; 2; 1; 3 ]

    if one = other || one <> label then
        motif random label
    else
        let features = Array.init (4 * cells) (fun i -> if colours[i / 4] = i % 4 then 1.0f else 0.0f)
        row features edges label

let private motifs random = [| motif random true; motif random false |]

let private draw (make: Random -> Small[]) seed count =
    let random = Random(seed: int) in Array.init (count / 2) (fun _ -> make random) |> Array.concat

/// A small model that is trained for a few seconds.
let private quick (options: 'options :> MeshGraphOptions) values =
    options.ValuesPerCell <- values
    options.Pooling <- Pooling.Max
    options.NumberOfEpochs <- 15
    options.BatchSize <- 16
    options.LearningRate <- 0.01
    options.Seed <- Nullable 1
    options

let private binary values = quick (MeshGraphBinaryTrainer.Options()) values

let private accuracy (options: MeshGraphBinaryTrainer.Options) (train: Small[]) (test: Small[]) =
    let context = MLContext 1
    let model = context.BinaryClassification.Trainers.GaryMeshGraphs(options).Fit(view context train)
    context.BinaryClassification.Evaluate(model.Transform(view context test)).Accuracy

let private redrawn (rows: Small[]) =
    let random = Random 5

    rows
    |> Array.map (fun row ->
        let edges = row.Edges |> Array.chunkBySize 2 |> Array.map (fun ends -> struct (ends[0], ends[1]))
        let edges = swapped random (row.Edges |> Array.max |> (+) 1) 100 edges
        { row with Edges = edges |> Array.collect (fun struct (a, b) -> [| a; b |]) })

let private column<'value> (name: string) (data: IDataView) = data.GetColumn<'value> name |> Array.ofSeq

/// Saves in ML.NET's own format and loads in another context.
let private throughStock (context: MLContext) (model: ITransformer) (data: IDataView) =
    use stream = new MemoryStream()
    context.Model.Save(model, data.Schema, stream)
    stream.Position <- 0L
    let loaded, _ = (MLContext 99).Model.Load stream
    loaded

let private few = draw motifs 3 24

let private brief (options: 'options :> MeshGraphOptions) =
    let options = quick options 4
    options.NumberOfEpochs <- 2
    options

/// The files of a set in TU's text form, by the ends of their names.
let private tuFiles =
    [ "A", "1, 2\n2, 1\n2, 3\n3, 2\n4, 5\n5, 4\n"
      "graph_indicator", "1\n1\n1\n2\n2\n"
      "graph_labels", "1\n-1\n"
      "node_labels", "0\n10\n2\n2\n0\n" ]

let private inFolder (files: (string * string) list) (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "gary-mesh-tu-"

    try
        for name, text in files do
            File.WriteAllText(Path.Combine(folder.FullName, $"DS_{name}.txt"), text)

        test folder.FullName
    finally
        folder.Delete true

[<Tests>]
let tests =
    testList
        "Graph rows"
        [ test "whether a graph holds a triangle is learnt from its edges, and from nothing else" {
              let train, held = draw triangles 1 300, draw triangles 2 400
              Expect.isGreaterThanOrEqual (accuracy (binary 1) train held) 0.97 "held out"
              let blind = binary 1
              blind.NumberOfEpochs <- 3
              Expect.isLessThan (accuracy blind (redrawn train) (redrawn held)) 0.6 "with edges redrawn"
          }
          test "which of two paths a graph holds is learnt by looking at neighbours, and not without" {
              let train, held = draw motifs 1 700, draw motifs 2 400
              Expect.isGreaterThanOrEqual (accuracy (binary 4) train held) 0.97 "held out"
              let blind = binary 4
              blind.NumberOfEpochs <- 3
              blind.Perception <- Perception [ Operator.Own ]
              Expect.isLessThan (accuracy blind train held) 0.6 "with neighbours unseen"
          }
          test "a number of a graph is learnt by summing over its cells" {
              let options = quick (MeshGraphRegressionTrainer.Options(LabelColumnName = "Number")) 1
              options.Pooling <- Pooling.Sum
              options.NumberOfEpochs <- 25
              let context = MLContext 1

              let drawn (random: Random) =
                  let cells = random.Next(6, 15)
                  [| row (Array.create cells 1.0f) (drawEdges random cells (random.Next(3, 16))) true |]

              let train, held = view context (draw drawn 1 600), view context (draw drawn 2 200)
              let model = context.Regression.Trainers.GaryMeshGraphs(options).Fit train
              let metrics = context.Regression.Evaluate(model.Transform held, labelColumnName = "Number")
              Expect.isGreaterThan metrics.RSquared 0.98 "edges are counted"
          }
          test
              "each trainer's model loads through ML.NET's own format and its own, with identical scores on 16 threads and in an engine" {
              let context = MLContext 1
              let data = view context few

              let check
                  names
                  (model: ITransformer)
                  (last: MeshGraphTransformer)
                  (read: string -> IDataView -> float32[])
                  =
                  let loaded = throughStock context model data
                  use file = new MemoryStream()
                  last.Model.Save file
                  file.Position <- 0L
                  let again = MeshModel.Load(file, "model.npz").CreateTransformer context

                  let prepared =
                      if Object.ReferenceEquals(model, last) then
                          data
                      else
                          context.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(data).Transform data

                  for name in names do
                      let expected = read name (model.Transform data)
                      Expect.equal (read name (again.Transform prepared)) expected name
                      let found = Array.Parallel.init 16 (fun _ -> read name (loaded.Transform data))
                      Expect.allEqual found expected $"{name}, loaded"

                  loaded

              let numbers name data = column<float32> name data
              let two = brief (MeshGraphBinaryTrainer.Options())
              two.EdgeWeightColumnName <- "EdgeWeights"
              let model = context.BinaryClassification.Trainers.GaryMeshGraphs(two).Fit data
              let loaded = check [ "Score"; "Probability" ] model model numbers
              let scores = column<float32> "Score" (model.Transform data)
              use engine = context.Model.CreatePredictionEngine<Small, Scored> loaded
              use fitted = context.Model.CreatePredictionEngine<Small, Scored> model

              for i in [ 5; 0; 3 ] do
                  Expect.equal (engine.Predict few[i]).Score scores[i] "an engine of the loaded"
                  Expect.equal (fitted.Predict few[i]).Score scores[i] "an engine of the fitted"

              let number = brief (MeshGraphRegressionTrainer.Options(LabelColumnName = "Number"))
              let model = context.Regression.Trainers.GaryMeshGraphs(number).Fit data
              check [ "Score" ] model model numbers |> ignore

              let chain =
                  (context.Transforms.Conversion.MapValueToKey("Label", "Kind")
                   |> append (
                       context.MulticlassClassification.Trainers.GaryMeshGraphs(
                           brief (MeshGraphMulticlassTrainer.Options())
                       )
                   ))
                      .Fit
                      data

              let loaded =
                  check [ "Score" ] chain chain.LastTransformer (fun name data ->
                      Array.concat (column<float32[]> name data))

              let metrics = context.MulticlassClassification.Evaluate(loaded.Transform data)

              Expect.equal
                  metrics.LogLoss
                  (context.MulticlassClassification.Evaluate(chain.Transform data)).LogLoss
                  "evaluation"
          }
          test "the same estimator gives the same model on any number of threads" {
              let context = MLContext 1

              let trained (threads: int) =
                  let options = brief (MeshGraphBinaryTrainer.Options(NumberOfThreads = threads))

                  (context.BinaryClassification.Trainers.GaryMeshGraphs(options).Fit(view context few))
                      .Model.Network.ToArray()

              Expect.equal (trained 16) (trained 1) "parameters"
          }
          test "an undirected edge that is listed from both ends counts once, and the order of cells does not matter" {
              let context = MLContext 1

              let model =
                  context.BinaryClassification.Trainers
                      .GaryMeshGraphs(brief (MeshGraphBinaryTrainer.Options()))
                      .Fit(view context few)

              let scores rows = column<float32> "Score" (model.Transform(view context rows))

              let both =
                  few |> Array.map (fun row -> { row with Edges = Array.append row.Edges (Array.rev row.Edges) })

              Expect.equal (scores both) (scores few) "both ends"

              let turned =
                  few
                  |> Array.map (fun row ->
                      let last = row.Features.Length / 4 - 1

                      { row with
                          Features = row.Features |> Array.chunkBySize 4 |> Array.rev |> Array.concat
                          Edges = row.Edges |> Array.map (fun cell -> last - cell) })

              for a, b in Array.zip (scores turned) (scores few) do
                  Expect.isLessThan (abs (a - b)) (1e-4f * (1.0f + abs b)) "another order"
          }
          test "rows that cannot be learnt from are skipped with a warning, and have no score" {
              let context = MLContext 1
              let messages = List<string>()

              context.Log.Add(fun entry ->
                  if entry.Message.Contains "Skipped" then
                      messages.Add entry.Message)

              let gap = { few[0] with Features = Array.append [| nanf |] few[0].Features[1..] }
              let none = { few[0] with Features = [||]; Edges = [||] }
              let nowhere = { few[0] with Number = nanf }
              let rows = view context (Array.append few [| gap; none; nowhere |])
              let options = brief (MeshGraphRegressionTrainer.Options(LabelColumnName = "Number"))
              let model = context.Regression.Trainers.GaryMeshGraphs(options).Fit rows

              Expect.stringContains
                  (Seq.exactlyOne messages)
                  "1 rows without a value in label column 'Number', 1 without cells and 1 with"
                  "a warning"

              let scores = column<float32> "Score" (model.Transform rows)

              Expect.equal
                  (scores |> Array.map Single.IsNaN |> Array.countBy id |> Array.sort)
                  [| false, 25; true, 2 |]
                  "no score"

              let takes =
                  brief (
                      MeshGraphRegressionTrainer.Options(
                          LabelColumnName = "Number",
                          HandleMissingValues = true,
                          ValidationFraction = 0.3
                      )
                  )

              let model = context.Regression.Trainers.GaryMeshGraphs(takes).Fit rows

              Expect.equal
                  (column<float32> "Score" (model.Transform rows) |> Array.filter Single.IsNaN).Length
                  1
                  "gaps are taken"
          }
          test "rows that make no graph are refused by row, column and number" {
              let context = MLContext 1

              let model =
                  context.BinaryClassification.Trainers
                      .GaryMeshGraphs(brief (MeshGraphBinaryTrainer.Options()))
                      .Fit(view context few)

              let loaded = throughStock context model (view context few)

              let refused parts (bad: Small) =
                  let rows = view context [| few[0]; bad |]

                  refuses<InvalidOperationException> ("Row 1" :: parts) (fun () ->
                      column<float32> "Score" (model.Transform rows) |> ignore)

                  refuses<InvalidOperationException> ("Row 1" :: parts) (fun () ->
                      context.BinaryClassification.Trainers
                          .GaryMeshGraphs(brief (MeshGraphBinaryTrainer.Options()))
                          .Fit
                          rows
                      |> ignore)

                  refuses<exn> parts (fun () ->
                      use engine = context.Model.CreatePredictionEngine<Small, Scored> loaded in
                      engine.Predict bad |> ignore)

              refused [ "'Features' holds 6 values, but a cell has 4" ] { few[1] with Features = Array.zeroCreate 6 }
              refused [ "'Edges' holds 3 numbers, but each edge is two" ] { few[1] with Edges = [| 0; 1; 2 |] }
              refused [ "'Edges' names cell 99, but the row has the cells 0 to" ] { few[1] with Edges = [| 0; 99 |] }

              let _, swedish = GaryMesh.Tests.Cultures.all[0]

              GaryMesh.Tests.Cultures.under swedish (fun () ->
                  refused [ "'Edges' names cell -1" ] { few[1] with Edges = [| -1; 0 |] })

              refused
                  [ "'Features' holds Infinity, which is no finite number" ]
                  { few[1] with Features = Array.create 4 infinityf; Edges = [||] }

              let weighted = brief (MeshGraphBinaryTrainer.Options(EdgeWeightColumnName = "EdgeWeights"))

              for bad, parts in
                  [ { few[1] with EdgeWeights = [| 1.0f |] },
                    [ "Row 1 of edge weight column 'EdgeWeights' holds 1 weights, but there are" ]
                    { few[1] with EdgeWeights = Array.map (fun _ -> nanf) few[1].EdgeWeights }, [ "Row 1"; "holds NaN" ]
                    { few[1] with EdgeWeights = Array.map (fun _ -> -1.0f) few[1].EdgeWeights },
                    [ "row 1 has the weight -1" ] ] do
                  refuses<InvalidOperationException> parts (fun () ->
                      context.BinaryClassification.Trainers
                          .GaryMeshGraphs(weighted)
                          .Fit(view context [| few[0]; bad |])
                      |> ignore)
          }
          test "options and columns that do not fit are refused" {
              let trainer (change: MeshGraphBinaryTrainer.Options -> unit) () =
                  let options = brief (MeshGraphBinaryTrainer.Options())
                  change options

                  MLContext(1).BinaryClassification.Trainers.GaryMeshGraphs(options).Fit(view (MLContext 1) few)
                  |> ignore

              refuses<ArgumentException>
                  [ "ValuesPerCell"; "at least 1" ]
                  (trainer (fun options -> options.ValuesPerCell <- 0))

              refuses<ArgumentException>
                  [ "Pooling is Cells" ]
                  (trainer (fun options -> options.Pooling <- Pooling.Cells))

              refuses<ArgumentException>
                  [ "names 2" ]
                  (trainer (fun options -> options.FeatureColumnNames <- [| "Features"; "EdgeWeights" |]))

              refuses<ArgumentException>
                  [ "Could not find edge column 'Bonds'" ]
                  (trainer (fun options -> options.EdgeColumnName <- "Bonds"))

              refuses<ArgumentException>
                  [ "edge column 'Features': expected vector of Int32" ]
                  (trainer (fun options -> options.EdgeColumnName <- "Features"))
          }
          test "a benchmark in TU's text form is read as rows" {
              inFolder tuFiles (fun folder ->
                  let set = TuGraphs.Read folder
                  Expect.equal (set.Rows.Count, set.ValuesPerCell, set.IgnoresEdgeValues) (2, 3, false) "sizes"
                  Expect.equal [ for row in set.Rows -> row.Label ] [ "1"; "-1" ] "classes"

                  Expect.equal
                      set.Rows[0].Features
                      [| 1.0f; 0.0f; 0.0f; 0.0f; 0.0f; 1.0f; 0.0f; 1.0f; 0.0f |]
                      "0, 2 and 10 in their order"

                  Expect.equal set.Rows[1].Edges [| 0; 1; 1; 0 |] "each graph counts from 0"
                  let context = MLContext 1

                  let data =
                      context.Transforms.Conversion
                          .MapValueToKey("Label")
                          .Fit(context.Data.LoadFromEnumerable set.Rows)

                  let options = brief (MeshGraphMulticlassTrainer.Options())
                  options.ValuesPerCell <- set.ValuesPerCell
                  let data = data.Transform(context.Data.LoadFromEnumerable set.Rows)
                  let model = context.MulticlassClassification.Trainers.GaryMeshGraphs(options).Fit data
                  Expect.equal (scores (model.Transform data)).Length 2 "it trains")

              inFolder
                  [ "A", "1, 2\n"
                    "graph_indicator", "1\n1\n2\n"
                    "graph_attributes", "0.5\n-2e3\n"
                    "node_attributes", "1, 2\n3, 4\n5, 6\n"
                    "edge_labels", "0\n" ]
                  (fun folder ->
                      let set = TuGraphs.Read folder
                      Expect.equal [ for row in set.Rows -> row.Number ] [ 0.5f; -2000.0f ] "numbers"
                      Expect.equal set.Rows[0].Features [| 1.0f; 2.0f; 3.0f; 4.0f |] "attributes"

                      Expect.stringContains
                          (string set)
                          "labels and attributes of edges are not read"
                          "what is left out is said")
          }
          test "a benchmark's files that do not fit each other are refused by file and line" {
              let changed name text = tuFiles |> List.map (fun (file, old) -> file, (if file = name then text else old))

              for files, parts in
                  [ [], [ "ends with '_A.txt', but there are 0" ]
                    tuFiles |> List.filter (fun (name, _) -> name <> "graph_labels"),
                    [ "DS_graph_labels.txt: the file is missing" ]
                    tuFiles |> List.filter (fun (name, _) -> name <> "graph_indicator"),
                    [ "DS_graph_indicator.txt: the file is missing" ]
                    changed "A" "1, 2\n1, 9\n",
                    [ "DS_A.txt, line 2: an edge ends at cell 9, but there are the cells 1 to 5" ]
                    changed "A" "1, 4\n", [ "DS_A.txt, line 1"; "cell 1 of graph 1 with cell 4 of graph 2" ]
                    changed "A" "1 2\n", [ "DS_A.txt, line 1: an edge is two numbers" ]
                    changed "graph_indicator" "1\n1\n1\n2\n3\n",
                    [ "DS_graph_indicator.txt, line 5"; "graph 3"; "the graphs 1 to 2" ]
                    changed "node_labels" "0\n1\n", [ "DS_node_labels.txt: it has 2 lines"; "5 cells" ] ] do
                  inFolder files (fun folder ->
                      refuses<InvalidDataException> parts (fun () -> TuGraphs.Read folder |> ignore))
          }
          test "a damaged benchmark is read or refused in one sentence" {
              let random = Random 7

              inFolder tuFiles (fun folder ->
                  for i in 1..300 do
                      let name, text = tuFiles[i % tuFiles.Length]
                      let path = Path.Combine(folder, $"DS_{name}.txt")
                      File.WriteAllBytes(path, damaged random (Text.Encoding.UTF8.GetBytes text))

                      try
                          TuGraphs.Read folder |> ignore
                      with :? InvalidDataException as error ->
                          Expect.isFalse (error.Message |> Seq.exists Char.IsControl) $"one line: {error.Message}"

                      File.WriteAllText(path, text))
          } ]
