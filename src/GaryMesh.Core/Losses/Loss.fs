namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics

[<Struct; NoComparison; NoEquality>]
type LossContext =
    { Step: int
      Steps: int
      Graph: Graph
      Key: uint64 }

    static member After(graph: Graph) = { Step = 1; Steps = 1; Graph = graph; Key = 0UL }

[<NoComparison; ReferenceEquality>]
type LossValue =
    { Value: float
      Adjoint: State
      AuxiliaryAdjoint: State | null
      Parts: ImmutableArray<struct (string * float)> }

    static member Of(value: float, adjoint: State) =
        { Value = value
          Adjoint = adjoint
          AuxiliaryAdjoint = null
          Parts = ImmutableArray.Empty }

[<AbstractClass>]
type Loss(name: string) =
    member _.Name = name
    abstract Sees: step: int * steps: int -> bool
    default _.Sees(step, steps) = step = steps
    abstract Evaluate: state: State * auxiliary: State * context: LossContext -> LossValue

    abstract Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        channels: int * state: ReadOnlySpan<'T> * auxiliary: ReadOnlySpan<'T> * context: LossContext -> 'T

    member loss.At(sees: Func<int, int, bool>) : Loss = LossAt(loss, sees)

    member loss.On(part: Graph, first: int) : Loss = LossOn(loss, part, first)

    member loss.OfReports() : Loss = LossOfReports loss

    static member Of(name: string, evaluate: Func<State, LossValue>) : Loss = LossOf(name, evaluate)

/// A loss at other steps.
and [<Sealed>] private LossAt(inner: Loss, sees: Func<int, int, bool>) =
    inherit Loss(inner.Name)
    override _.Sees(step, steps) = sees.Invoke(step, steps)
    override _.Evaluate(state, auxiliary, context) = inner.Evaluate(state, auxiliary, context)

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, auxiliary: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        inner.Value<'T, 'F>(channels, state, auxiliary, context)

/// A loss of some cells that follow each other, which make up a graph of their own.
and [<Sealed>] private LossOn(inner: Loss, part: Graph, first: int) =
    inherit Loss(inner.Name)

    let check cells =
        if first < 0 || first + part.Cells > cells then
            Guard.refuse $"The loss looks at the cells {first} to {first + part.Cells - 1}, but the state has {cells}."

    let slice (state: State) =
        check state.Cells

        State(part.Cells, state.Channels, Array.sub state.Data (first * state.Channels) (part.Cells * state.Channels))

    let whole (cells: int) (adjoint: State) =
        let data = Array.zeroCreate<float32>(cells * adjoint.Channels)
        adjoint.Data.CopyTo(data, first * adjoint.Channels)
        State(cells, adjoint.Channels, data)

    override _.Sees(step, steps) = inner.Sees(step, steps)

    override _.Evaluate(state, auxiliary, context) =
        let found = inner.Evaluate(slice state, slice auxiliary, { context with Graph = part })

        { found with
            Adjoint = whole state.Cells found.Adjoint
            AuxiliaryAdjoint =
                match found.AuxiliaryAdjoint with
                | null -> null
                | adjoint -> whole state.Cells adjoint }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, auxiliary: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        let cells = state.Length / channels
        check cells
        let own = auxiliary.Length / cells

        inner.Value<'T, 'F>(
            channels,
            state.Slice(first * channels, part.Cells * channels),
            auxiliary.Slice(first * own, part.Cells * own),
            { context with Graph = part }
        )

/// A loss of what cells report, in place of their state.
and [<Sealed>] private LossOfReports(inner: Loss) =
    inherit Loss(inner.Name)
    override _.Sees(step, steps) = inner.Sees(step, steps)

    override _.Evaluate(state, auxiliary, context) =
        let found = inner.Evaluate(auxiliary, State.Zeros(auxiliary.Cells, 0), context)

        { found with
            Adjoint = State.Zeros(state.Cells, state.Channels)
            AuxiliaryAdjoint = found.Adjoint }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, auxiliary: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        inner.Value<'T, 'F>(auxiliary.Length * channels / state.Length, auxiliary, ReadOnlySpan<'T>.Empty, context)

and [<Sealed>] private LossOf(name: string, evaluate: Func<State, LossValue>) =
    inherit Loss(name)
    override _.Evaluate(state, _, _) = evaluate.Invoke state

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (_: int, _: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        raise (NotSupportedException $"The loss '{name}' was given as a function and has no specification.")
