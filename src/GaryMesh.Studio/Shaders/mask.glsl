// Who fires in 32 steps: a bit a step in the bytes of a texel.
#include cells
#include here
#include firing
uniform uvec2 keys[32];
out vec4 bits;

void main() {
  int cell = cellHere();
  uvec4 bytes = uvec4(0u);
  for (int step = 0; step < 32; step++)
    if (cell < cells && drawnAt(keys[step], cell)) bytes[step >> 3] |= 1u << (step & 7);
  bits = vec4(bytes) / 255.0;
}
