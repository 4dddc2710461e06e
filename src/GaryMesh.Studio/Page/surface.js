// Graphs as the engine sees them: who sees whom, frames on a surface, and what each edge weighs, in doubles and in the engine's own order.

const vectorAt = (numbers, i) => [numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]];
/** What of a vector stands at right angles to a unit vector, and its direction. */
const rest = (n, a) => minus(a, scaled(n, dot(n, a)));
const along = (n, a) => direction(rest(n, direction(rest(n, a))));
const direction = (a) => scaled(a, 1 / Math.sqrt(dot(a, a)));
const axisOf = ([x, y, z]) => (Math.abs(x) <= Math.min(Math.abs(y), Math.abs(z)) ? [1, 0, 0] : Math.abs(y) <= Math.abs(z) ? [0, 1, 0] : [0, 0, 1]);

/** Who sees whom, by edges [a, b, a, b, ...] that are seen from both ends, in their order: { start, neighbours }. */
function rowsOf(cells, edges) {
  const start = new Int32Array(cells + 1);
  for (const end of edges) start[end + 1]++;
  for (let cell = 0; cell < cells; cell++) start[cell + 1] += start[cell];
  const next = start.slice(), neighbours = new Int32Array(edges.length);
  for (let at = 0; at < edges.length; at += 2) {
    const [a, b] = [edges[at], edges[at + 1]];
    neighbours[next[a]++] = b;
    neighbours[next[b]++] = a;
  }
  return { start, neighbours };
}

/** The sides of triangles, each once, in ascending order. */
function sidesOf(cells, faces) {
  const keys = new Float64Array(faces.length);
  for (let at = 0; at < faces.length; at++) {
    const a = faces[at], b = faces[at % 3 === 2 ? at - 2 : at + 1];
    keys[at] = Math.min(a, b) * cells + Math.max(a, b);
  }
  keys.sort();
  const sides = [];
  keys.forEach((key, at) => {
    const a = Math.floor(key / cells), b = key - a * cells;
    if (a !== b && (at === 0 || key !== keys[at - 1])) sides.push(a, b);
  });
  return sides;
}

/** Outward normals by the triangles around each vertex; what they leave open points up. */
function normalsByFaces({ places, faces }, up) {
  const sums = new Float64Array(places.length);
  for (let t = 0; t < faces.length; t += 3)
    for (let turn = 0; turn < 3; turn++) {
      const [o, p, q] = [0, 1, 2].map((k) => faces[t + ((turn + k) % 3)]);
      const a = minus(vectorAt(places, p), vectorAt(places, o)), b = minus(vectorAt(places, q), vectorAt(places, o));
      const weight = 1 / (dot(a, a) * dot(b, b));
      if (Number.isFinite(weight)) cross(a, b).forEach((x, axis) => (sums[3 * o + axis] += weight * x));
    }
  return eachCell(places.length / 3, (cell) => {
    const sum = vectorAt(sums, cell);
    return dot(sum, sum) > 0 ? direction(sum) : up;
  });
}

function eachCell(cells, vector) {
  const numbers = new Float64Array(3 * cells);
  for (let cell = 0; cell < cells; cell++) numbers.set(vector(cell), 3 * cell);
  return numbers;
}

/** Normals by the edges of each cell: of the sphere through it that its neighbours lie near. */
function normalsByEdges({ places, start, neighbours }) {
  const cells = places.length / 3, mean = (vectors) => scaled(vectors.reduce(add, [0, 0, 0]), 1 / vectors.length);
  const centre = [0, 0, 0];
  for (let at = 0; at < places.length; at++) centre[at % 3] += places[at] / cells;
  const normal = (least, vectors) => {
    let sum = [0, 0, 0];
    for (let i = 0; i < vectors.length; i++)
      for (let j = i + 1; j < vectors.length; j++) {
        const product = cross(vectors[i], vectors[j]);
        sum = dot(sum, product) < 0 ? minus(sum, product) : add(sum, product);
      }
    return Math.sqrt(dot(sum, sum)) > least * vectors.reduce((size, a) => size + dot(a, a), 0) ? direction(sum) : null;
  };
  return eachCell(cells, (cell) => {
    const inverted = [];
    for (let edge = start[cell]; edge < start[cell + 1]; edge++) {
      const offset = minus(vectorAt(places, neighbours[edge]), vectorAt(places, cell)), size = dot(offset, offset);
      if (size > 0) inverted.push(scaled(offset, 1 / size));
    }
    const middle = inverted.length > 0 ? mean(inverted) : null;
    const found = middle && (normal(0.1, inverted.map((a) => minus(a, middle))) ?? normal(1e-9, inverted));
    if (!found) throw new Error(`cell ${cell} has no normal, since its edges span no plane`);
    const outward = minus(vectorAt(places, cell), centre), height = dot(found, outward), clear = (x) => Math.abs(x) > 1e-9;
    const side = clear(height / (Math.hypot(...outward) + Number.MIN_VALUE)) ? height : clear(found[2]) ? found[2] : clear(found[1]) ? found[1] : found[0];
    return side < 0 ? scaled(found, -1) : found;
  });
}

/** Directions along a surface as complex numbers, each in its cell's own base. */
class DirectionField {
  constructor(graph, normals) {
    const { start, neighbours, places } = graph, cells = start.length - 1, edges = neighbours.length;
    Object.assign(this, { graph, normals, cells });
    this.bases = Array.from({ length: cells }, (_, cell) => {
      const n = vectorAt(normals, cell), a = along(n, axisOf(n));
      return [a, cross(n, a)];
    });
    // What takes a neighbour's coordinates to the cell's: the smallest rotation between their normals.
    this.transport = { re: new Float64Array(edges), im: new Float64Array(edges) };
    for (let cell = 0; cell < cells; cell++) {
      const n = vectorAt(normals, cell);
      for (let edge = start[cell]; edge < start[cell + 1]; edge++) {
        const other = neighbours[edge], m = vectorAt(normals, other), both = 1 + dot(n, m), [a] = this.bases[other];
        if (both < 1e-9) continue;
        const [re, im] = this.coordinates(cell, minus(a, scaled(add(n, m), dot(n, a) / both)));
        [this.transport.re[edge], this.transport.im[edge]] = [re, im];
      }
    }
    this.offset = (cell, edge) => minus(vectorAt(places, neighbours[edge]), vectorAt(places, cell));
  }

  coordinates(cell, vector) {
    const [a, b] = this.bases[cell];
    return [dot(a, vector), dot(b, vector)];
  }

  unitOrNone(size, [re, im]) {
    const length = Math.hypot(re, im);
    return length > 1e-3 * size ? [re / length, im / length] : [0, 0];
  }

  seen({ re, im }, cell) {
    const { start, neighbours } = this.graph, { transport } = this;
    let x = 0, y = 0;
    for (let edge = start[cell]; edge < start[cell + 1]; edge++) {
      const other = neighbours[edge], a = transport.re[edge], b = transport.im[edge];
      x += a * re[other] - b * im[other];
      y += a * im[other] + b * re[other];
    }
    return [x, y];
  }

  firstEdge(cell) {
    const { start } = this.graph;
    for (let edge = start[cell]; edge < start[cell + 1]; edge++) {
      const offset = this.offset(cell, edge), z = this.unitOrNone(Math.hypot(...offset), this.coordinates(cell, offset));
      if (z[0] !== 0 || z[1] !== 0) return z;
    }
    return [1, 0];
  }

  field(value) {
    const re = new Float64Array(this.cells), im = new Float64Array(this.cells);
    for (let cell = 0; cell < this.cells; cell++) [re[cell], im[cell]] = value(cell);
    return { re, im };
  }

  of(vectors) { return this.field((cell) => this.unitOrNone(Math.hypot(...vectorAt(vectors, cell)), this.coordinates(cell, vectorAt(vectors, cell)))); }

  /** A direction for the cells that have none: the mean of those that they see, from neighbour to neighbour. */
  fill(start) {
    const { graph } = this;
    const none = (field, cell) => field.re[cell] === 0 && field.im[cell] === 0;
    const waiting = (field) => field.re.reduce((count, _, cell) => count + (none(field, cell) ? 1 : 0), 0);
    let field = start;
    for (let left = waiting(field); left > 0; ) {
      const before = field;
      field = this.field((cell) => {
        if (!none(before, cell)) return [before.re[cell], before.im[cell]];
        let informed = 0;
        for (let edge = graph.start[cell]; edge < graph.start[cell + 1]; edge++) if (!none(before, graph.neighbours[edge])) informed++;
        if (informed === 0) return [0, 0];
        const mean = this.unitOrNone(informed, this.seen(before, cell));
        return mean[0] === 0 && mean[1] === 0 ? this.firstEdge(cell) : mean;
      });
      const still = waiting(field), filled = field;
      if (still === left) return this.field((cell) => (none(filled, cell) ? this.firstEdge(cell) : [filled.re[cell], filled.im[cell]]));
      left = still;
    }
    return field;
  }

  /** Plain numbers: it runs over all edges again and again. */
  smooth(field, passes) {
    const { start, neighbours } = this.graph, { cells } = this, { re: ofRe, im: ofIm } = this.transport;
    let before = field, next = { re: new Float64Array(cells), im: new Float64Array(cells) };
    if (passes > 0) before = { re: field.re.slice(), im: field.im.slice() };
    for (let pass = 0, moved = Infinity; pass < passes && moved > 1e-14; pass++) {
      const { re, im } = before;
      moved = 0;
      for (let cell = 0; cell < cells; cell++) {
        const degree = start[cell + 1] - start[cell];
        let x = degree * re[cell], y = degree * im[cell];
        for (let edge = start[cell]; edge < start[cell + 1]; edge++) {
          const other = neighbours[edge];
          x += ofRe[edge] * re[other] - ofIm[edge] * im[other];
          y += ofRe[edge] * im[other] + ofIm[edge] * re[other];
        }
        const length = Math.sqrt(x * x + y * y), turns = length > 1e-9 * degree;
        next.re[cell] = turns ? x / length : re[cell];
        next.im[cell] = turns ? y / length : im[cell];
        moved = Math.max(moved, Math.abs(next.re[cell] - re[cell]), Math.abs(next.im[cell] - im[cell]));
      }
      [before, next] = [next, before];
    }
    return before;
  }

  /** u, v = n x u and n of each cell. */
  frames({ re, im }) {
    const frames = new Float64Array(9 * this.cells);
    for (let cell = 0; cell < this.cells; cell++) {
      const [a, b] = this.bases[cell], n = vectorAt(this.normals, cell), u = add(scaled(a, re[cell]), scaled(b, im[cell]));
      frames.set([...u, ...cross(n, u), ...n], 9 * cell);
    }
    return frames;
  }
}

/** Frames in which a picture lies upright: u to the right, v down and n inwards. */
function uprightFrames(graph, normals, up) {
  const cells = graph.start.length - 1, top = direction(up);
  const outward = eachCell(cells, (cell) => direction(vectorAt(normals, cell)));
  const right = eachCell(cells, (cell) => {
    const found = cross(top, vectorAt(outward, cell));
    return Math.hypot(...found) > 1e-3 ? found : [0, 0, 0];
  });
  const field = new DirectionField(graph, outward.map((x) => -x));
  return field.frames(field.smooth(field.fill(field.of(right)), 50));
}

/** The seed's frame, carried to all cells along the shortest ways. */
function carriedFrames({ start, neighbours }, frames, middle) {
  const cells = start.length - 1, hops = new Int32Array(cells).fill(-1), order = [middle];
  hops[middle] = 0;
  for (const cell of order)
    for (let edge = start[cell]; edge < start[cell + 1]; edge++)
      if (hops[neighbours[edge]] < 0) {
        hops[neighbours[edge]] = hops[cell] + 1;
        order.push(neighbours[edge]);
      }
  const normal = (cell) => [frames[9 * cell + 6], frames[9 * cell + 7], frames[9 * cell + 8]], directions = new Float64Array(3 * cells);
  directions.set([frames[9 * middle], frames[9 * middle + 1], frames[9 * middle + 2]], 3 * middle);
  for (const cell of order.slice(1)) {
    const said = [], into = normal(cell);
    for (let edge = start[cell]; edge < start[cell + 1]; edge++) {
      const near = neighbours[edge];
      if (hops[near] !== hops[cell] - 1) continue;
      const from = normal(near), one = vectorAt(directions, near), factor = dot(one, into) / Math.max(1e-9, 1 + dot(from, into));
      said.push(minus(one, scaled(add(from, into), factor)));
    }
    directions.set(scaled(said.reduce(add, [0, 0, 0]), 1 / said.length), 3 * cell);
  }
  const carried = new Float64Array(9 * cells);
  for (let cell = 0; cell < cells; cell++) {
    const n = direction(normal(cell)), one = vectorAt(directions, cell), over = rest(n, one);
    const u = along(n, Math.hypot(...over) > 1e-6 * Math.hypot(...one) ? one : axisOf(n));
    carried.set([...u, ...cross(n, u), ...n], 9 * cell);
  }
  return carried;
}

const ratio = (part, whole) => (whole === 0 ? 0 : part / whole);
/** Halves go to the even one, as in the engine. */
const stepped = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
const sobel = (along, across) => (stepped(along) * (2 - Math.abs(stepped(across)))) / 8;
const unitAlong = (edge, axis) => edge[axis] / (Math.sqrt(edge.x * edge.x + edge.y * edge.y + edge.z * edge.z) + 1e-8);
const harmonic = (polynomial) => (edge) => polynomial(unitAlong(edge, "x"), unitAlong(edge, "y"), unitAlong(edge, "z"));

/** The engine's weights of an edge by their names. */
const WEIGHTS = {
  one: () => 1,
  cos: ({ x, y }) => ratio(x, Math.hypot(x, y)),
  sin: ({ x, y }) => ratio(y, Math.hypot(x, y)),
  x: (edge) => unitAlong(edge, "x"),
  y: (edge) => unitAlong(edge, "y"),
  z: (edge) => unitAlong(edge, "z"),
  xy: harmonic((x, y) => x * y),
  yz: harmonic((x, y, z) => y * z),
  z2: harmonic((x, y, z) => (2 * z * z - x * x - y * y) / Math.sqrt(12)),
  xz: harmonic((x, y, z) => x * z),
  "x2-y2": harmonic((x, y) => (x * x - y * y) / 2),
  u: ({ u, length }) => ratio(u, length),
  v: ({ v, length }) => ratio(v, length),
  length: ({ length, meanLength }) => ratio(length, meanLength),
  "sobel-x": ({ x, y }) => sobel(x, y),
  "sobel-y": ({ x, y }) => sobel(y, x),
  laplacian: ({ x, y }) => (stepped(x) === 0 || stepped(y) === 0 ? 2 / 16 : 1 / 16),
  weight: () => 1,
  "random-walk": ({ degree }) => 1 / degree,
  "self-loop-walk": ({ degree }) => 1 / (degree + 1),
  symmetric: ({ degree, neighbourDegree }) => 1 / Math.sqrt((degree + 1) * (neighbourDegree + 1)),
};

/** The operators of a rule that look along edges: { sum, name }. */
const edgedOperators = (perception) => perception.split("; ")[0].split(", ").filter((text) => text !== "own").map((text) => {
  const [aggregation, , name] = text.split(" ");
  return { mean: aggregation === "mean", name, text };
});

/** What each edge weighs in each operator, [operators x edges]; edges of a graph of places, frames or neither. */
function edgeWeights(rule, { start, neighbours, places, frames }) {
  const cells = start.length - 1, edges = neighbours.length, operators = edgedOperators(rule.perception), weights = new Float32Array(operators.length * edges);
  const unknown = operators.find(({ name }) => !WEIGHTS[name]);
  if (unknown) throw new Error(`the rule weighs edges by ${unknown.name}, which a page cannot work out for another graph`);
  const offset = (cell, edge, axis) => (places ? places[3 * neighbours[edge] + axis] - places[3 * cell + axis] : 0);
  const lengthOf = (cell, edge) => Math.hypot(offset(cell, edge, 0), offset(cell, edge, 1), offset(cell, edge, 2));
  let meanLength = 0;
  for (let cell = 0; cell < cells; cell++) for (let edge = start[cell]; edge < start[cell + 1]; edge++) meanLength += lengthOf(cell, edge) / edges;
  for (let cell = 0; cell < cells; cell++) {
    const degree = start[cell + 1] - start[cell];
    for (let edge = start[cell]; edge < start[cell + 1]; edge++) {
      const [x, y, z] = [0, 1, 2].map((axis) => offset(cell, edge, axis));
      const onto = (vector) => (frames ? frames[9 * cell + 3 * vector] * x + frames[9 * cell + 3 * vector + 1] * y + frames[9 * cell + 3 * vector + 2] * z : 0);
      const seen = { x, y, z, u: onto(0), v: onto(1), length: Math.hypot(x, y, z), meanLength, degree, neighbourDegree: start[neighbours[edge] + 1] - start[neighbours[edge]] };
      operators.forEach(({ mean, name }, k) => (weights[k * edges + edge] = WEIGHTS[name](seen) * (mean ? 1 / degree : 1) * rule.spacing ** -rule.orders[k]));
    }
  }
  return weights;
}

/** Whether a rule sees directions of a surface. */
const looksAlong = (rule) => edgedOperators(rule.perception).some(({ name }) => name === "u" || name === "v");

/** A surface: its rows at once, its frames and weights by `weigh`, which takes longer. */
function surfaceOf(rule, { places, faces, up, normals, carried, middle }) {
  const graph = { places: Float32Array.from(places), faces, ...rowsOf(places.length / 3, sidesOf(places.length / 3, faces)) };
  graph.weigh = () => {
    const exact = { ...graph, places };
    if (looksAlong(rule)) {
      const frames = uprightFrames(exact, normals === "edges" ? normalsByEdges(exact) : normalsByFaces(exact, up), up);
      exact.frames = carried ? carriedFrames(exact, frames, middle) : frames;
    }
    return edgeWeights(rule, exact);
  };
  return graph;
}

/** The graph of the page, from what it holds or by what it computes. */
function graphOf(arrays) {
  const { surface, rule, graph } = description;
  const faces = arrays.faces && new Uint32Array(summed(arrays.faces));
  if (surface) {
    const places = Float64Array.from(arrays.fixed, (value) => value * surface.scale);
    return { ...arrays, ...surfaceOf(rule, { ...surface, places, faces, middle: graph.middle }) };
  }
  const start = new Int32Array(graph.cells + 1), neighbours = arrays.neighbours.slice();
  arrays.degrees.forEach((degree, cell) => (start[cell + 1] = start[cell] + degree));
  for (let cell = 0; cell < graph.cells; cell++)
    for (let edge = start[cell]; edge < start[cell + 1]; edge++) neighbours[edge] += cell;
  return { ...arrays, start, neighbours, faces };
}
