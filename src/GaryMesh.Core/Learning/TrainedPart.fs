namespace GaryMesh

open System.Collections.Immutable

/// A part of the parameters, and how it learns.
[<Struct; NoComparison>]
type TrainedPart =
    {
        /// The part of the parameter vector.
        View: ParameterView
        /// Its share of the learning rate; 0 leaves it what it is.
        Rate: float
        /// Half of this times the sum of its squares is added to the loss (L2 decay).
        L2: float
    }

    /// Every view at the full rate, without a penalty.
    static member All(views: ParameterView seq) =
        ImmutableArray.CreateRange(views |> Seq.map (fun view -> { View = view; Rate = 1.0; L2 = 0.0 }))
