/// The running mean of a training's parameters (Polyak and Juditsky), which begins with the first iterations' own.
module internal GaryMesh.Average

let next (share: float) (iteration: int) (mean: float32[]) (parameters: float32[]) =
    let share = min share ((1.0 + float iteration) / (10.0 + float iteration)) |> float32
    Array.map2 (fun kept given -> share * kept + (1.0f - share) * given) mean parameters
