/// Rules of every kind that can be exported, drawn from a seed, each on a graph with a start.
module GaryMesh.Studio.Tests.ExportWorlds

open System
open System.IO
open Expecto
open GaryMesh
open GaryMesh.Studio.Descriptions
open GaryMesh.Studio.Exports

let private below bound seed part = Counter.below bound (Counter.key seed [ 90 ]) (int64 part)

/// A rule kind of one to two storeys, with the inputs that it needs.
let rec private kindOf seed depth : struct (RuleKind * int) =
    match below (if depth = 0 then 2 else 6) seed (100 + depth) with
    | 0 -> struct (DenseRule.Kind, below 3 seed 2)
    | 1 ->
        let experts = 1 + below 5 seed 3
        struct (MixtureRule(1 + below experts seed 4, experts), below 3 seed 2)
    | 2 ->
        let struct (inner, inputs) = kindOf seed (depth - 1)
        struct (BlendRule inner, inputs + 1)
    | 3 ->
        let struct (inner, inputs) = kindOf seed (depth - 1)
        struct (SecantRule(1, inner), inputs)
    | 4 ->
        let struct (inner, _) = kindOf seed 0
        struct (EmbeddedRule(0, 1 + below 4 seed 5, inner), 1 + below 3 seed 6)
    | _ -> struct (BlendRule DenseRule.Kind, 1)

let private perceptions =
    [| Perception.Planar
       Perception.Harmonics
       Perception.Harmonics2
       Perception.Tangent
       Perception.Sobel
       Perception.Isotropic
       Perception.Moore
       Perception.LeftSelfRight
       Perception.Diffusion
       Perception.Offsets [ 1; 2; -4 ]
       Perception [ Operator.Own ]
       Perception
           [ Operator.Of(EdgeWeight.Given, Messages.Value, Aggregation.Mean)
             Operator.Own
             Operator.Of(EdgeWeight.Symmetric, Messages.Value, Aggregation.Sum)
             Operator.Of(EdgeWeight.Length, Messages.Difference, Aggregation.Mean) ]
       Perception.Steered 1
       Perception.RotationInvariant
       Perception.LeftSelfRight.WithLift(Spoken(1, 0))
       Perception.Offsets([ 1; 2 ]).WithLift(Spoken [ 0; 1 ]) |]

let private pick (from: 'a[]) seed part = from[below from.Length seed part]

/// An automaton of any exportable kind.
let automaton (seed: uint64) =
    let perception = pick perceptions seed 0
    let channels = 2 + below 18 seed 1
    let struct (kind, inputs) = kindOf seed 1

    // A readout looks at the own state, which stands where the perception has it.
    let kind, inputs =
        match kind with
        | :? EmbeddedRule when perception.Width channels < channels -> (DenseRule.Kind: RuleKind), 0
        | kind -> kind, inputs

    let shape = RuleShape(channels, perception.Width channels, 1 + below 40 seed 7, inputs, kind)

    Automaton
        .Of(perception, GradientCheck.RuleFor(shape, seed, 0.3))
        .WithFireRate(pick [| 1.0; 0.5; 0.5; 0.7; 0.123 |] seed 8)
        .WithTimeStep(pick [| 1.0; 0.25; -0.5 |] seed 9)
        .WithKeep(pick [| 1.0; 0.9; 0.5; 0.0 |] seed 10)
        .WithBound(pick [| infinityf; 1.5f; 0.75f |] seed 11)
        .WithSpacing(pick [| 1.0; 1.0; 0.8 |] seed 12)
        .WithGate(
            pick
                [| Gate.Open
                   Gate.Open
                   Gate.Alive(channels - 1, 0.1f)
                   Gate.AlivePublished(0, 0.1f)
                   Gate.Alive(1, -0.2f) |]
                seed
                13
        )

/// What a rule is, in a few words.
let text (automaton: Automaton) =
    $"{automaton.Rule.Shape.Text} of ({automaton.Perception.Text}), {automaton.Gate}, keep {automaton.Keep}, bound {automaton.Bound}, time step {automaton.TimeStep}, fire rate {automaton.FireRate}"

/// Writes an automaton in a language and opens what was written; skips where nothing here can run it.
let opened (export: Export) (automaton: Automaton) (test: RuleDescription -> IWritten -> string -> unit) =
    let folder = Directory.CreateTempSubdirectory "gary-mesh-"

    try
        let path = Path.Combine(folder.FullName, "rule" + export.Ending)
        export.Write(automaton, path)
        let rule = RuleDescription.Of automaton

        let written =
            try
                export.Open(rule, path)
            with :? NotHereException as missing ->
                skiptest missing.Message

        use written = written
        test rule written path
    finally
        folder.Delete true

/// The differences of an export from the engine on the graphs of up to so many cells.
let differences (export: Export) (automaton: Automaton) cells steps =
    let mutable found = []

    opened export automaton (fun rule written _ ->
        found <-
            [ for trial in Trial.All automaton do
                  if trial.Graph.Cells <= cells then
                      Verification.On(written, rule, trial, steps) ])

    found

/// Refuses an export that does something else than the engine.
let agrees (export: Export) (automaton: Automaton) cells steps =
    for one in differences export automaton cells steps do
        Expect.isTrue one.Holds $"{text automaton}: {one}"
