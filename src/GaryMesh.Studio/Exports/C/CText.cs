using System.Globalization;
using System.Text;
using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Exports.C;

/// <summary>The text of a rule in C: its sizes and weights, then the parts of a step that it needs.</summary>
internal sealed class CText
{
    private readonly RuleDescription _rule;
    private readonly string _name;
    private readonly StringBuilder _weights = new();
    private readonly StringBuilder _code = new();
    private readonly HashSet<string> _parts = [];
    private int _forms;

    private CText(RuleDescription rule, string name) => (_rule, _name) = (rule, Identifier(name));

    /// <summary>The file for a rule of a name.</summary>
    public static string Write(RuleDescription rule, string name) => new CText(rule, name).Whole();

    /// <summary>A name as C takes it.</summary>
    public static string Identifier(string name)
    {
        var word = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return word.Length > 0 && !char.IsAsciiDigit(word[0]) && word[0] != '_' ? word : $"rule_{word}";
    }

    private string Whole()
    {
        var change = Form(_rule.Change.Times((float)_rule.Automaton.TimeStep), _rule.Perceived + _rule.Inputs);
        var (sees, gated, reports, told) = (_rule.Sees, _rule.HasGate, _rule.Reports > 0, _rule.Inputs > 0);
        Draw();

        if (gated)
            Near();

        if (sees)
            Line($"#define AT(graph, cell, column) (graph)->neighbours[(size_t)(cell) * (size_t)(graph)->width + (size_t)(column)]", _parts);

        Perceive();
        Step(change, gated, reports, told);
        var text = new StringBuilder();
        text.Append(Head(sees, gated, reports, told));

        foreach (var part in _parts)
            text.Append(part).Append('\n');

        return text.Append(_weights).Append('\n').Append(_code).ToString();
    }

    private string Parameters(bool gated, bool reports, bool told) =>
        $"const {_name}_graph *graph, const float *state, const uint8_t *fires, {(told ? "const float *inputs, " : "")}float *after"
        + $"{(gated ? ", uint8_t *alive" : "")}{(reports ? ", float *auxiliary" : "")}";

    /// <summary>What the file is, for who reads it.</summary>
    private string Head(bool sees, bool gated, bool reports, bool told)
    {
        var automaton = _rule.Automaton;
        return $$"""
            /* {{_name}}: a neural cellular automaton, written by GaryMesh. C99; no allocation, no libm.
             *
             * rule {{automaton.Rule.Shape.Text}}; perceives {{automaton.Perception.Text}}
             * fire rate {{Number(automaton.FireRate)}}; start {{automaton.Start.Text}}; trained for {{automaton.MinSteps}} to {{automaton.MaxSteps}} steps
             *
             * A step goes from state to after, two arrays [cells][{{_rule.Channels}}]:
             *   {{_name}}_draw(seed, step, cells, fires);    who updates [cells], as GaryMesh draws it
             *   {{_name}}_step(&graph, state, fires, {{(told ? "inputs, " : "")}}after{{(gated ? ", alive" : "")}}{{(reports ? ", auxiliary" : "")}});
            {{(sees ? $" * graph: of each cell the cells that it sees, -1 for none, and what these weigh in each of {_rule.Edged.Length} operators:\n *   gary-mesh export --tables T.npz --graph G --rule R.npz writes both.\n" : "")}}{{(told ? $" * inputs [cells][{_rule.Inputs}]\n" : "")}}{{(gated ? " * alive [cells] is room for the step; it says who lives after it.\n" : "")}}{{(reports ? $" * auxiliary [cells][{_rule.Reports}]: what cells that update report.\n" : "")}} */
            #include <stddef.h>
            #include <stdint.h>

            #define CHANNELS {{_rule.Channels}}

            typedef struct {
              int32_t cells, width;
              const int32_t *neighbours; /* [cells][width] */
              const float *weights;      /* [cells][{{_rule.Edged.Length}}][width] */
            } {{_name}}_graph;

            void {{_name}}_draw(uint64_t seed, int32_t step, int32_t cells, uint8_t *fires);
            void {{_name}}_step({{Parameters(gated, reports, told)}});


            """.ReplaceLineEndings("\n");
    }

    private void Draw() => _code.Append($$"""
        static uint64_t mixed(uint64_t x) {
          x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
          x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
          return x ^ (x >> 31);
        }

        static uint64_t subkey(uint64_t key, uint32_t part) { return mixed((key ^ part) + UINT64_C(0x9E3779B97F4A7C15)); }

        /* 64 cells at a time: the bits of the rate, in 1/65536, combine fair words from the lowest on. */
        void {{_name}}_draw(uint64_t seed, int32_t step, int32_t cells, uint8_t *fires) {
          const uint32_t rate = {{(int)Math.Round(_rule.Automaton.FireRate * 65536)}};
          const uint64_t key = subkey(subkey(subkey(seed, 0xF12E), 0), (uint32_t)step);
          uint64_t bits = 0;
          for (int32_t cell = 0; cell < cells; cell++) {
            if (cell % 64 == 0) {
              bits = rate >= 65536 ? ~UINT64_C(0) : 0;
              for (int bit = 0; bit < 16 && rate < 65536; bit++) {
                const uint64_t at = (uint64_t)(cell / 64) * 16 + (uint64_t)(15 - bit);
                const uint64_t fair = mixed(key + (at + 1) * UINT64_C(0x9E3779B97F4A7C15));
                bits = (rate >> bit) & 1 ? bits | fair : bits & fair;
              }
            }
            fires[cell] = (uint8_t)((bits >> (cell % 64)) & 1);
          }
        }


        """.ReplaceLineEndings("\n"));

    private void Near() => _code.Append($$"""
        /* Whether a cell or one that it sees is above the threshold. */
        static int near(const {{_name}}_graph *graph, const float *state, int32_t cell) {
          int found = state[(size_t)cell * CHANNELS + {{_rule.GateChannel}}] > {{Number(_rule.GateThreshold)}};
          for (int32_t at = 0; at < graph->width && !found; at++) {
            const int32_t seen = AT(graph, cell, at);
            found = seen >= 0 && state[(size_t)seen * CHANNELS + {{_rule.GateChannel}}] > {{Number(_rule.GateThreshold)}};
          }
          return found;
        }


        """.ReplaceLineEndings("\n"));

    /// <summary>From the state to what the rule reads of a cell.</summary>
    private void Perceive()
    {
        var (edged, blocks) = (_rule.Edged, _rule.Operators.Length);
        var places = _rule.Operators.Select((one, k) => (one, k)).Where(pair => pair.one is not null).Select(pair => pair.k).ToArray();
        var linear = _rule.Lift is null ? "z" : "y";
        Line($"static void perceive(const {_name}_graph *graph, const float *state, int32_t cell, float *z) {{");

        if (edged.Length > 0)
        {
            Line($"  static const uint8_t place[] = {{{string.Join(", ", places)}}}, difference[] = {{{string.Join(", ", edged.Select(one => one.Differences ? 1 : 0))}}};");
            Line($"  const float *weights = graph->weights + (size_t)cell * {edged.Length} * (size_t)graph->width;");
            Line($"  float rest[{edged.Length}] = {{0}};");
        }
        else
        {
            Line("  (void)graph;");
        }

        if (_rule.Lift is not null)
            Line($"  float y[{blocks} * CHANNELS];");

        Line("  const float *own = state + (size_t)cell * CHANNELS;");
        Line($"  for (int at = 0; at < {blocks} * CHANNELS; at++) {linear}[at] = own[at % CHANNELS];");

        if (edged.Length > 0)
        {
            _code.Append($$"""
                  for (int k = 0; k < {{edged.Length}}; k++)
                    for (int c = 0; c < CHANNELS; c++) {{linear}}[place[k] * CHANNELS + c] = 0.0f;
                  for (int32_t at = 0; at < graph->width; at++) {
                    const int32_t there = AT(graph, cell, at);
                    if (there < 0) continue;
                    const float *seen = state + (size_t)there * CHANNELS;
                    for (int k = 0; k < {{edged.Length}}; k++) {
                      const float weight = weights[(size_t)k * (size_t)graph->width + (size_t)at];
                      float *sum = {{linear}} + place[k] * CHANNELS;
                      if (difference[k]) rest[k] -= weight;
                      for (int c = 0; c < CHANNELS; c++) sum[c] += weight * seen[c];
                    }
                  }
                  for (int k = 0; k < {{edged.Length}}; k++)
                    for (int c = 0; c < CHANNELS; c++) {{linear}}[place[k] * CHANNELS + c] += rest[k] * own[c];

                """.ReplaceLineEndings("\n"));
        }

        Lift(blocks);
        Line("}");
        Line("");
    }

    private void Lift(int blocks)
    {
        switch (_rule.Lift)
        {
            case NormForm(var x, var y):
                CMath.Add(_parts, CMath.Root);
                Line("  int to = 0;");
                Line($"  for (int k = 0; k < {blocks}; k++)");
                Line($"    for (int c = 0; c < CHANNELS && k != {x} && k != {y}; c++) z[to++] = y[k * CHANNELS + c];");
                Line("  for (int c = 0; c < CHANNELS; c++) {");
                Line($"    const float a = y[{x} * CHANNELS + c], b = y[{y} * CHANNELS + c];");
                Line("    z[to++] = root(a * a + b * b + 1e-6f);");
                Line("  }");
                break;

            case SteeringForm(var own, var x, var y, var channel):
                CMath.Add(_parts, CMath.Turn);
                Line("  float cosine, sine;");
                Line($"  turn(y[{own} * CHANNELS + {channel}], &cosine, &sine);");
                Line($"  for (int at = 0; at < {blocks} * CHANNELS; at++) z[at] = y[at];");
                Line("  for (int c = 0; c < CHANNELS; c++) {");
                Line($"    const float a = y[{x} * CHANNELS + c], b = y[{y} * CHANNELS + c];");
                Line($"    z[{x} * CHANNELS + c] = cosine * a + sine * b;");
                Line($"    z[{y} * CHANNELS + c] = cosine * b - sine * a;");
                Line("  }");
                break;

            case SpokenForm(var channels):
                var heard = channels.Length;
                Line($"  static const int spoken[{heard}] = {{ {string.Join(", ", channels)} }};");
                Line($"  for (int k = 0; k < {heard}; k++) {{");
                Line("    const float said = y[k * CHANNELS + spoken[k]];");
                Line("    z[k] = (float)((said > 0.0f) - (said < 0.0f));");
                Line("  }");
                Line($"  for (int at = {heard} * CHANNELS; at < {blocks} * CHANNELS; at++) z[at - {heard} * CHANNELS + {heard}] = y[at];");
                break;
        }
    }

    private void Step(string change, bool gated, bool reports, bool told)
    {
        var lived = gated && !_rule.DeadFire;
        Line($"void {_name}_step({Parameters(gated, reports, told)}) {{");
        Line("  for (int32_t cell = 0; cell < graph->cells; cell++) {");
        Line("    const float *own = state + (size_t)cell * CHANNELS;");
        Line("    float *next = after + (size_t)cell * CHANNELS;");

        if (gated)
            Line("    alive[cell] = (uint8_t)near(graph, state, cell);");

        Line("    for (int c = 0; c < CHANNELS; c++) next[c] = own[c];");

        if (reports)
            Line($"    for (int at = 0; at < {_rule.Reports}; at++) auxiliary[(size_t)cell * {_rule.Reports} + (size_t)at] = 0.0f;");

        Line($"    if (fires[cell]{(lived ? " && alive[cell]" : "")}) {{");
        Line($"      float z[{_rule.Perceived + _rule.Inputs}], change[CHANNELS];");
        Line("      perceive(graph, state, cell, z);");

        if (told)
            Line($"      for (int at = 0; at < {_rule.Inputs}; at++) z[{_rule.Perceived} + at] = inputs[(size_t)cell * {_rule.Inputs} + (size_t)at];");

        Line($"      {change}(z, change{(reports ? $", auxiliary + (size_t)cell * {_rule.Reports}" : "")});");
        var kept = _rule.Keep == 1 ? "own[c] + " : _rule.Keep == 0 ? "" : $"{Number((float)_rule.Keep)} * own[c] + ";
        Line($"      for (int c = 0; c < CHANNELS; c++) next[c] = {kept}change[c];");
        Line("    }");

        if (float.IsFinite(_rule.Bound))
        {
            var (most, least) = (Number(_rule.Bound), Number(-_rule.Bound));
            Line($"    for (int c = 0; c < CHANNELS; c++) next[c] = next[c] > {most} ? {most} : next[c] < {least} ? {least} : next[c];");
        }

        Line("  }");

        if (gated)
        {
            Line("  for (int32_t cell = 0; cell < graph->cells; cell++) alive[cell] = (uint8_t)(alive[cell] && near(graph, after, cell));");
            Line("  for (int32_t cell = 0; cell < graph->cells; cell++)");
            Line("    for (int c = 0; c < CHANNELS && !alive[cell]; c++) after[(size_t)cell * CHANNELS + (size_t)c] = 0.0f;");
        }

        Line("}");
    }

    /// <summary>A function of what is read, so many values; its name is returned.</summary>
    private string Form(ChangeForm form, int read)
    {
        var at = _forms++;
        var name = $"change{at}";
        var signature = $"static void {name}(const float *z, float *change{(form.Reports > 0 ? ", float *reports" : "")}) {{";

        switch (form)
        {
            case DenseForm dense:
                Part(CMath.Dense(dense.Channels, dense.Hidden, dense.Read));
                Matrix($"first{at}", Turned(dense.W1, dense.Hidden));
                Matrix($"bias{at}", dense.B1);
                Matrix($"second{at}", Turned(dense.W2, dense.Channels));
                Matrix($"last{at}", dense.B2);
                Line(signature);
                Line($"  {CMath.NameOfDense(dense.Hidden, dense.Read)}(first{at}, bias{at}, second{at}, last{at}, z, change);");
                Line("}");
                break;

            case MixtureForm mixture:
                Mixture(mixture, at, signature);
                break;

            case BlendForm blend:
                var (a, b) = (Form(blend.A, read - 1), Form(blend.B, read - 1));
                Line(signature);
                Line("  float other[CHANNELS];");
                Line($"  const float weight = z[{read - 1}];");
                Line($"  {a}(z, change{(blend.A.Reports > 0 ? ", reports" : "")});");
                Line($"  {b}(z, other{(blend.B.Reports > 0 ? $", reports + {blend.A.Reports}" : "")});");
                Line("  for (int c = 0; c < CHANNELS; c++) change[c] = (1.0f - weight) * change[c] + weight * other[c];");
                Line("}");
                break;

            case EmbeddedForm embedded:
                var inner = Form(embedded.Inner, embedded.Perceived);
                Matrix($"embedding{at}", embedded.Embedding);
                Matrix($"readout{at}", embedded.Readout);
                Matrix($"bias{at}", embedded.Bias);
                Line(signature);
                Line($"  float told[{embedded.Perceived}];");
                Line($"  for (int at = 0; at < {embedded.Perceived}; at++) told[at] = z[at];");
                Line("  for (int c = 0; c < CHANNELS; c++)");
                Line($"    for (int at = 0; at < {embedded.Given}; at++) told[{embedded.Own} + c] += embedding{at}[c * {embedded.Given} + at] * z[{embedded.Perceived} + at];");
                Line($"  for (int m = 0; m < {embedded.Classes}; m++) {{");
                Line($"    float sum = bias{at}[m];");
                Line($"    for (int c = 0; c < CHANNELS; c++) sum += readout{at}[m * CHANNELS + c] * z[{embedded.Own} + c];");
                Line("    reports[m] = sum;");
                Line("  }");
                Line($"  {inner}(told, change{(embedded.Inner.Reports > 0 ? $", reports + {embedded.Classes}" : "")});");
                Line("}");
                break;

            default:
                throw new ArgumentException($"C has no words for {form.GetType().Name}.");
        }

        Line("");
        return name;
    }

    private void Mixture(MixtureForm form, int at, string signature)
    {
        var (experts, hidden, channels, read) = (form.Experts, form.Hidden, form.Channels, form.Read);
        Part(CMath.Dense(channels, hidden, read));
        CMath.Add(_parts, CMath.Exponential);
        Matrix($"router{at}", form.Router);
        Matrix($"routerBias{at}", form.RouterBias);
        IEnumerable<float> Each(float[] values, int length, int rows) => Enumerable.Range(0, experts).SelectMany(e => Turned(values.AsSpan(e * length, length).ToArray(), rows));
        Matrix($"first{at}", [.. Each(form.W1, hidden * read, hidden)]);
        Matrix($"bias{at}", form.B1);
        Matrix($"second{at}", [.. Each(form.W2, channels * hidden, channels)]);
        Matrix($"last{at}", form.B2);
        Line(signature);
        _code.Append($$"""
              float logits[{{experts}}], shares[{{experts}}], total = 0.0f, most = 0.0f;
              int chosen[{{experts}}] = {0};
              for (int e = 0; e < {{experts}}; e++) {
                logits[e] = routerBias{{at}}[e];
                for (int i = 0; i < {{read}}; i++) logits[e] += router{{at}}[e * {{read}} + i] * z[i];
              }
              for (int rank = 0; rank < {{form.Top}}; rank++) {
                int best = -1;
                for (int e = 0; e < {{experts}}; e++)
                  if (!chosen[e] && (best < 0 || logits[e] > logits[best])) best = e;
                chosen[best] = 1;
                if (rank == 0) most = logits[best];
              }
              for (int e = 0; e < {{experts}}; e++) {
                shares[e] = exponential(logits[e] - most);
                if (chosen[e]) total += shares[e];
              }
              for (int c = 0; c < CHANNELS; c++) change[c] = 0.0f;
              for (int e = 0; e < {{experts}}; e++) {
                float own[CHANNELS];
                if (!chosen[e]) continue;
                {{CMath.NameOfDense(hidden, read)}}(first{{at}} + e * {{hidden * read}}, bias{{at}} + e * {{hidden}}, second{{at}} + e * {{hidden * channels}}, last{{at}} + e * CHANNELS, z, own);
                for (int c = 0; c < CHANNELS; c++) change[c] += shares[e] / total * own[c];
              }
              total = 0.0f;
              for (int e = 0; e < {{experts}}; e++) total += shares[e];
              for (int e = 0; e < {{experts}}; e++) reports[e] = shares[e] / total;
            }

            """.ReplaceLineEndings("\n"));
    }

    /// <summary>The columns of a matrix of so many rows, one after the other.</summary>
    private static float[] Turned(float[] values, int rows)
    {
        var columns = values.Length / rows;
        return [.. Enumerable.Range(0, values.Length).Select(at => values[(at % rows * columns) + (at / rows)])];
    }

    private void Matrix(string name, float[] values)
    {
        _weights.Append(CultureInfo.InvariantCulture, $"static const float {name}[{values.Length}] = {{");

        for (var at = 0; at < values.Length; at++)
            _weights.Append(at % 16 == 0 ? "\n" : " ").Append(Number(values[at])).Append(',');

        _weights.Append("\n};\n");
    }

    private void Part(string text) => _parts.Add(text);

    private void Line(string text) => _code.Append(text).Append('\n');

    private static void Line(string text, HashSet<string> parts) => parts.Add(text + "\n");

    private static string Number(float value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return (text.Contains('.') || text.Contains('E') ? text : text + ".0") + "f";
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
