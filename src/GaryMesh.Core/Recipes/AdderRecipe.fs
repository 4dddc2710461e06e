namespace GaryMesh

open System
open MathNet.Numerics

/// How a strip of cells is trained to add (gary-neuron), proved, and how long it takes.
///
/// A cell's state is ten logits, one for each digit that it may answer, and a channel that it speaks. It is told its two digits at every step,
/// hears one bit of the less significant cell next to it, and reads nothing of its own state. What the bit means is not taught.
[<AbstractClass; Sealed>]
type AdderRecipe =
    /// The channel that is spoken.
    static member Spoken = 10

    /// The digits of the operands that it is trained on, at most.
    static member Digits = 3

    /// <summary>An untrained automaton that hears one bit and answers with a digit: 23 x hidden
    /// units + 11 parameters.</summary>
    /// <param name="hidden">Hidden units of the rule.</param>
    /// <param name="seed">The rule's parameters follow from it.</param>
    static member Automaton(hidden: int, seed: uint64) : Automaton =
        let left = Operator.Of(EdgeWeight.At -1, Messages.Value, Aggregation.Sum)
        let perception = Perception([ left ], Spoken(1, AdderRecipe.Spoken))
        let shape = RuleShape.For(perception, 11, hidden, 10)

        // The bit is heard as loudly as the digits, and the biases put the kinks between them.
        let deviation (view: ParameterView) i =
            match view.Name with
            | "fc1.weight" -> if i % view.Columns = 0 then 1.0 else 0.7
            | "fc1.bias" -> 0.3
            | "fc2.weight" -> 0.5 / sqrt (float hidden)
            | _ -> 0.0

        Automaton.Of(perception, Rule.Drawn(shape, seed, deviation)).WithKeep(0.0).WithSteps(12, 22)

    static member private Sums = Sums(32, AdderRecipe.Digits)

    /// The same automaton with a rule of the same parameters that learns by true differences (`SecantRule`), or with the plain one.
    static member Learning(automaton: Automaton, learning: bool) : Automaton =
        let kind: RuleKind = if learning then SecantRule(1, DenseRule.Kind) else DenseRule.Kind

        automaton.WithRule(Rule(automaton.Rule.Shape.WithKind kind, automaton.Rule.Parameters))

    /// <summary>Every context of a cell that adds: a hundred pairs of digits, heard with nobody, without and with a carry. What the rule
    /// itself says for 0 and 0 where it hears nobody is taken to mean no carry.</summary>
    /// <exception cref="T:System.ArgumentException">The automaton is none that `Closure` can check.</exception>
    static member Contexts(automaton: Automaton) : Context[] =
        let none =
            match (Closure.Says(automaton, [| 0 |], Addends.Told(0, 0)))[0] with
            | 0 -> -1
            | sign -> sign

        [| for a in 0..9 do
               for b in 0..9 do
                   for heard in [ 0; none; -none ] do
                       let total = a + b + (if heard = -none then 1 else 0)

                       { Hears = [| heard |]
                         Told = Addends.Told(a, b)
                         Answer = total % 10
                         Says = [| (if total > 9 then -none else none) |] } |]

    /// <summary>Whether the automaton adds numbers of any length, from any finite start and in any order of firing.</summary>
    /// <exception cref="T:System.ArgumentException">The automaton is none that `Closure` can check.</exception>
    static member Prove(automaton: Automaton) : ClosureReport =
        Closure.Check(automaton, 10, AdderRecipe.Contexts automaton)

    /// <summary>Steps within which so many cells have fired in turn, each so many times, but for a chance of `miss`: the fewest T for which
    /// fewer than cells x firings successes among T draws are so unlikely (tail of the binomial distribution).</summary>
    /// <param name="cells">Cells of the strip.</param>
    /// <param name="firings">Firings that each of them needs.</param>
    /// <param name="fireRate">Probability that a cell fires at a step.</param>
    /// <param name="miss">The chance that the steps do not suffice.</param>
    /// <exception cref="T:System.ArgumentException">No number of steps is enough.</exception>
    static member Steps(cells: int, firings: int, fireRate: float, miss: float) : int =
        Guard.positive (nameof cells) "The number of cells" cells
        Guard.positive (nameof firings) "The number of firings" firings
        Guard.drawn (nameof fireRate) "The fire rate" fireRate

        if fireRate = 0.0 || not (miss > 0.0 && miss < 1.0) then
            Guard.refuse
                $"Cells that fire at a rate of {fireRate} are done in no number of steps but for a chance of {miss}."

        let wanted = cells * firings

        let enough steps =
            // P(Binomial(steps, p) < wanted) as a regularised incomplete beta function.
            fireRate = 1.0
            || SpecialFunctions.BetaRegularized(float (steps - wanted + 1), float wanted, 1.0 - fireRate) <= miss

        let rec between low high =
            if low >= high then
                high
            else
                let middle = low + (high - low) / 2
                if enough middle then between low middle else between (middle + 1) high

        let rec most steps = if enough steps then steps else most (2 * steps)
        between wanted (most wanted)

    /// <summary>A training on strips of operands of at most three digits: Adam on normalised gradients with a cosine schedule. Every 50
    /// iterations the rule is checked in all its contexts: the validation loss is the number of those that are wrong, and, once it is proved,
    /// falls from 0 with the distance of the bit from silence, so that the surest rule of a training is kept.</summary>
    /// <param name="automaton">An automaton of `Automaton`.</param>
    /// <param name="iterations">Optimiser steps; 1,250 are plenty.</param>
    /// <param name="seed">Everything random in the training follows from it.</param>
    static member Task(automaton: Automaton, iterations: int, seed: uint64) : TrainingTask =
        let sums = AdderRecipe.Sums

        let judge (rule: Rule) =
            let report = AdderRecipe.Prove(automaton.WithRule rule)

            if report.IsProved then
                -(min report.Voice report.Margin)
            else
                float report.Wrong.Length

        TrainingTask
            .Of(CrossEntropy(Array.zeroCreate sums.Graph.Cells, 0, 10))
            .WithIterations(iterations)
            .WithBatch(1)
            .WithPool(1, 0)
            .WithSeed(seed)
            .WithHook(sums)
            .WithJudge(50, judge)
            .WithOptimiser((Adam.Of 1e-2).WithBetas(0.9, 0.99).WithSchedule(Schedule.Cosine(0, iterations, 0.02)))

    /// The graph that `Task` trains on.
    static member Graph: Graph = AdderRecipe.Sums.Graph
