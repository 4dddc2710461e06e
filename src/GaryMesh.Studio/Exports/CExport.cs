using System.Text;
using GaryMesh.Studio.Descriptions;
using GaryMesh.Studio.Exports.C;

namespace GaryMesh.Studio.Exports;

/// <summary>One file of C99: no allocation, no library but integers and sizes, the engine's own draw of who fires.</summary>
internal sealed class CExport : Export
{
    public override string Name => "c";

    public override string Ending => ".c";

    public override string About => "One file of C99 without allocation or the mathematical library: a step, and the engine's draw of who fires.";

    internal override IReadOnlyList<byte[]> Texts(RuleDescription rule, string name) => [Encoding.UTF8.GetBytes(CText.Write(rule, name))];

    internal override IWritten Open(RuleDescription rule, string path) => CWritten.Open(rule, path, CText.Identifier(Path.GetFileNameWithoutExtension(path)));
}
