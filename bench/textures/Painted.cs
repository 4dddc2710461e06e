namespace GaryMesh.TextureJudge;

/// <summary>What a rule paints on a torus, one cell a pixel.</summary>
internal static class Painted
{
    public static IEnumerable<(int Steps, Picture Picture)> By(Automaton rule, int height, int width, int[] steps, ulong seed)
    {
        if (rule.Palette is not { } palette)
            throw new ArgumentException("The rule has no palette, so it paints no picture.");

        var world = TextureRecipe.World(Graph.Torus(height, width), (0, 1, 0));
        var state = rule.Start.On(world, rule.Rule.Shape.Channels, seed);

        foreach (var (count, before) in steps.Order().Zip(steps.Order().Prepend(0)))
        {
            state = Engine.Run(rule, world, Rollout.Of(state, count - before, Firing.Of(seed, before)));
            yield return (count, Picture.Of(height, width, palette.Maps, palette.Values(state), true));
        }
    }
}
