// A lit surface, or points: light from over the viewer's shoulder, and a little from everywhere.
precision highp float;
uniform vec3 light;
uniform bool points;
in vec3 painted, facing;
out vec4 colour;

void main() {
  if (points) {
    if (length(gl_PointCoord - 0.5) > 0.5) discard;
    colour = vec4(painted, 1.0);
  } else {
    float lit = 0.45 + 0.6 * abs(dot(normalize(facing), light));
    colour = vec4(min(painted * lit, vec3(1.0)), 1.0);
  }
}
