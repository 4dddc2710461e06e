// The page's test of itself: steps from the start, who fired and what came of it, compared with what the engine wrote into the page.

/** FNV-1a over a step's mask, a bit a cell. */
function maskHash(bits, step) {
  let hash = 2166136261;
  for (let first = 0; first < bits.length; first += 8) {
    let byte = 0;
    for (let at = 0; at < 8 && first + at < bits.length; at++) byte |= ((bits[first + at] >>> step) & 1) << at;
    hash = Math.imul(hash ^ byte, 16777619);
  }
  return hash;
}

class SelfTest {
  constructor(world) {
    this.world = world;
    this.expected = description.test;
    this.automaton = new Automaton(world, BigInt(description.seed));
    this.masksEqual = true;
  }

  get done() { return this.automaton.stepNumber >= this.expected.steps; }

  /** A step, and once in 32 steps a look at who fires in them. */
  advance() {
    const { automaton, expected, world } = this, step = automaton.stepNumber;
    if (step % 32 === 0) {
      const bits = automaton.masks(step);
      for (let at = 0; at < 32 && step + at < expected.steps; at++)
        this.masksEqual &&= maskHash(bits, at) === world.arrays["test.masks"][step + at];
    }
    automaton.step();
  }

  /** What came of it. */
  result() {
    const { world, expected } = this, state = this.automaton.read(), { channels, cells } = world;
    const some = world.arrays["test.cells"], sums = world.arrays["test.sums"];
    let difference = 0, ofSums = 0, largest = 0;
    for (let at = 0; at < some.length; at++) {
      const cell = Math.floor(at / channels) * expected.every;
      difference = Math.max(difference, Math.abs(state[cell * channels + (at % channels)] - some[at])) ;
      largest = Math.max(largest, Math.abs(some[at]));
    }
    for (let at = 0; sums && at < sums.length; at++) {
      let sum = 0;
      const first = at * expected.together * channels, last = Math.min(state.length, first + expected.together * channels);
      for (let number = first; number < last; number++) sum += (number - first) % 2 === 0 ? state[number] : -state[number];
      ofSums = Math.max(ofSums, Math.abs(sum - sums[at]));
    }
    this.automaton.free();
    return {
      masks_equal: this.masksEqual,
      max_difference: state.every(Number.isFinite) ? difference : null,
      max_difference_of_sums: sums ? ofSums : null,
      largest,
      steps: expected.steps,
      cells_compared: some.length / channels,
      cells,
      precision: world.half ? "float16" : "float32",
      renderer: rendererOf(world.gl),
    };
  }
}

function rendererOf(gl) {
  const known = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(known ? known.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}
