namespace GaryMesh

/// What strips of cells have calculated.
[<NoComparison; ReferenceEquality>]
type Calculation =
    {
        /// What the cells of each strip answer, the least significant first.
        Digits: int[][]
        /// Steps made.
        Steps: int
    }

/// <summary>Strips of cells that add, subtract, compare and find the maximum, each as it is told.</summary>
/// <exception cref="T:System.ArgumentException">The automaton is none of `CalculatorRecipe`.</exception>
[<Sealed>]
type Calculator
    /// Strips under an automaton.
    (automaton: Automaton, options: EngineOptions) =
    let told = 20 + Exercise.Operations

    do
        let shape = automaton.Rule.Shape

        if shape.Inputs <> told || shape.Channels <= CalculatorRecipe.Down then
            Guard.refuse
                $"A rule that calculates has {told} inputs and at least 12 channels, but this one has {shape.Inputs} and {shape.Channels}."

    let proof = CalculatorRecipe.Prove automaton

    /// What the closure check says of the rule.
    member _.Proof = proof
    /// The automaton.
    member _.Automaton = automaton

    /// Steps after which a strip is right but for a chance of 1e-9, if the rule is proved.
    member _.Steps(exercise: Exercise) : int =
        CalculatorRecipe.Steps(exercise.Operation, exercise.Cells, max 1 proof.Firings, automaton.FireRate)

    /// <summary>Runs strips side by side.</summary>
    /// <param name="strips">The tasks.</param>
    /// <param name="firing">Which cells fire at each step.</param>
    /// <param name="start">A state to start from, or null for zeros.</param>
    /// <param name="steps">How many.</param>
    /// <param name="observe">Called with each step from 0 on and the state after it, or null.</param>
    /// <exception cref="T:System.ArgumentException">The start does not fit.</exception>
    member _.Run
        (strips: Exercise[], firing: Firing, start: State | null, steps: int, observe: System.Action<int, State> | null)
        : Calculation =
        let graph = Exercise.Graph strips
        use prepared = new Prepared(automaton, graph, options)

        let start =
            match start with
            | null -> State.Zeros(graph.Cells, automaton.Rule.Shape.Channels)
            | start -> start

        let rollout = Rollout.Of(start, 1, firing)
        use simulation = prepared.Begin(rollout.WithInputs(Inputs.Constant(Exercise.Inputs strips)))

        match observe with
        | null -> simulation.Step steps
        | observe ->
            observe.Invoke(0, start)

            for step in 1..steps do
                simulation.Step()
                observe.Invoke(step, simulation.State)

        let state = simulation.State
        let first = strips |> Array.scan (fun at strip -> at + strip.Cells) 0
        let answer cell = Seq.init 10 id |> Seq.maxBy (fun digit -> state[cell, digit])

        { Digits = strips |> Array.mapi (fun i strip -> Array.init strip.Cells (fun cell -> answer (first[i] + cell)))
          Steps = steps }

    /// What the digits of a strip say: a number, below 0 of a difference that is, and of a comparison 1 or 0.
    static member Text(operation: Operation, digits: int[]) : string =
        match operation with
        | Operation.Compare -> string (Array.last digits)
        | Operation.Subtract when Array.last digits = 9 ->
            // Ten's complement: all nines in front.
            let zero = Array.zeroCreate<int> digits.Length
            let negated = { Operation = Operation.Subtract; Numbers = { A = zero; B = digits } }
            "-" + Addends.Text negated.Answers
        | _ -> Addends.Text digits
