// A mesh's vertices: each has the colour of its cell.
#include cells
#include colour
uniform mat4 camera;
uniform float pointSize;
in vec3 position, normal;
out vec3 painted, facing;

void main() {
  painted = colourOf(gl_VertexID);
  facing = normal;
  gl_Position = camera * vec4(position, 1.0);
  gl_PointSize = pointSize;
}
