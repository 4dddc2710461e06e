// A lattice as a picture, or a ring as a band about its middle.
#include cells
#include colour
uniform ivec2 lattice;
uniform vec4 view;
uniform bool ring;
uniform vec3 page;
in vec2 place;
out vec4 colour;

void main() {
  vec2 at = (place - view.xy) / view.zw;
  int cell = -1;
  if (ring) {
    vec2 about = 2.0 * at - 1.0;
    float radius = length(about);
    if (radius < 1.0 && radius > 0.62) cell = int(floor(atan(-about.y, about.x) / 6.283185307179586 * float(cells) + 0.5 + float(cells))) % cells;
  } else if (all(greaterThanEqual(at, vec2(0.0))) && all(lessThan(at, vec2(1.0)))) {
    ivec2 column = ivec2(floor(at * vec2(lattice)));
    cell = column.y * lattice.x + column.x;
  }
  colour = vec4(cell >= 0 && cell < cells ? colourOf(cell) : page, 1.0);
}
