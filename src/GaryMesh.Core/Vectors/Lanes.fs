/// One source for every vector width: the few operations that the kernels are written in, for 16, 8, 4 and 1 lanes.
namespace GaryMesh.Vectors

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.Arm
open System.Runtime.Intrinsics.X86
open Microsoft.FSharp.NativeInterop

/// A pointer to float32 numbers.
type internal P = nativeptr<float32>

/// Vector operations over lanes of float32.
type internal ILanes<'V> =
    /// Number of lanes.
    static abstract Width: int
    /// Whether the machine has 32 registers for such vectors rather than 16.
    static abstract ManyRegisters: bool
    static abstract Zero: 'V
    static abstract Load: P -> 'V
    static abstract Store: 'V * P -> unit
    /// The same number in every lane.
    static abstract Spread: float32 -> 'V
    /// a b + c, rounded once where the hardware can.
    static abstract Fma: 'V * 'V * 'V -> 'V
    static abstract Add: 'V * 'V -> 'V
    static abstract Multiply: 'V * 'V -> 'V
    /// The larger of two.
    static abstract Max: 'V * 'V -> 'V
    /// `value` in the lanes where `sign` is above zero, 0 elsewhere.
    static abstract KeepPositive: value: 'V * sign: 'V -> 'V

[<Struct>]
type internal Lanes512 =
    interface ILanes<Vector512<float32>> with
        static member Width = 16
        static member ManyRegisters = true
        static member Zero = Vector512<float32>.Zero

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load p = Vector512.Load p

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(v, p) = Vector512.Store(v, p)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Spread x = Vector512.Create(x: float32)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Fma(a, b, c) = Vector512.FusedMultiplyAdd(a, b, c)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(a, b) = Vector512.Add(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Multiply(a: Vector512<float32>, b: Vector512<float32>) = Vector512.Multiply(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Max(a, b) = Vector512.MaxNative(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member KeepPositive(value, sign) =
            Vector512.BitwiseAnd(value, Vector512.GreaterThan(sign, Vector512<float32>.Zero))

[<Struct>]
type internal Lanes256 =
    interface ILanes<Vector256<float32>> with
        static member Width = 8
        static member ManyRegisters = Avx512F.VL.IsSupported
        static member Zero = Vector256<float32>.Zero

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load p = Vector256.Load p

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(v, p) = Vector256.Store(v, p)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Spread x = Vector256.Create(x: float32)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Fma(a, b, c) = Vector256.MultiplyAddEstimate(a, b, c)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(a, b) = Vector256.Add(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Multiply(a: Vector256<float32>, b: Vector256<float32>) = Vector256.Multiply(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Max(a, b) = Vector256.MaxNative(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member KeepPositive(value, sign) =
            Vector256.BitwiseAnd(value, Vector256.GreaterThan(sign, Vector256<float32>.Zero))

[<Struct>]
type internal Lanes128 =
    interface ILanes<Vector128<float32>> with
        static member Width = 4
        static member ManyRegisters = Avx512F.VL.IsSupported || AdvSimd.IsSupported
        static member Zero = Vector128<float32>.Zero

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load p = Vector128.Load p

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(v, p) = Vector128.Store(v, p)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Spread x = Vector128.Create(x: float32)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Fma(a, b, c) = Vector128.MultiplyAddEstimate(a, b, c)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(a, b) = Vector128.Add(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Multiply(a: Vector128<float32>, b: Vector128<float32>) = Vector128.Multiply(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Max(a, b) = Vector128.MaxNative(a, b)

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member KeepPositive(value, sign) =
            Vector128.BitwiseAnd(value, Vector128.GreaterThan(sign, Vector128<float32>.Zero))

/// One number at a time: where no vectors are to be had, and a plain witness for the tests.
[<Struct>]
type internal Scalar =
    interface ILanes<float32> with
        static member Width = 1
        static member ManyRegisters = true
        static member Zero = 0.0f
        static member Load p = NativePtr.read p
        static member Store(v, p) = NativePtr.write p v
        static member Spread x = x
        static member Fma(a, b, c) = a * b + c
        static member Add(a, b) = a + b
        static member Multiply(a, b) = a * b
        static member Max(a, b) = if a > b then a else b
        static member KeepPositive(value, sign) = if sign > 0.0f then value else 0.0f

module internal Lanes =
    /// The number of lanes of the widest vectors that the machine has.
    let widest =
        if Vector512.IsHardwareAccelerated then 16
        elif Vector256.IsHardwareAccelerated then 8
        elif Vector128.IsHardwareAccelerated then 4
        else 1
