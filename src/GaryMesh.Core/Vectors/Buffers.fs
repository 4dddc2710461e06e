/// Native memory of the engine: aligned to cache lines, out of the garbage collector's sight.
namespace GaryMesh.Vectors

open System
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop

/// Memory for numbers of one unmanaged type, zero at first, aligned to 64 bytes. A buffer of length 0 stands for none.
///
/// The system hands out large memory as zeros and page by page when it is first touched: what a kernel never touches, such
/// as the rows of cells that do not fire, costs nothing.
[<Sealed>]
type internal Buffer<'T when 'T: unmanaged>(length: int64) =
    let bytes = unativeint (max 1L length) * unativeint sizeof<'T>
    let mutable allocated = NativeMemory.AllocZeroed(bytes + 63un)

    let memory =
        let address = unativeint (NativePtr.toNativeInt (NativePtr.ofVoidPtr<byte> allocated))
        NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte>(nativeint ((address + 63un) &&& ~~~63un)))

    do GC.AddMemoryPressure(int64 bytes)

    member _.Length = length
    member _.Pointer: nativeptr<'T> = NativePtr.ofVoidPtr memory

    member buffer.At(index: int64) : nativeptr<'T> =
        NativePtr.ofNativeInt (NativePtr.toNativeInt buffer.Pointer + nativeint index * nativeint sizeof<'T>)

    member _.Bytes = int64 bytes
    member _.Clear() = NativeMemory.Clear(memory, bytes)

    member private _.Free() =
        if NativePtr.toNativeInt (NativePtr.ofVoidPtr<byte> allocated) <> 0n then
            NativeMemory.Free allocated
            allocated <- NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> 0n)
            GC.RemoveMemoryPressure(int64 bytes)

    override buffer.Finalize() = buffer.Free()

    interface IDisposable with
        member buffer.Dispose() =
            buffer.Free()
            GC.SuppressFinalize buffer

module internal Buffer =
    let ofArray (values: 'T[]) =
        let buffer = new Buffer<'T>(values.LongLength)
        values.AsSpan().CopyTo(Span<'T>(NativePtr.toVoidPtr buffer.Pointer, values.Length))
        buffer

/// The door to an owner's native memory. A call goes in before it takes a pointer and out when it needs none any more; once
/// the door is closed nobody goes in, and the last one out frees what is behind it. So no order of calls, on however many
/// threads, reads memory that is gone, and the collector leaves the owner alone while a call is at work.
[<Sealed>]
type internal Door(owner: string, atOnce: int, free: unit -> unit) =
    // The calls inside; below zero once it is closed.
    let mutable inside = 0

    member door.Enter() : Visit =
        let now = Volatile.Read &inside

        if now < 0 then
            raise (ObjectDisposedException owner)
        elif now = atOnce then
            raise (InvalidOperationException $"{owner} is at work on another call, and takes one at a time.")
        elif Interlocked.CompareExchange(&inside, now + 1, now) = now then
            new Visit(door)
        else
            door.Enter()

    member _.Leave() =
        if Interlocked.Decrement &inside = Int32.MinValue then
            free ()

    interface IDisposable with
        member _.Dispose() =
            if Interlocked.Or(&inside, Int32.MinValue) = 0 then
                free ()

/// A call's stay behind a door.
and [<Struct; NoComparison; NoEquality>] internal Visit(door: Door) =
    interface IDisposable with
        member _.Dispose() = door.Leave()

/// Sizes rounded up to what the layout asks for.
module internal Pad =
    /// A state row is whole cache lines: 16 numbers.
    let lanes n = (n + 15) &&& ~~~15
    /// The dense kernel takes eight rows at a time.
    let rows n = (n + 7) &&& ~~~7
