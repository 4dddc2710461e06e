namespace GaryMesh

open System

/// How rollouts grow to their full lengths over the first iterations of a training: short ones teach what long ones build on.
[<Struct; NoComparison>]
type RolloutWarmUp =
    {
        /// Iterations after which rollouts have their full lengths; 0 for full lengths from the beginning.
        Iterations: int
        /// The least number of steps at the first iteration.
        MinSteps: int
        /// The largest number of steps at the first iteration.
        MaxSteps: int
    }

    /// Full lengths from the beginning.
    static member None = { Iterations = 0; MinSteps = 1; MaxSteps = 1 }

    /// <summary>From so many steps to the full lengths over the first iterations, evenly.</summary>
    /// <exception cref="T:System.ArgumentException">A number is out of range.</exception>
    static member Of(iterations: int, minSteps: int, maxSteps: int) : RolloutWarmUp =
        Guard.notNegative (nameof iterations) "The number of iterations of a rollout warm-up" iterations
        Guard.positive (nameof minSteps) "The least number of steps of a rollout warm-up" minSteps

        if maxSteps < minSteps then
            Guard.outOfRange
                (nameof maxSteps)
                $"A rollout warm-up begins with at most {maxSteps} steps, but with at least {minSteps}."

        { Iterations = iterations; MinSteps = minSteps; MaxSteps = maxSteps }

    /// The least and the largest number of steps at an iteration (0, 1, ...) of a training whose full lengths are given.
    member warmUp.StepsAt(iteration: int, minSteps: int, maxSteps: int) : struct (int * int) =
        if iteration >= warmUp.Iterations then
            struct (minSteps, maxSteps)
        else
            let way = float iteration / float warmUp.Iterations
            let between first last = int (Math.Round(float first + way * float (last - first)))
            struct (between warmUp.MinSteps minSteps, between warmUp.MaxSteps maxSteps)
