namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics

[<RequireQualifiedAccess>]
type ParameterRole =
    | Weight
    | Bias
    | Gain
    | Embedding
    | Router

[<Struct>]
type ParameterView =
    { Name: string
      Role: ParameterRole
      Offset: int
      Rows: int
      Columns: int }

    member view.Length = view.Rows * view.Columns
    member view.FileShape = if view.Role.IsBias then [| view.Rows |] else [| view.Rows; view.Columns |]

    static member InOrder(parts: struct (string * ParameterRole * int * int) seq) =
        let views = ImmutableArray.CreateBuilder()
        let mutable offset = 0

        for struct (name, role, rows, columns) in parts do
            let until = int64 offset + int64 rows * int64 columns

            if until > int64 Int32.MaxValue then
                Guard.refuse $"Parameters are one vector, but with '{name}' there are {until} of them."

            views.Add { Name = name; Role = role; Offset = offset; Rows = rows; Columns = columns }

            offset <- offset + rows * columns

        views.ToImmutable()

[<Struct>]
type RuleSizes =
    { Channels: int
      Perceived: int
      Hidden: int
      Inputs: int }

    member sizes.Read = sizes.Perceived + sizes.Inputs

[<AbstractClass>]
type RuleKind(name: string) =
    member _.Name = name
    abstract Views: sizes: RuleSizes -> ImmutableArray<ParameterView>
    abstract Initial: sizes: RuleSizes * seed: uint64 -> float32[]
    abstract Auxiliary: sizes: RuleSizes -> int
    default _.Auxiliary _ = 0
    abstract Branches: sizes: RuleSizes -> int
    default _.Branches _ = 0
    abstract MultiplyAdds: sizes: RuleSizes -> int64

    abstract Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        sizes: RuleSizes *
        parameters: ReadOnlySpan<'T> *
        z: ReadOnlySpan<'T> *
        branches: Span<'T> *
        change: Span<'T> *
        auxiliary: Span<'T> ->
            unit

    abstract Backward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        sizes: RuleSizes *
        parameters: ReadOnlySpan<'T> *
        z: ReadOnlySpan<'T> *
        branches: ReadOnlySpan<'T> *
        changeBar: ReadOnlySpan<'T> *
        auxiliaryBar: ReadOnlySpan<'T> *
        zBar: Span<'T> *
        parametersBar: Span<'T> ->
            unit
