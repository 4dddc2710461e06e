// The studio: orders trainings, and shows what the server knows of them. All that lasts is the server's; what is shown stands in the address.

const element = (id) => document.getElementById(id);
const token = new URLSearchParams(location.search).get("token") ?? "";
const address = (path, query = {}) => `${path}?${new URLSearchParams({ token, ...query })}`;
const NOTES = {
  texture: "A rule that paints any graph like the picture.",
  grow: "A picture that grows from one cell.",
  persist: "A picture that grows and stays.",
  regenerate: "A picture that grows, stays and heals.",
};
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

function say(text, wrong = false) {
  element("message").textContent = text;
  element("message").classList.toggle("wrong", wrong);
}

/** What the server answers; its sentence as an error where it refuses. */
async function ask(path, query, options) {
  const answer = await fetch(address(path, query), options);
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? `The studio answers ${answer.status}.`);
}

const tell = (work) => async (...given) => {
  try {
    await work(...given);
  } catch (error) {
    say(error.message, true);
  }
};

const make = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const button = (text, act, properties = {}) => {
  const made = make("button", { textContent: text, type: "button", ...properties });
  made.addEventListener("click", tell(act));
  return made;
};

/** A view of a rule: the viewer's own page in a frame, whose rule is exchanged as a training goes on. */
class Pane {
  constructor(id) {
    Object.assign(this, { root: element(id), key: "", iteration: -1, rules: 0 });
  }

  /** Shows "run:ID", "model:NAME" or "file:NAME" on a graph, or nothing. */
  show(what, graph) {
    const key = `${what ?? ""} ${graph ?? ""}`;
    if (key === this.key) return;
    Object.assign(this, { key, what, graph, iteration: -1, rules: 0, frame: null });
    delete this.root.dataset.iteration;
    delete this.root.dataset.rules;
    if (!what) {
      this.root.replaceChildren(make("p", { className: "empty", textContent: "Choose a picture, a recipe and Start. Or show a rule that ships." }));
      return;
    }
    const [kind, name] = [what.slice(0, what.indexOf(":")), what.slice(what.indexOf(":") + 1)];
    this.run = kind === "run" ? name : null;
    this.title = make("span");
    const on = make("input", { value: graph ?? "", placeholder: "its own graph", title: "The graph on which it is shown" });
    on.setAttribute("list", "graphs");
    on.addEventListener("change", () => view({ [this.slot]: what, [`${this.slot}-graph`]: on.value.trim() || undefined }));
    this.frame = make("iframe", { title: name });
    this.frame.addEventListener("load", () => this.loaded());
    this.frame.src = `${address("view", { [kind]: name, ...(graph ? { graph } : {}) })}#bare`;
    this.root.replaceChildren(
      make("header", {}, make("strong", { textContent: name }), this.title, on,
        button("Tools", () => this.frame.contentDocument.body.classList.toggle("bare"), { title: "Brushes and controls" }),
        button("Close", () => view({ [this.slot]: undefined, [`${this.slot}-graph`]: undefined }))),
      this.frame);
  }

  /** A page that could not be made says why. */
  loaded() {
    const text = this.frame.contentDocument?.contentType === "application/problem+json" ? this.frame.contentDocument.body.textContent : null;
    if (!text) return;
    let sentence = text;
    try { sentence = JSON.parse(text).detail; } catch { /* as it stands */ }
    this.frame.replaceWith(make("p", { className: "empty", textContent: sentence }));
    this.frame = null;
  }

  get viewer() { return this.frame?.contentWindow?.garyMesh; }

  /** The latest rule of its run, where the page has an older one. */
  async refresh(run) {
    if (!run) return;
    this.title.textContent = `${run.state}, ${run.iteration.toLocaleString("en")} of ${run.iterations.toLocaleString("en")}`;
    const viewer = this.viewer;
    if (!viewer || run.iteration === this.iteration) return;
    const answer = await ask(`api/runs/${run.id}/rule`, { after: this.iteration });
    if (answer.status === 204 || viewer !== this.viewer) return;
    this.iteration = Number(answer.headers.get("X-Iteration"));
    viewer.takeRule(new Float32Array(await answer.arrayBuffer()));
    // What an early rule let die no later one brings back.
    if (run.order.recipe !== "texture" && viewer.automaton.stepNumber > 160) viewer.restart(viewer.automaton.seed);
    this.root.dataset.iteration = this.iteration;
    this.root.dataset.rules = ++this.rules;
  }
}

const panes = { a: Object.assign(new Pane("pane-a"), { slot: "a" }), b: Object.assign(new Pane("pane-b"), { slot: "b" }) };
let state = { runs: [], models: [], files: [], recipes: [] }, drawn = "";
const curves = new Map();

/** What is shown, as the address says: a, b, a-graph, b-graph. */
const viewed = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

function view(changes) {
  const next = { ...viewed(), ...changes };
  if (!next.a && next.b) Object.assign(next, { a: next.b, "a-graph": next["b-graph"], b: undefined, "b-graph": undefined });
  for (const [name, value] of Object.entries(next)) if (value === undefined) delete next[name];
  location.hash = new URLSearchParams(next);
  show();
}

function show() {
  const now = viewed();
  panes.a.show(now.a, now["a-graph"]);
  panes.b.show(now.b, now["b-graph"]);
  element("pane-b").hidden = !now.b;
  drawn = "";
  list();
}

const shownRuns = () => Object.values(panes).map((pane) => state.runs.find((run) => run.id === pane.run && pane.what)).filter(Boolean);

/** The lists, made anew only where they changed, so that nothing moves under a pointer. */
function list() {
  const now = JSON.stringify([state, location.hash]);
  if (now === drawn) return;
  drawn = now;
  element("folder").textContent = state.folder ?? "";
  const places = (what) => [button("Show", () => view({ a: what, "a-graph": undefined })), button("Beside", () => view({ b: what, "b-graph": undefined }), { title: "Show it beside the first" })];
  const isShown = (what) => Object.values(panes).some((pane) => pane.what === what);
  const item = (what, ...children) => make("li", { className: isShown(what) ? "shown" : "" }, ...children);
  element("runs").replaceChildren(...state.runs.toReversed().map((run) => {
    const acts = [...places(`run:${run.id}`)];
    const post = (act) => tell(async () => { await ask(`api/runs/${run.id}/${act}`, {}, { method: "POST" }); await refresh(); });
    if (["waiting", "training"].includes(run.state)) acts.push(button("Pause", post("pause"), { className: "pause" }));
    if (["paused", "failed"].includes(run.state)) acts.push(button("Resume", post("resume"), { className: "resume" }));
    acts.push(button("Save", () => make("a", { href: address(`api/runs/${run.id}/rule.npz`), download: `${run.id}.npz` }).click(), { title: "The rule as a file" }));
    const made = item(`run:${run.id}`, make("strong", { textContent: `${run.order.picture}, ${run.order.recipe}` }),
      make("p", { textContent: `${run.state}; ${run.iteration.toLocaleString("en")} of ${run.iterations.toLocaleString("en")} iterations${run.loss === null ? "" : `; loss ${Number(run.loss.toPrecision(3))}`}` }),
      make("progress", { max: run.iterations, value: run.iteration }), ...(run.message ? [make("p", { textContent: run.message })] : []), make("div", { className: "row" }, ...acts));
    Object.assign(made.dataset, { run: run.id, state: run.state });
    return made;
  }));
  element("models").replaceChildren(...state.models.map((name) => item(`model:${name}`, make("div", { className: "row" }, make("strong", { textContent: name }), ...places(`model:${name}`)))));
  element("uploads").replaceChildren(...state.files.map((name) =>
    item(`file:${name}`, make("div", { className: "row" }, make("strong", { textContent: name }), ...(name.endsWith(".npz") ? places(`file:${name}`) : [])))));
  const options = (id, names, first) => {
    const select = element(id), before = select.value;
    select.replaceChildren(...(first === undefined ? [] : [new Option(first, "")]), ...names.map((name) => new Option(name, name)));
    if ([...select.options].some((option) => option.value === before)) select.value = before;
  };
  options("recipe", state.recipes);
  options("picture", state.files.filter((name) => /\.(png|csv)$/i.test(name)));
  options("rule", state.files.filter((name) => name.endsWith(".npz")), "a new rule");
  element("graphs").replaceChildren(...["torus:64x64", "grid:64x64", "icosphere:20", "torus6:64x64", ...state.files.filter((name) => !/\.(png|npz)$/i.test(name))].map((value) => make("option", { value })));
  form();
}

function form() {
  const recipe = element("recipe").value, picture = element("picture").value;
  element("recipe-note").textContent = NOTES[recipe] ?? "";
  element("tiles-row").hidden = recipe !== "texture";
  element("rule-row").hidden = recipe === "texture";
  const source = /\.png$/i.test(picture) ? address(`files/${picture}`) : "";
  element("thumbnail").hidden = !source;
  if (source && element("thumbnail").getAttribute("src") !== source) element("thumbnail").src = source;
  element("start").disabled = !picture;
}

async function upload(files) {
  for (const file of files) {
    say(`${file.name} is added...`);
    // Names as the studio takes them.
    const name = file.name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(-80) || "file";
    const kept = await (await ask("api/files", { name }, { method: "POST", body: file })).json();
    await refresh();
    const into = { png: "picture", csv: "picture", npz: "rule" }[kept.name.split(".").pop().toLowerCase()] ?? "graph";
    element(into).value = kept.name;
    form();
    say(`${kept.name} is added.`);
  }
}

const start = tell(async () => {
  const number = (id) => (element(id).value === "" ? undefined : Number(element(id).value));
  const recipe = element("recipe").value;
  const order = {
    recipe,
    picture: element("picture").value,
    graph: element("graph").value.trim() || undefined,
    iterations: number("iterations"),
    channels: number("channels"),
    hidden: number("hidden"),
    seed: number("seed"),
    tiles: recipe === "texture" ? element("tiles").checked : undefined,
    rule: recipe === "texture" ? undefined : element("rule").value || undefined,
  };
  element("start").disabled = true;
  try {
    say("The training is prepared...");
    const run = await (await ask("api/runs", {}, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) })).json();
    say("");
    // Beside the run that is shown, for comparison.
    const now = viewed();
    await refresh();
    view(now.a?.startsWith("run:") ? { a: `run:${run.id}`, "a-graph": undefined, b: now.a, "b-graph": now["a-graph"] } : { a: `run:${run.id}`, "a-graph": undefined });
  } finally {
    form();
  }
});

/** The curves of the shown runs over one another: the loss, and its parts as thin lines. */
function draw() {
  const canvas = element("chart"), ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const pen = canvas.getContext("2d"), style = getComputedStyle(document.body), muted = style.getPropertyValue("--muted");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const runs = shownRuns(), parts = element("parts").checked, lines = [];
  runs.forEach((run, at) => {
    const curve = curves.get(run.id);
    curve?.names.forEach((name, column) => {
      if (column > 0 && !parts) return;
      lines.push({ colour: COLOURS[at], thin: column > 0, points: curve.points.map((point) => [point[0], point[1 + column]]).filter(([, value]) => value > 0) });
    });
  });
  const legend = runs.map((run, at) => {
    const mark = make("i");
    mark.style.background = COLOURS[at];
    return make("span", {}, mark, run.id);
  });
  element("legend").replaceChildren(...legend);
  const all = lines.flatMap((line) => line.points);
  element("figures").textContent = runs.map((run) => {
    const curve = curves.get(run.id), last = curve?.points.at(-1);
    return last ? `${run.id}: ${curve.names.map((name, at) => `${name} ${Number(last[1 + at].toPrecision(3))}`).join(", ")}` : "";
  }).filter(Boolean).join("; ");
  element("chart").dataset.points = all.length;
  if (all.length === 0) return;
  const logs = all.map(([, value]) => Math.log10(value)), low = Math.min(...logs) - 0.05, high = Math.max(...logs) + 0.05, most = Math.max(...all.map(([iteration]) => iteration));
  const left = 48, bottom = 18, x = (iteration) => left + (iteration / most) * (width - left - 8), y = (log) => 4 + ((high - log) / (high - low)) * (height - bottom - 8);
  pen.font = "11px system-ui, sans-serif";
  pen.strokeStyle = style.getPropertyValue("--line");
  pen.fillStyle = muted;
  for (let tick = 0; tick <= 4; tick++) {
    const log = low + ((high - low) * tick) / 4;
    pen.beginPath();
    pen.moveTo(left, y(log));
    pen.lineTo(width - 8, y(log));
    pen.stroke();
    pen.fillText(String(Number((10 ** log).toPrecision(2))), 2, y(log) + 4);
  }
  pen.fillText("1", left, height - 4);
  const end = `${most.toLocaleString("en")} iterations`;
  pen.fillText(end, width - 8 - pen.measureText(end).width, height - 4);
  for (const { colour, thin, points } of lines) {
    pen.strokeStyle = colour;
    pen.lineWidth = thin ? 0.8 : 2;
    pen.setLineDash(thin ? [3, 3] : []);
    pen.beginPath();
    points.forEach(([iteration, value], at) => (at === 0 ? pen.moveTo : pen.lineTo).call(pen, x(iteration), y(Math.log10(value))));
    pen.stroke();
  }
  pen.setLineDash([]);
}

async function refresh() {
  state = await (await ask("api/state")).json();
  list();
}

async function tick() {
  try {
    if (!document.hidden) {
      await refresh();
      for (const pane of Object.values(panes)) if (pane.what) await pane.refresh(state.runs.find((run) => run.id === pane.run));
      for (const run of shownRuns()) if (curves.get(run.id)?.at !== run.iteration) curves.set(run.id, { at: run.iteration, ...(await (await ask(`api/runs/${run.id}/curve`)).json()) });
      draw();
      if (element("message").dataset.lost) {
        delete element("message").dataset.lost;
        say("");
      }
    }
  } catch (error) {
    if (error instanceof TypeError) element("message").dataset.lost = "yes";
    say(error instanceof TypeError ? "The studio does not answer: has it been ended?" : error.message, true);
  }
  setTimeout(tick, 1000);
}

element("order").addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
for (const id of ["recipe", "picture"]) element(id).addEventListener("change", form);
element("parts").addEventListener("change", draw);
element("choose").addEventListener("click", () => element("files").click());
element("files").addEventListener("change", tell(async () => { await upload(element("files").files); element("files").value = ""; }));
document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
document.addEventListener("drop", tell(async (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  await upload(event.dataTransfer.files);
}));
window.addEventListener("hashchange", show);
show();
tick();
