namespace GaryMesh.Cli.Commands.Adding;

/// <summary>Prints a strip at each step in which a cell has changed, the most significant digit first: what the cells answer, and the
/// bits that they speak.</summary>
internal sealed class Ripple(Terminal terminal, Adder adder, Addends strip, CancellationToken stop)
{
    private readonly int _carry = -Closure.Voice(adder.Automaton, [0], Addends.Told(0, 0));
    private string _shown = "";

    public void Show(int step, State state)
    {
        stop.ThrowIfCancellationRequested();

        if (step == 0)
        {
            terminal.Write($"      a {Row(cell => (char)('0' + strip.A[cell]))}");
            terminal.Write($"      b {Row(cell => (char)('0' + strip.B[cell]))}");
            terminal.Write($"{"step",6}  {"sum".PadRight(strip.Cells)}  carries");
        }

        // A cell that has not fired yet answers nothing.
        var digits = Row(cell => Spoken(cell) == 0 ? '.' : (char)('0' + Enumerable.Range(0, 10).MaxBy(digit => state[cell, digit])));
        var row = $"{digits}  {Row(cell => Spoken(cell) == _carry ? '1' : '.')}";

        if (row != _shown)
            terminal.Write($"{step,6}  {row}");

        _shown = row;

        int Spoken(int cell) => Math.Sign(state[cell, AdderRecipe.Spoken]);
    }

    private string Row(Func<int, char> of) => new([.. Enumerable.Range(0, strip.Cells).Reverse().Select(of)]);
}
