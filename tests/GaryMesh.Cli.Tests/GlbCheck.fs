/// Reads a .glb and holds it against what the glTF 2.0 specification demands.
module GaryMesh.Cli.Tests.GlbCheck

open System
open System.Buffers.Binary
open System.Text
open System.Text.Json.Nodes

/// What a valid file holds.
type Glb =
    {
        Json: JsonNode
        /// The numbers of each attribute and how many a vertex has.
        Attributes: Map<string, int * float32[]>
        Indices: int[]
        /// Bytes of an index.
        IndexBytes: int
    }

let private require condition what =
    if not condition then
        failwith $"This .glb is not valid: {what}."

let private get (key: string) (node: JsonNode) =
    match node[key] with
    | null -> failwith $"This .glb is not valid: {node.GetPath()} has no {key}."
    | found -> found

let private at (i: int) (node: JsonNode) =
    let list = node.AsArray()
    require (i >= 0 && i < list.Count) $"{node.GetPath()} has no element {i}"
    nonNull list[i]

let private intOr (otherwise: int) (key: string) (node: JsonNode) =
    match node[key] with
    | null -> otherwise
    | value -> value.GetValue<int>()

let private int' key node = (get key node).GetValue<int>()
let private numbers (node: JsonNode) = [| for number in node.AsArray() -> (nonNull number).GetValue<float>() |]

/// The JSON and the binary chunk.
let private chunks (file: byte[]) =
    let word at = int (BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at, 4)))
    require (file.Length >= 28) "it has a header and two chunks"
    require (word 0 = 0x46546C67 && word 4 = 2) "it begins with glTF and version 2"
    require (word 8 = file.Length) $"its length is {file.Length}, not {word 8}"
    let json = word 12
    require (word 16 = 0x4E4F534A) "the first chunk is JSON"
    require (json % 4 = 0 && 20 + json + 8 <= file.Length) "the JSON chunk ends on a multiple of four within the file"
    let bytes = word (20 + json)
    require (word (24 + json) = 0x004E4942) "the second chunk is BIN"

    require
        (bytes % 4 = 0 && 28 + json + bytes = file.Length)
        "the BIN chunk ends on a multiple of four at the file's end"

    let text = Encoding.UTF8.GetString(file, 20, json)
    require (text[0] = '{' && text.TrimEnd(' ').EndsWith '}') "JSON is padded with spaces"
    nonNull (JsonNode.Parse text), file[28 + json ..]

/// Reads a file of one mesh of triangles; what the specification forbids is refused in a sentence.
let read (file: byte[]) : Glb =
    let json, bytes = chunks file
    require ((get "asset" json |> get "version").GetValue<string>() = "2.0") "the asset has version 2.0"
    require ((get "buffers" json).AsArray().Count = 1) "there is one buffer"
    let buffer = get "buffers" json |> at 0
    let size = int' "byteLength" buffer
    require (isNull buffer["uri"]) "the buffer is the BIN chunk"
    require (size <= bytes.Length && bytes.Length < size + 4) "the BIN chunk is the buffer and its padding"
    require (bytes[size..] |> Array.forall ((=) 0uy)) "BIN is padded with zeros"

    for view in (get "bufferViews" json).AsArray() do
        let view = nonNull view
        let offset, length = intOr 0 "byteOffset" view, int' "byteLength" view
        require (int' "buffer" view = 0) "a view is of the one buffer"
        require (offset >= 0 && length >= 1 && offset + length <= size) "a view lies within the buffer"
        require (List.contains (int' "target" view) [ 34962; 34963 ]) "a view is of vertices or indices"
        let stride = intOr 4 "byteStride" view
        require (stride % 4 = 0 && stride >= 4 && stride <= 252) "a stride is a multiple of four from 4 to 252"

    /// An accessor's numbers, how many an element has, and the bytes of one.
    let accessor isIndex (index: int) =
        let accessor = get "accessors" json |> at index
        let view = get "bufferViews" json |> at (int' "bufferView" accessor)
        let kind, count = int' "componentType" accessor, int' "count" accessor
        let width = Map [ "SCALAR", 1; "VEC2", 2; "VEC3", 3; "VEC4", 4 ]
        let width = width[(get "type" accessor).GetValue<string>()]
        let wide = Map [ 5120, 1; 5121, 1; 5122, 2; 5123, 2; 5125, 4; 5126, 4 ]
        let wide = wide[kind]
        let stride = intOr (width * wide) "byteStride" view
        let offset = intOr 0 "byteOffset" accessor
        let start = intOr 0 "byteOffset" view + offset
        require (count >= 1) "an accessor has elements"
        require (offset % wide = 0 && start % wide = 0) "an accessor is aligned to its numbers"
        require (isIndex || (offset % 4 = 0 && stride % 4 = 0)) "an attribute is aligned to four bytes"
        require (int' "target" view = (if isIndex then 34963 else 34962)) "a view is used for what it says"

        require
            (offset + stride * (count - 1) + width * wide <= int' "byteLength" view)
            "an accessor lies within its view"

        let values =
            [| for i in 0 .. count - 1 do
                   for part in 0 .. width - 1 do
                       let span = ReadOnlySpan(bytes, start + stride * i + wide * part, wide)

                       match kind with
                       | 5123 -> float (BinaryPrimitives.ReadUInt16LittleEndian span)
                       | 5125 -> float (BinaryPrimitives.ReadUInt32LittleEndian span)
                       | 5126 -> float (BinaryPrimitives.ReadSingleLittleEndian span)
                       | _ -> failwith $"Numbers of kind {kind} are not read here." |]

        require (values |> Array.forall Double.IsFinite) "every number is finite"

        for key, choose in [ "min", Array.min; "max", Array.max ] do
            match accessor[key] with
            | null -> ()
            | bound ->
                let found =
                    [| for part in 0 .. width - 1 -> choose [| for i in 0 .. count - 1 -> values[width * i + part] |] |]

                require (numbers bound = found) $"{key} is that of the numbers"

        accessor, kind, width, wide, values

    let scene = get "scenes" json |> at (int' "scene" json)
    let node = get "nodes" json |> at (int (Array.head (numbers (get "nodes" scene))))
    let mesh = get "meshes" json |> at (int' "mesh" node)
    require ((get "primitives" mesh).AsArray().Count = 1) "there is one primitive"
    let primitive = get "primitives" mesh |> at 0
    require (intOr 4 "mode" primitive = 4) "the primitive is of triangles"
    let material = get "materials" json |> at (int' "material" primitive)

    for factor in [ "metallicFactor"; "roughnessFactor" ] do
        let value = (get "pbrMetallicRoughness" material |> get factor).GetValue<float>()
        require (value >= 0.0 && value <= 1.0) $"{factor} lies in 0 to 1"

    let attributes =
        [ for entry in (get "attributes" primitive).AsObject() do
              let accessor, kind, width, _, values = accessor false ((nonNull entry.Value).GetValue<int>())

              require (kind = 5126) "attributes are of single precision"

              match entry.Key with
              | "POSITION" ->
                  require (width = 3) "a position has three numbers"
                  require (not (isNull accessor["min"] || isNull accessor["max"])) "positions have min and max"
              | "NORMAL" ->
                  require (width = 3) "a normal has three numbers"

                  for normal in Array.chunkBySize 3 values do
                      let length = sqrt (normal |> Array.sumBy (fun x -> x * x))
                      require (abs (length - 1.0) < 1e-5) $"a normal has length 1, not {length}"
              | "COLOR_0" ->
                  require (width = 3 || width = 4) "a colour has three or four numbers"
                  require (values |> Array.forall (fun x -> x >= 0.0 && x <= 1.0)) "colours lie in 0 to 1"
              | name -> require (name.StartsWith '_') $"{name} begins with an underscore"

              entry.Key, (width, Array.map float32 values) ]
        |> Map

    let vertices = (snd attributes["POSITION"]).Length / 3

    for KeyValue(name, (width, values)) in attributes do
        require (values.Length = width * vertices) $"{name} has as many elements as there are vertices"

    let _, kind, width, indexBytes, indices = accessor true (int' "indices" primitive)
    require (width = 1 && (kind = 5123 || kind = 5125)) "an index is one whole number without a sign"
    require (indices.Length % 3 = 0) "indices come in threes"
    require (indices |> Array.forall (fun index -> int index < vertices)) "every index is a vertex"
    let restart = if kind = 5123 then 65535.0 else 4294967295.0
    require (not (Array.contains restart indices)) "no index means the end of a primitive"

    { Json = json
      Attributes = attributes
      Indices = Array.map int indices
      IndexBytes = indexBytes }
