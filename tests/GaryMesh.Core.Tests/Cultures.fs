/// Cultures that write numbers otherwise, made by hand: the tests run without the cultures' own data.
module GaryMesh.Tests.Cultures

open System.Globalization

let private culture minus point group =
    let culture = CultureInfo.InvariantCulture.Clone() :?> CultureInfo
    culture.NumberFormat.NegativeSign <- minus
    culture.NumberFormat.NumberDecimalSeparator <- point
    culture.NumberFormat.NumberGroupSeparator <- group
    culture

/// By whose habits they are: Swedish, Arabic, Persian, Hebrew, German, and the invariant one.
let all: (string * CultureInfo) list =
    [ "sv", culture "\u2212" "," "\u00A0"
      "ar", culture "\u061C-" "\u066B" "\u066C"
      "fa", culture "\u200E\u2212" "\u066B" "\u066C"
      "he", culture "\u200E-" "." ","
      "de", culture "-" "," "."
      "invariant", CultureInfo.InvariantCulture ]

/// Runs something under a culture and puts the thread's own back.
let under (culture: CultureInfo) (run: unit -> 'a) : 'a =
    let own = CultureInfo.CurrentCulture

    try
        CultureInfo.CurrentCulture <- culture
        run ()
    finally
        CultureInfo.CurrentCulture <- own
