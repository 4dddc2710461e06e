namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics

/// What a part of the parameters does; optimisers and initialisers go by it.
[<RequireQualifiedAccess>]
type ParameterRole =
    /// A matrix that inputs are multiplied by; weight decay is for these.
    | Weight
    /// Numbers that are added.
    | Bias
    /// Numbers that scale a normalised value.
    | Gain
    /// Rows that are looked up.
    | Embedding
    /// A matrix that chooses among experts.
    | Router

/// A named part of a flat parameter vector: a row-major matrix (a vector has one column).
[<Struct>]
type ParameterView =
    {
        /// Such as `fc1.weight`.
        Name: string
        /// What the part does in the rule.
        Role: ParameterRole
        /// Position of the first value in the flat vector.
        Offset: int
        /// Number of rows.
        Rows: int
        /// Number of columns.
        Columns: int
    }

    /// Number of values: rows x columns.
    member Length: int
    /// A bias stands in files as a vector, everything else as a matrix.
    member internal FileShape: int[]

    /// Parts of the given names, roles, rows and columns, one after the other from offset 0 on.
    static member InOrder: parts: struct (string * ParameterRole * int * int) seq -> ImmutableArray<ParameterView>

/// The sizes of a rule: what a rule kind builds its parameters from.
[<Struct>]
type RuleSizes =
    {
        /// C: numbers in a cell's state.
        Channels: int
        /// Values that the perception gives a cell.
        Perceived: int
        /// H: hidden units.
        Hidden: int
        /// I: values that a cell is given at every step, after what it perceives.
        Inputs: int
    }

    /// Perceived + I: values that the rule reads.
    member Read: int

/// How a family of rules turns what a cell reads into its change: parameters, specification and derivative. One text over
/// numbers of any field serves the specification; the engine takes it in float32 unless the kind brings a kernel.
///
/// A kind of your own overrides the abstract members. All work on one cell; spans have exactly the sizes named here.
[<AbstractClass>]
type RuleKind =
    /// `name` stands in files, settings and all; a rule of a kind of your own loads only where the kind is handed in.
    new: name: string -> RuleKind
    /// The name by which files know the kind, settings included.
    member Name: string

    /// <summary>The named parts of the flat parameter vector, in order.</summary>
    /// <exception cref="T:System.ArgumentException">The kind does not come in such sizes.</exception>
    abstract Views: sizes: RuleSizes -> ImmutableArray<ParameterView>

    /// The parameters to begin training with; the first step should change nothing, or little.
    abstract Initial: sizes: RuleSizes * seed: uint64 -> float32[]

    /// Values that a cell reports beside its change, such as the routing of a mixture; a loss may look at them. 0 by default.
    abstract Auxiliary: sizes: RuleSizes -> int
    default Auxiliary: sizes: RuleSizes -> int

    /// Values by whose sign the rule branches, such as the sums before ReLU. 0 by default.
    abstract Branches: sizes: RuleSizes -> int
    default Branches: sizes: RuleSizes -> int

    /// Multiply-adds of one cell's forward pass.
    abstract MultiplyAdds: sizes: RuleSizes -> int64

    /// From z [Read] to the change of the state [C]; writes every value of `branches`, `change` and `auxiliary`.
    abstract Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        sizes: RuleSizes *
        parameters: ReadOnlySpan<'T> *
        z: ReadOnlySpan<'T> *
        branches: Span<'T> *
        change: Span<'T> *
        auxiliary: Span<'T> ->
            unit

    /// The adjoint of `Forward` at z: adds to `zBar` and `parametersBar`. The sides taken are those of `branches`, which
    /// `Forward` has written; a name with Bar stands for the derivative of the loss with respect to that name.
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
