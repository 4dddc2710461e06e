// The colour of a cell: a linear form of its channels (a palette's), the first four over white, or one channel as a heat map.
uniform int colouring, shown;
uniform float heatScale;
uniform vec3 mean[2];
uniform vec4 basis[6 * TEXELS];
uniform highp sampler2D grafted;
uniform bool grafting;

const int LINEAR = 0, OVER_WHITE = 1;

// Dark blue, light blue, white, orange, dark orange-brown: told apart with any kind of colour vision.
vec3 heat(float x) {
  x = clamp(x, -1.0, 1.0);
  vec3 far = x < 0.0 ? vec3(0.02, 0.19, 0.38) : vec3(0.40, 0.15, 0.02);
  vec3 near = x < 0.0 ? vec3(0.40, 0.66, 0.81) : vec3(0.96, 0.62, 0.26);
  float t = abs(x);
  return t < 0.5 ? mix(vec3(0.97), near, 2.0 * t) : mix(near, far, 2.0 * t - 1.0);
}

vec3 linearOf(ivec2 here, int palette) {
  vec3 colour = mean[palette];
  for (int layer = 0; layer < TEXELS; layer++) {
    vec4 s = texelFetch(state, ivec3(here, layer), 0);
    int at = 3 * (palette * TEXELS + layer);
    colour += vec3(dot(basis[at], s), dot(basis[at + 1], s), dot(basis[at + 2], s));
  }
  return colour;
}

vec3 colourOf(int cell) {
  ivec2 here = placeOf(cell);
  vec3 colour;
  if (colouring == LINEAR) {
    colour = linearOf(here, 0);
    if (grafting) colour = mix(colour, linearOf(here, 1), texelFetch(grafted, here, 0).x);
  } else if (colouring == OVER_WHITE) {
    vec4 s = texelFetch(state, ivec3(here, 0), 0);
    colour = 1.0 - clamp(s.a, 0.0, 1.0) + s.rgb;
  } else {
    colour = heat(texelFetch(state, ivec3(here, shown >> 2), 0)[shown & 3] / heatScale);
  }
  return clamp(colour, 0.0, 1.0);
}
