/// Lets `dotnet test` list, filter and run Expecto's `[<Tests>]` values, written in F# or in C#.
namespace GaryMesh.TestAdapter

open System
open System.Reflection
open Expecto
open Expecto.Impl
open Microsoft.VisualStudio.TestPlatform.ObjectModel
open Microsoft.VisualStudio.TestPlatform.ObjectModel.Adapter
open Microsoft.VisualStudio.TestPlatform.ObjectModel.Logging

/// The tests of one assembly, as Expecto sees them and as VSTest names them.
type internal Suite =
    {
        Root: Test
        /// One case for each name.
        Cases: TestCase list
        /// Names that several tests bear: their results could not be told apart, so they fail instead of running.
        Ambiguous: Set<string>
    }

module internal Suite =
    [<Literal>]
    let ExecutorUri = "executor://garymesh/expecto/v1"

    let nameOf (parts: string list) = JoinWith.Dot.format parts

    /// Reads the tests of an assembly; one without tests gives an empty suite.
    let read (source: string) : Suite =
        let root =
            match testFromAssembly (Assembly.LoadFrom source) with
            | Some tests -> tests
            | None -> TestList([], Normal)

        let names = Test.toTestCodeList root |> Seq.countBy (fun leaf -> nameOf leaf.name) |> List.ofSeq

        { Root = root
          Cases = [ for name, _ in names -> TestCase(name, Uri ExecutorUri, source, DisplayName = name) ]
          Ambiguous =
            set
                [ for name, count in names do
                      if count > 1 then
                          name ] }

[<FileExtension ".dll"; FileExtension ".exe"; DefaultExecutorUri(Suite.ExecutorUri)>]
type ExpectoDiscoverer() =
    interface ITestDiscoverer with
        member _.DiscoverTests(sources, _, logger, sink) =
            for source in sources do
                try
                    (Suite.read source).Cases |> List.iter sink.SendTestCase
                with error ->
                    logger.SendMessage(TestMessageLevel.Error, $"The tests of {source} cannot be read: {error}")
