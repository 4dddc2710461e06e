// Where cells and edges stand in textures, row by row; a state has four channels a layer.
precision highp float;
precision highp int;
precision highp sampler2DArray;
uniform highp sampler2DArray state;
uniform int cells, cellBits;

const int EDGE_BITS = 11;

ivec2 placeOf(int cell) { return ivec2(cell & ((1 << cellBits) - 1), cell >> cellBits); }

ivec2 edgeAt(int edge) { return ivec2(edge & ((1 << EDGE_BITS) - 1), edge >> EDGE_BITS); }

// Held within a bound; NaN stays.
vec4 held(vec4 x, float bound) {
  x = mix(x, vec4(bound), greaterThanEqual(x, vec4(bound)));
  return mix(x, vec4(-bound), lessThanEqual(x, vec4(-bound)));
}
