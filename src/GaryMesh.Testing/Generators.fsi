namespace GaryMesh.Testing

open FsCheck
open GaryMesh

/// FsCheck generators within given limits. Graphs, perceptions and rollouts are drawn from every kind that there is.
[<AbstractClass; Sealed>]
type MeshGen =
    /// Recipes of the graphs that `Graphs` draws.
    static member GraphPlans: limits: Limits -> Gen<GraphPlan>
    /// Rings, lines, strips, grids, tori, spheres, nearest neighbours and random edges.
    static member Graphs: limits: Limits -> Gen<Graph>
    /// The perceptions by name and random lists of operators with built-in edge weights, at most `limits.Operators`.
    static member Perceptions: limits: Limits -> Gen<Perception>
    /// Rules of a shape with nothing left at zero.
    static member Rules: shape: RuleShape -> Gen<Rule>
    /// States of normal noise [cells x channels].
    static member States: cells: int * channels: int -> Gen<State>
    /// All cells, seeded firing, and masks.
    static member Firings: Gen<Firing>
    /// Rollouts of an automaton (of your own) on a graph: noise or its own start, up to `maxSteps` steps, any firing, noise as
    /// inputs where its rule reads some.
    static member Rollouts: automaton: Automaton * graph: Graph * maxSteps: int -> Gen<Rollout>
    /// Recipes of the worlds that `Worlds` draws.
    static member WorldPlans: limits: Limits -> Gen<WorldPlan>
    /// An automaton on a graph with a rollout that fits both; of the automata some have a lift or blend two rules.
    static member Worlds: limits: Limits -> Gen<World>

/// FsCheck arbitraries, with shrinking where there is some. The type itself registers all of them:
/// `ArbMap.defaults |> ArbMap.mergeWith<MeshArb>` or `FsCheckConfig.arbitrary = [ typeof<MeshArb> ]`.
[<AbstractClass; Sealed>]
type MeshArb =
    /// Small graphs, as plans: a plan shrinks.
    static member GraphPlan: unit -> Arbitrary<GraphPlan>
    /// Small graphs.
    static member Graph: unit -> Arbitrary<Graph>
    /// Perceptions of up to four operators.
    static member Perception: unit -> Arbitrary<Perception>
    /// Small rules of any shape.
    static member Rule: unit -> Arbitrary<Rule>
    /// Small states.
    static member State: unit -> Arbitrary<State>
    /// All cells, seeded firing, and masks.
    static member Firing: unit -> Arbitrary<Firing>
    /// Small worlds, which shrink to fewer cells, steps, channels, operators and hidden units, and to neither lift nor blend.
    static member World: unit -> Arbitrary<World>
    /// Worlds within limits of your own, which shrink.
    static member WorldsWithin: limits: Limits -> Arbitrary<World>
