namespace GaryMesh

open System
open System.Collections.Immutable

/// What a cell hears of its neighbours and is told, and what it must then settle to.
[<NoComparison; ReferenceEquality>]
type Context =
    {
        /// Of each operator that hears, the bit: -1 or +1, 0 for nobody, or `Context.Anything`.
        Hears: int[]
        /// The cell's inputs.
        Told: float32[]
        /// The channel, among the first ones that stand for classes, that must be the greatest; -1 where any may be.
        Answer: int
        /// The sign that each spoken channel must have, in the order in which operators hear them: -1 or +1, or 0 where it does not matter.
        Says: int[]
    }

    /// What is heard may be any of the three, and another one at every step.
    static member Anything = 2

/// What a closure check has found.
[<NoComparison; ReferenceEquality>]
type ClosureReport =
    {
        /// Number of contexts.
        Contexts: int
        /// Those in which the right answer is not certain.
        Wrong: ImmutableArray<Context>
        /// Firings in an unchanged context after which each of the others is right for good, whatever the state was.
        Firings: int
        /// The least lead of a right class over the next, among contexts that are right; infinity where none is.
        Margin: float
        /// The least distance of a spoken channel from 0, likewise.
        Voice: float
    }

    /// Whether every context is right.
    member report.IsProved = report.Wrong.IsEmpty

/// Where all numbers of a cell's state must lie.
[<Struct; NoComparison; NoEquality>]
type private Box = { Low: float[]; High: float[] }

/// Sums over the numbers below n.
module private Total =
    let inline of' (n: int) ([<InlineIfLambda>] term: int -> float) =
        let mutable sum = 0.0

        for i in 0 .. n - 1 do
            sum <- sum + term i

        sum

/// What one firing does to a box of states of a cell in an unchanged context.
[<Sealed>]
type private Settling(automaton: Automaton) =
    let perception, shape = automaton.Perception, automaton.Rule.Shape

    let heard, spoken =
        match perception.Lift with
        | :? Spoken as spoken -> spoken.Channels.Length, spoken.Channels |> Seq.distinct |> Array.ofSeq
        | _ -> Guard.refuse $"A closure check needs cells that speak bits, but the perception is {perception.Text}."

    let ownState = perception.Count > heard

    let rec unwrapped (kind: RuleKind) =
        match kind with
        | :? SecantRule as secant -> unwrapped secant.Inner
        | kind -> kind

    do
        automaton.Check()

        perception.Operators
        |> Seq.iteri (fun k operator ->
            match operator with
            | Operator.Neighbours(weight, Messages.Value, _) when
                k < heard && weight.Name.StartsWith("at:", StringComparison.Ordinal)
                ->
                ()
            | Operator.Own when k = heard -> ()
            | _ ->
                Guard.refuse
                    $"A closure check needs operators that each hear one neighbour (at:D), and the own state after them at most, but the perception is {perception.Text}.")

        if not automaton.Gate.IsOpen then
            Guard.refuse $"A closure check needs an open gate, for a cell that is cleared forgets its context."

        if (unwrapped shape.Kind).Name <> DenseRule.Kind.Name then
            Guard.refuse $"A closure check bounds two dense layers, but the rule is {shape.Text}."

        if (ownState || automaton.Keep > 0.0) && automaton.Bound = infinityf then
            Guard.refuse
                $"A cell that keeps or reads its own state needs a bound, without which no firing can be sure to have forgotten the start."

    let hidden, channels = shape.Hidden, shape.Channels
    let dt, keep, bound = automaton.TimeStep, automaton.Keep, float automaton.Bound
    let view name = automaton.Rule.View name |> Array.map float
    let w1, b1, w2, b2 = view "fc1.weight", view "fc1.bias", view "fc2.weight", view "fc2.bias"
    let reads = shape.Read

    /// How far single precision may lie from exact numbers, whatever the order of its sums: Higham's bound, with room to spare, times
    /// what the layers give for absolute values.
    let rounding (z: float[]) own =
        let scale = float (reads + hidden + 8) * (2.0 ** -23.0)

        let units =
            Array.init hidden (fun h ->
                let read = Total.of' reads (fun i -> abs (w1[h * reads + i] * z[i]))
                abs b1[h] + read)

        Array.init channels (fun c ->
            let sum = Total.of' hidden (fun h -> abs w2[c * hidden + h] * units[h])
            scale * (abs dt * (abs b2[c] + sum) + keep * own))

    /// Number of operators that hear.
    member _.Heard = heard
    /// The channels that are spoken.
    member _.Spoken = spoken

    /// Every state that there can be.
    member _.Everything = { Low = Array.create channels -bound; High = Array.create channels bound }

    /// Where a firing takes the states of a box. ReLU lies between two lines over an interval of sums, so that the whole step is bounded
    /// as one linear map of the own state.
    member _.Fire(hears: int[], told: float32[], box: Box) =
        let own = if ownState then channels else 0
        let greatest = if ownState || keep > 0.0 then bound else 0.0

        let z = Array.concat [ Array.map float hears; Array.create own greatest; Array.map float told ]

        let ofOwn h i = w1[h * reads + heard + i]
        let slack = rounding z greatest

        // The sums before ReLU: what does not depend on the state, and bounds of the whole.
        let fixed' =
            Array.init hidden (fun h ->
                let of' i = if i >= heard && i < heard + own then 0.0 else w1[h * reads + i] * z[i]
                b1[h] + Total.of' reads of')

        let bounds h =
            let mutable low, high = fixed'[h], fixed'[h]

            for i in 0 .. own - 1 do
                let a, b = ofOwn h i * box.Low[i], ofOwn h i * box.High[i]
                low <- low + min a b
                high <- high + max a b

            struct (low, high)

        // slope x sum <= relu(sum) <= slope x sum + cut
        let slope, cut = Array.zeroCreate<float> hidden, Array.zeroCreate<float> hidden

        for h in 0 .. hidden - 1 do
            let struct (low, high) = bounds h

            slope[h] <-
                if low >= 0.0 then 1.0
                elif high <= 0.0 then 0.0
                else high / (high - low)

            cut[h] <- if low < 0.0 && high > 0.0 then -slope[h] * low else 0.0

        let next c =
            let weight h = dt * w2[c * hidden + h]
            let constant = dt * b2[c] + Total.of' hidden (fun h -> weight h * slope[h] * fixed'[h])
            let mutable low, high = constant - slack[c], constant + slack[c]

            for h in 0 .. hidden - 1 do
                low <- low + min 0.0 (weight h * cut[h])
                high <- high + max 0.0 (weight h * cut[h])

            for i in 0 .. channels - 1 do
                let mutable factor = if i = c then keep else 0.0

                if ownState then
                    for h in 0 .. hidden - 1 do
                        factor <- factor + weight h * slope[h] * ofOwn h i

                // A state that is not kept says nothing, however large.
                if factor <> 0.0 then
                    let a, b = factor * box.Low[i], factor * box.High[i]
                    low <- low + min a b
                    high <- high + max a b

            // Boxes are nested, since no firing leads out of the first one.
            struct (max box.Low[c] (max -bound low), min box.High[c] (min bound high))

        let sides = Array.init channels next

        { Low = sides |> Array.map (fun struct (low, _) -> low)
          High = sides |> Array.map (fun struct (_, high) -> high) }

    /// The boxes after 1, 2, ... firings, as long as they get smaller.
    member settling.Boxes(hears: int[], told: float32[]) =
        let size (box: Box) = Array.map2 (-) box.High box.Low |> Array.sum

        // Every way in which the cell may be spoken to.
        let words =
            Array.foldBack
                (fun bit words ->
                    [ for bit in (if bit = Context.Anything then [ -1; 0; 1 ] else [ bit ]) do
                          for word in words -> bit :: word ])
                hears
                [ [] ]
            |> List.map Array.ofList

        let hull (a: Box) (b: Box) = { Low = Array.map2 min a.Low b.Low; High = Array.map2 max a.High b.High }

        settling.Everything
        |> Seq.unfold (fun box ->
            let next = words |> List.map (fun word -> settling.Fire(word, told, box)) |> List.reduce hull
            Some(struct (size box - size next, next), next))
        |> Seq.truncate 100
        |> Seq.takeWhile (fun struct (shrunk, _) -> shrunk > 1e-9 || Double.IsPositiveInfinity shrunk)
        |> Seq.map (fun struct (_, box) -> box)

/// Proves that cells that speak bits compute what they should, whatever their number, start and order of firing.
///
/// Where cells hear bits alone, what a cell settles to follows from its context: what it hears and is told. So it is enough to look at each
/// context once: is a cell that fires in it so and so often right for good, whatever state it was in? Then by induction a strip
/// whose cells hear one side is right once its cells, from the first on, have fired so often in turn: the first hears nobody at any time,
/// and a cell whose hearing is right for good has one context from there on.
///
/// States are bounded in double precision by intervals, widened by what single precision may round in any order of its sums.
[<AbstractClass; Sealed>]
type Closure =
    /// <summary>Checks contexts: whether of the first channels, as many as there are classes, the right one is the greatest, and the
    /// spoken one has the right sign.</summary>
    /// <exception cref="T:System.ArgumentException">The automaton has a gate, hears more than bits, is no dense rule, or keeps its state
    /// without a bound.</exception>
    static member Check(automaton: Automaton, classes: int, contexts: Context seq) : ClosureReport =
        let settling = Settling automaton
        Guard.positive (nameof classes) "The number of classes" classes

        /// Lead and voice of a box: both above 0 where it is right.
        let leads (context: Context) (box: Box) =
            if context.Hears.Length <> settling.Heard || context.Says.Length <> settling.Spoken.Length then
                Guard.refuse
                    $"Cells hear {settling.Heard} bits and speak {settling.Spoken.Length}, but a context has {context.Hears.Length} and {context.Says.Length}."

            let others = Seq.init classes id |> Seq.filter ((<>) context.Answer)

            let lead =
                if context.Answer < 0 then
                    infinity
                else
                    box.Low[context.Answer] - (others |> Seq.map (fun c -> box.High[c]) |> Seq.fold max -infinity)

            let voice =
                Seq.zip settling.Spoken context.Says
                |> Seq.map (fun (channel, sign) ->
                    match sign with
                    | 0 -> infinity
                    | sign when sign > 0 -> box.Low[channel]
                    | _ -> -box.High[channel])
                |> Seq.min

            struct (lead, voice)

        let found =
            [| for context in contexts do
                   let settled =
                       settling.Boxes(context.Hears, context.Told)
                       |> Seq.mapi (fun i box ->
                           let struct (lead, voice) = leads context box
                           struct (i + 1, lead, voice))
                       |> Seq.tryFind (fun struct (_, lead, voice) -> lead > 0.0 && voice > 0.0)

                   struct (context, settled) |]

        let right = found |> Array.choose (fun struct (_, settled) -> settled)
        let least pick = right |> Array.map pick |> Array.fold min infinity

        { Contexts = found.Length
          Wrong =
            found
            |> Seq.filter (fun struct (_, settled) -> settled.IsNone)
            |> Seq.map (fun struct (context, _) -> context)
            |> ImmutableArray.CreateRange
          Firings = right |> Array.map (fun struct (firings, _, _) -> firings) |> Array.fold max 0
          Margin = least (fun struct (_, lead, _) -> lead)
          Voice = least (fun struct (_, _, voice) -> voice) }

    /// <summary>What a cell comes to say in a context, on each spoken channel: -1 or +1, or 0 where that is not certain.</summary>
    /// <exception cref="T:System.ArgumentException">As for `Check`.</exception>
    static member Says(automaton: Automaton, hears: int[], told: float32[]) : int[] =
        let settling = Settling automaton

        let signs (box: Box) =
            settling.Spoken
            |> Array.map (fun channel ->
                if box.Low[channel] > 0.0 then 1
                elif box.High[channel] < 0.0 then -1
                else 0)

        // Boxes are nested: what one is sure of, those after it are, too.
        settling.Boxes(hears, told)
        |> Seq.map signs
        |> Seq.fold
            (fun found signs -> if Array.contains 0 found then signs else found)
            (Array.zeroCreate settling.Spoken.Length)
