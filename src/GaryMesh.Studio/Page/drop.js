// Files that are dropped on the page: a rule, which runs on the same state, or a mesh or list of edges, on which the rule runs.

/** The entries of a .npz by name: { shape, values }, numbers as they are and texts as strings. */
async function readNpz(buffer) {
  const view = new DataView(buffer), entries = {};
  let end = buffer.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error("it is no .npz");
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    const method = view.getUint16(at + 10, true), size = view.getUint32(at + 20, true), local = view.getUint32(at + 42, true);
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const title = new TextDecoder().decode(new Uint8Array(buffer, at + 46, name));
    const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const packed = new Blob([new Uint8Array(buffer, from, size)]);
    const whole = method === 0 ? packed : await new Response(packed.stream().pipeThrough(new DecompressionStream("deflate-raw"))).blob();
    entries[title.replace(/\.npy$/, "")] = readNpy(await whole.arrayBuffer());
    at += 46 + name + extra + comment;
  }
  return entries;
}

function readNpy(buffer) {
  const view = new DataView(buffer), long = view.getUint8(6) > 1;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true), from = (long ? 12 : 10) + length;
  const header = new TextDecoder().decode(new Uint8Array(buffer, from - length, length));
  const type = header.match(/'descr': *'([^']*)'/)?.[1] ?? "", shape = (header.match(/'shape': *\(([^)]*)\)/)?.[1] ?? "").split(",").filter((part) => part.trim()).map(Number);
  const count = shape.reduce((product, side) => product * side, 1), data = buffer.slice(from);
  if (/^<U/.test(type)) {
    const width = Number(type.slice(2)), characters = new Uint32Array(data);
    const text = (row) => String.fromCodePoint(...characters.subarray(row * width, (row + 1) * width)).replace(/\0+$/, "");
    return { shape, values: Array.from({ length: count }, (_, row) => text(row)) };
  }
  const kinds = { "<f4": Float32Array, "<f8": Float64Array, "<i4": Int32Array };
  if (!kinds[type]) throw new Error(`it holds numbers of the type ${type}`);
  return { shape, values: new kinds[type](data, 0, count) };
}

/** The parameters as the page's shaders read them; a rule that does not fit is refused in one sentence. */
function packedRule(entries) {
  const { rule } = description, value = (name) => entries[name]?.values, text = (name, missing) => value(name)?.[0] ?? missing;
  const [w1, b1, w2, b2] = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"].map(value);
  if (!w1 || !b1 || !w2 || !b2 || text("kind", "dense") !== "dense") throw new Error("it holds no rule of two dense layers");
  const lift = text("lift", "none"), perception = (value("perception") ?? []).join(", ") + (lift === "none" ? "" : `; ${lift}`);
  const read = entries["fc1.weight"].shape[1], sizes = `${read} -> ${b1.length} -> ${b2.length}`;
  const blocks = description.rule.blocks, own = `${blocks * rule.channels} -> ${rule.hidden} -> ${rule.channels}`;
  if (sizes !== own || perception !== rule.perception)
    throw new Error(`it is a rule ${sizes} (${perception}), but the page runs rules ${own} (${rule.perception})`);
  const row = 4 * (1 + (blocks + 1) * rule.texels), packed = new Float32Array(rule.hidden * row + 4 * rule.texels);
  for (let hidden = 0; hidden < rule.hidden; hidden++) {
    packed[hidden * row] = b1[hidden];
    for (let at = 0; at < read; at++) {
      const block = Math.floor(at / rule.channels);
      packed[hidden * row + 4 * (1 + block * rule.texels) + (at % rule.channels)] = w1[hidden * read + at];
    }
    for (let channel = 0; channel < rule.channels; channel++)
      packed[hidden * row + 4 * (1 + blocks * rule.texels) + channel] = w2[channel * rule.hidden + hidden];
  }
  packed.set(b2, rule.hidden * row);
  return packed;
}

/** The palette of a rule file as the first picture, where it has one. */
function pictureOf(entries) {
  const mean = entries["palette.mean"]?.values, basis = entries["palette.basis"]?.values;
  if (!mean) return null;
  const shown = [0, 1, 2].map((at) => Math.min(at, mean.length < 3 ? 0 : 2));
  return { name: "colours", mean: shown.map((map) => mean[map]), basis: shown.map((map) => [...basis.subarray(map * mean.length, (map + 1) * mean.length)]) };
}

/** A graph from a file's name and bytes, with what the rule needs of it. */
function droppedGraph(name, buffer) {
  const { rule } = description, ending = name.split(".").pop().toLowerCase();
  if (ending === "obj" || ending === "ply") {
    const { vertices, faces } = ending === "obj" ? readObj(new TextDecoder().decode(buffer)) : readPly(buffer);
    const cells = vertices.length / 3, bad = faces.find((corner) => !(corner >= 0 && corner < cells));
    if (faces.length === 0) throw new Error("a mesh needs at least one triangle");
    if (bad !== undefined) throw new Error(`a face names vertex ${bad}, counted from 0, of ${cells}`);
    if (!vertices.every(Number.isFinite)) throw new Error("a vertex has a place that is no number");
    const places = normalised(vertices);
    const graph = surfaceOf(rule, { places, faces: Uint32Array.from(faces), up: [0, 1, 0], normals: "faces", carried: Boolean(rule.gate), middle: 0 });
    return { ...graph, weights: graph.weigh() };
  }
  if (!["csv", "tsv", "txt", "edges", "edgelist"].includes(ending)) throw new Error("a page reads rules (.npz), meshes (.obj, .ply) and lists of edges (.csv, .tsv, .txt, .edges, .edgelist)");
  if (looksAlong(rule)) throw new Error("the rule sees directions of a surface, which a list of edges has not");
  const edges = readEdges(new TextDecoder().decode(buffer)), cells = edges.reduce((most, end) => Math.max(most, end), -1) + 1;
  if (cells > 1 << 22) throw new Error(`it names cell ${cells - 1}, but a page takes at most ${1 << 22} cells`);
  const graph = rowsOf(cells, edges);
  return { ...graph, weights: edgeWeights(rule, graph) };
}

/** How a dropped graph is shown: a surface, or cells in a square. */
function sceneOf({ places, start }) {
  if (places) return { kind: "mesh" };
  const cells = start.length - 1, width = Math.ceil(Math.sqrt(cells));
  return { kind: "lattice", height: Math.ceil(cells / width), width, closed: false };
}

/** Vertices about their mean, the farthest at distance 1: as the engine scales a mesh. */
function normalised(vertices) {
  const apart = vertices.map((value, at) => value - vertices[at % 3]), largest = apart.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) throw new Error("its vertices all lie at one point");
  const mean = [0, 0, 0], count = vertices.length / 3;
  apart.forEach((value, at) => {
    apart[at] = value / largest;
    mean[at % 3] += apart[at];
  });
  const centred = apart.map((value, at) => value - mean[at % 3] / count);
  let farthest = 0;
  for (let at = 0; at < centred.length; at += 3) farthest = Math.max(farthest, Math.sqrt(centred[at] ** 2 + centred[at + 1] ** 2 + centred[at + 2] ** 2));
  return Float64Array.from(centred, (value) => value / farthest);
}

/** A polygon as triangles about its first corner. */
function fan(faces, corners) {
  if (corners.length < 3) throw new Error(`a face has ${corners.length} corners`);
  for (let at = 2; at < corners.length; at++) faces.push(corners[0], corners[at - 1], corners[at]);
}

function readObj(text) {
  const vertices = [], faces = [];
  for (const line of text.replace(/\\\r?\n/g, " ").split(/\r?\n/)) {
    const [kind, ...words] = line.split("#")[0].trim().split(/\s+/);
    if (kind === "v") vertices.push(...words.slice(0, 3).map(Number));
    if (kind !== "f") continue;
    fan(faces, words.map((word) => {
      const index = parseInt(word, 10);
      return index < 0 ? vertices.length / 3 + index : index - 1;
    }));
  }
  return { vertices, faces };
}

const PLY_TYPES = { char: ["Int8", 1], int8: ["Int8", 1], uchar: ["Uint8", 1], uint8: ["Uint8", 1], short: ["Int16", 2], int16: ["Int16", 2], ushort: ["Uint16", 2], uint16: ["Uint16", 2],
  int: ["Int32", 4], int32: ["Int32", 4], uint: ["Uint32", 4], uint32: ["Uint32", 4], float: ["Float32", 4], float32: ["Float32", 4], double: ["Float64", 8], float64: ["Float64", 8] };

function readPly(buffer) {
  const head = new TextDecoder("latin1").decode(new Uint8Array(buffer, 0, Math.min(buffer.byteLength, 65536))), end = /end_header[ \t]*\r?\n/.exec(head);
  if (!/^ply\s/.test(head) || !end) throw new Error("its header is not that of a PLY");
  const elements = [];
  let format = "";
  for (const line of head.slice(0, end.index).split(/\r?\n/)) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "format") format = words[1];
    if (words[0] === "element") elements.push({ name: words[1], count: Number(words[2]), properties: [] });
    if (words[0] === "property") elements.at(-1).properties.push(words[1] === "list" ? { name: words[4], count: words[2], type: words[3] } : { name: words[2], type: words[1] });
  }
  const from = end.index + end[0].length, ascii = format === "ascii", little = format !== "binary_big_endian", view = new DataView(buffer);
  const words = ascii ? new TextDecoder().decode(new Uint8Array(buffer, from)).split(/\s+/).filter(Boolean) : [];
  let at = ascii ? 0 : from;
  const next = (type) => {
    if (ascii) return Number(words[at++]);
    if (!PLY_TYPES[type]) throw new Error(`a property has the type ${type}`);
    const [name, size] = PLY_TYPES[type], value = view[`get${name}`](at, little);
    at += size;
    return value;
  };
  const vertices = [], faces = [];
  for (const { name, count, properties } of elements)
    for (let one = 0; one < count; one++) {
      const values = {};
      for (const property of properties) {
        if (!property.count) values[property.name] = next(property.type);
        else values[property.name] = Array.from({ length: next(property.count) }, () => next(property.type));
      }
      if (name === "vertex") vertices.push(values.x, values.y, values.z);
      if (name === "face") fan(faces, values.vertex_indices ?? values.vertex_index ?? []);
    }
  return { vertices, faces };
}

/** Pairs of whole numbers, one a line; a first line without numbers is a header. */
function readEdges(text) {
  const edges = [];
  let first = true;
  for (const line of text.split(/\r?\n/)) {
    const words = line.trim().split(/[\s,;]+/).filter(Boolean);
    if (words.length === 0 || /^[#%]/.test(words[0])) continue;
    const pair = words.slice(0, 2).map(Number);
    if (words.length === 2 && pair.every((end) => Number.isInteger(end) && end >= 0) && pair[0] !== pair[1]) edges.push(...pair);
    else if (!first || words.some((word) => !Number.isNaN(Number(word))))
      throw new Error(`a line of edges holds two different whole numbers from 0 on, but one is "${line.slice(0, 40)}"; gary-mesh view reads lists with names and weights`);
    first = false;
  }
  if (edges.length === 0) throw new Error("it holds no edge");
  return edges;
}
