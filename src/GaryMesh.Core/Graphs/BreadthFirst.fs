/// Cells in an order in which those that see each other are close.
module internal GaryMesh.Graphs.BreadthFirst

open GaryMesh

/// The cells in breadth-first order from the one that sees the fewest (after Cuthill and McKee, ACM 1969), piece by piece.
let order (graph: Graph) : int[] =
    let roots = Array.init graph.Cells id
    Array.sortInPlaceBy graph.Degree roots
    let order = Array.zeroCreate graph.Cells
    let placed = Array.zeroCreate<bool> graph.Cells
    let mutable filled = 0
    let mutable read = 0

    let place cell =
        if not placed[cell] then
            placed[cell] <- true
            order[filled] <- cell
            filled <- filled + 1

    for root in roots do
        place root

        while read < filled do
            for edge in graph.RowStart[order[read]] .. graph.RowStart[order[read] + 1] - 1 do
                place graph.Neighbours[edge]

            read <- read + 1

    order
