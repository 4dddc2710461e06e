/// Whole numbers as files hold them, whatever culture the writing thread has.
module internal GaryMesh.WholeNumber

open System
open System.Globalization

let text (value: int) : string = value.ToString CultureInfo.InvariantCulture

/// Text with the minus signs of the world's cultures turned into `-`: older versions wrote the culture's own.
let mend (text: string) : string =
    String.filter (fun c -> c <> '\u200E' && c <> '\u200F' && c <> '\u061C') (text.Replace('\u2212', '-'))

let read (text: string) : int option =
    match Int32.TryParse(mend text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
    | true, value -> Some value
    | _ -> None
