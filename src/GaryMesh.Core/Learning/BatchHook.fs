namespace GaryMesh

open System

/// One rollout of a batch.
[<NoComparison; ReferenceEquality>]
type Sample =
    {
        /// The state before the first step.
        Start: State
        /// The input values of the cells.
        Inputs: Inputs
        /// The loss of this rollout.
        Loss: Loss
    }

/// What a batch hook may go by.
[<NoComparison; ReferenceEquality>]
type BatchContext =
    {
        /// Iterations done before this batch.
        Iteration: int
        /// The key of whatever the hook draws.
        Key: uint64
        /// The graph that the rollouts run on.
        Graph: Graph
        /// Whether the starts are states of a pool.
        Pooled: bool
        /// The loss with which each start was left in the pool; NaN for a new initial state.
        Losses: float[]
        /// A new initial state; noise differs by its number.
        Fresh: Func<int, State>
        /// The task's loss, were this state the final state of a rollout.
        Evaluate: Func<State, float>
    }

/// What is done to a batch before its rollouts: fresh seeds, damage, injection, inputs or a loss for each rollout.
///
/// A hook of your own overrides `Prepare`. It must be pure, so that a resumed training goes the same way.
[<AbstractClass>]
type BatchHook
    /// A hook under a name of its own.
    (name: string) =
    /// Stands in checkpoints, settings and all.
    member _.Name = name
    /// As many samples as are given.
    abstract Prepare: samples: Sample[] * context: BatchContext -> Sample[]
    /// The same for the validation rollouts; by default they stay what they are.
    abstract PrepareValidation: samples: Sample[] -> Sample[]
    default _.PrepareValidation samples = samples

/// Starts the worst rollouts of a pooled batch from new initial states, every so many iterations.
[<Sealed>]
type ReseedWorst
    /// <summary>New starts for the worst rollouts.</summary>
    /// <param name="every">Iterations from one batch with new starts to the next; 0 for never.</param>
    /// <param name="count">Rollouts of such a batch that start anew.</param>
    /// <exception cref="T:System.ArgumentException">There is to be no such rollout.</exception>
    (every: int, count: int) =
    inherit BatchHook(if count = 1 then $"reseed worst:{every}" else $"reseed worst:{every}:{count}")

    do Guard.positive (nameof count) "The number of rollouts that start anew" count

    /// A new start every so many iterations; 0 for never.
    new(every: int) = ReseedWorst(every, 1)

    override _.Prepare(samples, context) =
        if not context.Pooled || every = 0 || context.Iteration % every <> 0 then
            samples
        else
            let loss (i: int) =
                let loss = context.Evaluate.Invoke samples[i].Start
                if Double.IsNaN loss then infinity else loss

            let worst = [ 0 .. samples.Length - 1 ] |> List.sortByDescending loss |> List.truncate count

            samples
            |> Array.mapi (fun i sample ->
                match List.tryFindIndex ((=) i) worst with
                | Some number -> { sample with Start = context.Fresh.Invoke number }
                | None -> sample)
