// A rule file that is dropped on the page: read as the archive that it is, and run in place of the page's rule on the same state.

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
