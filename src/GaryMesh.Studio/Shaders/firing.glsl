// The engine's firing: a pure function of (seed, step, cell) by the splitmix64 finaliser, on pairs of 32-bit words (low, high).
#ifdef ALONE
uniform uvec2 seed;
uniform int stepNumber;
#else
uniform uvec2 key;
uniform int rate;
#endif

const uvec2 GOLDEN = uvec2(0x7F4A7C15u, 0x9E3779B9u);

uvec2 times(uint a, uint b) {
  uint a0 = a & 0xFFFFu, a1 = a >> 16, b0 = b & 0xFFFFu, b1 = b >> 16;
  uint low = a0 * b0, left = a1 * b0, right = a0 * b1;
  uint middle = (low >> 16) + (left & 0xFFFFu) + (right & 0xFFFFu);
  return uvec2((low & 0xFFFFu) | (middle << 16), a1 * b1 + (left >> 16) + (right >> 16) + (middle >> 16));
}

uvec2 product(uvec2 a, uvec2 b) {
  uvec2 low = times(a.x, b.x);
  return uvec2(low.x, low.y + a.x * b.y + a.y * b.x);
}

uvec2 sum(uvec2 a, uvec2 b) {
  uint low = a.x + b.x;
  return uvec2(low, a.y + b.y + (low < a.x ? 1u : 0u));
}

// x ^ (x >> bits), for fewer than 32 bits.
uvec2 folded(uvec2 x, int bits) { return x ^ uvec2((x.x >> bits) | (x.y << (32 - bits)), x.y >> bits); }

uvec2 mixed(uvec2 x) {
  x = product(folded(x, 30), uvec2(0x1CE4E5B9u, 0xBF58476Du));
  x = product(folded(x, 27), uvec2(0x133111EBu, 0x94D049BBu));
  return folded(x, 31);
}

// The word of a stream at an index.
uvec2 wordOf(uvec2 stream, uint index) { return mixed(sum(stream, product(uvec2(index + 1u, index == 0xFFFFFFFFu ? 1u : 0u), GOLDEN))); }

// Whether a cell fires in the step of a key: one bit of the words that the bits of the rate combine.
bool drawnAt(uvec2 stepKey, int cell) {
  if (rate >= 65536) return true;
  bool fires = false;
  int lowest = 0;
  while (lowest < 16 && ((rate >> lowest) & 1) == 0) lowest++;
  uint block = uint(cell >> 6);
  int bit = cell & 63;
  for (int at = lowest; at < 16; at++) {
    uvec2 fair = wordOf(stepKey, block * 16u + uint(15 - at));
    bool heads = (((bit < 32 ? fair.x >> bit : fair.y >> (bit - 32))) & 1u) == 1u;
    fires = ((rate >> at) & 1) == 1 ? fires || heads : fires && heads;
  }
  return fires;
}

#ifdef ALONE
uvec2 subkey(uvec2 stream, uint part) { return mixed(sum(uvec2(stream.x ^ part, stream.y), GOLDEN)); }

bool drawn(int cell) { return drawnAt(subkey(subkey(subkey(seed, 0xF12Eu), 0u), uint(stepNumber)), cell); }
#else
bool drawn(int cell) { return drawnAt(key, cell); }
#endif
