namespace GaryMesh

/// What cells are told to do with two numbers.
type Operation =
    /// a + b.
    | Add = 0
    /// a - b; below 0 its ten's complement, so that -3 ends in ...97.
    | Subtract = 1
    /// Whether a > b: the most significant cell answers 1 or 0.
    | Compare = 2
    /// The greater of both.
    | Maximum = 3

/// Two numbers and what is to be done with them, as a strip of cells that each know the operation and one digit of either number: cell 0 the least
/// significant ones.
[<Struct; NoComparison>]
type Exercise =
    {
        /// What is to be done.
        Operation: Operation
        /// The numbers.
        Numbers: Addends
    }

    /// Number of operations.
    static member internal Operations = 4

    /// What a cell is told: which digit the first number has there [10], which one the second [10], and the operation [4]. A maximum is told as
    /// a comparison of which the outcome is to come down again: as both.
    static member Told(a: int, operation: Operation, b: int) : float32[] =
        let isTold asked = asked = operation || (asked = Operation.Compare && operation = Operation.Maximum)

        Array.init (20 + Exercise.Operations) (fun i ->
            if i = a || i = 10 + b || (i >= 20 && isTold (enum<Operation>(i - 20))) then
                1.0f
            else
                0.0f)

    /// One cell's part: its digit by what comes from the less significant side, and what it hands on: the carry, the borrow, or whether the
    /// first number is the greater so far. Of a maximum the digit needs news from the other side, too.
    static member internal Step(operation: Operation, a: int, b: int, bit: int) : struct (int * int) =
        match operation with
        | Operation.Add -> struct ((a + b + bit) % 10, (a + b + bit) / 10)
        | Operation.Subtract -> struct ((a - b - bit + 10) % 10, (if a - b - bit < 0 then 1 else 0))
        | _ ->
            let greater = if a > b || (a = b && bit = 1) then 1 else 0
            struct (greater, greater)

    /// <summary>Reads two numbers of decimal digits; the strip has one cell more than the longer one has digits.</summary>
    /// <exception cref="T:System.ArgumentException">One of them has no digits, or something else among them.</exception>
    static member Read(a: string, operation: Operation, b: string) : Exercise =
        { Operation = operation; Numbers = Addends.Read(a, b) }

    /// Strips side by side as one graph, each cell seeing both neighbours.
    static member internal Graph(strips: Exercise[]) : Graph =
        let graphs =
            strips
            |> Seq.map _.Cells
            |> Seq.distinct
            |> Seq.map (fun n -> n, Graph.Strip(n, (if n = 1 then [ -1 ] else [ -1; 1 ])))
            |> dict

        match strips with
        | [| strip |] -> graphs[strip.Cells]
        | strips -> Graph.Union($"{strips.Length} strips", strips |> Seq.map (fun strip -> graphs[strip.Cells]))

    /// What the cells of strips side by side are told [cells x 24].
    static member internal Inputs(strips: Exercise[]) : State =
        let told =
            [| for strip in strips do
                   for a, b in Array.zip strip.Numbers.A strip.Numbers.B do
                       Exercise.Told(a, strip.Operation, b) |]

        State(told.Length, 20 + Exercise.Operations, Array.concat told)

    /// Number of cells.
    member exercise.Cells = exercise.Numbers.Cells

    /// What each cell is to answer, the least significant first.
    member exercise.Answers: int[] =
        let operation, a, b = exercise.Operation, exercise.Numbers.A, exercise.Numbers.B

        let answers, last =
            Array.mapFold
                (fun bit i ->
                    let struct (digit, next) = Exercise.Step(operation, a[i], b[i], bit)
                    digit, next)
                0
                [| 0 .. a.Length - 1 |]

        if operation = Operation.Maximum then (if last = 1 then a else b) else answers
