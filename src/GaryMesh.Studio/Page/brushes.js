// Brushes: how far each cell of a dab goes, what strokes do to the automaton, and how they are undone.

const TOOLS = ["erase", "seed", "paint", "noise", "graft", "freeze"];
const UNDO_BYTES = 640 * 1024 * 1024;

/** How far each cell is from a place. */
function distances(world, scene, at) {
  const found = new Float64Array(world.cells), places = world.arrays.places, { width, height, closed } = scene;
  const apart = (a, b, side) => (closed ? Math.min(Math.abs(a - b), side - Math.abs(a - b)) : Math.abs(a - b));
  for (let cell = 0; cell < world.cells; cell++) {
    const [x, y, z] = places
      ? [places[3 * cell] - at[0], places[3 * cell + 1] - at[1], places[3 * cell + 2] - at[2]]
      : [apart(cell % width, at[0], width), apart(Math.floor(cell / width), at[1], height), 0];
    found[cell] = Math.sqrt(x * x + y * y + z * z);
  }
  return found;
}

/** How far a dab reaches into each cell: all of the strength within half of its radius, from there on less. */
function dabWeights(apart, radius, strength) {
  return Float32Array.from(apart, (distance) => (distance < radius ? strength * Math.min(1, 2 * (1 - distance / radius)) : 0));
}

/** The automaton with all that has been done to it since its start: what a session holds. */
class Painting {
  constructor(automaton, scene) {
    Object.assign(this, { automaton, scene, events: [], undone: [] });
    const state = 16 * automaton.world.width * automaton.world.height * automaton.world.texels;
    this.depth = Math.max(8, Math.min(64, Math.floor(UNDO_BYTES / state)));
  }

  restart(seed) {
    this.automaton.seed = seed;
    this.forget();
    this.events = [];
    this.automaton.setMap("graft", null);
    this.automaton.setMap("freeze", null);
    this.automaton.restart();
  }

  forget() {
    while (this.undone.length > 0) this.drop(this.undone.pop());
  }

  drop({ kept }) {
    const { gl } = this.automaton;
    discard(gl, kept.handle);
    gl.deleteFramebuffer(kept.frame);
  }

  /** Begins a stroke, which one undo takes back. */
  begin() {
    const { automaton } = this;
    this.undone.push({
      kept: automaton.copy(),
      stepNumber: automaton.stepNumber,
      events: this.events.length,
      settings: { ...automaton.settings },
      graft: automaton.graft?.values.slice() ?? null,
      freeze: automaton.freeze?.values.slice() ?? null,
    });
    if (this.undone.length > this.depth) this.drop(this.undone.shift());
  }

  /** Back to just before the last stroke, the number of the step included. */
  undo() {
    const last = this.undone.pop();
    if (!last) return false;
    const { automaton } = this;
    automaton.restore(last.kept);
    automaton.stepNumber = last.stepNumber;
    automaton.change(last.settings);
    automaton.setMap("graft", last.graft);
    automaton.setMap("freeze", last.freeze);
    this.events.length = last.events;
    this.drop(last);
    return true;
  }

  /** A dab: { tool, at, radius, strength, channel, value, key }. */
  dab(dab) {
    const event = { step: this.automaton.stepNumber, ...dab };
    this.events.push(event);
    this.apply(event);
  }

  /** Another fire rate, time step or spacing. */
  set(settings) {
    const event = { step: this.automaton.stepNumber, tool: "set", ...settings }, last = this.events.at(-1);
    // A slider on its way leaves its last value alone.
    if (last && last.step === event.step && Object.keys(last).join() === Object.keys(event).join()) this.events.pop();
    this.events.push(event);
    this.automaton.change(settings);
  }

  apply({ tool, at, radius, strength, channel, value, key }) {
    const { automaton, scene } = this, apart = distances(automaton.world, scene, at), weights = dabWeights(apart, radius, strength);
    if (tool === "graft") {
      // Towards the second rule, or back to the first.
      const shares = automaton.graft?.values ?? new Float32Array(weights.length);
      automaton.setMap("graft", shares.map((share, cell) => share + weights[cell] * (value - share)));
    } else if (tool === "freeze") {
      const frozen = automaton.freeze?.values ?? new Float32Array(weights.length);
      automaton.setMap("freeze", frozen.map((was, cell) => (weights[cell] >= 0.5 ? value : was)));
    } else if (tool === "seed") {
      // One cell, the nearest.
      const nearest = apart.reduce((best, distance, cell) => (distance < apart[best] ? cell : best), 0);
      const one = new Float32Array(weights.length);
      if (apart[nearest] < radius) one[nearest] = 1;
      automaton.paint(1, one, 0, 1, 0n);
    } else {
      automaton.paint(TOOLS.indexOf(tool), weights, channel ?? 0, value ?? 0, BigInt(key ?? 0));
    }
  }
}
