namespace GaryMesh

open System

/// Figures by which a pattern is compared with its target; no losses.
[<AbstractClass; Sealed>]
type Metrics =
    /// <summary>Pearson's correlation between two series of the same length; 0 where one of them does not vary.</summary>
    /// <exception cref="T:System.ArgumentException">The lengths differ, or there is no value.</exception>
    static member Correlation(a: float32[], b: float32[]) =
        if a.Length <> b.Length || a.Length = 0 then
            Guard.refuse
                $"A correlation needs two series of one length, but they have {a.Length} and {b.Length} values."

        let meanOf (values: float32[]) = Array.sumBy float values / float values.Length
        let meanA, meanB = meanOf a, meanOf b
        let mutable covariance, varianceA, varianceB = 0.0, 0.0, 0.0

        for i in 0 .. a.Length - 1 do
            let da, db = float a[i] - meanA, float b[i] - meanB
            covariance <- covariance + da * db
            varianceA <- varianceA + da * da
            varianceB <- varianceB + db * db

        if varianceA = 0.0 || varianceB = 0.0 then
            0.0
        else
            covariance / sqrt (varianceA * varianceB)
