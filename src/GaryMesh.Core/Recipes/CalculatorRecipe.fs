namespace GaryMesh

open System

/// How a strip of cells learns to add, subtract, compare and find the maximum by one rule, which is told the operation, and how that is proved.
///
/// A cell's state is ten logits, one for each digit that it may answer, and two channels that it speaks: the more significant neighbour hears
/// one bit, the less significant one the other. The rule reads its own state, half of which a firing keeps. Two things are laid
/// down: news of the one side stays out of the bit for the other side's use (`Up` hidden units and the bit that goes up see nothing of what
/// comes down), and the own state is read so quietly that every context has one fixed point.
[<AbstractClass; Sealed>]
type CalculatorRecipe =
    /// The channel that the more significant neighbour hears.
    static member Up = 10

    /// The channel that the less significant neighbour hears.
    static member Down = 11

    static member private Channels = 12

    /// Hidden units that lead to the bit that goes up, and see nothing of what comes down.
    static member private Ahead(hidden: int) = max 1 (4 * hidden / 7)

    /// How much of a change of the own state may be left after one firing, beside the half that is kept.
    static member private Contraction = 0.9

    /// The rule with what it must not see set to zero, and the own state read quietly enough: with weights V of the own state
    /// in the first layer and W of the second one, max over c of sum over h, i of |W[c, h] V[h, i]| is at most 0.9.
    static member Project(rule: Rule) : Rule =
        let shape = rule.Shape
        let parameters = rule.ToArray()
        let view name = shape.Views |> Seq.find (fun view -> view.Name = name)
        let first, second = view "fc1.weight", view "fc2.weight"
        let hidden, channels = shape.Hidden, shape.Channels
        let own c = 2 + c
        let ahead = CalculatorRecipe.Ahead hidden
        let at h i = first.Offset + h * first.Columns + i

        for h in 0 .. ahead - 1 do
            // What comes down: its bit, the own channels that depend on it, and whether there is a way down at all.
            parameters[at h 1] <- 0.0f
            parameters[at h (2 + channels + 20 + int Operation.Maximum)] <- 0.0f

            for c in 0 .. channels - 1 do
                if c <> CalculatorRecipe.Up then
                    parameters[at h (own c)] <- 0.0f

        for h in ahead .. hidden - 1 do
            parameters[second.Offset + CalculatorRecipe.Up * hidden + h] <- 0.0f

        let weight c h = abs (float parameters[second.Offset + c * hidden + h])

        let heard =
            Array.init hidden (fun h -> Seq.init channels (fun c -> abs (float parameters[at h (own c)])) |> Seq.sum)

        let greatest =
            Seq.init channels (fun c -> Seq.init hidden (fun h -> weight c h * heard[h]) |> Seq.sum) |> Seq.max

        // Rounding may leave a little more than is allowed.
        if greatest > CalculatorRecipe.Contraction * (1.0 + 1e-5) then
            let factor = float32 (CalculatorRecipe.Contraction / greatest)

            for h in 0 .. hidden - 1 do
                for c in 0 .. channels - 1 do
                    parameters[at h (own c)] <- factor * parameters[at h (own c)]

        Rule(shape, ReadOnlySpan parameters)

    /// <summary>An untrained automaton that is told an operation and two digits: 51 x hidden units + 12 parameters.</summary>
    /// <param name="hidden">Hidden units of the rule.</param>
    /// <param name="seed">The rule's parameters follow from it.</param>
    static member Automaton(hidden: int, seed: uint64) : Automaton =
        let hears offset = Operator.Of(EdgeWeight.At offset, Messages.Value, Aggregation.Sum)
        let ears = Spoken [ CalculatorRecipe.Up; CalculatorRecipe.Down ]
        let perception = Perception([ hears -1; hears 1; Operator.Own ], ears)
        let shape = RuleShape.For(perception, CalculatorRecipe.Channels, hidden, 20 + Exercise.Operations)

        // Bits are heard as loudly as digits, the own state quietly, and the biases put the kinks between them.
        let deviation (view: ParameterView) i =
            match view.Name with
            | "fc1.weight" when i % view.Columns < 2 -> 1.0
            | "fc1.weight" when i % view.Columns < 2 + CalculatorRecipe.Channels -> 0.15
            | "fc1.weight" -> 0.7
            | "fc1.bias" -> 0.3
            | "fc2.weight" -> 0.5 / sqrt (float hidden)
            | _ -> 0.0

        Automaton
            .Of(perception, CalculatorRecipe.Project(Rule.Drawn(shape, seed, deviation)))
            .WithKeep(0.5)
            .WithTimeStep(0.5)
            .WithBound(16f)
            .WithSteps(14, 26)

    /// The same automaton with a rule of the same parameters that learns by true differences (`SecantRule`), or with the plain one.
    static member Learning(automaton: Automaton, learning: bool) : Automaton =
        let kind: RuleKind = if learning then SecantRule(2, DenseRule.Kind) else DenseRule.Kind

        automaton.WithRule(Rule(automaton.Rule.Shape.WithKind kind, automaton.Rule.Parameters))

    /// <summary>All that a cell has to do for the result to be right, of each operation and pair of digits. Whatever comes down: the right bit goes up
    /// and, but for the maximum, the digit is right. Where what comes down has settled, too, the maximum's digit is right, and so is the
    /// bit that goes down. Which sign means what is read off the rule itself, where nobody is heard.</summary>
    /// <exception cref="T:System.ArgumentException">The automaton is none that `Closure` can check.</exception>
    static member Contexts(automaton: Automaton) : Context[] =
        [| for operation in Enum.GetValues<Operation>() do
               // No carry, no borrow, not the greater.
               let a, b = if operation = Operation.Subtract then 1, 0 else 0, 1

               let none =
                   Closure.Says(automaton, [| 0; 0 |], Exercise.Told(a, operation, b))
                   |> Array.map (fun sign -> if sign = 0 then -1 else sign)

               let sign channel bit = if bit = 1 then -none[channel] else none[channel]

               for a in 0..9 do
                   for b in 0..9 do
                       let context hears answer says =
                           { Hears = hears
                             Told = Exercise.Told(a, operation, b)
                             Answer = answer
                             Says = says }

                       for left in [ 0; none[0]; -none[0] ] do
                           let struct (digit, next) = Exercise.Step(operation, a, b, (if left = -none[0] then 1 else 0))

                           if operation <> Operation.Maximum then
                               context [| left; Context.Anything |] digit [| sign 0 next; 0 |]
                           else
                               context [| left; Context.Anything |] -1 [| sign 0 next; 0 |]

                               for right in [ 0; none[1]; -none[1] ] do
                                   let greater = if right = 0 then next else (if right = -none[1] then 1 else 0)
                                   // Below the first cell nobody hears what it says.
                                   let down = if left = 0 then 0 else sign 1 greater
                                   context [| left; right |] (if greater = 1 then a else b) [| sign 0 next; down |] |]

    /// <summary>Whether the automaton calculates with numbers of any length, from any start and in any order of firing. By induction from the first
    /// cell to the last what goes up is right for good, whatever comes down; then, from the last to the first, what goes down.</summary>
    /// <exception cref="T:System.ArgumentException">The automaton is none that `Closure` can check.</exception>
    static member Prove(automaton: Automaton) : ClosureReport =
        Closure.Check(automaton, 10, CalculatorRecipe.Contexts automaton)

    /// Steps within which a strip of so many cells is right but for a chance of 1e-9, by a rule of which each cell needs so many firings: up,
    /// and of a maximum down again.
    static member Steps(operation: Operation, cells: int, firings: int, fireRate: float) : int =
        AdderRecipe.Steps((if operation = Operation.Maximum then 2 * cells else cells), firings, fireRate, 1e-9)

    static member private Hook(iterations: int) =
        Calculations(240, CalculatorRecipe.Up, CalculatorRecipe.Down, iterations / 4, 2 * iterations / 5)

    /// <summary>A training on strips of at most four cells: Adam on normalised gradients with a cosine schedule, the rule brought back after each step
    /// (`Project`). Fifty times the rule is checked in its contexts: the validation loss is the number of
    /// those that are wrong, and, once it is proved, falls from 0 with the room to spare.</summary>
    /// <param name="automaton">An automaton of `Automaton`.</param>
    /// <param name="iterations">Optimiser steps; 7,000 are enough as a rule.</param>
    /// <param name="seed">Everything random in the training follows from it.</param>
    static member Task(automaton: Automaton, iterations: int, seed: uint64) : TrainingTask =
        let hook = CalculatorRecipe.Hook iterations

        /// How many contexts are wrong, by a sample of them as long as that says enough.
        let judge (rule: Rule) =
            let plain = CalculatorRecipe.Learning(automaton.WithRule rule, false)
            let contexts = CalculatorRecipe.Contexts plain
            let every = 23
            let some = contexts |> Array.indexed |> Array.filter (fun (i, _) -> i % every = 0) |> Array.map snd
            let wrong = (Closure.Check(plain, 10, some)).Wrong.Length

            if wrong > some.Length / 10 then
                float (every * wrong)
            else
                let report = Closure.Check(plain, 10, contexts)

                if report.IsProved then
                    -(min report.Voice report.Margin)
                else
                    float report.Wrong.Length

        TrainingTask
            .Of(CrossEntropy(Array.zeroCreate hook.Graph.Cells, 0, 10))
            .WithIterations(iterations)
            .WithBatch(1)
            .WithPool(1, 0)
            .WithSeed(seed)
            .WithHook(hook)
            .WithProjection(fun rule -> CalculatorRecipe.Project rule)
            .WithJudge(max 1 (iterations / 50), judge)
            .WithOptimiser((Adam.Of 2e-2).WithBetas(0.9, 0.99).WithSchedule(Schedule.Cosine(0, iterations, 0.02)))

    /// The graph that `Task` trains on.
    static member Graph: Graph = (CalculatorRecipe.Hook 1).Graph
