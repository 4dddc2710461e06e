// The page: controls, pointer and keys, and the loop that steps and draws no faster than the GPU follows.

const element = (id) => document.getElementById(id);
const say = (text) => (element("message").textContent = text);
const shown = (value) => String(Math.round(value * 1000) / 1000);

class Page {
  constructor(world, canvas) {
    Object.assign(this, { canvas, gl: world.gl, playing: true, tool: "erase", owed: 0, fences: [], frames: 0, steps: 0, since: performance.now() });
    this.film = new Film(canvas);
    this.enter(world, BigInt(description.seed));
    this.listen();
    this.describe();
    this.resize();
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  /** Takes up a world, at its start. */
  enter(world, seed) {
    Object.assign(this, { world, dabs: 0, stroke: null });
    this.automaton = new Automaton(world, seed);
    this.painting = new Painting(this.automaton, description.scene);
    this.display = new Display(world, this.canvas);
  }

  // Controls.

  /** What is said of rule and graph, and the controls that they have. */
  describe() {
    const { rule, graph } = description, { display } = this;
    element("facts").textContent = `${graph.cells.toLocaleString("en")} cells, ${rule.channels} channels, ${rule.parameters.toLocaleString("en")} parameters`
      + (this.world.half ? "; this GPU draws 16-bit numbers only, so states are less exact" : "");
    document.querySelector("h1").textContent = `${rule.name} on ${graph.name}`;
    element("save-ply").hidden = !display.faces;
    element("orientation-row").hidden = !looksAlong(rule) || !graph.framed;
    const before = element("colouring").value;
    element("colouring").replaceChildren(...display.colourings.map((colouring, at) => new Option(colouring.name, at)));
    element("colouring").value = before || "0";
    display.colouring = display.colourings[element("colouring").value];
    this.label();
  }

  listen() {
    const { rule } = description;
    const on = (id, act) => element(id).addEventListener("click", act);
    on("play", () => this.play(!this.playing));
    on("step", () => this.stepOnce());
    on("restart", () => this.restart(this.automaton.seed));
    on("reseed", () => this.restart(BigInt(Math.floor(Math.random() * 2 ** 32))));
    on("undo", () => this.undo());
    on("save-png", () => this.savePng());
    on("save-film", async () => save("film.png", await this.film.pack(), "image/apng"));
    on("save-state", () => save("state.npz", npz("state", [this.world.cells, this.world.channels], this.automaton.read()), "application/zip"));
    on("save-ply", () => save("mesh.ply", ply(this.world, this.display, this.automaton), "text/plain"));
    on("save-session", () => save("session.json", [JSON.stringify(sessionOf(this.painting), null, 1)], "application/json"));
    const slide = (id, act) => element(id).addEventListener("input", () => {
      act(Number(element(id).value));
      this.label();
    });
    for (const name of ["fireRate", "timeStep", "spacing"]) slide(name, (value) => this.painting.set({ [name]: value }));
    // The test runs on the same weights.
    slide("orientation", (value) => (this.test ? say("The page still tests itself.") : this.painting.set({ orientation: value })));
    for (const id of ["speed", "size", "strength", "value"]) slide(id, () => {});
    slide("scale", (value) => (this.display.heatScale = 2 ** value));
    element("spacing-row").hidden = !rule.orders.some((order) => order > 0);

    element("colouring").addEventListener("change", () => {
      this.display.colouring = this.display.colourings[element("colouring").value];
      this.label();
    });
    for (let channel = 0; channel < rule.channels; channel++) element("channel").add(new Option(channel, channel));

    for (const tool of TOOLS.filter((name) => name !== "graft" || rule.graft)) {
      const button = document.createElement("button");
      Object.assign(button, { textContent: tool, id: `tool-${tool}` });
      button.setAttribute("role", "radio");
      button.addEventListener("click", () => this.choose(tool));
      element("tools").append(button);
    }
    this.choose("erase");
    this.listenPointer();
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files[0]) this.drop(event.dataTransfer.files[0]);
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  choose(tool) {
    if (!element(`tool-${tool}`)) return;
    this.tool = tool;
    for (const button of element("tools").children) button.setAttribute("aria-checked", String(button.id === `tool-${tool}`));
    element("channel-row").hidden = tool !== "paint";
    element("back-row").hidden = !["graft", "freeze"].includes(tool);
    element("value-row").hidden = !["paint", "noise"].includes(tool);
    this.label();
  }

  /** The numbers beside the controls. */
  label() {
    for (const name of ["fireRate", "timeStep", "spacing", "orientation"]) {
      element(name).value = this.automaton.settings[name];
      element(`${name}-value`).textContent = shown(this.automaton.settings[name]);
    }
    for (const id of ["size", "strength", "value"]) element(`${id}-value`).textContent = element(id).value;
    element("speed-value").textContent = this.speed < 1 ? `1/${1 / this.speed}` : `${this.speed}`;
    element("scale-value").textContent = shown(this.display.heatScale);
    element("scale-row").hidden = this.display.colouring.channel === undefined;
    element("play").textContent = this.playing ? "Pause" : "Play";
    element("undo-left").textContent = `${this.painting.undone.length} of at most ${this.painting.depth} strokes`;
    element("undo").disabled = this.painting.undone.length === 0;
  }

  /** Steps a frame. */
  get speed() { return 2 ** Number(element("speed").value); }

  play(playing) {
    this.playing = playing;
    this.label();
  }

  stepOnce() {
    this.play(false);
    this.automaton.step();
    this.steps++;
  }

  restart(seed) {
    this.painting.restart(seed);
    this.label();
  }

  undo() {
    say(this.painting.undo() ? "" : "There is no stroke to undo.");
    this.label();
  }

  savePng() {
    this.display.draw(this.automaton);
    this.canvas.toBlob((blob) => save("picture.png", [blob], "image/png"));
  }

  key(event) {
    if (event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const nudge = (id, by) => {
      element(id).value = Number(element(id).value) + by;
      element(id).dispatchEvent(new Event("input"));
    };
    const tools = [...element("tools").children].map((button) => button.textContent);
    const acts = {
      " ": () => this.play(!this.playing),
      s: () => this.stepOnce(),
      r: () => this.restart(this.automaton.seed),
      n: () => element("reseed").click(),
      z: () => this.undo(),
      "[": () => nudge("size", -1),
      "]": () => nudge("size", 1),
      "+": () => nudge("speed", 1),
      "-": () => nudge("speed", -1),
    };
    if (!(event.target instanceof HTMLInputElement)) {
      acts.ArrowLeft = () => this.display.turn(0.03, 0);
      acts.ArrowRight = () => this.display.turn(-0.03, 0);
      acts.ArrowUp = () => this.display.turn(0, 0.03);
      acts.ArrowDown = () => this.display.turn(0, -0.03);
    }
    tools.forEach((tool, at) => (acts[at + 1] = () => this.choose(tool)));
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement) event.target.blur();
    event.preventDefault();
    act();
  }

  // The pointer: a stroke, or a turn of the scene.

  listenPointer() {
    const { canvas } = this, held = new Map();
    const placeOf = (event) => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    const spread = () => {
      const [a, b] = [...held.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    const zoom = (factor) => (this.display.zoom = Math.min(20, Math.max(0.3, this.display.zoom * factor)));
    canvas.addEventListener("pointerdown", (event) => {
      const place = placeOf(event), first = held.size === 0;
      held.set(event.pointerId, place);
      canvas.setPointerCapture(event.pointerId);
      const turns = event.button === 2 || event.shiftKey || held.size > 1 || !this.display.pick(...place);
      if (turns && this.stroke && !first) this.undo();
      this.stroke = turns ? null : { to: null };
      if (this.stroke) {
        this.painting.begin();
        this.strokeTo(place);
      }
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!held.has(event.pointerId)) return;
      const place = placeOf(event), [x, y] = held.get(event.pointerId), before = held.size > 1 ? spread() : 0;
      held.set(event.pointerId, place);
      if (this.stroke) {
        this.strokeTo(place);
      } else {
        if (held.size > 1 && before > 0) zoom(spread() / before);
        this.display.turn((place[0] - x) / held.size, (place[1] - y) / held.size);
      }
    });
    const end = (event) => {
      held.delete(event.pointerId);
      this.stroke = null;
      this.label();
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 600));
    }, { passive: false });
  }

  strokeTo(place) {
    const at = this.display.pick(...place), last = this.stroke.to;
    if (!at) return;
    const radius = Number(element("size").value) * (this.world.arrays.places ? this.display.unit : 1);
    // A dab each third of the radius is enough.
    if (last && Math.hypot(...minus(at, last)) < radius / 3 && this.tool !== "noise") return;
    this.stroke.to = at;
    this.dab(this.tool, at, radius);
  }

  dab(tool, at, radius) {
    const strength = Number(element("strength").value);
    const value = ["paint", "noise"].includes(tool) ? Number(element("value").value) : element("back").checked ? 0 : 1;
    const dab = { tool, at, radius: tool === "seed" ? Math.max(radius, this.display.unit ?? 1) : radius, strength };
    if (tool === "paint") dab.channel = Number(element("channel").value);
    if (tool !== "erase" && tool !== "seed") dab.value = value;
    if (tool === "noise") dab.key = String(subkey(keyOf(this.automaton.seed, 0xb2a5), this.dabs++));
    this.painting.dab(dab);
  }

  /** A rule file in place of the rule, or a mesh or list of edges in place of the graph. */
  async drop(file) {
    try {
      if (this.test) throw new Error("the page is still testing itself");
      if (/\.npz$/i.test(file.name)) await this.dropRule(file);
      else await this.dropGraph(file);
      say("");
    } catch (error) {
      say(`${file.name} cannot be run here: ${error.message}.`);
    }
    this.label();
  }

  /** The state stays as it is. */
  async dropRule(file) {
    const entries = await readNpz(await file.arrayBuffer()), packed = packedRule(entries), picture = pictureOf(entries), { rule } = description;
    this.world.changeRule(packed);
    this.painting.forget();
    this.painting.events.push({ step: this.automaton.stepNumber, tool: "rule", name: file.name });
    if (picture && rule.pictures[0]?.mean) rule.pictures[0] = { ...picture, name: rule.pictures[0].name };
    const settings = {};
    for (const [name, entry] of [["fireRate", "fire_rate"], ["timeStep", "time_step"]]) if (entries[entry]) settings[name] = entries[entry].values[0];
    this.painting.set(settings);
    rule.name = file.name;
    this.describe();
  }

  /** The rule as it is by now runs on the file's cells, from its start. */
  async dropGraph(file) {
    const arrays = droppedGraph(file.name, await file.arrayBuffer()), { rule, graft } = this.world.arrays, { automaton, gl, world } = this;
    const next = { ...automaton.settings, orientation: 0 };
    Object.assign(description, {
      graph: { name: file.name, cells: arrays.start.length - 1, edges: arrays.neighbours.length, middle: 0, framed: Boolean(arrays.places) && looksAlong(description.rule) },
      scene: sceneOf(arrays),
      words: { ...description.words, graph: file.name, up: "y" },
      seed: String(automaton.seed),
    });
    this.busy = true;
    try {
      this.painting.forget();
      world.free();
      const entered = new World(gl, { ...arrays, rule, graft }, world.half);
      await entered.ready();
      this.enter(entered, automaton.seed);
      this.painting.set(next);
      this.describe();
      this.resize();
    } finally {
      this.busy = false;
    }
  }

  /** The parameters of a rule in training, as shaders read them. */
  takeRule(packed) {
    this.world.changeRule(packed);
    this.painting.events.push({ step: this.automaton.stepNumber, tool: "rule", name: description.rule.name });
  }

  // The loop.

  resize() {
    const { canvas } = this, ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    const rgb = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g) ?? [255, 255, 255];
    this.display.page = rgb.slice(0, 3).map((value) => Number(value) / 255);
    if (!this.busy) this.display.draw(this.automaton);
  }

  /** Whether the GPU has done what was asked of it before the last frame. */
  caughtUp() {
    const { gl } = this;
    while (this.fences.length > 0) {
      if (gl.clientWaitSync(this.fences[0], 0, 0) === gl.TIMEOUT_EXPIRED) break;
      gl.deleteSync(this.fences.shift());
    }
    return this.fences.length < 2;
  }

  frame() {
    requestAnimationFrame(() => this.frame());
    if (document.hidden || this.busy || !this.caughtUp()) return;
    if (this.test) this.advanceTest();
    if (this.playing) {
      for (this.owed += this.speed; this.owed >= 1; this.owed--, this.steps++) this.automaton.step();
    }
    this.display.draw(this.automaton);
    this.film.take(performance.now());
    this.frames++;
    this.fences.push(this.gl.fenceSync(this.gl.SYNC_GPU_COMMANDS_COMPLETE, 0));
    this.gl.flush();
    this.count();
  }

  count() {
    const now = performance.now(), seconds = (now - this.since) / 1000;
    if (seconds < 1) return;
    element("figures").textContent = `step ${this.automaton.stepNumber.toLocaleString("en")}; ${(this.frames / seconds).toFixed(0)} frames/s, ${(this.steps / seconds).toFixed(1)} steps/s; `
      + `${((description.rule.multiplyAdds * this.world.cells * this.automaton.settings.fireRate) / 1e6).toFixed(1)} M multiply-adds a step`;
    Object.assign(this, { since: now, frames: 0, steps: 0 });
  }

  advanceTest() {
    const { test } = this;
    for (let at = 0; at < 2 && !test.done; at++) test.advance();
    element("self-test").textContent = `Self-test: step ${test.automaton.stepNumber} of ${test.expected.steps}`;
    if (!test.done) return;
    const result = test.result();
    document.documentElement.setAttribute("data-self-test", JSON.stringify(result));
    const difference = result.max_difference === null ? "not finite" : result.max_difference.toExponential(1);
    element("self-test").textContent = `Self-test after ${result.steps} steps: firing ${result.masks_equal ? "equal" : "NOT equal"}, largest difference from the engine ${difference} in `
      + `${result.cells_compared.toLocaleString("en")} of ${result.cells.toLocaleString("en")} cells (${result.precision}, ${result.renderer})`;
    this.test = null;
  }
}

async function open() {
  const canvas = element("canvas");
  const gl = canvas.getContext("webgl2", { antialias: true, alpha: false });
  if (!gl) throw new Error("This browser has no WebGL 2.");
  const wanted = new URLSearchParams(location.hash.slice(1));
  const full = !wanted.has("half") && gl.getExtension("EXT_color_buffer_float");
  if (!full && !gl.getExtension("EXT_color_buffer_half_float") && !gl.getExtension("EXT_color_buffer_float"))
    throw new Error("This GPU draws no numbers of 16 or 32 bits.");
  const world = new World(gl, graphOf(await readArrays()), !full);
  const page = new Page(world, canvas);
  document.documentElement.setAttribute("data-first-picture", performance.now().toFixed(0));
  if (wanted.has("pause")) page.play(false);
  document.body.classList.toggle("bare", wanted.has("bare"));
  await world.ready();
  if (description.test) page.test = new SelfTest(world);
  window.garyMesh = page;
  requestAnimationFrame(() => page.frame());
}

open().catch((error) => {
  say(error.message);
  document.documentElement.setAttribute("data-error", error.message);
});
