using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace GaryMesh.Studio;

/// <summary>The texts that a page is joined of.</summary>
internal static partial class Resource
{
    private const string Include = "#include ";

    /// <summary>A text by its name.</summary>
    public static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new ArgumentException($"There is no text '{name}'.", nameof(name));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>The shader of a file for states of so many texels.</summary>
    public static string ShaderFile(string name, int texels) => Shader(Read($"shaders/{name}.glsl"), texels);

    /// <summary>A whole shader: a text with the files that it includes, OUTPUTS in place of one output a texel, and EACH(...) in place of its
    /// inside once a texel, whose number stands for @.</summary>
    public static string Shader(string text, int texels)
    {
        var outputs = string.Join('\n', Enumerable.Range(0, texels).Select(texel => string.Create(CultureInfo.InvariantCulture, $"layout(location = {texel}) out vec4 after{texel};")));
        var whole = Included(text).Replace("OUTPUTS", outputs, StringComparison.Ordinal);
        whole = Each().Replace(whole, match => string.Join('\n', Enumerable.Range(0, texels)
            .Select(texel => match.Groups[1].Value + match.Groups[2].Value.Replace("@", texel.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))));
        return string.Create(CultureInfo.InvariantCulture, $"#define TEXELS {texels}\n{whole}");
    }

    private static string Included(string text) => string.Join('\n', text.Split('\n')
        .Select(line => line.StartsWith(Include, StringComparison.Ordinal) ? Included(Read($"shaders/{line[Include.Length..]}.glsl")).TrimEnd() : line));

    [GeneratedRegex(@"^( *)EACH\((.*)\)$", RegexOptions.Multiline)]
    private static partial Regex Each();
}
