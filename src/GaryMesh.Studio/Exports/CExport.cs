using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Exports;

internal sealed class CExport : Export
{
    public override string Name => "c";
    public override string Ending => ".c";
    public override string About => "x";
    internal override IReadOnlyList<byte[]> Texts(RuleDescription rule, string name) => [];
    internal override IWritten Open(RuleDescription rule, string path) => throw new NotHereException("x");
}
