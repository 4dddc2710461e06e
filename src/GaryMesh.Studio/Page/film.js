// The last seconds as an animated PNG: small pictures that are kept while the page runs, and packed when they are saved.

const FILM_SIDE = 240, FILM_EVERY = 100, FILM_FRAMES = 40;

class Film {
  constructor(canvas) {
    Object.assign(this, { canvas, frames: [], last: -Infinity });
  }

  /** Keeps what has just been drawn, ten times a second at most. */
  take(now) {
    if (now - this.last < FILM_EVERY) return;
    this.last = now;
    const factor = Math.min(1, FILM_SIDE / Math.max(this.canvas.width, this.canvas.height));
    const picture = this.frames.length >= FILM_FRAMES ? this.frames.shift().picture : document.createElement("canvas");
    [picture.width, picture.height] = [this.canvas.width, this.canvas.height].map((side) => Math.max(1, Math.round(factor * side)));
    picture.getContext("2d").drawImage(this.canvas, 0, 0, picture.width, picture.height);
    this.frames.push({ picture, at: now });
  }

  /** The parts of a file; pictures of another size than the latest are left out. */
  async pack() {
    const latest = this.frames.at(-1)?.picture, frames = this.frames.filter(({ picture }) => picture.width === latest.width && picture.height === latest.height);
    if (!latest) throw new Error("nothing has been drawn");
    const { width, height } = latest, numbers = (...fields) => {
      const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
      let at = 0;
      for (const [size, value] of fields) {
        view[`setUint${8 * size}`](at, value);
        at += size;
      }
      return new Uint8Array(view.buffer);
    };
    const chunk = (name, ...parts) => {
      const data = new Uint8Array(4 + parts.reduce((sum, part) => sum + part.length, 0));
      data.set(new TextEncoder().encode(name));
      parts.reduce((at, part) => (data.set(part, at), at + part.length), 4);
      return [numbers([4, data.length - 4]), data, numbers([4, crc32(data)])];
    };
    const file = [new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...chunk("IHDR", numbers([4, width], [4, height], [1, 8], [1, 2], [1, 0], [1, 0], [1, 0])),
      ...chunk("acTL", numbers([4, frames.length], [4, 0]))];
    let number = 0;
    for (const [at, frame] of frames.entries()) {
      const delay = Math.max(10, Math.round(at + 1 < frames.length ? frames[at + 1].at - frame.at : FILM_EVERY));
      file.push(...chunk("fcTL", numbers([4, number++], [4, width], [4, height], [4, 0], [4, 0], [2, Math.min(65535, delay)], [2, 1000], [1, 0], [1, 0])));
      const data = await packedRows(frame.picture);
      file.push(...(at === 0 ? chunk("IDAT", data) : chunk("fdAT", numbers([4, number++]), data)));
    }
    return [...file, ...chunk("IEND")];
  }
}

/** Rows of red, green and blue less those above, through zlib. */
async function packedRows(picture) {
  const { width, height } = picture, pixels = picture.getContext("2d").getImageData(0, 0, width, height).data, rows = new Uint8Array(height * (1 + 3 * width));
  for (let row = 0, to = 0; row < height; row++) {
    rows[to++] = 2;
    for (let column = 0; column < width; column++)
      for (let colour = 0; colour < 3; colour++) {
        const at = 4 * (row * width + column) + colour;
        rows[to++] = pixels[at] - (row > 0 ? pixels[at - 4 * width] : 0);
      }
  }
  return new Uint8Array(await new Response(new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"))).arrayBuffer());
}
