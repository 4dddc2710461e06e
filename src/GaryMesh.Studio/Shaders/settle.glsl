// After a step under an alive gate: a cell keeps what it became while it or a neighbour was, and still is, above the threshold.
#include cells
#include here
uniform highp sampler2DArray moved;
uniform highp isampler2D rows, neighbours;
uniform highp sampler2D frozen;
uniform bool freezing;
uniform int gateChannel;
uniform float gateThreshold;
OUTPUTS

void main() {
  int cell = cellHere();
  ivec2 here = placeOf(cell);
  int layer = gateChannel >> 2, lane = gateChannel & 3;
  bool was = false, is = false;
  if (cell < cells) {
    was = texelFetch(state, ivec3(here, layer), 0)[lane] > gateThreshold;
    is = texelFetch(moved, ivec3(here, layer), 0)[lane] > gateThreshold;
    ivec2 row = texelFetch(rows, here, 0).xy;
    for (int edge = row.x; edge < row.x + row.y && !(was && is); edge++) {
      ivec2 there = placeOf(texelFetch(neighbours, edgeAt(edge), 0).x);
      was = was || texelFetch(state, ivec3(there, layer), 0)[lane] > gateThreshold;
      is = is || texelFetch(moved, ivec3(there, layer), 0)[lane] > gateThreshold;
    }
  }
  bool still = freezing && texelFetch(frozen, here, 0).x > 0.5;
  bool lives = was && is;
  EACH(after@ = still ? texelFetch(state, ivec3(here, @), 0) : lives ? texelFetch(moved, ivec3(here, @), 0) : vec4(0.0);)
}
