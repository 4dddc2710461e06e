/// Vectors side by side that stay in registers: the columns of a product's block, the operators of a perception.
namespace GaryMesh.Vectors

open System.Runtime.CompilerServices
open Microsoft.FSharp.NativeInterop

/// A few vectors, each under a weight of its own: what one cell perceives through a group of operators.
type internal IGroup<'T, 'V> =
    /// Number of vectors.
    static abstract Vectors: int
    /// weights[k] v in vector k.
    static abstract Weigh: weights: P * v: 'V -> 'T
    /// weights[k] v + acc in vector k.
    static abstract Spread: weights: P * v: 'V * acc: 'T -> 'T
    /// acc + the sum of weights[k] times the vector at p + k apart: the adjoint of `Spread`.
    static abstract Collect: weights: P * p: P * apart: int * acc: 'V -> 'V
    /// Stores each vector `apart` numbers after the one before, in order: a later one may cover an earlier one's end.
    static abstract StoreApart: 'T * P * apart: int -> unit

/// One to three vectors side by side: the columns of a block that stay in registers.
type internal ITile<'T, 'V> =
    inherit IGroup<'T, 'V>
    static abstract Load: P -> 'T
    static abstract Store: 'T * P -> unit
    /// x w + acc in every vector.
    static abstract Fma: x: 'V * w: 'T * acc: 'T -> 'T
    static abstract Add: 'T * 'T -> 'T
    static abstract Relu: 'T -> 'T
    static abstract Gate: value: 'T * sign: 'T -> 'T

[<Struct>]
type internal Tile1<'O, 'V when 'O: struct and 'O :> ILanes<'V>>(a: 'V) =
    member _.A = a

    interface IGroup<Tile1<'O, 'V>, 'V> with
        static member Vectors = 1

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Weigh(weights, v) = Tile1<'O, 'V>('O.Multiply('O.Spread(NativePtr.get weights 0), v))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Spread(weights, v, acc) = Tile1<'O, 'V>('O.Fma('O.Spread(NativePtr.get weights 0), v, acc.A))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Collect(weights, p, _apart, acc) =
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 0), 'O.Load p, acc)
            acc

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member StoreApart(t, p, _apart) = 'O.Store(t.A, p)

    interface ITile<Tile1<'O, 'V>, 'V> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load p = Tile1<'O, 'V>('O.Load p)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(t, p) = 'O.Store(t.A, p)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Fma(x, w, acc) = Tile1<'O, 'V>('O.Fma(x, w.A, acc.A))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(s, t) = Tile1<'O, 'V>('O.Add(s.A, t.A))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Relu t = Tile1<'O, 'V>('O.Max(t.A, 'O.Zero))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Gate(value, sign) = Tile1<'O, 'V>('O.KeepPositive(value.A, sign.A))

[<Struct>]
type internal Tile2<'O, 'V when 'O: struct and 'O :> ILanes<'V>>(a: 'V, b: 'V) =
    member _.A = a
    member _.B = b

    interface IGroup<Tile2<'O, 'V>, 'V> with
        static member Vectors = 2

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Weigh(weights, v) =
            Tile2<'O, 'V>(
                'O.Multiply('O.Spread(NativePtr.get weights 0), v),
                'O.Multiply('O.Spread(NativePtr.get weights 1), v)
            )

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Spread(weights, v, acc) =
            Tile2<'O, 'V>(
                'O.Fma('O.Spread(NativePtr.get weights 0), v, acc.A),
                'O.Fma('O.Spread(NativePtr.get weights 1), v, acc.B)
            )

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Collect(weights, p, apart, acc) =
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 0), 'O.Load p, acc)
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 1), 'O.Load(NativePtr.add p apart), acc)
            acc

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member StoreApart(t, p, apart) =
            'O.Store(t.A, p)
            'O.Store(t.B, NativePtr.add p apart)

    interface ITile<Tile2<'O, 'V>, 'V> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load p = Tile2<'O, 'V>('O.Load p, 'O.Load(NativePtr.add p 'O.Width))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(t, p) =
            'O.Store(t.A, p)
            'O.Store(t.B, NativePtr.add p 'O.Width)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Fma(x, w, acc) = Tile2<'O, 'V>('O.Fma(x, w.A, acc.A), 'O.Fma(x, w.B, acc.B))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(s, t) = Tile2<'O, 'V>('O.Add(s.A, t.A), 'O.Add(s.B, t.B))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Relu t = Tile2<'O, 'V>('O.Max(t.A, 'O.Zero), 'O.Max(t.B, 'O.Zero))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Gate(value, sign) =
            Tile2<'O, 'V>('O.KeepPositive(value.A, sign.A), 'O.KeepPositive(value.B, sign.B))

[<Struct>]
type internal Tile3<'O, 'V when 'O: struct and 'O :> ILanes<'V>>(a: 'V, b: 'V, c: 'V) =
    member _.A = a
    member _.B = b
    member _.C = c

    interface IGroup<Tile3<'O, 'V>, 'V> with
        static member Vectors = 3

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Weigh(weights, v) =
            Tile3<'O, 'V>(
                'O.Multiply('O.Spread(NativePtr.get weights 0), v),
                'O.Multiply('O.Spread(NativePtr.get weights 1), v),
                'O.Multiply('O.Spread(NativePtr.get weights 2), v)
            )

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Spread(weights, v, acc) =
            Tile3<'O, 'V>(
                'O.Fma('O.Spread(NativePtr.get weights 0), v, acc.A),
                'O.Fma('O.Spread(NativePtr.get weights 1), v, acc.B),
                'O.Fma('O.Spread(NativePtr.get weights 2), v, acc.C)
            )

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Collect(weights, p, apart, acc) =
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 0), 'O.Load p, acc)
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 1), 'O.Load(NativePtr.add p apart), acc)
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 2), 'O.Load(NativePtr.add p (2 * apart)), acc)
            acc

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member StoreApart(t, p, apart) =
            'O.Store(t.A, p)
            'O.Store(t.B, NativePtr.add p apart)
            'O.Store(t.C, NativePtr.add p (2 * apart))

    interface ITile<Tile3<'O, 'V>, 'V> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load p =
            Tile3<'O, 'V>('O.Load p, 'O.Load(NativePtr.add p 'O.Width), 'O.Load(NativePtr.add p (2 * 'O.Width)))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(t, p) =
            'O.Store(t.A, p)
            'O.Store(t.B, NativePtr.add p 'O.Width)
            'O.Store(t.C, NativePtr.add p (2 * 'O.Width))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Fma(x, w, acc) =
            Tile3<'O, 'V>('O.Fma(x, w.A, acc.A), 'O.Fma(x, w.B, acc.B), 'O.Fma(x, w.C, acc.C))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(s, t) = Tile3<'O, 'V>('O.Add(s.A, t.A), 'O.Add(s.B, t.B), 'O.Add(s.C, t.C))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Relu t = Tile3<'O, 'V>('O.Max(t.A, 'O.Zero), 'O.Max(t.B, 'O.Zero), 'O.Max(t.C, 'O.Zero))

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Gate(value, sign) =
            Tile3<'O, 'V>(
                'O.KeepPositive(value.A, sign.A),
                'O.KeepPositive(value.B, sign.B),
                'O.KeepPositive(value.C, sign.C)
            )

/// No vector: what a cell without edged operators perceives.
[<Struct>]
type internal Tile0<'O, 'V when 'O: struct and 'O :> ILanes<'V>> =
    interface IGroup<Tile0<'O, 'V>, 'V> with
        static member Vectors = 0
        static member Weigh(_weights, _v) = Tile0<'O, 'V>()
        static member Spread(_weights, _v, acc) = acc
        static member Collect(_weights, _p, _apart, acc) = acc
        static member StoreApart(_t, _p, _apart) = ()

/// Four vectors: too many for eight rows of a product, but as many operators as MeshNCA looks along edges with.
[<Struct>]
type internal Tile4<'O, 'V when 'O: struct and 'O :> ILanes<'V>>(a: 'V, b: 'V, c: 'V, d: 'V) =
    member _.A = a
    member _.B = b
    member _.C = c
    member _.D = d

    interface IGroup<Tile4<'O, 'V>, 'V> with
        static member Vectors = 4

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Weigh(weights, v) =
            Tile4<'O, 'V>(
                'O.Multiply('O.Spread(NativePtr.get weights 0), v),
                'O.Multiply('O.Spread(NativePtr.get weights 1), v),
                'O.Multiply('O.Spread(NativePtr.get weights 2), v),
                'O.Multiply('O.Spread(NativePtr.get weights 3), v)
            )

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Spread(weights, v, acc) =
            Tile4<'O, 'V>(
                'O.Fma('O.Spread(NativePtr.get weights 0), v, acc.A),
                'O.Fma('O.Spread(NativePtr.get weights 1), v, acc.B),
                'O.Fma('O.Spread(NativePtr.get weights 2), v, acc.C),
                'O.Fma('O.Spread(NativePtr.get weights 3), v, acc.D)
            )

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Collect(weights, p, apart, acc) =
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 0), 'O.Load p, acc)
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 1), 'O.Load(NativePtr.add p apart), acc)
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 2), 'O.Load(NativePtr.add p (2 * apart)), acc)
            let acc = 'O.Fma('O.Spread(NativePtr.get weights 3), 'O.Load(NativePtr.add p (3 * apart)), acc)
            acc

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member StoreApart(t, p, apart) =
            'O.Store(t.A, p)
            'O.Store(t.B, NativePtr.add p apart)
            'O.Store(t.C, NativePtr.add p (2 * apart))
            'O.Store(t.D, NativePtr.add p (3 * apart))
