// The automaton on the GPU: what of a graph and a rule stands in textures, and states that are stepped, read and written.

const EDGE_BITS = 11;
const SAMPLERS = ["state", "moved", "rows", "neighbours", "edgeWeights", "selfWeights", "grafted", "frozen", "dab", "ruleWeights", "graftWeights"];
const unitOf = (sampler) => SAMPLERS.indexOf(sampler);

/** A linked program whose samplers have units of their own; `set` gives its uniforms values. */
class Program {
  constructor(gl, vertex, fragment, defines) {
    this.gl = gl;
    this.handle = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, `#version 300 es\n${defines}${text}`);
      gl.compileShader(shader);
      gl.attachShader(this.handle, shader);
    }
    gl.linkProgram(this.handle);
    this.places = new Map();
  }

  /** Refuses a program that did not compile; asked late, so that programs compile side by side. */
  ready() {
    const { gl } = this;
    if (!gl.getProgramParameter(this.handle, gl.LINK_STATUS)) {
      const logs = gl.getAttachedShaders(this.handle).map((shader) => gl.getShaderInfoLog(shader));
      throw new Error(`A shader does not compile here: ${[...logs, gl.getProgramInfoLog(this.handle)].join(" ").trim()}`);
    }
    gl.useProgram(this.handle);
    for (const sampler of SAMPLERS) if (this.place(sampler)) gl.uniform1i(this.place(sampler), unitOf(sampler));
    ["RuleWeights", "GraftWeights"].forEach((name, at) => {
      const block = gl.getUniformBlockIndex(this.handle, name);
      if (block !== gl.INVALID_INDEX) gl.uniformBlockBinding(this.handle, block, at);
    });
    return this;
  }

  place(name) {
    if (!this.places.has(name)) this.places.set(name, this.gl.getUniformLocation(this.handle, name));
    return this.places.get(name);
  }

  /** Uniforms by name: { name: ["1f", value, ...] }. */
  set(uniforms) {
    this.gl.useProgram(this.handle);
    for (const [name, [kind, ...values]] of Object.entries(uniforms))
      if (this.place(name) !== null) this.gl[`uniform${kind}`](this.place(name), ...values);
    return this;
  }
}

/** A texture of one value a texel or more, without filters. */
function texture(gl, target, make) {
  const handle = gl.createTexture();
  (gl.kept ??= new Set()).add(handle);
  gl.activeTexture(gl.TEXTURE0 + 15);
  gl.bindTexture(target, handle);
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  make();
  return handle;
}

function discard(gl, handle) {
  gl.kept.delete(handle);
  gl.deleteTexture(handle);
}

/** The graph and the rule in the GPU's memory, and the programs: what all states share. */
class World {
  constructor(gl, arrays, half) {
    Object.assign(this, { gl, arrays, half, rule: description.rule, cells: description.graph.cells });
    this.channels = this.rule.channels;
    this.texels = this.rule.texels;
    this.bits = Math.max(0, Math.ceil(Math.log2(Math.sqrt(this.cells))));
    this.width = 1 << this.bits;
    this.height = Math.ceil(this.cells / this.width);
    this.edges = description.graph.edges;
    [this.start, this.neighbours] = [arrays.start, arrays.neighbours];
    if (Math.max(this.height, this.edges >> EDGE_BITS) >= gl.getParameter(gl.MAX_TEXTURE_SIZE))
      throw new Error(`This GPU's textures are too small for ${this.cells} cells and ${this.edges} edges.`);
    if (this.texels > gl.getParameter(gl.MAX_DRAW_BUFFERS))
      throw new Error(`This GPU writes ${4 * gl.getParameter(gl.MAX_DRAW_BUFFERS)} channels at once, but the rule has ${this.channels}.`);
    this.upload();
    this.compile();
  }

  upload() {
    const { gl } = this;
    const rows = new Int32Array(2 * this.width * this.height);
    for (let cell = 0; cell < this.cells; cell++) rows.set([this.start[cell], this.start[cell + 1] - this.start[cell]], 2 * cell);
    this.rows = this.flat(gl.RG32I, gl.RG_INTEGER, gl.INT, this.width, this.height, rows);
    const edgeRows = Math.max(1, Math.ceil(this.edges / (1 << EDGE_BITS)));
    const neighbours = new Int32Array(edgeRows << EDGE_BITS);
    neighbours.set(this.neighbours);
    this.neighbourTexture = this.flat(gl.R32I, gl.RED_INTEGER, gl.INT, 1 << EDGE_BITS, edgeRows, neighbours);

    if (this.arrays.weights) this.turn(0);

    const parameters = this.arrays.rule;
    this.weightCount = parameters.length / 4;
    // Renderers in software read a texture faster than a block at a place that they do not know beforehand.
    this.inTextures = 4 * parameters.length > gl.getParameter(gl.MAX_UNIFORM_BLOCK_SIZE) || /SwiftShader|llvmpipe|Software/i.test(rendererOf(gl));
    this.parameters = [parameters, this.arrays.graft ?? parameters].map((values) => this.parameterStore(values));
  }

  /** The weights of edges, where frames turn by an angle in degrees: a picture counterclockwise as it is looked at. */
  turn(degrees) {
    const { gl } = this, { orders, differences, perception } = this.rule, { edges } = this, weights = this.arrays.weights.slice();
    const operators = edgedOperators(perception), [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    this.turned = degrees;
    operators.forEach(({ text }, k) => {
      const across = operators.findIndex((other) => text.endsWith(" u") && other.text === text.replace(/u$/, "v"));
      for (let edge = 0; degrees !== 0 && across >= 0 && edge < edges; edge++) {
        const [u, v] = [weights[k * edges + edge], weights[across * edges + edge]];
        [weights[k * edges + edge], weights[across * edges + edge]] = [cos * u - sin * v, sin * u + cos * v];
      }
    });

    // Under difference messages a cell's own share is less the sum of its edges' weights.
    const edgeRows = Math.max(1, Math.ceil(edges / (1 << EDGE_BITS)));
    const layers = Math.max(1, Math.ceil(orders.length / 4)), edgeLayer = edgeRows << EDGE_BITS, cellLayer = this.width * this.height;
    const ofEdges = new Float32Array(4 * layers * edgeLayer), ofSelf = new Float32Array(4 * layers * cellLayer);
    orders.forEach((_, k) => {
      const lane = k % 4, layer = k >> 2;
      for (let edge = 0; edge < edges; edge++) ofEdges[4 * (layer * edgeLayer + edge) + lane] = weights[k * edges + edge];
      if (!differences[k]) return;
      for (let cell = 0; cell < this.cells; cell++) {
        let sum = 0;
        for (let edge = this.start[cell]; edge < this.start[cell + 1]; edge++) sum -= weights[k * edges + edge];
        ofSelf[4 * (layer * cellLayer + cell) + lane] = sum;
      }
    });
    const layered = (width, height, values) => texture(gl, gl.TEXTURE_2D_ARRAY, () =>
      gl.texImage3D(gl.TEXTURE_2D_ARRAY, 0, gl.RGBA32F, width, height, layers, 0, gl.RGBA, gl.FLOAT, values));
    for (const old of [this.edgeWeights, this.selfWeights]) if (old) discard(gl, old);
    this.edgeWeights = layered(1 << EDGE_BITS, edgeRows, ofEdges);
    this.selfWeights = layered(this.width, this.height, ofSelf);
  }

  parameterStore(values) {
    const { gl } = this;
    if (this.inTextures) {
      const rows = Math.ceil(values.length / 4096), padded = new Float32Array(4096 * rows);
      padded.set(values);
      return this.flat(gl.RGBA32F, gl.RGBA, gl.FLOAT, 1024, rows, padded);
    }
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.UNIFORM_BUFFER, buffer);
    gl.bufferData(gl.UNIFORM_BUFFER, values, gl.STATIC_DRAW);
    return buffer;
  }

  /** Other parameters for the rule, from the next step on. */
  changeRule(values) {
    const { gl } = this, old = this.parameters[0];
    this.parameters[0] = this.parameterStore(values);
    this.arrays.rule = values;
    if (this.inTextures) discard(gl, old);
    else gl.deleteBuffer(old);
  }

  flat(internal, format, type, width, height, values) {
    const { gl } = this;
    return texture(gl, gl.TEXTURE_2D, () => gl.texImage2D(gl.TEXTURE_2D, 0, internal, width, height, 0, format, type, values));
  }

  /** A number of each cell. */
  map(values) {
    const { gl } = this, padded = new Float32Array(this.width * this.height);
    padded.set(values);
    return this.flat(gl.R32F, gl.RED, gl.FLOAT, this.width, this.height, padded);
  }

  refill(map, values) {
    const { gl } = this, padded = new Float32Array(this.width * this.height);
    padded.set(values);
    gl.activeTexture(gl.TEXTURE0 + 15);
    gl.bindTexture(gl.TEXTURE_2D, map);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, this.width, this.height, gl.RED, gl.FLOAT, padded);
  }

  /** Compiles what draws; the picture is there before the rest is ready. */
  compile() {
    const { gl } = this, { quad, ...texts } = description.shaders, surface = ["mesh", "points"].includes(description.scene.kind);
    const defines = this.inTextures ? "#define WEIGHTS_IN_TEXTURES\n" : `#define WEIGHTS ${this.weightCount}\n`;
    const program = (fragment) => new Program(gl, quad, texts[fragment], defines);
    const drawing = surface ? { surface: new Program(gl, texts.surface, texts.lit, defines) } : { picture: program("picture") };
    this.programs = drawing;
    this.link(drawing);
    this.stepping = Object.fromEntries(["step", "mask", "brush", ...(this.rule.gate ? ["settle"] : [])].map((name) => [name, program(name)]));
  }

  link(programs) {
    for (const one of Object.values(programs)) one.ready().set({ cells: ["1i", this.cells], cellBits: ["1i", this.bits] });
  }

  /** Waits for what steps. */
  async ready() {
    const { gl } = this, parallel = gl.getExtension("KHR_parallel_shader_compile");
    const waits = () => parallel && Object.values(this.stepping).some(({ handle }) => !gl.getProgramParameter(handle, parallel.COMPLETION_STATUS_KHR));
    do await new Promise((resolve) => setTimeout(resolve, 10));
    while (waits());
    if (!this.arrays.weights) {
      this.arrays.weights = this.arrays.weigh();
      this.turn(0);
    }
    this.link(this.stepping);
    Object.assign(this.programs, this.stepping);
  }

  /** Gives back what this and its states hold, before another world takes the canvas. */
  free() {
    const { gl } = this;
    for (const handle of gl.kept) discard(gl, handle);
    for (const program of Object.values({ ...this.programs, ...this.stepping })) gl.deleteProgram(program.handle);
  }

  bind(sampler, target, handle) {
    this.gl.activeTexture(this.gl.TEXTURE0 + unitOf(sampler));
    this.gl.bindTexture(target, handle);
  }

  /** The state that the rule starts from: [cells x channels]. */
  startState(seed) {
    const state = new Float32Array(this.cells * this.channels), [kind, amplitude] = this.rule.start.split(":");
    if (kind === "seed") {
      state.fill(1, description.graph.middle * this.channels + Math.min(3, this.channels - 1), (description.graph.middle + 1) * this.channels);
    } else if (kind === "noise") {
      const factor = Math.fround(Number(amplitude));
      uniforms(keyOf(seed, 0x5eed), state.length).forEach((value, at) => (state[at] = Math.fround(value) * factor));
    }
    return state;
  }
}

/** A state of the world that is stepped, painted on, read and written. */
class Automaton {
  constructor(world, seed) {
    Object.assign(this, { world, gl: world.gl, seed });
    this.settings = { fireRate: world.rule.fireRate, timeStep: world.rule.timeStep, spacing: world.rule.spacing, orientation: 0 };
    this.states = Array.from({ length: world.rule.gate ? 3 : 2 }, () => this.newState());
    this.none = world.map([]);
    this.graft = this.freeze = null;
    this.restart();
  }

  newState() {
    const { gl, world } = this;
    const handle = texture(gl, gl.TEXTURE_2D_ARRAY, () =>
      gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, world.half ? gl.RGBA16F : gl.RGBA32F, world.width, world.height, world.texels));
    const frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    const buffers = [];
    for (let layer = 0; layer < world.texels; layer++) {
      buffers.push(gl.COLOR_ATTACHMENT0 + layer);
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, buffers[layer], handle, 0, layer);
    }
    gl.drawBuffers(buffers);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) throw new Error("This GPU cannot draw into textures of such numbers.");
    return { handle, frame };
  }

  free() {
    for (const { handle, frame } of this.states) {
      discard(this.gl, handle);
      this.gl.deleteFramebuffer(frame);
    }
  }

  /** Other settings, from the next step on. */
  change(settings) {
    Object.assign(this.settings, settings);
    if (this.settings.orientation !== this.world.turned) this.world.turn(this.settings.orientation);
  }

  /** The start, at step 0. */
  restart() {
    this.stepNumber = 0;
    this.write(this.world.startState(this.seed));
  }

  get state() { return this.states[0]; }

  bindState() { this.world.bind("state", this.gl.TEXTURE_2D_ARRAY, this.state.handle); }

  bindMaps() {
    this.world.bind("grafted", this.gl.TEXTURE_2D, this.graft?.map ?? this.none);
    this.world.bind("frozen", this.gl.TEXTURE_2D, this.freeze?.map ?? this.none);
  }

  draw(into) {
    const { gl, world } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, into.frame);
    gl.viewport(0, 0, world.width, world.height);
    gl.disable(gl.DEPTH_TEST);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  step() {
    const { gl, world, settings } = this, { rule, programs } = world;
    const [state, moved, next] = this.states, freezing = ["1i", this.freeze ? 1 : 0];
    this.bindState();
    this.bindMaps();
    world.bind("rows", gl.TEXTURE_2D, world.rows);
    world.bind("neighbours", gl.TEXTURE_2D, world.neighbourTexture);
    world.bind("edgeWeights", gl.TEXTURE_2D_ARRAY, world.edgeWeights);
    world.bind("selfWeights", gl.TEXTURE_2D_ARRAY, world.selfWeights);
    if (world.inTextures) {
      world.bind("ruleWeights", gl.TEXTURE_2D, world.parameters[0]);
      world.bind("graftWeights", gl.TEXTURE_2D, world.parameters[1]);
    } else {
      world.parameters.forEach((buffer, at) => gl.bindBufferBase(gl.UNIFORM_BUFFER, at, buffer));
    }
    programs.step.set({
      key: ["2ui", ...halves(firingKey(this.seed, this.stepNumber))],
      rate: ["1i", rate65536(settings.fireRate)],
      timeStep: ["1f", settings.timeStep],
      keep: ["1f", rule.keep],
      bound: ["1f", rule.bound ?? 0],
      grafting: ["1i", this.graft ? 1 : 0],
      freezing,
    });
    if (rule.orders.length > 0) programs.step.set({ scales: ["1fv", rule.orders.map((order) => (rule.spacing / settings.spacing) ** order)] });
    this.draw(moved);
    if (rule.gate) {
      world.bind("moved", gl.TEXTURE_2D_ARRAY, moved.handle);
      programs.settle.set({ gateChannel: ["1i", rule.gate.channel], gateThreshold: ["1f", rule.gate.threshold], freezing });
      this.draw(next);
      this.states = [next, state, moved];
    } else {
      this.states = [moved, state];
    }
    this.stepNumber++;
  }

  /** Lets a tool act on each cell as far as its weight says; the key is that of noise. */
  paint(tool, weights, channel, value, key) {
    const { gl, world } = this, [state, next, ...rest] = this.states;
    this.dab ??= world.map([]);
    world.refill(this.dab, weights);
    this.bindState();
    world.bind("dab", gl.TEXTURE_2D, this.dab);
    world.programs.brush.set({ tool: ["1i", tool], channel: ["1i", channel], channels: ["1i", world.channels], value: ["1f", value], key: ["2ui", ...halves(key)] });
    this.draw(next);
    this.states = [next, state, ...rest];
  }

  /** Gives the graft's shares or the frozen cells, or null for none. */
  setMap(name, values) {
    const old = this[name];
    if (values === null) {
      if (old) discard(this.gl, old.map);
      this[name] = null;
    } else if (old) {
      this.world.refill(old.map, values);
      old.values = values;
    } else {
      this[name] = { map: this.world.map(values), values };
    }
  }

  /** A copy of the state in the GPU's memory. */
  copy() {
    const kept = this.newState();
    this.copyInto(kept, this.state);
    return kept;
  }

  restore(kept) { this.copyInto(this.state, kept); }

  copyInto(target, source) {
    const { gl, world } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, source.frame);
    gl.activeTexture(gl.TEXTURE0 + 15);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, target.handle);
    for (let layer = 0; layer < world.texels; layer++) {
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
      gl.copyTexSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, 0, 0, world.width, world.height);
    }
  }

  /** The state [cells x channels]. */
  read() {
    const { gl, world } = this, state = new Float32Array(world.cells * world.channels), texels = new Float32Array(4 * world.width * world.height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.state.frame);
    for (let layer = 0; layer < world.texels; layer++) {
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
      gl.readPixels(0, 0, world.width, world.height, gl.RGBA, gl.FLOAT, texels);
      const lanes = Math.min(4, world.channels - 4 * layer);
      for (let cell = 0; cell < world.cells; cell++)
        for (let lane = 0; lane < lanes; lane++) state[cell * world.channels + 4 * layer + lane] = texels[4 * cell + lane];
    }
    return state;
  }

  write(values) {
    const { gl, world } = this, texels = new Float32Array(4 * world.width * world.height * world.texels);
    for (let cell = 0; cell < world.cells; cell++)
      for (let channel = 0; channel < world.channels; channel++)
        texels[4 * ((channel >> 2) * world.width * world.height + cell) + (channel & 3)] = values[cell * world.channels + channel];
    gl.activeTexture(gl.TEXTURE0 + 15);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.state.handle);
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, 0, world.width, world.height, world.texels, gl.RGBA, gl.FLOAT, texels);
  }

  /** Who fires in 32 steps from a step on: a bit a step, [cells]. */
  masks(first) {
    const { gl, world } = this;
    if (!this.maskTarget) {
      const handle = world.flat(gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, world.width, world.height, null);
      const frame = gl.createFramebuffer();
      gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, handle, 0);
      this.maskTarget = { handle, frame };
    }
    const keys = Array.from({ length: 32 }, (_, at) => halves(firingKey(this.seed, first + at))).flat();
    world.programs.mask.set({ keys: ["2uiv", new Uint32Array(keys)], rate: ["1i", rate65536(this.settings.fireRate)] });
    this.draw(this.maskTarget);
    const bytes = new Uint8Array(4 * world.width * world.height);
    gl.readBuffer(gl.COLOR_ATTACHMENT0);
    gl.readPixels(0, 0, world.width, world.height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    return new Uint32Array(bytes.buffer, 0, world.cells);
  }
}
