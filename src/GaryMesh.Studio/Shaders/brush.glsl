// A brush: each cell goes so far as its weight says towards what the tool sets, or is moved by noise.
#include cells
#include here
#include firing
uniform highp sampler2D dab;
uniform int tool, channel, channels;
uniform float value;
OUTPUTS

const int ERASE = 0, SEED = 1, PAINT = 2, NOISE = 3;

float brushed(int cell, int at, float s, float weight) {
  if (at >= channels || weight == 0.0) return s;
  if (tool == ERASE) return s - weight * s;
  if (tool == SEED) return s + weight * ((at >= min(3, channels - 1) ? 1.0 : 0.0) - s);
  if (tool == PAINT) return at == channel ? s + weight * (value - s) : s;
  // 24 bits of the engine's uniform number.
  float uniform01 = float(wordOf(key, uint(cell * channels + at)).y >> 8) / 16777216.0;
  return s + weight * value * (2.0 * uniform01 - 1.0);
}

vec4 brushed4(int cell, int layer, vec4 s, float weight) {
  for (int lane = 0; lane < 4; lane++) s[lane] = brushed(cell, 4 * layer + lane, s[lane], weight);
  return s;
}

void main() {
  int cell = cellHere();
  ivec2 here = placeOf(cell);
  float weight = cell < cells ? texelFetch(dab, here, 0).x : 0.0;
  EACH(after@ = brushed4(cell, @, texelFetch(state, ivec3(here, @), 0), weight);)
}
