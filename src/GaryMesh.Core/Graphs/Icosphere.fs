/// The icosahedron with its faces split and every point pushed out to the unit sphere.
module internal GaryMesh.Graphs.Icosphere

open System
open System.Collections.Generic

/// Points (x, y, z each) and triangles (three points each, counterclockwise as seen from outside): every edge of the
/// icosahedron in `f` parts.
let make (f: int) : struct (float[] * int[]) =
    let ratio = (1.0 + sqrt 5.0) / 2.0

    let corners =
        [| for small in [ -1.0; 1.0 ] do
               for large in [ -ratio; ratio ] do
                   [| 0.0; small; large |]
                   [| small; large; 0.0 |]
                   [| large; 0.0; small |] |]

    let distance (a: float[]) (b: float[]) = Array.sumBy (fun k -> (a[k] - b[k]) ** 2.0) [| 0..2 |]
    // The icosahedron's edges have length 2; the next nearest corners are ratio times as far.
    let joined a b = abs (distance corners[a] corners[b] - 4.0) < 1e-9

    let faces =
        [ for a in 0..11 do
              for b in a + 1 .. 11 do
                  for c in b + 1 .. 11 do
                      if joined a b && joined b c && joined a c then
                          a, b, c ]

    // A point of a face is named by its corners with a non-zero share, so that neighbouring faces share points.
    let points = Dictionary<(int * int) list, int>()
    let positions = List<float>()

    let point (shares: (int * int) list) =
        let name = shares |> List.filter (fun (_, share) -> share > 0) |> List.sort

        match points.TryGetValue name with
        | true, index -> index
        | _ ->
            let sum axis = name |> List.sumBy (fun (corner, share) -> corners[corner][axis] * float share)
            let x, y, z = sum 0, sum 1, sum 2
            let length = sqrt (x * x + y * y + z * z)
            positions.AddRange [ x / length; y / length; z / length ]
            points.Add(name, points.Count)
            points.Count - 1

    let triangles =
        [| for a, b, c in faces do
               let at i j = point [ a, f - i - j; b, i; c, j ]

               for i in 0 .. f - 1 do
                   for j in 0 .. f - 1 - i do
                       at i j
                       at (i + 1) j
                       at i (j + 1)

                       if i + j < f - 1 then
                           at (i + 1) j
                           at (i + 1) (j + 1)
                           at i (j + 1) |]

    for t in 0..3 .. triangles.Length - 3 do
        let at corner axis = positions[3 * triangles[t + corner] + axis]
        let minor a b = at 1 a * at 2 b - at 1 b * at 2 a

        if at 0 0 * minor 1 2 + at 0 1 * minor 2 0 + at 0 2 * minor 0 1 < 0.0 then
            Array.Reverse(triangles, t + 1, 2)

    struct (positions.ToArray(), triangles)
