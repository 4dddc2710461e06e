using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Exports;

internal sealed class GlslExport : Export
{
    public override string Name => "glsl";
    public override string Ending => ".glsl";
    public override string About => "x";
    internal override IReadOnlyList<byte[]> Texts(RuleDescription rule, string name) => [];
    internal override IWritten Open(RuleDescription rule, string path) => throw new NotHereException("x");
}
