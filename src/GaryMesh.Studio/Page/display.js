// What the viewer sees: the lattice, ring, mesh or points of the scene in the colours of the state, and which place of it lies under a pointer.

const add = (a, b) => a.map((x, i) => x + b[i]);
const scaled = (a, factor) => a.map((x) => factor * x);
const minus = (a, b) => a.map((x, i) => x - b[i]);
const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (a) => scaled(a, 1 / (Math.hypot(...a) || 1));

class Display {
  constructor(world, canvas) {
    Object.assign(this, { world, canvas, gl: world.gl, scene: description.scene, yaw: 0.6, pitch: 0.35, zoom: 1 });
    this.colouring = this.colourings[0];
    this.heatScale = 1;
    if (world.arrays.places) this.measure();
    if (world.programs.surface) this.uploadSurface();
  }

  /** The pictures that a rule paints, then each channel as a heat map. */
  get colourings() {
    const rule = description.rule;
    return [
      ...rule.pictures.map((picture, at) => ({ name: picture.name, picture: at })),
      ...Array.from({ length: rule.channels }, (_, channel) => ({ name: `channel ${channel}`, channel })),
    ];
  }

  measure() {
    const places = this.world.arrays.places;
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (let at = 0; at < places.length; at++) {
      low[at % 3] = Math.min(low[at % 3], places[at]);
      high[at % 3] = Math.max(high[at % 3], places[at]);
    }
    this.middle = scaled(add(low, high), 0.5);
    this.radius = 0;
    for (let at = 0; at < places.length; at += 3)
      this.radius = Math.max(this.radius, Math.hypot(...this.middle.map((middle, axis) => places[at + axis] - middle)));
    this.radius ||= 1;
    const { cells, start, neighbours } = this.world;
    let length = 0, count = 0;
    for (let cell = 0; cell < cells; cell++)
      for (let edge = start[cell]; edge < start[cell + 1]; edge++, count++) {
        const a = 3 * cell, b = 3 * neighbours[edge];
        length += Math.hypot(places[a] - places[b], places[a + 1] - places[b + 1], places[a + 2] - places[b + 2]);
      }
    /** The distance of neighbours: what a brush's size is counted in. */
    this.unit = count > 0 && length > 0 ? length / count : this.radius / 10;
  }

  uploadSurface() {
    const { gl, world } = this, places = world.arrays.places;
    this.normals = new Float32Array(places.length);
    if (world.arrays.faces) {
      this.faces = world.arrays.faces;
      const at = (vertex) => [places[3 * vertex], places[3 * vertex + 1], places[3 * vertex + 2]];
      for (let face = 0; face < this.faces.length; face += 3) {
        const corners = [0, 1, 2].map((corner) => this.faces[face + corner]), [a, b, c] = corners.map(at);
        // As long as twice the triangle's area, so that large ones count more.
        const normal = cross(minus(b, a), minus(c, a));
        for (const corner of corners) normal.forEach((x, axis) => (this.normals[3 * corner + axis] += x));
      }
    }
    this.shape = gl.createVertexArray();
    gl.bindVertexArray(this.shape);
    const program = world.programs.surface.handle;
    for (const [name, values] of [["position", places], ["normal", this.normals]]) {
      const place = gl.getAttribLocation(program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      if (place < 0) continue;
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 0, 0);
    }
    if (this.faces) {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, this.faces, gl.STATIC_DRAW);
    }
    gl.bindVertexArray(null);
  }

  /** Right, up and towards the viewer. */
  get axes() {
    const [sinY, cosY, sinP, cosP] = [Math.sin(this.yaw), Math.cos(this.yaw), Math.sin(this.pitch), Math.cos(this.pitch)];
    const towards = [sinY * cosP, sinP, cosY * cosP];
    const right = [cosY, 0, -sinY];
    return { right, up: cross(towards, right), towards };
  }

  get aspect() { return this.canvas.width / this.canvas.height; }

  /** The camera's place and how far it sees to either side at distance 1. */
  get eye() {
    const { towards } = this.axes, half = 0.36 * Math.max(1, 1 / this.aspect);
    return { place: add(this.middle, scaled(towards, (this.radius * 3.1) / this.zoom)), half };
  }

  get camera() {
    const { right, up, towards } = this.axes, { place } = this.eye;
    const focus = 1 / (0.36 * Math.max(1, 1 / this.aspect)), near = this.radius * 0.02, far = this.radius * 60;
    const depth = (near + far) / (near - far), shift = (2 * near * far) / (near - far);
    const rows = [
      scaled([...right, -dot(right, place)], focus / this.aspect),
      scaled([...up, -dot(up, place)], focus),
      [...scaled(towards, depth), -dot(towards, place) * depth + shift],
      [...scaled(towards, -1), dot(towards, place)],
    ];
    return new Float32Array([0, 1, 2, 3].flatMap((column) => rows.map((row) => row[column])));
  }

  /** Where a picture stands on the canvas: left, top, width and height in parts of it. */
  get frame() {
    const { kind, width, height } = this.scene, wanted = kind === "ring" ? 1 : width / Math.max(height, width / 12);
    const [w, h] = wanted > this.aspect ? [1, this.aspect / wanted] : [wanted / this.aspect, 1];
    return [(1 - w) / 2, (1 - h) / 2, w, h];
  }

  colours(automaton) {
    const { rule } = description, { colouring, world } = this;
    const forms = [rule.pictures, rule.graftPictures ?? rule.pictures].map((pictures) => pictures[colouring.picture ?? 0]);
    const mean = [], basis = [];
    for (const form of forms) {
      mean.push(...(form?.mean ?? [0, 0, 0]));
      for (let texel = 0; texel < world.texels; texel++)
        for (let colour = 0; colour < 3; colour++)
          for (let lane = 0; lane < 4; lane++) basis.push(form?.basis?.[colour][4 * texel + lane] ?? 0);
    }
    const kind = colouring.channel !== undefined ? 2 : forms[0].mean ? 0 : 1;
    return {
      colouring: ["1i", kind],
      shown: ["1i", colouring.channel ?? 0],
      heatScale: ["1f", this.heatScale],
      mean: ["3fv", mean],
      basis: ["4fv", basis],
      grafting: ["1i", automaton.graft ? 1 : 0],
    };
  }

  draw(automaton) {
    const { gl, world, canvas, scene } = this, [red, green, blue] = this.page ?? [1, 1, 1];
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(red, green, blue, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    automaton.bindState();
    automaton.bindMaps();
    if (!world.programs.surface) {
      world.programs.picture.set({
        ...this.colours(automaton),
        lattice: ["2i", scene.width ?? 1, scene.height ?? 1],
        view: ["4f", ...this.frame],
        ring: ["1i", scene.kind === "ring" ? 1 : 0],
        page: ["3f", red, green, blue],
      });
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      return;
    }
    const { right, up, towards } = this.axes;
    world.programs.surface.set({
      ...this.colours(automaton),
      camera: ["Matrix4fv", false, this.camera],
      light: ["3f", ...unit(add(towards, add(scaled(right, -0.4), scaled(up, 0.5))))],
      points: ["1i", this.faces ? 0 : 1],
      pointSize: ["1f", Math.max(3, (canvas.height * this.unit * this.zoom) / this.radius / 2.2)],
    });
    gl.enable(gl.DEPTH_TEST);
    gl.bindVertexArray(this.shape);
    if (this.faces) gl.drawElements(gl.TRIANGLES, this.faces.length, gl.UNSIGNED_INT, 0);
    else gl.drawArrays(gl.POINTS, 0, world.cells);
    gl.bindVertexArray(null);
  }

  /** The place of the scene under a point of the canvas (in parts of it): column and row on a lattice, x, y, z elsewhere; null beside it. */
  pick(x, y) {
    const { scene } = this;
    if (this.world.programs.surface) return this.pickSurface(x, y);
    const [left, top, width, height] = this.frame, at = [(x - left) / width, (y - top) / height];
    if (scene.kind === "ring") {
      const about = [2 * at[0] - 1, 1 - 2 * at[1]], radius = Math.hypot(...about);
      return radius > 0.5 && radius < 1.1 ? [about[0] / radius, about[1] / radius, 0] : null;
    }
    return at.every((part) => part >= 0 && part < 1) ? [at[0] * scene.width - 0.5, at[1] * scene.height - 0.5, 0] : null;
  }

  pickSurface(x, y) {
    const { right, up, towards } = this.axes, { place, half } = this.eye, places = this.world.arrays.places;
    const ray = unit(add(scaled(towards, -1), add(scaled(right, (2 * x - 1) * half * this.aspect), scaled(up, (1 - 2 * y) * half))));
    const at = (vertex) => [places[3 * vertex], places[3 * vertex + 1], places[3 * vertex + 2]];
    let nearest = Infinity, best = null;
    if (!this.faces) {
      // The point nearest to the ray.
      for (let cell = 0; cell < this.world.cells; cell++) {
        const to = minus(at(cell), place), along = dot(to, ray), off = Math.hypot(...minus(to, scaled(ray, along)));
        if (off < nearest) [nearest, best] = [off, at(cell)];
      }
      return nearest < 2 * this.unit ? best : null;
    }
    // Moeller and Trumbore, with plain numbers: it runs over all triangles.
    const [rx, ry, rz] = ray, [ox, oy, oz] = place, faces = this.faces;
    for (let face = 0; face < faces.length; face += 3) {
      const a = 3 * faces[face], b = 3 * faces[face + 1], c = 3 * faces[face + 2];
      const ax = places[a], ay = places[a + 1], az = places[a + 2];
      const ux = places[b] - ax, uy = places[b + 1] - ay, uz = places[b + 2] - az, vx = places[c] - ax, vy = places[c + 1] - ay, vz = places[c + 2] - az;
      const px = ry * vz - rz * vy, py = rz * vx - rx * vz, pz = rx * vy - ry * vx;
      const determinant = ux * px + uy * py + uz * pz;
      if (determinant === 0) continue;
      const tx = ox - ax, ty = oy - ay, tz = oz - az, u = (tx * px + ty * py + tz * pz) / determinant;
      if (u < 0 || u > 1) continue;
      const qx = ty * uz - tz * uy, qy = tz * ux - tx * uz, qz = tx * uy - ty * ux;
      const v = (rx * qx + ry * qy + rz * qz) / determinant, along = (vx * qx + vy * qy + vz * qz) / determinant;
      if (v >= 0 && u + v <= 1 && along > 0 && along < nearest) nearest = along;
    }
    return nearest < Infinity ? add(place, scaled(ray, nearest)) : null;
  }

  turn(dx, dy) {
    this.yaw -= 4 * dx;
    this.pitch = Math.min(1.5, Math.max(-1.5, this.pitch + 4 * dy));
  }
}
