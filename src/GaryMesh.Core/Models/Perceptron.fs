/// A layer, where wanted behind a hidden one with dropout between the two; forward and adjoint together.
namespace GaryMesh.Models

open System
open GaryMesh

[<Sealed>]
type internal Perceptron(hidden: Layer option, last: Layer) =
    let hiddenRoom, room, dHidden = Room(), Room(), Room()
    /// What dropout multiplied the units that it kept by.
    let mutable kept = 1.0f

    let matrix (data: float32[]) rows columns = MatrixView(data, 0, rows, columns, columns, 1)

    let here (layer: Layer) (x: float32[]) (count: int) (room: Room) =
        let y = room.Of(count * layer.Outputs)
        layer.ForwardHere(matrix x count layer.Inputs, matrix y count layer.Outputs)
        y

    member _.Load(parameters: float32[]) =
        hidden |> Option.iter (fun hidden -> hidden.Load parameters)
        last.Load parameters

    /// y [count x outputs]; the array is used again by the next rows. A share of the hidden units, drawn by the key, is left
    /// out.
    member _.Forward(x: Rows, count: int, dropout: float, key: uint64) : float32[] =
        kept <- Dropout.scale dropout
        let y = room.Of(count * last.Outputs)

        match hidden with
        | None -> last.Forward(x, count, y)
        | Some hidden ->
            let values = hiddenRoom.Of(count * hidden.Outputs)
            hidden.Forward(x, count, values)

            if dropout > 0.0 then
                Dropout.apply dropout key (Span(values, 0, count * hidden.Outputs))

            last.Forward(Rows.Dense(matrix values count hidden.Outputs), count, y)

        y

    /// `Forward` by the calling thread and without allocation once there was one before; the same bits.
    member _.ForwardHere(x: float32[], count: int) : float32[] =
        match hidden with
        | None -> here last x count room
        | Some hidden -> here last (here hidden x count hiddenRoom) count room

    /// The backward pass from dy, the derivative by what the last `Forward` gave, which it overwrites: the derivatives by the
    /// parameters are added to `gradient`, that by x goes into dx, unless that is null.
    member _.Backward(x: Rows, count: int, dy: float32[], dx: float32[] | null, gradient: float32[]) =
        match hidden with
        | None -> last.Backward(x, count, [||], dy, 1.0f, dx, gradient)
        | Some hidden ->
            let values = hiddenRoom.Of 0
            let dValues = dHidden.Of(count * hidden.Outputs)
            last.Backward(Rows.Dense(matrix values count hidden.Outputs), count, [||], dy, 1.0f, dValues, gradient)
            hidden.Backward(x, count, values, dValues, kept, dx, gradient)

    interface IDisposable with
        member _.Dispose() =
            hidden |> Option.iter (fun hidden -> (hidden :> IDisposable).Dispose())
            (last :> IDisposable).Dispose()
