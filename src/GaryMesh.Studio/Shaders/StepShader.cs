using System.Globalization;
using System.Text;
using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Shaders;

/// <summary>Writes the fragment shader of a step: a cell looks, fires and changes. What would be loops over channels and operators is written
/// out, so that all values stand in registers.</summary>
internal sealed class StepShader
{
    private readonly ShaderRule _rule;
    private readonly RuleDescription _description;
    private readonly bool _alone;
    private readonly StringBuilder _text = new();

    private StepShader(ShaderRule rule, bool alone) => (_rule, _description, _alone) = (rule, rule.Description, alone);

    /// <summary>The text, with the files that it includes: for a page, or alone, without a page's brushes and sliders and with the parameters in
    /// a constant `ofRule`.</summary>
    public static string Write(ShaderRule rule, bool alone = false)
    {
        var shader = new StepShader(rule, alone);
        shader.Step();
        return Resource.Shader(shader._text.ToString(), rule.Texels);
    }

    private IEnumerable<int> Texels => Enumerable.Range(0, _rule.Texels);

    private void Step()
    {
        var edged = _description.Edged.Length;
        var (gate, channel, threshold) = (_description.HasGate ? _description.DeadFire ? 2 : 1 : 0, _description.GateChannel, _description.GateThreshold);

        Line("#include cells");
        Line("#include here");

        if (_alone)
            Constants();

        Line("#include firing");
        Line(_alone ? "vec4 ruleWeight(int at) { return ofRule[at]; }" : "#include weights");
        Line("uniform highp isampler2D rows, neighbours;");
        Line("uniform highp sampler2DArray edgeWeights, selfWeights;");

        if (!_alone)
        {
            Line("uniform highp sampler2D grafted, frozen;");
            Line("uniform bool grafting, freezing;");
            Line("uniform float timeStep, keep, bound;");

            if (edged > 0)
                Line($"uniform float scales[{edged}];");
        }

        Line("OUTPUTS");
        Line("");
        Change();
        Line("void main() {");
        Line("  int cell = cellHere();");
        Line("  ivec2 here = placeOf(cell);");
        Line("  bool inside = cell < cells;");

        foreach (var texel in Texels)
            Line($"  vec4 s{texel} = inside ? texelFetch(state, ivec3(here, {texel}), 0) : vec4(0.0);");

        if (!_alone)
            Line("  bool still = freezing && texelFetch(frozen, here, 0).x > 0.5;");

        Line($"  bool fires = inside && drawn(cell){(gate == 0 && !_alone ? " && !still" : "")};");

        foreach (var texel in Texels)
            Line($"  vec4 moved{texel} = s{texel};");

        Line("  if (fires) {");
        Gather(gate, channel, threshold);
        Line(gate == 1 ? "    if (lives) {" : "    {");
        Lifted();
        Changes();
        Line("    }");
        Line("  }");

        foreach (var texel in Texels)
        {
            Line(float.IsFinite(_description.Bound)
                ? $"  after{texel} = {(gate == 0 && !_alone ? $"still ? s{texel} : " : "")}held(moved{texel}, bound);"
                : $"  after{texel} = moved{texel};");
        }

        Line("}");
    }

    /// <summary>What a page's sliders set.</summary>
    private void Constants()
    {
        var automaton = _description.Automaton;
        Line($"const int rate = {(int)Math.Round(automaton.FireRate * 65536)};");
        Line($"const float timeStep = {Number((float)automaton.TimeStep)}, keep = {Number((float)automaton.Keep)};");

        if (float.IsFinite(automaton.Bound))
            Line($"const float bound = {Number(automaton.Bound)};");
    }

    /// <summary>The rule as a function of what is read: one for each of two rules, since their parameters are two blocks.</summary>
    private void Change()
    {
        foreach (var name in _alone ? ["rule"] : new[] { "rule", "graft" })
        {
            var read = string.Join(", ", Enumerable.Range(0, _rule.Blocks).SelectMany(block => Texels.Select(texel => $"vec4 z{block}_{texel}")));
            var change = string.Join(", ", Texels.Select(texel => $"out vec4 d{texel}"));
            Line($"void {name}Change({read}, {change}) {{");

            foreach (var texel in Texels)
                Line($"  d{texel} = {name}Weight({(_rule.Hidden * _rule.Row) + texel});");

            Line($"  for (int at = 0; at < {_rule.Hidden * _rule.Row}; at += {_rule.Row}) {{");
            Line($"    float hidden = {name}Weight(at).x;");

            for (var block = 0; block < _rule.Blocks; block++)
            {
                foreach (var texel in Texels)
                    Line($"    hidden += dot({name}Weight(at + {1 + (block * _rule.Texels) + texel}), z{block}_{texel});");
            }

            Line("    if (hidden > 0.0) {");

            foreach (var texel in Texels)
                Line($"      d{texel} += hidden * {name}Weight(at + {1 + (_rule.Blocks * _rule.Texels) + texel});");

            Line("    }");
            Line("  }");
            Line("}");
            Line("");
        }
    }

    /// <summary>The operators over the edges: p{k}_{texel}; and whether somebody near is above the gate's threshold.</summary>
    private void Gather(int gate, int channel, float threshold)
    {
        var edged = _description.Edged.Length;
        var above = gate == 1 ? $"{{0}}[{channel % 4}] > {Number(threshold)}" : "";

        if (gate == 1)
            Line($"    bool lives = {string.Format(CultureInfo.InvariantCulture, above, $"s{channel / 4}")};");

        for (var operatorAt = 0; operatorAt < edged; operatorAt++)
        {
            foreach (var texel in Texels)
                Line($"    vec4 p{operatorAt}_{texel} = texelFetch(selfWeights, ivec3(here, {operatorAt / 4}), 0)[{operatorAt % 4}] * s{texel};");
        }

        Line("    ivec2 row = texelFetch(rows, here, 0).xy;");
        Line("    for (int edge = row.x; edge < row.x + row.y; edge++) {");
        Line("      ivec2 onEdge = edgeAt(edge);");
        Line("      ivec2 there = placeOf(texelFetch(neighbours, onEdge, 0).x);");

        for (var four = 0; four < (edged + 3) / 4; four++)
            Line($"      vec4 w{four} = texelFetch(edgeWeights, ivec3(onEdge, {four}), 0);");

        foreach (var texel in Texels)
        {
            Line($"      vec4 n{texel} = texelFetch(state, ivec3(there, {texel}), 0);");

            if (gate == 1 && texel == channel / 4)
                Line($"      lives = lives || {string.Format(CultureInfo.InvariantCulture, above, $"n{texel}")};");

            for (var operatorAt = 0; operatorAt < edged; operatorAt++)
                Line($"      p{operatorAt}_{texel} += w{operatorAt / 4}[{operatorAt % 4}] * n{texel};");
        }

        Line("    }");

        for (var operatorAt = 0; operatorAt < edged && !_alone; operatorAt++)
        {
            foreach (var texel in Texels)
                Line($"    p{operatorAt}_{texel} *= scales[{operatorAt}];");
        }
    }

    /// <summary>What the lift makes of the operators.</summary>
    private void Lifted()
    {
        if (_description.Lift is SteeringForm(var own, var x, var y, var channel))
        {
            Line($"      float angle = {Linear(own, channel / 4)}[{channel % 4}];");
            Line("      float turnX = cos(angle), turnY = sin(angle);");

            foreach (var texel in Texels)
            {
                Line($"      vec4 x{texel} = turnX * {Linear(x, texel)} + turnY * {Linear(y, texel)};");
                Line($"      vec4 y{texel} = turnX * {Linear(y, texel)} - turnY * {Linear(x, texel)};");
            }
        }
    }

    /// <summary>The names of the texels that the rule reads, block by block.</summary>
    private IEnumerable<string> Read()
    {
        var operators = Enumerable.Range(0, _description.Operators.Length);

        switch (_description.Lift)
        {
            case SteeringForm(_, var turnedX, var turnedY, _):
                return operators.SelectMany(k => Texels.Select(texel => k == turnedX ? $"x{texel}" : k == turnedY ? $"y{texel}" : Linear(k, texel)));
            case NormForm(var x, var y):
                return operators.Where(k => k != x && k != y).SelectMany(k => Texels.Select(texel => Linear(k, texel)))
                    .Concat(Texels.Select(texel => $"sqrt({Linear(x, texel)} * {Linear(x, texel)} + {Linear(y, texel)} * {Linear(y, texel)} + 1e-6)"));
            default:
                return operators.SelectMany(k => Texels.Select(texel => Linear(k, texel)));
        }
    }

    private void Changes()
    {
        var read = string.Join(", ", Read());
        string Out(string name) => string.Join(", ", Texels.Select(texel => $"{name}{texel}"));
        Line($"      vec4 {Out("d")};");

        if (_alone)
        {
            Line($"      ruleChange({read}, {Out("d")});");
        }
        else
        {
            Line("      float share = grafting ? texelFetch(grafted, here, 0).x : 0.0;");

            foreach (var texel in Texels)
                Line($"      d{texel} = vec4(0.0); vec4 g{texel} = vec4(0.0);");

            Line($"      if (share < 1.0) ruleChange({read}, {Out("d")});");
            Line($"      if (share > 0.0) graftChange({read}, {Out("g")});");

            foreach (var texel in Texels)
                Line($"      d{texel} = (1.0 - share) * d{texel} + share * g{texel};");
        }

        var kept = _description.Keep == 1 ? "s{0} + " : _description.Keep == 0 ? "" : "keep * s{0} + ";

        foreach (var texel in Texels)
            Line($"      moved{texel} = {string.Format(CultureInfo.InvariantCulture, kept, texel)}timeStep * d{texel};");
    }

    /// <summary>A texel of an operator's values.</summary>
    private string Linear(int at, int texel) =>
        _description.Operators[at] is null ? $"s{texel}" : $"p{_description.Operators.Take(at).Count(before => before is not null)}_{texel}";

    /// <summary>A number as shaders take it.</summary>
    public static string Number(float value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('.') || text.Contains('E') ? text : text + ".0";
    }

    private void Line(string text) => _text.Append(text).Append('\n');
}
