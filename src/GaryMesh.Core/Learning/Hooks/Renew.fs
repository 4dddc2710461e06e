namespace GaryMesh

/// Starts rollouts of a pooled batch anew: the first one every so many iterations, and any whose state was left with too high
/// a loss, so that a pool forgets what went wrong.
[<Sealed>]
type Renew
    /// <summary>New starts.</summary>
    /// <param name="every">Iterations from one new start to the next; 0 for never.</param>
    /// <param name="limit">The loss above which a state is given up; infinity for none.</param>
    /// <exception cref="T:System.ArgumentException">The number of iterations is negative, or the limit is NaN.</exception>
    (every: int, limit: float) =
    inherit BatchHook(Guard.line $"renew:{every}:{limit}")

    do
        Guard.notNegative (nameof every) "The number of iterations between new starts" every

        if System.Double.IsNaN limit then
            Guard.outOfRange
                (nameof limit)
                $"The loss above which a state is given up must be a number, but is {limit}."

    override _.Prepare(samples, context) =
        if not context.Pooled then
            samples
        else
            samples
            |> Array.mapi (fun i sample ->
                let due = i = 0 && every > 0 && context.Iteration % every = 0

                if due || context.Losses[i] > limit then
                    { sample with Start = context.Fresh.Invoke i }
                else
                    sample)
