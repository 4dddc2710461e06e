namespace GaryMesh.Studio.Descriptions;

/// <summary>How a rule computes its change from what a cell reads, as matrices by rows: what every exporter spells out in its own language.</summary>
internal abstract record ChangeForm
{
    /// <summary>Numbers that a cell reports beside its change.</summary>
    public abstract int Reports { get; }

    /// <summary>Inputs that it reads behind what a cell perceives.</summary>
    public abstract int Inputs { get; }

    /// <summary>The same with a change so many times as large.</summary>
    public abstract ChangeForm Times(float factor);

    /// <summary>The form of a rule, or a refusal that names its kind.</summary>
    public static ChangeForm Of(Rule rule) => Of(rule.Shape.Kind, rule.Shape.Sizes, rule.Parameters);

    private static ChangeForm Of(RuleKind kind, RuleSizes sizes, ReadOnlySpan<float> parameters)
    {
        var own = parameters;

        float[] Next(int length, ref ReadOnlySpan<float> rest)
        {
            var part = rest[..length].ToArray();
            rest = rest[length..];
            return part;
        }

        RuleSizes Less(int inputs) => new(sizes.Channels, sizes.Perceived, sizes.Hidden, inputs);

        switch (kind)
        {
            case DenseRule:
                return new DenseForm(sizes.Read, sizes.Hidden, sizes.Channels, sizes.Inputs)
                {
                    W1 = Next(sizes.Hidden * sizes.Read, ref own),
                    B1 = Next(sizes.Hidden, ref own),
                    W2 = Next(sizes.Channels * sizes.Hidden, ref own),
                    B2 = Next(sizes.Channels, ref own),
                };

            case MixtureRule mixture:
                var experts = mixture.Experts;
                return new MixtureForm(mixture.Top, experts, sizes.Read, sizes.Hidden, sizes.Channels, sizes.Inputs)
                {
                    Router = Next(experts * sizes.Read, ref own),
                    RouterBias = Next(experts, ref own),
                    W1 = Next(experts * sizes.Hidden * sizes.Read, ref own),
                    B1 = Next(experts * sizes.Hidden, ref own),
                    W2 = Next(experts * sizes.Channels * sizes.Hidden, ref own),
                    B2 = Next(experts * sizes.Channels, ref own),
                };

            // The two differ in their derivatives alone.
            case SecantRule secant:
                return Of(secant.Inner, sizes, parameters);

            case BlendRule blend:
                var half = parameters.Length / 2;
                return new BlendForm(
                    Of(blend.Inner, Less(sizes.Inputs - 1), parameters[..half]),
                    Of(blend.Inner, Less(sizes.Inputs - 1), parameters[half..]));

            case EmbeddedRule embedded:
                return new EmbeddedForm(Words.Numbers(embedded.Name.Split(' ')[0])[0], sizes.Channels, sizes.Perceived, sizes.Inputs, embedded.Classes)
                {
                    Embedding = Next(sizes.Channels * sizes.Inputs, ref own),
                    Readout = Next(embedded.Classes * sizes.Channels, ref own),
                    Bias = Next(embedded.Classes, ref own),
                    Inner = Of(embedded.Inner, Less(0), own),
                };

            default:
                throw new ArgumentException(
                    $"Rules of the kinds dense, mixture, blend, secant and embedded can be exported, but this one is of the kind {kind.Name}.");
        }
    }
}

/// <summary>W2 relu(W1 z + b1) + b2.</summary>
internal sealed record DenseForm(int Read, int Hidden, int Channels, int Given) : ChangeForm
{
    /// <summary>[hidden x read]</summary>
    public required float[] W1 { get; init; }

    public required float[] B1 { get; init; }

    /// <summary>[channels x hidden]</summary>
    public required float[] W2 { get; init; }

    public required float[] B2 { get; init; }

    public override int Reports => 0;

    public override int Inputs => Given;

    public override ChangeForm Times(float factor) => this with { W2 = Scaled.By(factor, W2), B2 = Scaled.By(factor, B2) };
}

/// <summary>The sum of some experts' changes, weighted by the softmax over the greatest logits; of equal logits the first count as greater.
/// Reports the softmax over all of them.</summary>
internal sealed record MixtureForm(int Top, int Experts, int Read, int Hidden, int Channels, int Given) : ChangeForm
{
    /// <summary>[experts x read]</summary>
    public required float[] Router { get; init; }

    public required float[] RouterBias { get; init; }

    /// <summary>[experts hidden x read]</summary>
    public required float[] W1 { get; init; }

    public required float[] B1 { get; init; }

    /// <summary>[experts channels x hidden]</summary>
    public required float[] W2 { get; init; }

    public required float[] B2 { get; init; }

    public override int Reports => Experts;

    public override int Inputs => Given;

    public override ChangeForm Times(float factor) => this with { W2 = Scaled.By(factor, W2), B2 = Scaled.By(factor, B2) };
}

/// <summary>(1 - w) a + w b, where w is the last input and both read what stands before it. Reports what a does, then what b does.</summary>
internal sealed record BlendForm(ChangeForm A, ChangeForm B) : ChangeForm
{
    public override int Reports => A.Reports + B.Reports;

    public override int Inputs => A.Inputs + 1;

    public override ChangeForm Times(float factor) => new BlendForm(A.Times(factor), B.Times(factor));
}

/// <summary>The inner form of what is perceived with the embedded inputs added to the own state, which begins at a place. Reports a readout of
/// the own state, then what the inner form does.</summary>
internal sealed record EmbeddedForm(int Own, int Channels, int Perceived, int Given, int Classes) : ChangeForm
{
    /// <summary>[channels x inputs]</summary>
    public required float[] Embedding { get; init; }

    /// <summary>[classes x channels]</summary>
    public required float[] Readout { get; init; }

    public required float[] Bias { get; init; }

    public required ChangeForm Inner { get; init; }

    public override int Reports => Classes + Inner.Reports;

    public override int Inputs => Given;

    public override ChangeForm Times(float factor) => this with { Inner = Inner.Times(factor) };
}

/// <summary>Weights times the time step, as the engine has them.</summary>
file static class Scaled
{
    public static float[] By(float factor, float[] values) => Array.ConvertAll(values, value => factor * value);
}
