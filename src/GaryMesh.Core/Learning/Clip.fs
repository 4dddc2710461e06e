namespace GaryMesh

/// How long a gradient may be: what is longer is shortened to it; 0 for any length.
[<Struct; NoComparison>]
type Clip =
    {
        /// The maximum norm of all parts together.
        Global: float
        /// The maximum norm of each part by itself.
        PerTensor: float
    }

    /// Gradients of any length.
    static member None = { Global = 0.0; PerTensor = 0.0 }
    /// At most this norm for all parts together.
    static member ByNorm(length: float) = { Clip.None with Global = length }
    /// At most this norm for each part by itself.
    static member ByTensor(length: float) = { Clip.None with PerTensor = length }

    /// Refuses a norm that is negative or not finite.
    member clip.Check() =
        for length in [ clip.Global; clip.PerTensor ] do
            if not (length >= 0.0 && System.Double.IsFinite length) then
                Guard.outOfRange null $"The longest gradient must not be negative, but is {length}."

    /// Shortens a gradient in place.
    member internal clip.Apply(views: ParameterView[], gradient: float[]) =
        let shorten longest (views: ParameterView[]) =
            let mutable squares = 0.0

            for view in views do
                for i in view.Offset .. view.Offset + view.Length - 1 do
                    squares <- squares + gradient[i] * gradient[i]

            let length = sqrt squares

            if longest > 0.0 && length > longest then
                for view in views do
                    for i in view.Offset .. view.Offset + view.Length - 1 do
                        gradient[i] <- gradient[i] * longest / length

        if clip.PerTensor > 0.0 then
            for view in views do
                shorten clip.PerTensor [| view |]

        shorten clip.Global views
