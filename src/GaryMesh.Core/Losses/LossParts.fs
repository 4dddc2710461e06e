/// Sums of the named parts of losses.
module internal GaryMesh.LossParts

open System.Collections.Immutable

/// The sum of each part, in the order in which the names come first.
let sum (parts: struct (string * float) seq) =
    parts
    |> Seq.groupBy (fun struct (name, _) -> name)
    |> Seq.map (fun (name, values) -> struct (name, values |> Seq.sumBy (fun struct (_, value) -> value)))
    |> ImmutableArray.CreateRange
