// What the viewer takes along: the picture, the state as .npz, the coloured mesh as .ply, and the session as JSON.

function save(name, parts, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** An archive that NumPy opens, of one float32 array. */
function npz(name, shape, values) {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + "\n";
  const text = new TextEncoder();
  const data = new Uint8Array(10 + padded.length + 4 * values.length);
  data.set([0x93, ...text.encode("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8]);
  data.set(text.encode(padded), 10);
  data.set(new Uint8Array(values.buffer, values.byteOffset, 4 * values.length), 10 + padded.length);
  const file = text.encode(`${name}.npy`), crc = crc32(data);
  const words = (...fields) => {
    const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0)), view = new DataView(bytes.buffer);
    let at = 0;
    for (const [size, value] of fields) {
      if (size === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      at += size;
    }
    return bytes;
  };
  // 1980-01-01, stored without compression.
  const common = [[2, 20], [2, 0], [2, 0], [2, 0], [2, 33], [4, crc], [4, data.length], [4, data.length], [2, file.length], [2, 0]];
  const local = words([4, 0x04034b50], ...common);
  const central = words([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, 0]);
  const start = local.length + file.length + data.length;
  const end = words([4, 0x06054b50], [2, 0], [2, 0], [2, 1], [2, 1], [4, central.length + file.length], [4, start], [2, 0]);
  return [local, file, data, central, file, end];
}

/** The mesh with the colours that are seen, as text. */
function ply(world, display, automaton) {
  const places = world.arrays.places, faces = display.faces, colours = cellColours(display, automaton);
  const lines = [
    "ply", "format ascii 1.0", `element vertex ${world.cells}`,
    ...["x", "y", "z"].map((axis) => `property float ${axis}`), ...["red", "green", "blue"].map((colour) => `property uchar ${colour}`),
    `element face ${faces.length / 3}`, "property list uchar int vertex_indices", "end_header",
  ];
  for (let cell = 0; cell < world.cells; cell++) lines.push([...places.subarray(3 * cell, 3 * cell + 3), ...colours.subarray(3 * cell, 3 * cell + 3)].join(" "));
  for (let face = 0; face < faces.length; face += 3) lines.push(`3 ${faces[face]} ${faces[face + 1]} ${faces[face + 2]}`);
  return [lines.join("\n"), "\n"];
}

/** Red, green and blue of each cell as 0 to 255, by the formulas of colour.glsl. */
function cellColours(display, automaton) {
  const state = automaton.read(), { world } = automaton, { channels, cells } = world, bytes = new Uint8Array(3 * cells);
  const { rule } = description, { colouring } = display;
  const stops = [[0.02, 0.19, 0.38], [0.4, 0.66, 0.81], [0.97, 0.97, 0.97], [0.96, 0.62, 0.26], [0.4, 0.15, 0.02]];
  const linear = (picture, cell) => picture.mean.map((mean, colour) => picture.basis[colour].reduce((sum, share, c) => sum + share * state[cell * channels + c], mean));
  for (let cell = 0; cell < cells; cell++) {
    let colour;
    if (colouring.channel !== undefined) {
      const x = 2 + 2 * Math.min(1, Math.max(-1, state[cell * channels + colouring.channel] / display.heatScale)), at = Math.min(3, Math.floor(x));
      colour = stops[at].map((value, i) => value + (x - at) * (stops[at + 1][i] - value));
    } else if (rule.pictures[colouring.picture].mean) {
      colour = linear(rule.pictures[colouring.picture], cell);
      const share = automaton.graft?.values[cell] ?? 0;
      if (share > 0) colour = linear(rule.graftPictures[colouring.picture], cell).map((other, i) => colour[i] + share * (other - colour[i]));
    } else {
      const white = 1 - Math.min(1, Math.max(0, state[cell * channels + 3]));
      colour = [0, 1, 2].map((i) => white + state[cell * channels + i]);
    }
    colour.forEach((value, i) => (bytes[3 * cell + i] = Math.round(255 * Math.min(1, Math.max(0, value)))));
  }
  return bytes;
}

/** What replays the run: the words of the world, the seed, and what was done at which step. */
function sessionOf(painting) {
  return {
    format: "gary-mesh session",
    version: 1,
    words: description.words,
    cells: description.graph.cells,
    channels: description.rule.channels,
    seed: String(painting.automaton.seed),
    steps: painting.automaton.stepNumber,
    events: painting.events,
  };
}
