/// The harmonic potential between two cells of a graph.
module internal GaryMesh.Graphs.Potential

open System
open GaryMesh

/// The numbers h of the cells, largest at `source` and smallest at `sink`, each of the others the mean of its neighbours':
/// L h = 1 at the source, -1 at the sink, by conjugate gradients in at most so many iterations as there are cells. An edge
/// counts both ways.
let between (graph: Graph) (source: int) (sink: int) : float[] =
    let cells, rowStart, neighbours = graph.Cells, graph.RowStart, graph.Neighbours

    let laplacian (x: float[]) (y: float[]) =
        Array.Clear y

        for cell in 0 .. cells - 1 do
            for edge in rowStart[cell] .. rowStart[cell + 1] - 1 do
                let other = neighbours[edge]
                let fall = x[cell] - x[other]
                y[cell] <- y[cell] + fall
                y[other] <- y[other] - fall

    let dot (a: float[]) (b: float[]) =
        let mutable sum = 0.0

        for i in 0 .. cells - 1 do
            sum <- sum + a[i] * b[i]

        sum

    let potential = Array.zeroCreate cells
    let residual = Array.zeroCreate cells
    residual[source] <- 1.0
    residual[sink] <- -1.0
    let search = Array.copy residual
    let image = Array.zeroCreate cells
    let mutable size = 2.0
    let mutable iteration = 0

    while size > 1e-30 && iteration < cells do
        laplacian search image
        let along = size / dot search image

        for i in 0 .. cells - 1 do
            potential[i] <- potential[i] + along * search[i]
            residual[i] <- residual[i] - along * image[i]

        let next = dot residual residual

        for i in 0 .. cells - 1 do
            search[i] <- residual[i] + next / size * search[i]

        size <- next
        iteration <- iteration + 1

    potential
