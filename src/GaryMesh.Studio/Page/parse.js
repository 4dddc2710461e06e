// What the page holds: a description, and arrays as gzip in base64, each the first bytes of all its numbers, then the second ones and so on.

const description = JSON.parse(document.getElementById("description").textContent);

async function gunzipped(text) {
  const binary = atob(text.trim());
  const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The arrays by name, as Float32Array or Int32Array. */
async function readArrays() {
  const bytes = await gunzipped(document.getElementById("data").textContent);
  const arrays = {};
  let from = 0;
  for (const { name, type, length } of description.sections) {
    const whole = new Uint8Array(4 * length);
    for (let plane = 0; plane < 4; plane++)
      for (let at = 0; at < length; at++) whole[4 * at + plane] = bytes[from++];
    arrays[name] = type === "f32" ? new Float32Array(whole.buffer) : new Int32Array(whole.buffer);
  }
  return arrays;
}

/** Numbers from the first and the differences. */
function summed(differences) {
  const values = differences.slice();
  for (let at = 1; at < values.length; at++) values[at] += values[at - 1];
  return values;
}
