using System.Globalization;
using System.Text;
using GaryMesh.Studio.Descriptions;
using GaryMesh.Studio.Shaders;

namespace GaryMesh.Studio.Exports;

/// <summary>The fragment shader of a step in GLSL ES 3.00, as a page has it, with the parameters in it.</summary>
internal sealed class GlslExport : Export
{
    public override string Name => "glsl";

    public override string Ending => ".glsl";

    public override string About => "A fragment shader of GLSL ES 3.00 (WebGL 2) that makes a step, as the page of gary-mesh view does.";

    internal override IReadOnlyList<byte[]> Texts(RuleDescription rule, string name)
    {
        var shader = ShaderRule.Of(rule.Automaton);
        var text = new StringBuilder();
        text.Append("#version 300 es\n").Append(Head(rule, shader, name)).Append("#define ALONE\nprecision highp float;\n");
        var step = Parameters(shader, rule.Automaton.Rule) + StepShader.Write(shader, alone: true);

        if (rule.HasGate)
            text.Append("#ifdef SETTLE\n").Append(Settle(rule, shader)).Append("#else\n").Append(step).Append("#endif\n");
        else
            text.Append(step);

        return [Encoding.UTF8.GetBytes(text.ToString())];
    }

    internal override IWritten Open(RuleDescription rule, string path) =>
        throw new NotHereException("A shader needs a browser: this repository's tests run shaders there, beside the engine.");

    private static string Head(RuleDescription rule, ShaderRule shader, string name)
    {
        var automaton = rule.Automaton;
        return $$"""
            // {{name}}: a step of a neural cellular automaton, written by GaryMesh.
            // rule {{automaton.Rule.Shape.Text}}; perceives {{automaton.Perception.Text}}
            // fire rate {{Number(automaton.FireRate)}}; start {{automaton.Start.Text}}; trained for {{automaton.MinSteps}} to {{automaton.MaxSteps}} steps
            //
            // Draw a triangle over all of a framebuffer of {{shader.Texels}} colour attachments: channels 4 k to 4 k + 3 of the next state go to attachment k.
            // A cell stands at column cell mod 2^cellBits and row cell / 2^cellBits, an edge likewise with 2^11 columns.
            //   state          RGBA32F, {{shader.Texels}} layers: the state
            //   rows           RG32I: where the edges of a cell begin, and how many there are
            //   neighbours     R32I: the cell that an edge leads to
            //   edgeWeights    RGBA32F: what an edge weighs in each of {{rule.Edged.Length}} operators, four a layer
            //   selfWeights    RGBA32F: what the own state weighs: less the sum of a cell's edges for differences ({{string.Join(", ", rule.Edged.Select(one => one.Differences ? 1 : 0))}}), else 0
            //   cells, cellBits; seed: its words (low, high); stepNumber: from 0
            {{(rule.HasGate ? "// Then once more with SETTLE defined, from `state` as before and `moved`, what the first pass has drawn, to the next state.\n" : "")}}
            """.ReplaceLineEndings("\n");
    }

    /// <summary>A row a hidden unit: its bias, its weights over what is read, those of the change; then the bias of the change.</summary>
    private static string Parameters(ShaderRule shader, Rule rule)
    {
        var packed = shader.Pack(rule);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"const highp vec4 ofRule[{packed.Length / 4}] = vec4[](\n");

        for (var at = 0; at < packed.Length; at += 4)
            text.Append("vec4(").AppendJoin(',', packed.Skip(at).Take(4).Select(value => Number(value))).Append(at + 4 < packed.Length ? "),\n" : ")\n");

        return text.Append(");\n").ToString();
    }

    /// <summary>The second pass, with what a page sets as constants.</summary>
    private static string Settle(RuleDescription rule, ShaderRule shader) => Resource.ShaderFile("settle", shader.Texels)
        .Replace("uniform highp sampler2D frozen;\n", "", StringComparison.Ordinal)
        .Replace("uniform bool freezing;\n", "", StringComparison.Ordinal)
        .Replace("  bool still = freezing && texelFetch(frozen, here, 0).x > 0.5;\n", "", StringComparison.Ordinal)
        .Replace("uniform int gateChannel;", string.Create(CultureInfo.InvariantCulture, $"const int gateChannel = {rule.GateChannel};"), StringComparison.Ordinal)
        .Replace("uniform float gateThreshold;", $"const float gateThreshold = {StepShader.Number(rule.GateThreshold)};", StringComparison.Ordinal)
        .Replace("still", "false", StringComparison.Ordinal);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(float value) => value == 0 ? "0." : StepShader.Number(value);
}
