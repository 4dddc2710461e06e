/// Debian's Chromium without a screen, on whatever draws in software: one for all tests, and none where there is none.
module GaryMesh.Studio.Tests.Browser

open System
open System.IO
open System.Text
open System.Text.Json.Nodes
open System.Threading.Tasks
open Expecto
open Microsoft.Playwright

let await (task: Task<'T>) = task.GetAwaiter().GetResult()
let wait (task: Task) = task.GetAwaiter().GetResult()

let private chromium =
    [ Environment.GetEnvironmentVariable "GARYMESH_CHROMIUM"
      "/usr/bin/chromium"
      "/usr/bin/chromium-browser"
      "/usr/bin/google-chrome" ]
    |> List.choose (fun path ->
        match path with
        | NonNull path when File.Exists path -> Some path
        | _ -> None)
    |> List.tryHead

let private browser =
    lazy
        (match chromium with
         | None -> None
         | Some path ->
             let playwright = await (Playwright.CreateAsync())

             let options =
                 BrowserTypeLaunchOptions(
                     ExecutablePath = path,
                     Args =
                         [ "--headless=new"
                           "--no-sandbox"
                           "--use-gl=angle"
                           "--use-angle=swiftshader"
                           "--enable-unsafe-swiftshader" ],
                     Timeout = 120000f
                 )

             let browser = await (playwright.Chromium.LaunchAsync options)

             AppDomain.CurrentDomain.ProcessExit.Add(fun _ ->
                 wait (browser.CloseAsync())
                 playwright.Dispose())

             Some browser)

/// A page that stands still, with what it said to the console.
type Opened =
    { Page: IPage
      Errors: ResizeArray<string> }

    /// What an expression over the open page `g` comes to.
    member opened.Ask(expression: string) =
        let found =
            await (
                opened.Page.EvaluateAsync<string>(
                    $"async () => {{ const g = garyMesh; return JSON.stringify(await ({expression})); }}"
                )
            )

        nonNull (JsonNode.Parse found)

    /// Does something to the open page `g`.
    member opened.Do(statements: string) =
        wait (opened.Page.EvaluateAsync($"async () => {{ const g = garyMesh; {statements} }}"))

    /// The state of the automaton [cells x channels].
    member opened.State =
        let text =
            await (
                opened.Page.EvaluateAsync<string>(
                    "() => { const bytes = new Uint8Array(garyMesh.automaton.read().buffer); let text = ''; for (const byte of bytes) text += String.fromCharCode(byte); return btoa(text); }"
                )
            )

        let bytes = Convert.FromBase64String text
        Array.init (bytes.Length / 4) (fun at -> BitConverter.ToSingle(bytes, 4 * at))

    /// What the page says of its test, once it has.
    member opened.SelfTest =
        wait (
            opened.Page.WaitForFunctionAsync(
                "document.documentElement.hasAttribute('data-self-test')",
                null,
                PageWaitForFunctionOptions(Timeout = 240000f)
            )
        )

        let said = await (opened.Page.GetAttributeAsync("html", "data-self-test"))
        nonNull (JsonNode.Parse(nonNull said)) |> _.AsObject()

/// An empty page with what it said to the console; skips the test where there is no Chromium.
let withPage (test: IPage -> (unit -> string list) -> unit) =
    match browser.Value with
    | None -> skiptest "There is no Chromium here: install the package chromium, or name one in GARYMESH_CHROMIUM."
    | Some browser ->
        let page =
            await (browser.NewPageAsync(BrowserNewPageOptions(ViewportSize = ViewportSize(Width = 1200, Height = 760))))

        try
            let errors = ResizeArray()

            page.Console.Add(fun message ->
                if message.Type = "error" || message.Type = "warning" then
                    errors.Add message.Text)

            page.PageError.Add errors.Add
            test page (fun () -> List.ofSeq errors)
        finally
            wait (page.CloseAsync())

/// Opens a page, whose address ends in what is given, and closes it; skips the test where there is no Chromium.
let private opened (touch: bool) (html: string) (ending: string) (test: Opened -> unit) =
    match browser.Value with
    | None -> skiptest "There is no Chromium here: install the package chromium, or name one in GARYMESH_CHROMIUM."
    | Some browser ->
        let folder = Directory.CreateTempSubdirectory "gary-mesh-"
        let path = Path.Combine(folder.FullName, "page.html")
        File.WriteAllText(path, html, UTF8Encoding false)

        let size = ViewportSize(Width = 700, Height = 420)
        let page = await (browser.NewPageAsync(BrowserNewPageOptions(ViewportSize = size, HasTouch = touch)))

        try
            let errors = ResizeArray()

            page.Console.Add(fun message ->
                if message.Type = "error" || message.Type = "warning" then
                    errors.Add message.Text)

            page.PageError.Add errors.Add
            wait (page.GotoAsync($"file://{path}#pause{ending}"))

            let ready = "window.garyMesh !== undefined || document.documentElement.hasAttribute('data-error')"
            wait (page.WaitForFunctionAsync(ready, null, PageWaitForFunctionOptions(Timeout = 120000f)))

            let failed =
                await (page.EvaluateAsync<string>("() => document.documentElement.getAttribute('data-error') ?? ''"))

            Expect.equal failed "" "what the page says"
            test { Page = page; Errors = errors }

            match Environment.GetEnvironmentVariable "GARYMESH_SCREENSHOTS" with
            | null -> ()
            | into ->
                let title = (await (page.TitleAsync())).Replace(':', '-').Replace(' ', '-')
                wait (page.ScreenshotAsync(PageScreenshotOptions(Path = Path.Combine(into, $"{title}{ending}.png"))))

            Expect.isEmpty errors "no errors on the console"
        finally
            wait (page.CloseAsync())
            folder.Delete true

let within html ending test = opened false html ending test

/// A page of a screen that is touched.
let withinTouch html ending test = opened true html ending test
