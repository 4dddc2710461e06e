namespace GaryMesh

open System

/// How the votes of cells on digits have come out.
[<NoComparison>]
type DigitsScore =
    {
        /// Pictures.
        Pictures: int
        /// Their cells, which are the inked pixels.
        Cells: int
        /// Cells that vote for the digit of their picture.
        Right: int
        /// Pictures all of whose cells do.
        Agreed: int
        /// Pictures for whose digit more cells vote than for any other; of as many votes the lesser digit's count.
        MajorityRight: int
    }

    /// Of no pictures.
    static member None = { Pictures = 0; Cells = 0; Right = 0; Agreed = 0; MajorityRight = 0 }

    /// The share of the cells that are right.
    member score.CellAccuracy = float score.Right / float score.Cells
    /// The share of the pictures all of whose cells are right.
    member score.Agreement = float score.Agreed / float score.Pictures
    /// The share of the pictures whose majority is right.
    member score.MajorityAccuracy = float score.MajorityRight / float score.Pictures

    /// Of the pictures of both.
    member score.Add(other: DigitsScore) : DigitsScore =
        { Pictures = score.Pictures + other.Pictures
          Cells = score.Cells + other.Cells
          Right = score.Right + other.Right
          Agreed = score.Agreed + other.Agreed
          MajorityRight = score.MajorityRight + other.MajorityRight }

/// How cells learn to name the digit that they are a part of (E. Randazzo et al., Self-classifying MNIST Digits, Distill 2020).
///
/// The inked pixels are the cells. The first ten channels of a cell's state are the logits of its vote; it is told the ink of its own pixel
/// and of those around it.
[<AbstractClass; Sealed>]
type DigitsRecipe =
    /// The classes, and the channels that are their logits.
    static member Classes = 10

    /// <summary>An untrained automaton: own state and the neighbours' means by direction (harmonics up to degree 2), half of the cells fire,
    /// states held within 10, rollouts of 16 to 24 steps.</summary>
    /// <param name="channels">Numbers in a cell's state, at least 10: the logits.</param>
    /// <param name="hidden">Hidden units of the rule.</param>
    /// <param name="seed">The rule's parameters follow from it.</param>
    /// <exception cref="T:System.ArgumentException">There are too few channels.</exception>
    static member Automaton(channels: int, hidden: int, seed: uint64) : Automaton =
        if channels < DigitsRecipe.Classes then
            Guard.refuse $"A vote has {DigitsRecipe.Classes} logits, but the rule has {channels} channels."

        let mean weight = Operator.Of(weight, Messages.Value, Aggregation.Mean)

        let perception =
            Perception
                [ Operator.Own
                  mean EdgeWeight.One
                  mean EdgeWeight.X
                  mean EdgeWeight.Y
                  mean EdgeWeight.XY
                  mean EdgeWeight.X2Y2 ]

        let shape = RuleShape.For(perception, channels, hidden, InkSheet.Inputs)

        Automaton.Of(perception, Rule.Xavier(shape, seed, 0.7, 0.1)).WithBound(10.0f).WithSteps(16, 24)

    /// 16 channels and 128 hidden units: 17,680 parameters.
    static member Automaton(seed: uint64) : Automaton = DigitsRecipe.Automaton(16, 128, seed)

    /// A picture turned, stretched and slanted about its middle, as the key says.
    static member Warp(height: int, width: int, ink: float32[], strength: float, key: uint64) : float32[] =
        let draw index = strength * (2.0 * Counter.uniform key index - 1.0)
        let angle, slant = 0.22 * draw 0L, 0.2 * draw 1L
        let wide, high = exp (0.16 * draw 2L), exp (0.16 * draw 3L)
        let sin, cos = Math.Sin angle, Math.Cos angle
        let middleX, middleY = 0.5 * float (width - 1), 0.5 * float (height - 1)

        let at row column =
            if row < 0 || row >= height || column < 0 || column >= width then
                0.0
            else
                float ink[row * width + column]

        Array.init ink.Length (fun pixel ->
            let x, y = float (pixel % width) - middleX, float (pixel / width) - middleY
            let turnedX, turnedY = (cos * x + sin * y) * wide, (cos * y - sin * x) * high
            let x, y = turnedX + slant * turnedY + middleX, turnedY + middleY
            let column, row = int (floor x), int (floor y)
            let right, down = x - floor x, y - floor y
            let between row = (1.0 - right) * at row column + right * at row (column + 1)
            float32 ((1.0 - down) * between row + down * between (row + 1)))

    /// What the cell votes for: the first of its greatest logits.
    static member Vote(state: State, cell: int) : int =
        let mutable best = 0

        for digit in 1 .. DigitsRecipe.Classes - 1 do
            if state.Data[cell * state.Channels + digit] > state.Data[cell * state.Channels + best] then
                best <- digit

        best

    /// How the cells of a sheet have voted.
    static member Score(sheet: InkSheet, state: State, labels: int[]) : DigitsScore =
        let mutable right, agreed, majority = 0, 0, 0

        for picture in 0 .. sheet.Pictures - 1 do
            let votes = DigitsRecipe.Count(sheet, state, picture)
            let label = labels[picture]
            right <- right + votes[label]

            if votes[label] > 0 then
                if votes[label] = Array.sum votes then
                    agreed <- agreed + 1

                if Array.IndexOf(votes, Array.max votes) = label then
                    majority <- majority + 1

        { Pictures = sheet.Pictures
          Cells = sheet.Graph.Cells
          Right = right
          Agreed = agreed
          MajorityRight = majority }

    /// The votes for each digit in a picture.
    static member Count(sheet: InkSheet, state: State, picture: int) : int[] =
        let votes = Array.zeroCreate DigitsRecipe.Classes

        for cell in sheet.First picture .. sheet.First(picture + 1) - 1 do
            let vote = DigitsRecipe.Vote(state, cell)
            votes[vote] <- votes[vote] + 1

        votes

    /// Refuses an automaton that does not vote.
    static member internal Check(automaton: Automaton) =
        let shape = automaton.Rule.Shape

        if shape.Inputs <> InkSheet.Inputs || shape.Channels < DigitsRecipe.Classes then
            Guard.refuse
                $"A rule that votes on digits has {InkSheet.Inputs} inputs and at least {DigitsRecipe.Classes} channels, but this one has {shape.Inputs} and {shape.Channels}."

    /// The cross-entropy of every cell's vote, after the last step.
    static member Loss(sheet: InkSheet, labels: int[]) : Loss =
        let ofCells =
            [| for picture in 0 .. sheet.Pictures - 1 do
                   for _ in sheet.First picture .. sheet.First(picture + 1) - 1 -> labels[picture] |]

        CrossEntropy(ofCells, 0, DigitsRecipe.Classes)

    /// <summary>How cells vote after each of some numbers of steps, from zeros.</summary>
    /// <param name="automaton">An automaton of `Automaton`, trained.</param>
    /// <param name="digits">The pictures.</param>
    /// <param name="steps">Numbers of steps, in ascending order.</param>
    /// <param name="seed">Which cells fire follows from it.</param>
    /// <param name="options">The engine's options.</param>
    /// <exception cref="T:System.ArgumentException">The automaton does not vote, or no picture has any ink.</exception>
    static member Evaluate
        (automaton: Automaton, digits: Digits, steps: int[], seed: uint64, options: EngineOptions)
        : DigitsScore[] =
        DigitsRecipe.Check automaton
        let sums = steps |> Array.map (fun _ -> DigitsScore.None)
        let parts = [| 0 .. digits.Count - 1 |] |> Array.chunkBySize DigitsRecipe.Together

        for number in 0 .. parts.Length - 1 do
            let places = parts[number]
            let inks = places |> Array.map digits.Ink
            let labels = places |> Array.map digits.Label

            if inks |> Array.exists (Array.exists (fun ink -> ink > InkSheet.Threshold)) then
                let sheet = InkSheet.Of(digits.Height, digits.Width, inks)
                let start = State.Zeros(sheet.Graph.Cells, automaton.Rule.Shape.Channels)

                use simulation =
                    new Simulation(automaton, sheet.Graph, start, Firing.Seeded(seed, number), sheet.Inks, options)

                steps
                |> Array.iteri (fun i until ->
                    simulation.Step(until - simulation.StepNumber)
                    sums[i] <- sums[i].Add(DigitsRecipe.Score(sheet, simulation.State, labels)))
            else
                steps
                |> Array.iteri (fun i _ -> sums[i] <- sums[i].Add { DigitsScore.None with Pictures = places.Length })

        if sums.Length > 0 && sums[0].Cells = 0 then
            Guard.refuse $"Of {digits.Count} pictures none has a pixel with ink above {InkSheet.Threshold}."

        sums

    /// Pictures that are evaluated side by side.
    static member private Together = 100
