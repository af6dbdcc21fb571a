/* Pictures as SVG text: the plane, the matrix, plots over time.  Colours are classes; the style
   sheet has them.  Nothing here reads the page, so that the same input gives the same text. */
(function () {
  "use strict";

  const { apply } = window.urnnWhy.algebra;

  const MINUS = "\u2212";

  /** A number with a fixed count of decimals, and a minus sign that is one. */
  function fixed(x, digits) {
    const text = Math.abs(x).toFixed(digits);
    return (x < 0 && Number(text) !== 0 ? MINUS : "") + text;
  }

  /** A number in few characters. */
  function short(x) {
    const size = Math.abs(x);
    if (x === 0) return "0";
    if (size >= 1e5 || size < 1e-3) {
      const [head, power] = size.toExponential(1).split("e");
      const raised = [...String(Number(power))].map((c) => "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"["-0123456789".indexOf(c)]);
      return `${x < 0 ? MINUS : ""}${head}\u00a0\u00b7\u00a010${raised.join("")}`;
    }
    return fixed(x, size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
  }

  /** The same without zeros at its end. */
  const plain = (x) => short(x).replace(/(\.\d*?)0+(?=\u00a0|$)/, "$1").replace(/\.(?=\u00a0|$)/, "")
    .replace(/^(\u2212?)1\u00a0\u00b7\u00a0/, "$1").replace(/\u00a0/g, "");

  const at = (x) => String(Math.round(x * 10) / 10);
  const line = (x1, y1, x2, y2, kind) =>
    `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`;
  const text = (x, y, words, kind, anchor = "middle") =>
    `<text class="${kind}" x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${words}</text>`;
  const rect = (x, y, width, height, kind) =>
    `<rect class="${kind}" x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}"/>`;
  const dotAt = (x, y, radius, kind, more = "") =>
    `<circle class="${kind}" cx="${at(x)}" cy="${at(y)}" r="${radius}"${more}/>`;
  const path = (points, kind, closed) =>
    `<path class="${kind}" d="M${points.map(([x, y]) => `${at(x)} ${at(y)}`).join("L")}${closed ? "Z" : ""}"/>`;

  function arrow(x1, y1, x2, y2, kind) {
    const angle = Math.atan2(y2 - y1, x2 - x1), size = 9;
    if (Math.hypot(x2 - x1, y2 - y1) < size) return line(x1, y1, x2, y2, kind);
    const wing = (turn) => [x2 - size * Math.cos(angle + turn), y2 - size * Math.sin(angle + turn)];
    return line(x1, y1, x2, y2, kind) + path([wing(0.4), [x2, y2], wing(-0.4)], `${kind} u-tip`);
  }

  /** Whole pictures: an SVG element with a name for those who do not see it. */
  const picture = (width, height, name, inside, kind = "urnn-picture") =>
    `<svg xmlns="http://www.w3.org/2000/svg" class="${kind}" width="${at(width)}" ` +
    `height="${at(height)}" viewBox="0 0 ${at(width)} ${at(height)}" role="img" ` +
    `aria-label="${name}">${inside}</svg>`;

  const REACH = 1.42; // how far the plane is shown

  const toPlane = (size) => ([x, y]) =>
    [size / 2 + (x * size) / (2 * REACH), size / 2 - (y * size) / (2 * REACH)];
  const fromPlane = (size) => (x, y) =>
    [((x - size / 2) * 2 * REACH) / size, ((size / 2 - y) * 2 * REACH) / size];

  /** The unit circle, and what W makes of it. */
  function plane(model, size) {
    const { about } = model, to = toPlane(size), radius = size / (2 * REACH);
    const centre = to([0, 0]);
    const axes = line(0, centre[1], size, centre[1], "u-axis") + line(centre[0], 0, centre[0], size, "u-axis");
    const circle = dotAt(centre[0], centre[1], at(radius), "u-circle");
    return axes + circle + (about.n === 1 ? oneState(about, to, size) : ellipse(about, to));
  }

  /** n = 1: the column (w, w3) has length 1, if the line over w meets the circle. */
  function oneState(about, to, size) {
    const w = about.W[0][0], centre = to([0, 0]), handle = to([w, 0]);
    let found = line(handle[0], 0, handle[0], size, "u-guide");
    if (about.contraction) {
      const w3 = about.added ? about.U[1][0] : 0;
      const [x, y] = to([w, w3]);
      found += line(handle[0], handle[1], x, y, "u-added") + arrow(...centre, ...handle, "u-given");
      found += arrow(...centre, x, y, "u-whole");
      found += label(to, [w, w3], "(w, w\u2083)", "u-word", 0.16);
    } else {
      found += arrow(...centre, ...handle, "u-open-line");
    }
    return found + handleAt(handle, 0) + label(to, [w, -0.02], "w", "u-word u-handle-word", 0.17);
  }

  /** n = 2: the image of the circle, its two columns to drag, the longest of its vectors. */
  function ellipse(about, to) {
    const { W } = about, centre = to([0, 0]);
    const outline = Array.from({ length: 90 }, (_, k) => (k * Math.PI) / 45)
      .map((angle) => to(apply(W, [Math.cos(angle), Math.sin(angle)])));
    const longest = apply(W, about.top);
    let found = path(outline, about.contraction ? "u-ellipse" : "u-ellipse u-open-fill", true);
    if (!about.contraction) {
      found += arrow(...centre, ...to(about.top), "u-whole") + label(to, about.top, "v", "u-word", 0.12);
      found += arrow(...centre, ...to(longest), "u-open-line") + label(to, longest, "W v", "u-word", 0.12);
    } else if (about.norm > 0.15) {
      found += line(...centre, ...to(longest), "u-guide");
    }
    for (const j of [1, 0]) {
      const column = [W[0][j], W[1][j]];
      found += arrow(...centre, ...to(column), "u-given");
      found += handleAt(to(column), j);
      found += label(to, column, `W e${"\u2081\u2082"[j]}`, "u-word u-handle-word", 0.19);
    }
    return found;
  }

  const handleAt = ([x, y], column) => dotAt(x, y, 8, "u-handle") +
    dotAt(x, y, 20, "u-touch", ` data-column="${column}"`);

  /** Words a little further out than a point. */
  function label(to, point, words, kind, distance) {
    const size = Math.hypot(...point), away = size < 0.05 ? [0.8, 0.6] : point.map((x) => x / size);
    const further = distance * (1 + 0.4 * Math.abs(away[0])); // words are wider than tall
    const inside = point.map((x, i) => Math.max(-REACH + 0.13, Math.min(REACH - 0.13, x + further * away[i])));
    const [x, y] = to(inside);
    return text(x, y + 5, words, kind);
  }

  /** U in its blocks, and the biases beside it. */
  function matrix(model, width) {
    const U = model.urnn ? model.urnn.W : model.about.U;
    const n = model.about.n, N = U.length, edge = 8, top = 22, gap = 18;
    const cell = Math.min(76, (width - 2 * edge - gap) / (N + 1)), tall = Math.min(52, Math.max(36, cell * 0.7));
    const names = [["W", "W\u2082"], ["W\u2083", "W\u2084"]];
    if (model.urnn && model.settings.kind === "fewer" && model.entry !== undefined) names[0][0] = "W\u2032";
    const right = edge + N * cell, start = right + gap;
    let found = text((edge + right) / 2, 14, "U", "u-word");
    if (model.urnn) found += text(start + cell / 2, 14, "bias", "u-word");
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) {
        const x = edge + j * cell, y = top + i * tall, block = [Number(i >= n), Number(j >= n)];
        found += rect(x, y, cell, tall, `u-cell u-block-${block.join("")}`);
        found += text(x + cell / 2, y + tall / 2 + 8, fixed(U[i][j], 2), "u-number");
        if (i === block[0] * n && j === block[1] * n) found += text(x + 5, y + 13, names[block[0]][block[1]], "u-small", "start");
      }
      if (!model.urnn) continue;
      const y = top + i * tall, b = model.urnn.b[i];
      found += rect(start, y, cell, tall, `u-cell ${i < n ? "u-block-00" : "u-block-10"}`);
      found += text(start + cell / 2, y + tall / 2 + 8, b === 0 ? "0" : fixed(b, Math.abs(b) < 100 ? 2 : 0), "u-number");
    }
    if (N > n) found += line(edge, top + n * tall, right, top + n * tall, "u-cut") + line(edge + n * cell, top, edge + n * cell, top + N * tall, "u-cut");
    return { inside: found, height: top + N * tall + 6, width: start + cell + edge };
  }

  const LEFT = 52, RIGHT = 10, TOP = 8;

  /** Where time k stands, and the time at a place. */
  const toTime = (width, count) => (k) => LEFT + ((k + 0.5) * (width - LEFT - RIGHT)) / count;
  const fromTime = (width, count) => (x) =>
    Math.max(0, Math.min(count - 1, Math.floor(((x - LEFT) * count) / (width - LEFT - RIGHT))));
  const toValue = (height, [low, high]) => (v) =>
    TOP + ((high - v) * (height - TOP - 20)) / (high - low);
  const fromValue = (height, [low, high]) => (y) =>
    high - ((y - TOP) * (high - low)) / (height - TOP - 20);

  /** A few round numbers between two others. */
  function ticks([low, high]) {
    const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const found = [];
    for (let v = Math.ceil(low / step) * step; v <= high + step / 1e6; v += step) found.push(Math.abs(v) < step / 1e6 ? 0 : v);
    return found;
  }

  /** Values over time.  bands: [low, high, class]; levels: [value, class, words];
      curves: [values, class]; marks: [k, value, class]; moments: [k, class]. */
  function series(plot) {
    const { width, height, range, count, bands, levels, curves, marks = [], moments = [] } = plot;
    const x = toTime(width, count), y = toValue(height, range), bottom = height - 20;
    let axes = "", drawn = "", words = "";
    for (const value of ticks(range)) {
      axes += line(LEFT, y(value), width - RIGHT, y(value), "u-grid");
      axes += text(LEFT - 6, y(value) + 4, plain(value), "u-small", "end");
    }
    for (let k = 0; k < count; k += 10) axes += text(x(k) - (k ? 0 : 3), height - 4, k ? k : "k = 0", "u-small", k ? "middle" : "start");
    const clamp = (value) => Math.max(TOP, Math.min(bottom, y(value)));
    for (const [low, high, kind] of bands) axes += rect(LEFT, clamp(high), width - LEFT - RIGHT, clamp(low) - clamp(high), kind);
    for (const [value, kind, said] of levels) {
      if (value < range[0] || value > range[1]) continue;
      axes += line(LEFT, y(value), width - RIGHT, y(value), kind);
      if (said) words += text(width - RIGHT - 4, y(value) - 5, said, "u-small u-halo", "end");
    }
    for (const [k, kind] of moments) axes += line(x(k), TOP, x(k), bottom, kind);
    for (const [values, kind] of curves) {
      const points = values.map((v, k) => [x(k), Math.max(-20, Math.min(height + 20, y(v)))]);
      drawn += path(points, kind);
    }
    for (const [k, value, kind] of marks) drawn += dotAt(x(k), clamp(value), 4.5, kind);
    return axes + drawn + words;
  }

  window.urnnWhy.draw = {
    fixed, short, picture, plane, fromPlane, matrix, series, fromTime, fromValue, text, line,
  };
})();
