namespace GaryMesh.Studio.Exports;

/// <summary>The languages that rules are written in.</summary>
public static class Languages
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Export> All { get; } = [new OnnxExport(), new GlslExport(), new CExport()];

    /// <summary>ONNX.</summary>
    public static Export Onnx => All[0];
}
