namespace GaryMesh

open System
open System.Collections.Immutable

/// The losses of textures by their short names: what a command or file may call them.
[<AbstractClass; Sealed>]
type TextureLoss =
    /// `RectifiedGram`, the default.
    static member Gram = "gram"
    /// `SlicedWasserstein`.
    static member Sliced = "sliced"
    /// The names of all.
    static member Names: ImmutableArray<string> = ImmutableArray.Create(TextureLoss.Gram, TextureLoss.Sliced)

    /// <summary>The loss of a name, for textures on a graph.</summary>
    /// <exception cref="T:System.ArgumentException">There is no loss of that name, or the graph does not fit the exemplar.</exception>
    static member Of(name: string, exemplar: Exemplar, graph: Graph) : Loss =
        match name with
        | "gram" -> RectifiedGram(exemplar, graph)
        | "sliced" -> SlicedWasserstein(exemplar, graph)
        | _ -> Guard.refuse $"""A texture's loss is {String.Join(" or ", TextureLoss.Names)}, but not '{name}'."""
