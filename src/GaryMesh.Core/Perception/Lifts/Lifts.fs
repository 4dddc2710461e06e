namespace GaryMesh

open System

/// The built-in lifts by the names that files hold.
module internal Lifts =
    let private read (name: string) : Lift option =
        let parts = name.Split ':'

        match parts[0], parts |> Seq.tail |> Seq.map WholeNumber.read |> List.ofSeq with
        | "gradient-norm", [ Some x; Some y ] -> Some(GradientNorm(x, y))
        | "steering", [ Some own; Some x; Some y; Some channel ] -> Some(Steering(own, x, y, channel))
        | "spoken", [ Some heard; Some channel ] -> Some(Spoken(heard, channel))
        | "spoken", Some heard :: channels when
            heard > 1 && channels.Length = heard && List.forall Option.isSome channels
            ->
            Some(Spoken(List.choose id channels))
        | _ -> None

    let parse (name: string) (known: Lift seq) : Lift =
        match known |> Seq.tryFind (fun lift -> lift.Name = name) with
        | Some lift -> lift
        | None ->
            match read name with
            | Some lift -> lift
            | None ->
                Guard.refuse
                    $"A lift is gradient-norm:X:Y, steering:OWN:X:Y:CHANNEL, spoken:HEARD:CHANNEL or one that is handed in, but '{name}' is none of them."
