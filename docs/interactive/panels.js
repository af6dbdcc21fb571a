/* What each picture shows of a model: which curves, bands and marks. */
(function () {
  "use strict";

  const { picture, plane, matrix, series, fixed, text } = window.urnnWhy.draw;

  const RANGE = [-4, 4]; // of the inputs

  const opening = (model) => (model.opens < 0 ? [] : [[model.opens, "u-moment"]]);
  const wide = (values, least) => Math.max(least, ...values.map(Math.abs)) * 1.15;

  /** The input, and the band that the second network was built for. */
  function input(model, width, chosen = -1) {
    const { x, M, kind } = model.settings, banded = kind !== "tanh" && model.about.added !== 0;
    return {
      width, height: 116, range: RANGE, count: x.length,
      bands: banded ? [[-M, M, "u-band"]] : [],
      levels: banded ? [[M, "u-edge", "M"], [-M, "u-edge", ""]] : [],
      curves: [[x, "u-input"]],
      marks: x.map((v, k) => [k, v, "u-dot" + (banded && Math.abs(v) > M ? " u-open-dot" : "")
        + (k === chosen ? " u-chosen" : "")]),
      moments: opening(model),
    };
  }

  /** The outputs of both networks. */
  function outputs(model, width) {
    const y = model.y || [], other = model.yu || [], all = [...y, ...other];
    const least = Math.min(-0.2, ...all), most = Math.max(0.5, ...all), pad = 0.1 * (most - least);
    return {
      width, height: 150, range: [least - pad, most + pad], count: model.settings.x.length,
      bands: [], levels: [[0, "u-axis", ""]],
      curves: [...(y.length ? [[y, "u-rnn"]] : []), ...(other.length ? [[other, "u-urnn"]] : [])],
      moments: opening(model),
    };
  }

  /** The preactivations of the added units, below their gate. */
  function gates(model, width) {
    const rows = model.gates && model.gates[0].length ? model.gates : [], smooth = model.B !== undefined;
    const all = rows.flat(), low = Math.min(-1, ...all), high = Math.max(-low / 5, ...all);
    const gate = smooth ? -model.B : 0;
    return {
      width, height: 140, range: [low * 1.1, high * 1.1], count: model.settings.x.length,
      bands: [[gate, high * 1.1, "u-forbidden"]],
      levels: rows.length ? [[gate, "u-gate", smooth ? `${fixed(gate, 2)}: below, tanh is nearly \u22121` : "the gate"]] : [],
      curves: (rows[0] || []).map((_, i) => [rows.map((z) => z[i]), `u-added-${i}`]),
      marks: smooth ? [] : rows.flatMap((z, k) => z.flatMap((s) => (s > 0 ? [[k, s, "u-dot u-open-dot"]] : []))),
      moments: opening(model),
    };
  }

  /** How far the outputs are apart, in the band that is shown to hold. */
  function apart(model, width) {
    const difference = model.yu ? model.y.map((y, k) => model.yu[k] - y) : [];
    const size = Number.isFinite(model.bound) && model.bound > 0 ? model.bound : wide(difference, 1e-9);
    return {
      width, height: 130, range: [-size * 1.2, size * 1.2], count: model.settings.x.length,
      bands: Number.isFinite(model.bound) ? [[-model.bound, model.bound, "u-band"]] : [],
      levels: [[0, "u-axis", ""], [model.bound, "u-edge", model.settings.kind === "tanh" ? "\u03b5" : "bound"], [-model.bound, "u-edge", ""]],
      curves: difference.length ? [[difference, "u-apart"]] : [],
    };
  }

  const draw = (plot, name) => picture(plot.width, plot.height, name, series(plot));

  /** One still picture of a model: the plane and U, and below them outputs and gates. */
  function still(model) {
    const width = 760, side = 270, U = matrix(model, 430);
    const moved = (x, y, inside) => `<g transform="translate(${x} ${y})">${inside}</g>`;
    const title = (x, y, words) => text(x, y, words, "u-title", "start");
    const parts = [
      `<rect class="u-ground" width="${width}" height="704"/>`,
      title(24, 30, "W makes no vector longer,"),
      moved(36, 48, plane(model, side)),
      title(348, 30, "so it is a corner of an orthogonal U."),
      moved(340, 48, U.inside),
      text(348, U.height + 72, "[W; W\u2083] has orthonormal columns:", "u-word", "start"),
      text(348, U.height + 92, "complete them to a basis.", "u-word", "start"),
      title(24, 366, "The added units stay below their gate,"),
      moved(12, 374, series(gates(model, width - 24))),
      title(24, 552, "and both networks have the same outputs (thick: RNN, dashed: URNN)."),
      moved(12, 560, series({ ...outputs(model, width - 24), height: 136 })),
    ];
    const name = "A contraction W is the corner of an orthogonal matrix U; the added units stay "
      + "closed, and both networks have the same outputs.";
    return picture(width, 704, name, parts.join(""), "urnn");
  }

  window.urnnWhy.panels = { RANGE, input, outputs, gates, apart, draw, still };
})();
