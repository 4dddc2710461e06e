namespace GaryMesh

open System

/// What strips of cells have come to.
[<NoComparison; ReferenceEquality>]
type Addition =
    {
        /// The digits of each sum, the least significant first; one for every cell.
        Digits: int[][]
        /// Steps made.
        Steps: int
        /// Whether no cell that fires would change any more, so that more steps would give nothing else; false where this was not found out.
        Settled: bool
    }

/// <summary>Strips of cells that add, run until nothing can change any more, or for as many steps as they may need.</summary>
/// <exception cref="T:System.ArgumentException">The automaton is none that adds: ten inputs, a spoken channel after ten digits; or the
/// published shape.</exception>
[<Sealed>]
type Adder
    /// Strips under an automaton.
    (automaton: Automaton, options: EngineOptions) =
    let published = PublishedAdder.Is automaton

    do
        let shape = automaton.Rule.Shape

        if not published && (shape.Inputs <> 10 || shape.Channels <= AdderRecipe.Spoken) then
            Guard.refuse
                $"A rule that adds has 10 inputs and at least 11 channels, but this one has {shape.Inputs} and {shape.Channels}."

    let proof: ClosureReport | null = if published then null else AdderRecipe.Prove automaton

    let firings =
        match proof with
        | null -> PublishedAdder.Firings
        | proof -> max 1 proof.Firings

    /// Strips as they are run.
    let fit (strips: Addends[]) = if published then Array.map PublishedAdder.Fit strips else strips

    /// The digits of strips that lie side by side.
    let read (strips: Addends[]) (state: State) =
        let first = strips |> Array.scan (fun at strip -> at + strip.Cells) 0
        let logits = if published then PublishedAdder.Logits(automaton.Rule, state) else state

        let digitOf cell = Seq.init 10 id |> Seq.maxBy (fun digit -> logits[cell, digit])

        strips |> Array.mapi (fun i strip -> Array.init strip.Cells (fun cell -> digitOf (first[i] + cell)))

    /// What the closure check says of the rule; null of the published shape, whose cells hear more than bits.
    member _.Proof = proof
    /// The automaton.
    member _.Automaton = automaton

    /// Steps after which a strip of so many cells is right but for a chance of 1e-9, if the rule is proved.
    member _.Steps(cells: int) : int =
        let cells = if published then PublishedAdder.Cells else cells
        AdderRecipe.Steps(cells, firings, automaton.FireRate, 1e-9)

    /// <summary>Runs strips side by side. Cells that keep nothing of their state are looked at now and then: once none of them would change if
    /// all fired, none ever will, and the run ends.</summary>
    /// <param name="strips">The sums.</param>
    /// <param name="firing">Which cells fire at each step.</param>
    /// <param name="start">A state to start from, or null for zeros.</param>
    /// <param name="steps">Steps at most.</param>
    /// <param name="observe">Called with each step from 0 on and the state after it, or null.</param>
    /// <exception cref="T:System.ArgumentException">The start does not fit, or the published shape is to add more than seven digits.</exception>
    member _.Run
        (strips: Addends[], firing: Firing, start: State | null, steps: int, observe: Action<int, State> | null)
        : Addition =
        let strips = fit strips

        let struct (graph, told) = if published then PublishedAdder.World strips else Addends.World strips

        use prepared = new Prepared(automaton, graph, options)

        let start =
            match start with
            | null -> State.Zeros(graph.Cells, automaton.Rule.Shape.Channels)
            | start -> start

        let from state steps firing = (Rollout.Of(state, steps, firing)).WithInputs(Inputs.Constant told)
        use simulation = prepared.Begin(from start 1 firing)

        let isSettled () =
            let state = simulation.State
            let next = prepared.Run(from state 1 Firing.All)
            state.Values.SequenceEqual next.Values

        let advance step until =
            match observe with
            | null -> simulation.Step(until - step)
            | observe ->
                for at in step + 1 .. until do
                    simulation.Step()
                    observe.Invoke(at, simulation.State)

        // Looked at ever more rarely, so that looking costs a fraction of running.
        let rec run step next =
            let until = min steps next
            advance step until
            let settled = automaton.Keep = 0.0 && isSettled ()

            if settled || until = steps then
                { Digits = read strips simulation.State; Steps = until; Settled = settled }
            else
                run until (until + max 1 (until / 4))

        match observe with
        | null -> ()
        | observe -> observe.Invoke(0, start)

        run 0 (int (ceil (8.0 / automaton.FireRate)))

    /// <summary>Adds by the majority of several orders of firing, digit by digit; of two digits with as many votes the lesser wins.</summary>
    /// <param name="strips">The sums.</param>
    /// <param name="seed">The orders of firing follow from it.</param>
    /// <param name="votes">Number of orders.</param>
    /// <param name="steps">Steps at most.</param>
    member adder.Vote(strips: Addends[], seed: uint64, votes: int, steps: int) : Addition =
        Guard.positive (nameof votes) "The number of votes" votes
        let strips = fit strips

        let ballots =
            Array.init votes (fun vote -> adder.Run(strips, Firing.Seeded(seed, vote), null, steps, null))

        let winner strip cell =
            ballots
            |> Seq.countBy (fun ballot -> ballot.Digits[strip][cell])
            |> Seq.sortBy fst
            |> Seq.maxBy snd
            |> fst

        { Digits = strips |> Array.mapi (fun strip addends -> Array.init addends.Cells (winner strip))
          Steps = ballots |> Seq.map _.Steps |> Seq.max
          Settled = ballots |> Array.forall _.Settled }
