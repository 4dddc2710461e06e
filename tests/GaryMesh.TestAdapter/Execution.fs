namespace GaryMesh.TestAdapter

open System
open System.Text.RegularExpressions
open System.Threading
open Expecto
open Expecto.Impl
open Microsoft.VisualStudio.TestPlatform.ObjectModel
open Microsoft.VisualStudio.TestPlatform.ObjectModel.Adapter
open Microsoft.VisualStudio.TestPlatform.ObjectModel.Logging

/// Hands the outcome of each test to VSTest.
type private Reporter(cases: TestCase list, handle: IFrameworkHandle) =
    let byName = dict [ for case in cases -> case.FullyQualifiedName, case ]

    let record name outcome duration (message: string | null) (stack: string | null) =
        let case = byName[name]

        let result =
            TestResult(case, Outcome = outcome, Duration = duration, ErrorMessage = message, ErrorStackTrace = stack)

        handle.RecordEnd(case, outcome)
        handle.RecordResult result

    /// Expecto gives a failed expectation as one coloured text: the message, then the frames.
    let splitStack (text: string) : struct (string * (string | null)) =
        let plain = Regex.Replace(text, "\x1b\\[[0-9;]*m", "").Trim('\n')

        match plain.IndexOf "\n   at " with
        | -1 -> struct (plain, null)
        | frames -> struct (plain.Substring(0, frames), plain.Substring(frames + 1))

    member _.Has name = byName.ContainsKey name

    member _.Refuse(name, why) = record name TestOutcome.Failed TimeSpan.Zero why null

    member _.Printer =
        { TestPrinters.silent with
            beforeEach = fun name _ -> async { handle.RecordStart byName[name] }
            passed = fun name duration -> async { record name TestOutcome.Passed duration null null }
            ignored = fun name why -> async { record name TestOutcome.Skipped TimeSpan.Zero why null }
            failed =
                fun name text duration ->
                    async {
                        let struct (message, stack) = splitStack text
                        record name TestOutcome.Failed duration message stack
                    }
            exn = fun name error duration -> async { record name TestOutcome.Failed duration (string error) null } }

[<ExtensionUri(Suite.ExecutorUri)>]
type ExpectoExecutor() =
    let cancellation = new CancellationTokenSource()

    let run (source: string) (wanted: TestCase -> bool) (handle: IFrameworkHandle) =
        let suite = Suite.read source
        let chosen = List.filter wanted suite.Cases
        let reporter = Reporter(chosen, handle)

        for case in chosen do
            if suite.Ambiguous.Contains case.FullyQualifiedName then
                reporter.Refuse(case.FullyQualifiedName, "Several tests bear this name: give each its own.")

        let config =
            { ExpectoConfig.defaultConfig with
                printer = reporter.Printer
                joinWith = JoinWith.Dot }

        let tests =
            suite.Root
            |> Test.filter "." (fun parts ->
                let name = Suite.nameOf parts
                reporter.Has name && not (suite.Ambiguous.Contains name))

        evalTestsWithCancel cancellation.Token config tests false |> Async.RunSynchronously |> ignore

    /// What cannot be read or run is an error of the whole run, never an assembly with no tests.
    let tryRun (source: string) (wanted: TestCase -> bool) (handle: IFrameworkHandle) =
        if not cancellation.IsCancellationRequested then
            try
                run source wanted handle
            with error when not cancellation.IsCancellationRequested ->
                handle.SendMessage(TestMessageLevel.Error, $"The tests of {source} did not run: {error}")

    interface ITestExecutor with
        member _.RunTests(tests: TestCase seq, _: IRunContext, handle: IFrameworkHandle) =
            for source, cases in Seq.groupBy (fun (case: TestCase) -> case.Source) tests do
                let names = cases |> Seq.map _.FullyQualifiedName |> Set.ofSeq
                tryRun source (fun case -> names.Contains case.FullyQualifiedName) handle

        member _.RunTests(sources: string seq, context: IRunContext, handle: IFrameworkHandle) =
            let valueOf (case: TestCase) =
                function
                | "DisplayName" -> box case.DisplayName
                | _ -> box case.FullyQualifiedName

            let wanted =
                match context.GetTestCaseFilter([ "FullyQualifiedName"; "DisplayName" ], fun _ -> null) with
                | null -> fun _ -> true
                | filter -> fun (case: TestCase) -> filter.MatchTestCase(case, valueOf case)

            for source in sources do
                tryRun source wanted handle

        member _.Cancel() = cancellation.Cancel()
