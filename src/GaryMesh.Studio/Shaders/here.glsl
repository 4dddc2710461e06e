// The cell of the texel that is written.
int cellHere() { return (int(gl_FragCoord.y) << cellBits) + int(gl_FragCoord.x); }
