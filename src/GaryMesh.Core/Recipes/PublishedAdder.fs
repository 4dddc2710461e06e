namespace GaryMesh

open System

/// The published shape of an adder (gary-neuron): a strip of eight cells, numbers of seven digits, a state of 32, of which cells hear all of
/// both neighbours; a digit's and a place's embedding, the top 2 of 6 experts of 32 hidden units, a softmax over ten digits: 26,448
/// parameters.
///
/// A cell is told its two digits and its place at every step and keeps nothing of its state but what the rule makes of it.
[<AbstractClass; Sealed>]
type PublishedAdder =
    /// Cells of a strip.
    static member Cells = 8

    /// Digits of a number, at most.
    static member Digits = PublishedAdder.Cells - 1

    /// Hidden units of an expert.
    static member Hidden = 32

    /// Numbers in a cell's state.
    static member Channels = 32

    /// Firings that a cell is given to take in what its neighbour has come to: no proof, but what trained rules were seen to need with room to spare.
    static member Firings = 3

    static member private Inputs = 10 + PublishedAdder.Cells
    static member private Mixture = MixtureRule(2, 6)

    /// The loss that keeps the load of the experts even.
    static member Balance = LoadBalance(10, PublishedAdder.Mixture.Top, PublishedAdder.Mixture.Experts)

    /// Whether an automaton is of this family, with the mixture or another kind inside.
    static member Is(automaton: Automaton) : bool =
        let shape = automaton.Rule.Shape

        match shape.Kind with
        | :? EmbeddedRule as rule -> rule.Classes = 10 && shape.Inputs = PublishedAdder.Inputs
        | _ -> false

    /// <summary>An untrained automaton of the published shape.</summary>
    /// <param name="seed">The rule's parameters follow from it.</param>
    static member Automaton(seed: uint64) : Automaton =
        PublishedAdder.Of(PublishedAdder.Mixture, PublishedAdder.Hidden, seed)

    /// <summary>The same with one dense rule in place of the mixture: with 64 hidden units a cell costs the same multiply-adds.</summary>
    /// <param name="hidden">Hidden units.</param>
    /// <param name="seed">The rule's parameters follow from it.</param>
    static member Dense(hidden: int, seed: uint64) : Automaton = PublishedAdder.Of(DenseRule.Kind, hidden, seed)

    static member private Of(inner: RuleKind, hidden: int, seed: uint64) : Automaton =
        let perception, channels = Perception.LeftSelfRight, PublishedAdder.Channels
        let kind = EmbeddedRule(channels, 10, inner)
        let shape = RuleShape.For(perception, channels, hidden, PublishedAdder.Inputs).WithKind kind

        let deviation (view: ParameterView) _ =
            match view.Name with
            | "embedding.weight" -> 1.0
            | "fc1.weight" -> 1.4 / sqrt (float view.Columns)
            | "fc1.bias" -> 0.3
            | "fc2.weight" -> 0.5 / sqrt (float view.Columns)
            | "router.weight"
            | "readout.weight" -> 1.0 / sqrt (float view.Columns)
            | _ -> 0.0

        Automaton.Of(perception, Rule.Drawn(shape, seed, deviation)).WithKeep(0.0).WithSteps(28, 48)

    /// <summary>The same numbers on a strip of eight cells.</summary>
    /// <exception cref="T:System.ArgumentException">A number has more than seven digits.</exception>
    static member Fit(addends: Addends) : Addends =
        if addends.Cells > PublishedAdder.Cells then
            Guard.refuse
                $"A rule of the published shape adds numbers of at most {PublishedAdder.Digits} digits, but one has {addends.Cells - 1}."

        let fit (digits: int[]) = Array.append digits (Array.zeroCreate (PublishedAdder.Cells - digits.Length))

        { A = fit addends.A; B = fit addends.B }

    /// Strips of eight cells side by side, and what their cells are told: 1 for each digit, 2 where they are the same, and 1 for
    /// the place. So a column of the embedding is that of a digit, the same for both numbers, or of a place.
    static member World(strips: Addends[]) : struct (Graph * State) =
        let strip = Graph.Strip(PublishedAdder.Cells, [ -1; 1 ])
        let graph = Graph.Union($"{strips.Length} strips", strips |> Seq.map (fun _ -> strip))

        let told =
            [| for numbers in strips do
                   for place in 0 .. PublishedAdder.Cells - 1 do
                       yield! Addends.Told(numbers.A[place], numbers.B[place])
                       yield! Array.init PublishedAdder.Cells (fun i -> if i = place then 1.0f else 0.0f) |]

        struct (graph, State(graph.Cells, PublishedAdder.Inputs, ReadOnlySpan told))

    /// What the cells answer: ten logits each, the readout of their states.
    static member Logits(rule: Rule, state: State) : State =
        let weights, biases = rule.View "readout.weight", rule.View "readout.bias"

        State.Create(
            state.Cells,
            10,
            fun cell digit ->
                let mutable sum = biases[digit]

                for c in 0 .. state.Channels - 1 do
                    sum <- sum + weights[digit * state.Channels + c] * state[cell, c]

                sum
        )

    /// The share of the cells' choices that falls on each expert, mean over the steps that strips may need.
    static member Load(automaton: Automaton, strips: Addends[], seed: uint64) : float[] =
        let struct (graph, told) = PublishedAdder.World(Array.map PublishedAdder.Fit strips)
        let start = State.Zeros(graph.Cells, PublishedAdder.Channels)
        use prepared = new Prepared(automaton, graph, EngineOptions(Threads = 1))

        use simulation =
            prepared.Begin(Rollout.Of(start, 1, Firing.Seeded(seed, 0)).WithInputs(Inputs.Constant told))

        let steps = AdderRecipe.Steps(PublishedAdder.Cells, PublishedAdder.Firings, automaton.FireRate, 1e-9)

        let shares =
            Array.init steps (fun _ ->
                simulation.Step()
                PublishedAdder.Balance.Shares simulation.Auxiliary)

        Array.init PublishedAdder.Mixture.Experts (fun e -> shares |> Array.averageBy (fun ofStep -> ofStep[e]))

    static member private Sums(balanced: bool) : Sums =
        let loss labels : Loss =
            let late (count: int) (loss: Loss) = loss.At(fun step steps -> step > steps - count)
            let answer = CrossEntropy(labels, 0, 10).OfReports() |> late 4

            if balanced then
                WeightedSum(
                    [| 1.0; 0.02; 0.05 |],
                    [| answer; Overflow(4.0f) |> late 4; PublishedAdder.Balance |> late 8 |]
                )
            else
                WeightedSum([| 1.0; 0.02 |], [| answer; Overflow(4.0f) |> late 4 |])

        Sums("sums:published", 32, PublishedAdder.Digits, 0.25, PublishedAdder.World, loss)

    /// The graph that `Task` trains on.
    static member Graph: Graph = PublishedAdder.Sums(true).Graph

    /// <summary>A training on strips of at most seven digits, a quarter of which starts with the states of cells in disorder: every cell's cross-entropy in the last four steps, states beyond 4, and how
    /// even the load is in the last eight; Adam on normalised gradients with a cosine schedule. What is kept is a
    /// running mean of the parameters: rules of single iterations give some sums that are wrong under some orders of firing, their mean none. Every 250
    /// iterations it is validated on 256 sums, and that of the least loss is kept.</summary>
    /// <param name="automaton">An automaton of this family.</param>
    /// <param name="iterations">Optimiser steps.</param>
    /// <param name="seed">Everything random in the training follows from it.</param>
    static member Task(automaton: Automaton, iterations: int, seed: uint64) : TrainingTask =
        let balanced =
            match automaton.Rule.Shape.Kind with
            | :? EmbeddedRule as rule -> rule.Inner :? MixtureRule
            | _ -> false

        let sums = PublishedAdder.Sums balanced

        TrainingTask
            .Of(CrossEntropy(Array.zeroCreate sums.Graph.Cells, 0, 10))
            .WithIterations(iterations)
            .WithBatch(1)
            .WithPool(4, 0)
            .WithSeed(seed)
            .WithHook(sums)
            .WithValidation(250, 8, [| 3 |])
            .WithWeightAveraging(0.998)
            .WithOptimiser((Adam.Of 5e-3).WithBetas(0.9, 0.99).WithSchedule(Schedule.Cosine(0, iterations, 0.02)))
