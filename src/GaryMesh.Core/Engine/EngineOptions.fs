namespace GaryMesh

/// How much of the forward pass a gradient keeps for the backward pass.
[<RequireQualifiedAccess>]
type TraceMemory =
    /// The fastest that fits a budget in bytes for each rollout of a batch: everything as long as it stays in a core's
    /// cache, every state, or checkpoints.
    | Within of Bytes: int64
    /// Every state and the rule's inputs and outputs at every step: the fastest for small graphs.
    | Everything
    /// Every state; what the rule saw is computed again: cells x steps x channels.
    | States
    /// About sqrt(2 T) states at a time; the others are computed again once, one interval after the other (after Chen et
    /// al., arXiv 1604.06174, who keep 2 sqrt(T); here intervals shrink, so that each uses the memory of those after it).
    | Checkpoints

/// How a prepared run uses the machine. None of these changes a result, but for the vectors' width its last bits.
[<Sealed>]
type EngineOptions
    /// The default options.
    () =
    /// Number of threads, the caller's among them; 0, the default, for one per processor.
    member val Threads = 0 with get, set
    /// Numbers in a vector: 1, 4, 8 or 16; 0, the default, for the widest that the machine has.
    member val Lanes = 0 with get, set
    /// 256 MB a rollout by default.
    member val TraceMemory = TraceMemory.Within(256L <<< 20) with get, set
