namespace GaryMesh

open System
open System.Collections.Immutable

/// How the learning rate goes over the iterations: linear warm-up, half a cosine, milestones, or any of them together.
[<NoComparison>]
type Schedule =
    {
        /// From each of these iterations on the rate is multiplied once more by `Factor`.
        Milestones: ImmutableArray<int>
        /// What the rate is multiplied by at each milestone.
        Factor: float
        /// Iterations over which the rate rises to its full value; 0 for none.
        WarmUp: int
        /// The iteration at which half a cosine from the warm-up's end has come down; 0 for no cosine.
        Until: int
        /// The share of the rate that it has come down to.
        Final: float
    }

    /// The same rate at every iteration.
    static member Constant =
        { Milestones = ImmutableArray.Empty
          Factor = 1.0
          WarmUp = 0
          Until = 0
          Final = 0.0 }

    /// The rate times a factor once more from each milestone on.
    static member Steps(milestones: int seq, factor: float) =
        { Schedule.Constant with
            Milestones = ImmutableArray.CreateRange milestones
            Factor = factor }

    /// Half a cosine (Loshchilov and Hutter, ICLR 2017, without restarts) down to the share `final` after a warm-up.
    static member Cosine(warmUp: int, until: int, final: float) =
        Guard.notNegative (nameof warmUp) "The warm-up" warmUp
        Guard.positive (nameof until) "The iterations of the cosine" until
        Guard.probability (nameof final) "The final share of the learning rate" final
        { Schedule.Constant with WarmUp = warmUp; Until = until; Final = final }

    /// The share of the learning rate at an iteration (0, 1, ...).
    member schedule.ShareAt(iteration: int) =
        let passed = schedule.Milestones |> Seq.filter (fun milestone -> milestone <= iteration) |> Seq.length

        let share =
            if iteration < schedule.WarmUp then
                float (iteration + 1) / float schedule.WarmUp
            elif schedule.Until > 0 then
                let length = max 1 (schedule.Until - schedule.WarmUp)
                let way = min 1.0 (float (iteration - schedule.WarmUp) / float length)
                schedule.Final + (1.0 - schedule.Final) * 0.5 * (1.0 + cos (Math.PI * way))
            else
                1.0

        Math.Pow(schedule.Factor, float passed) * share
