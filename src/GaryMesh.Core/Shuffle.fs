/// Whole numbers in a random order that is a function of a key (Fisher and Yates).
module internal GaryMesh.Shuffle

let private exchange (numbers: int[]) i other =
    let kept = numbers[i]
    numbers[i] <- numbers[other]
    numbers[other] <- kept

/// `count` distinct ones of 0 .. total - 1.
let some count total key =
    let numbers = Array.init total id

    for i in 0 .. count - 1 do
        exchange numbers i (i + Counter.below (total - i) key (int64 i))

    Array.truncate count numbers

/// All of 0 .. total - 1.
let all total key =
    let numbers = Array.init total id

    for i in total - 1 .. -1 .. 1 do
        exchange numbers i (Counter.below (i + 1) key (int64 i))

    numbers
