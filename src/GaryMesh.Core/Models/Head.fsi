namespace GaryMesh

open System

/// Whether each cell answers for itself, or all cells for the graph.
[<RequireQualifiedAccess>]
type Pooling =
    /// m outputs a cell.
    | Cells
    /// m outputs a graph: the mean of its cells' outputs.
    | Mean
    /// m outputs a graph: the sum of its cells' outputs, for what is counted.
    | Sum
    /// m outputs a graph: each the largest of its cells', for what is somewhere in it.
    | Max

/// What the outputs of a model mean, and the loss that they are trained under. A target is what one label stands for: a
/// graph where outputs are pooled, else a cell. A label that is NaN does not count.
[<RequireQualifiedAccess>]
type Head =
    /// Outputs are the logits of m classes, the label is the class's number 0 .. m - 1. The loss is the cross-entropy
    /// with a label that gives each class `Smoothing` / m and the rest to the right one (Szegedy et al., CVPR 2016).
    | Softmax of Smoothing: float
    /// Each output is the logit of a label that is 0 or 1; cross-entropy.
    | Logistic
    /// Half the squared difference of each output from its label.
    | Squared
    /// The absolute difference.
    | Absolute
    /// Half the squared difference up to `Delta`, linear beyond (Huber, 1964), in units of the outputs' scale.
    | Huber of Delta: float

    /// A softmax with label smoothing, 0 for none.
    static member OfSoftmax: smoothing: float -> Head
    /// Huber's loss, linear from `delta` on.
    static member OfHuber: delta: float -> Head
    /// Numbers in a target's label: 1 for `Softmax`, m for the others.
    member LabelWidth: outputs: int -> int
    /// Whether outputs are numbers in the label's unit, rather than logits.
    member IsRegression: bool

    /// <summary>What the outputs say of each class or number: softmax over the m outputs of each target, the logistic
    /// function of each, or the outputs themselves. `into` may be `outputs`.</summary>
    /// <exception cref="T:System.ArgumentException">`into` is not as long as `outputs`, or that is no multiple of
    /// m.</exception>
    member Probabilities: outputs: ReadOnlySpan<float32> * count: int * into: Span<float32> -> unit

    /// <exception cref="T:System.ArgumentException">Smoothing or delta is out of range, or the number of outputs.</exception>
    member internal Check: outputs: int -> unit

    /// `softmax:S`, `logistic`, `squared`, `absolute` or `huber:D`.
    member Text: string
    /// <summary>Reads what `Text` wrote.</summary>
    /// <exception cref="T:System.ArgumentException">The text is none of these.</exception>
    static member Parse: text: string -> Head

    /// The loss of one target's outputs under its label, summed over the numbers that count, times `weight`; `adjoint`
    /// receives its derivative by each output.
    member internal Evaluate:
        outputs: ReadOnlySpan<float32> * labels: ReadOnlySpan<float32> * weight: float * adjoint: Span<float32> -> float
