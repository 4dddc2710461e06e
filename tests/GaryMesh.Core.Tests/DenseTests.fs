module GaryMesh.Tests.DenseTests

open System
open Expecto
open GaryMesh

let private numbers seed count = Array.init count (fun i -> float32 (Counter.normal seed (int64 i)))

/// A view of the sizes asked for, in one of three layouts: row by row, column by column, or with gaps between the rows.
let private view seed layout rows columns =
    match abs layout % 3 with
    | 0 -> MatrixView(numbers seed (rows * columns), rows, columns)
    | 1 -> MatrixView(numbers seed (rows * columns), columns, rows).Transposed
    | _ -> MatrixView(numbers seed (5 + rows * (columns + 3)), 5, rows, columns, columns + 3, 1)

let private at (view: MatrixView) i j = float view.Data[view.Offset + i * view.RowStride + j * view.ColumnStride]

let private naive (a: MatrixView) (b: MatrixView) i j =
    Seq.sum (seq { for k in 0 .. a.Columns - 1 -> at a i k * at b k j })

/// Whether c is, up to the rounding of its sums, what `expected` says of each element.
let private agrees (a: MatrixView) (b: MatrixView) (c: MatrixView) expected =
    Seq.forall
        (fun (i, j) ->
            let scale = 1.0 + Seq.sum (seq { for k in 0 .. a.Columns - 1 -> abs (at a i k * at b k j) })
            abs (at c i j - expected i j) < 1e-5 * scale)
        (Seq.allPairs [ 0 .. c.Rows - 1 ] [ 0 .. c.Columns - 1 ])

let private sizes (m: int) (k: int) (n: int) = 1 + abs (m % 37), abs (k % 250), 1 + abs (n % 110)

[<Tests>]
let tests =
    testList
        "Dense"
        [ property
              "products of every size and layout are the naive sums"
              (fun (seed: uint64) (m, k, n) (la, lb, lc) threads ->
                  let m, k, n = sizes m k n
                  let a, b, c = view seed la m k, view (seed + 1UL) lb k n, view (seed + 2UL) lc m n
                  use dense = new Dense(EngineOptions(Threads = 1 + abs (threads % 3)))
                  let before = Array2D.init m n (at c)
                  dense.MultiplyAdd(a, b, c)
                  let added = agrees a b c (fun i j -> before[i, j] + naive a b i j)
                  dense.Multiply(a, b, c)
                  added && agrees a b c (naive a b))

          property "a layer adds its biases and stops at zero" (fun (seed: uint64) (m, k, n) (la, lb, lc) relu ->
              let m, k, n = sizes m k n
              let a, b, c = view seed la m k, view (seed + 1UL) lb k n, view (seed + 2UL) lc m n
              let bias = numbers (seed + 3UL) n
              use dense = new Dense(EngineOptions(Threads = 1))
              use packed = dense.Pack b
              dense.Layer(a, packed, bias, relu, c)

              agrees a b c (fun i j ->
                  let sum = naive a b i j + float bias[j]
                  if relu then max 0.0 sum else sum))

          property
              "a row comes out the same in a product of one row and of many, also when smaller products came between"
              (fun (seed: uint64) (m, k, n) ->
                  let m, k, n = sizes m k n
                  let a, b = view seed 0 m k, view (seed + 1UL) 1 k n
                  let all, one = view (seed + 2UL) 0 m n, view (seed + 3UL) 0 1 n
                  use dense = new Dense(EngineOptions(Threads = 1))
                  dense.Multiply(a, b, all)
                  dense.Multiply(view seed 0 2 3, view seed 0 3 5, view seed 0 2 5)

                  Seq.forall
                      (fun row ->
                          dense.Multiply(a.Slice(row, 1), b, one)
                          one.Data = all.Data[row * n .. row * n + n - 1])
                      [ 0 .. m - 1 ])

          test "sizes that do not fit are refused with both named" {
              use dense = new Dense(EngineOptions())

              let refusal =
                  Expect.throwsC
                      (fun () -> dense.Multiply(view 1UL 0 2 3, view 1UL 0 4 5, view 1UL 0 2 5))
                      (fun error -> error.Message)

              Expect.stringContains refusal "2 x 3" "the left side"
              Expect.stringContains refusal "4 x 5" "the right side"
          }

          test "what is disposed of, once or twice, takes no call" {
              let a, b, c = view 1UL 0 2 3, view 2UL 0 3 5, view 3UL 0 2 5

              let refused call = Expect.throwsT<ObjectDisposedException> call "disposed of"
              use dense = new Dense(EngineOptions(Threads = 1))
              let packed = dense.Pack b
              dense.Layer(a, packed, null, false, c)

              for _ in 1..2 do
                  (packed :> IDisposable).Dispose()
                  refused (fun () -> dense.Layer(a, packed, null, false, c))
                  refused (fun () -> dense.Repack(b, packed))

              dense.Multiply(a, b, c)
              use another = dense.Pack b

              for _ in 1..2 do
                  (dense :> IDisposable).Dispose()
                  refused (fun () -> dense.Multiply(a, b, c))
                  refused (fun () -> dense.MultiplyAdd(a, b, c))
                  refused (fun () -> dense.Layer(a, another, null, false, c))
          } ]
