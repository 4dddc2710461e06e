using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>Prints a strip at each step in which an answer has changed, the most significant digit first: what the cells answer, and the
/// bits that they speak, if they do.</summary>
internal sealed class Ripple(Terminal terminal, Adder adder, Addends strip, CancellationToken stop)
{
    private readonly bool _speaks = adder.Proof is not null;
    private readonly int _carry = adder.Proof is null ? 0 : -Closure.Says(adder.Automaton, [0], Addends.Told(0, 0))[0];
    private string _shown = "";

    public void Show(int step, State state)
    {
        stop.ThrowIfCancellationRequested();

        if (step == 0)
        {
            terminal.Write($"      a {Row(cell => (char)('0' + strip.A[cell]))}");
            terminal.Write($"      b {Row(cell => (char)('0' + strip.B[cell]))}");
            terminal.Write($"{"step",6}  {"sum".PadRight(strip.Cells)}{(_speaks ? "  carries" : "")}".TrimEnd());
        }

        var logits = _speaks ? state : PublishedAdder.Logits(adder.Automaton.Rule, state);

        // A cell that has not fired yet answers nothing.
        var digits = Row(cell => Spoken(cell) == 0 ? '.' : (char)('0' + Enumerable.Range(0, 10).MaxBy(digit => logits[cell, digit])));
        var row = _speaks ? $"{digits}  {Row(cell => Spoken(cell) == _carry ? '1' : '.')}" : digits;

        if (row != _shown)
            terminal.Write($"{step,6}  {row}");

        _shown = row;

        int Spoken(int cell) => Math.Sign(state[cell, AdderRecipe.Spoken]);
    }

    private string Row(Func<int, char> of) => new([.. Enumerable.Range(0, strip.Cells).Reverse().Select(of)]);
}
