namespace GaryMesh.Losses

open System

/// Pictures and signals in more or fewer pixels.
module internal Resample =
    /// Values [height x width x maps] as [rows x columns x maps]: each new pixel is the mean of the old picture over its square, between
    /// pixels by bilinear interpolation. Beyond a border lies the opposite side where it tiles, else the border itself.
    let picture (maps: int) (tiles: bool) (height: int, width: int) (rows: int, columns: int) (values: float32[]) =
        let inside at count = if tiles then (at + count) % count else Math.Clamp(at, 0, count - 1)

        /// The pixels along one side that a new one is the mean of, with their weights: as many samples as it covers, one at least.
        let along count size at =
            let samples = max 1 (int (Math.Ceiling(float count / float size)))

            [| for sample in 0 .. samples - 1 do
                   let place = (float at + (float sample + 0.5) / float samples) * float count / float size - 0.5
                   let first = Math.Floor place
                   let share = (place - first) / float samples
                   struct (inside (int first) count, 1.0 / float samples - share)
                   struct (inside (int first + 1) count, share) |]

        let down = Array.init rows (along height rows)
        let right = Array.init columns (along width columns)
        let made = Array.zeroCreate<float>(rows * columns * maps)

        for row in 0 .. rows - 1 do
            for column in 0 .. columns - 1 do
                for struct (y, a) in down[row] do
                    for struct (x, b) in right[column] do
                        for map in 0 .. maps - 1 do
                            let at = (row * columns + column) * maps + map
                            made[at] <- made[at] + a * b * float values[(y * width + x) * maps + map]

        Array.map float32 made
