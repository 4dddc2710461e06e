namespace GaryMesh

open System

/// Two numbers to be added, as a strip of cells that each know one digit of either: cell 0 the least significant ones, and one cell more
/// than the longer number has digits.
[<Struct; NoComparison>]
type Addends =
    {
        /// Digits of the first number, the least significant first, as many as there are cells.
        A: int[]
        /// Those of the second one.
        B: int[]
    }

    /// Number of cells.
    member addends.Cells = addends.A.Length

    /// <summary>Reads two numbers of decimal digits.</summary>
    /// <exception cref="T:System.ArgumentException">One of them has no digits, or something else among them.</exception>
    static member Read(a: string, b: string) : Addends =
        for number in [ a; b ] do
            if number.Length = 0 || number |> Seq.exists (Char.IsAsciiDigit >> not) then
                let shown = if number.Length > 40 then number.Substring(0, 40) + "..." else number
                Guard.refuse $"A number to add is written in the digits 0 to 9, but '{shown}' is not."

        let a, b = a.TrimStart '0', b.TrimStart '0'
        let cells = 1 + max 1 (max a.Length b.Length)

        let digits (number: string) =
            Array.init cells (fun i -> if i < number.Length then int number[number.Length - 1 - i] - int '0' else 0)

        { A = digits a; B = digits b }

    /// The digits of the sum, the least significant first, and the carry out of each cell: schoolbook addition.
    member addends.Sum: struct (int[] * int[]) =
        let a, b = addends.A, addends.B
        let digits, carries = Array.zeroCreate<int> a.Length, Array.zeroCreate<int> a.Length
        let mutable carry = 0

        for i in 0 .. a.Length - 1 do
            let total = a[i] + b[i] + carry
            carry <- total / 10
            digits[i] <- total % 10
            carries[i] <- carry

        struct (digits, carries)

    /// Digits, the least significant first, as a number is written.
    static member Text(digits: int[]) : string =
        match String(digits |> Array.rev |> Array.map (fun digit -> char (int '0' + digit))).TrimStart '0' with
        | "" -> "0"
        | text -> text

    /// What a cell is told: 1 for each of its two digits, 2 where they are the same [10].
    static member Told(a: int, b: int) : float32[] =
        Array.init 10 (fun digit -> (if digit = a then 1.0f else 0.0f) + (if digit = b then 1.0f else 0.0f))

    /// Strips side by side as one graph, each cell seeing the less significant one next to it, and what their cells are told.
    static member World(strips: Addends[]) : struct (Graph * State) =
        let graphs =
            strips |> Seq.map _.Cells |> Seq.distinct |> Seq.map (fun n -> n, Graph.Strip(n, [ -1 ])) |> dict

        let graph =
            match strips with
            | [| strip |] -> graphs[strip.Cells]
            | strips -> Graph.Union($"{strips.Length} strips", strips |> Seq.map (fun strip -> graphs[strip.Cells]))

        let told =
            [| for strip in strips do
                   for i in 0 .. strip.Cells - 1 do
                       Addends.Told(strip.A[i], strip.B[i]) |]

        struct (graph, State(graph.Cells, 10, Array.concat told))

    /// Random operands for a strip: of so many digits at most; a tenth of them are short, and of a quarter most digits add up to nine, which
    /// is what a carry runs through.
    static member Draw(digits: int, key: uint64) : Addends =
        let draw purpose i = Counter.uniform (Counter.subkey key purpose) (int64 i)
        let digit purpose i = int (10.0 * draw purpose i)
        let hard, short = draw 0 0 < 0.25, draw 0 1 < 0.1
        let length = if short then 1 + int (float digits * draw 0 2) else digits
        let a = Array.init (digits + 1) (fun i -> if i < digits then digit 1 i else 0)

        let b =
            Array.init (digits + 1) (fun i ->
                if i >= length then 0
                elif hard && draw 3 i < 0.85 then 9 - a[i]
                else digit 2 i)

        if draw 0 3 < 0.5 then { A = a; B = b } else { A = b; B = a }
