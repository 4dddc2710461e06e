// The engine's random numbers (splitmix64's finaliser of a counter): keys as BigInt, streams of many numbers in halves of 32 bits.

const GOLDEN = 0x9e3779b97f4a7c15n;
const word64 = (value) => BigInt.asUintN(64, value);

function mix64(x) {
  x = word64((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
  x = word64((x ^ (x >> 27n)) * 0x94d049bb133111ebn);
  return x ^ (x >> 31n);
}

/** The key of a part of what another key is for. */
const subkey = (key, part) => mix64(word64((key ^ BigInt(part >>> 0)) + GOLDEN));

/** A key for one purpose. */
const keyOf = (seed, part) => subkey(mix64(word64(seed + GOLDEN)), part);

/** The key of the first sample's firing at a step; 0xF12E keeps it apart from other uses of the seed. */
const firingKey = (seed, step) => subkey(subkey(subkey(seed, 0xf12e), 0), step);

/** A key as the two words of a shader's uniform: low, high. */
const halves = (key) => [Number(key & 0xffffffffn), Number(key >> 32n)];

/** The rate as the engine rounds it: in 65,536ths, halves to the even one. */
function rate65536(rate) {
  const exact = rate * 65536, floor = Math.floor(exact);
  return exact - floor === 0.5 ? floor + (floor % 2) : Math.round(exact);
}

/** The high half of the product of two 32-bit words. */
function highProduct(a, b) {
  const a0 = a & 0xffff, a1 = a >>> 16, b0 = b & 0xffff, b1 = b >>> 16;
  const left = a1 * b0 + ((a0 * b0) >>> 16), right = a0 * b1 + (left & 0xffff);
  return (a1 * b1 + Math.floor(left / 65536) + Math.floor(right / 65536)) >>> 0;
}

/** The first numbers of a key's stream, uniform in [0, 1). */
function uniforms(key, count) {
  const values = new Float64Array(count);
  let word = key;
  for (let at = 0; at < count; at++) {
    word = word64(word + GOLDEN);
    // Both halves by hand: BigInt would take ten times as long.
    let low = Number(word & 0xffffffffn) | 0, high = Number(word >> 32n) | 0;
    const folded = (bits) => {
      const l = low ^ ((low >>> bits) | (high << (32 - bits)));
      high ^= high >>> bits;
      low = l;
    };
    const times = (lowFactor, highFactor) => {
      const carried = highProduct(low >>> 0, lowFactor >>> 0);
      high = (carried + Math.imul(low, highFactor) + Math.imul(high, lowFactor)) | 0;
      low = Math.imul(low, lowFactor);
    };
    folded(30);
    times(0x1ce4e5b9, 0xbf58476d);
    folded(27);
    times(0x133111eb, 0x94d049bb);
    folded(31);
    values[at] = ((high >>> 0) * 2097152 + (low >>> 11)) / 9007199254740992;
  }
  return values;
}
