namespace GaryMesh.Testing

open System.Collections.Immutable
open GaryMesh

/// The result of a law for one case.
[<RequireQualifiedAccess>]
type LawResult =
    /// The law holds.
    | Holds
    /// One sentence that says where, and by how much.
    | Broken of Reason: string

    /// The reason, or an empty text where the law holds.
    member Text: string

/// Something that holds for every automaton on every graph (`Laws.Equivariance` for some): a pure predicate for any property library.
[<Sealed>]
type Law =
    /// Such as `locality`.
    member Name: string
    /// The law in one sentence.
    member Statement: string

    /// <summary>Whether the law holds for this case; what it needs beside (a cell, an order of cells) follows from the
    /// seed.</summary>
    /// <exception cref="T:System.ArgumentException">The rollout does not fit the automaton on the graph.</exception>
    member Check: automaton: Automaton * graph: Graph * rollout: Rollout * seed: uint64 -> LawResult

    /// As above, under seed 0.
    member Check: automaton: Automaton * graph: Graph * rollout: Rollout -> LawResult

/// The laws. Those on gradients differentiate the mean squared distance to noise of the state, and of what the cells report
/// beside their change, seen after the first step, every third from there, and the last.
[<AbstractClass; Sealed>]
type Laws =
    /// A change of one cell's start reaches, in T steps, cells at most T hops away; all others keep every bit. Under a gate
    /// it is 2 T: whether a cell lives depends on its neighbours after the step, and they on theirs before.
    static member Locality: Law
    /// Cells under other names (the firing, as a mask, renamed with them) do the same under those names, bit for bit.
    static member Relabelling: Law
    /// The graph turned by a random rotation, its places, edges and frames, ends in the same states, to 1e-5 of the largest
    /// value and of 1, as long as rounding has not grown to more. A law for perceptions that turn with the mesh, such as
    /// `Perception.Tangent`; directions in the world frame break it, so that it is not among `All`.
    static member Equivariance: Law
    /// The number of parameters is the shape's, whatever the graph: two copies of the graph side by side run under the
    /// same parameters, each as it did alone, bit for bit, and their gradient has as many numbers.
    static member FlatParameters: Law
    /// <summary>The graph cut into 2 to 8 parts with ghosts up to 8 hops wide, each part a simulation of its own, its ghosts
    /// exchanged as often as the rule's reach asks for: together the parts have the bits of the whole.</summary>
    static member Parts: Law
    /// <summary>As <c>Parts</c>, with so many parts and ghosts so many hops wide.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">When checked: the graph has fewer cells than parts, or a step of
    /// the automaton reads farther than the ghosts lie wide.</exception>
    static member PartsOf: parts: int * halo: int -> Law
    /// At fire rate 0 every cell keeps every bit (or is held by a bound, or set to zero by a gate).
    static member Silence: Law
    /// The same seed gives the same bits.
    static member Determinism: Law
    /// Rollouts of a batch end in the same bits, and have the same derivatives, as one by one; the sum of their
    /// derivatives by the parameters is the batch's to 1e-12 of the largest.
    static member Batch: Law
    /// One, two and three threads give the same bits, values and derivatives.
    static member Threads: Law
    /// What a trace keeps and what it computes again does not change a bit of the gradient.
    static member TraceMemory: Law
    /// The engine's final state is the reference's, to 1e-5 of the largest absolute value of the rollout (or of 1). Says
    /// nothing where that passes 1e12, or where the gate's channel comes within 1e-5 of it to its threshold, so that single
    /// precision may decide otherwise.
    static member EngineValues: Law
    /// The engine's derivatives by parameters, start and inputs are the reference's, to 1e-4 of the largest of each. Where
    /// an activation lies so close to 0 that single precision may take the other side of ReLU's kink, twice what both
    /// sides differ by is allowed on top. Says nothing where `EngineValues` does not.
    static member EngineGradient: Law
    /// `EngineValues` and `EngineGradient` on vectors of 1, 4, 8 or 16 numbers rather than the machine's widest.
    static member Width: lanes: int -> Law
    /// The reference's derivative by every parameter, start value and input is the complex step's, to 1e-12 of the largest
    /// (it takes a rollout for each of them: for small cases).
    static member GradientAgreement: Law
    /// All of them, but for `Equivariance`, `Width` and `PartsOf`.
    static member All: ImmutableArray<Law>
