/// Files do not know the culture of the thread that writes or reads them.
module GaryMesh.Tests.Files.CultureTests

open System.Collections.Generic
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Tests
open GaryMesh.Tests.Files.Support

let private perception =
    Perception(
        [ Operator.Own
          Operator.Neighbours(EdgeWeight.At -1, Messages.Value, Aggregation.Sum)
          Operator.Neighbours(EdgeWeight.At(-1, -2), Messages.Value, Aggregation.Mean) ]
    )

let private automaton () =
    Automaton
        .Of(perception, GradientCheck.RuleFor(RuleShape(3, 9, 4), 5UL, 1.0))
        .WithFireRate(0.25)
        .WithTimeStep(-0.5)
        .WithGate(Gate.Alive(1, -0.125f))
        .WithStart(Start.Noise 0.5f)
        .WithSteps(2, 4)

let private graph = Graph.Grid(3, 4)

let private task =
    TrainingTask.Of(MeanSquared(Array.create 12 -0.25f, 0)).WithIterations(2).WithBatch(2).WithPool(3, 1).WithSeed 3UL

let private model () =
    let shape = ModelShape.Of(Perception.Moore, 2, Head.Huber 1.5, 1, Pooling.Mean).WithRule(6, 8, 3)
    Model.Create(shape, Scaling.None shape, RuleStart.Zero, 7UL)

let private written (write: Stream -> unit) =
    use memory = new MemoryStream()
    write memory
    memory.ToArray()

let private train () =
    use trainer = new Trainer(automaton (), graph, task)
    let struct (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None)
    training

/// Each kind of file: how it is written, and how it is read and written again.
let private kinds: (string * (unit -> byte[]) * (byte[] -> byte[])) list =
    let reading (bytes: byte[]) = new MemoryStream(bytes)

    [ "rule",
      (fun () -> written (fun stream -> RuleFile.Write(stream, automaton ()))),
      (fun bytes -> written (fun stream -> RuleFile.Write(stream, RuleFile.Read(reading bytes, "rule"))))
      "model",
      (fun () -> written (fun stream -> ModelFile.Write(stream, model (), Graph.Strip(5, [ -1; -3 ])))),
      (fun bytes ->
          let struct (model, graph) = ModelFile.Read(reading bytes, "model")
          written (fun stream -> ModelFile.Write(stream, model, graph)))
      "training",
      (fun () -> written (fun stream -> TrainingFile.Write(stream, automaton (), graph, task, train ()))),
      (fun bytes ->
          let training = TrainingFile.Read(reading bytes, "training", automaton (), graph, task)
          written (fun stream -> TrainingFile.Write(stream, automaton (), graph, task, training)))
      "curve", (fun () -> written (fun stream -> TrainingCurve.Write(stream, train ()))), id
      "mesh",
      (fun () ->
          inFolder (fun folder ->
              let path = Path.Combine(folder, "mesh.ply")
              MeshFile.Write(path, TriangleMesh([| -1.5; 0.0; 0.0; 1.0; 0.25; 0.0; 0.0; 1.0; -2.0 |], [| 0; 1; 2 |]))
              File.ReadAllBytes path)),
      id
      "edge list",
      (fun () ->
          inFolder (fun folder ->
              let path = Path.Combine(folder, "edges.csv")
              File.WriteAllText(path, "0,1,0.5\n1,2,-1.25\n")
              written (fun stream -> ModelFile.Write(stream, model (), GraphFile.Read path)))),
      id ]

[<Tests>]
let tests =
    testList
        "Cultures"
        [ for kind, write, again in kinds do
              test $"a {kind} written under any culture has the same bytes, and reads under any other" {
                  let bytes = write ()

                  for writer, culture in Cultures.all do
                      Expect.equal (Cultures.under culture write) bytes $"written under {writer}"

                  for reader, culture in Cultures.all do
                      Expect.equal (Cultures.under culture (fun () -> again bytes)) bytes $"read under {reader}"
              }

          test "a rule and a training that hold a foreign minus sign are read as they were meant" {
              let training = train ()
              let bytes = written (fun stream -> RuleFile.Write(stream, automaton ()))
              let resumable = written (fun stream -> TrainingFile.Write(stream, automaton (), graph, task, training))

              for name, culture in Cultures.all do
                  let foreign (entry: string) (bytes: byte[]) =
                      let entries = Dictionary(Npz.Read(new MemoryStream(bytes), "file"))
                      let array = entries[entry]
                      let texts = array.ToText() |> Array.map _.Replace("-", culture.NumberFormat.NegativeSign)
                      entries[entry] <- NpyArray.OfText(Seq.toArray array.Shape, texts)
                      new MemoryStream(written (fun stream -> Npz.Write(stream, entries, false)))

                  let read = RuleFile.Read(foreign "perception" bytes, "rule")
                  Expect.equal (written (fun stream -> RuleFile.Write(stream, read))) bytes $"a rule of {name}"
                  // The settings' other numbers have always been written as they are now.
                  let perceptionOnly = foreign "settings" resumable

                  if name <> "invariant" && name <> "de" then
                      let read = TrainingFile.Read(perceptionOnly, "training", automaton (), graph, task)
                      Expect.equal read.Iteration training.Iteration $"a training of {name}"
          } ]
