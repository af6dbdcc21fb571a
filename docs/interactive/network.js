/* The two networks, and what they do with an input.

   h^k = phi(W (h^(k-1) - offset) + F x^k + b),  y^k = C h^k,  with a number x^k as input. */
(function () {
  "use strict";

  const { dot, apply, length, describe } = window.urnnWhy.algebra;

  const relu = (z) => (z > 0 ? z : 0);

  /** The given network around W: fixed F of length 1, b = 0, and C. */
  function given(W, phi) {
    const n = W.length;
    const zero = W.map(() => 0);
    return {
      W, phi, F: n === 1 ? [1] : [0.8, -0.6], C: n === 1 ? [1] : [1, -1],
      b: zero, start: zero, offset: zero,
    };
  }

  /** Preactivations and outputs for the inputs x. */
  function run(net, x) {
    const phi = net.phi === "tanh" ? Math.tanh : relu;
    let h = net.start;
    const z = [], y = [];
    for (const value of x) {
      const before = h.map((s, i) => s - net.offset[i]);
      const now = apply(net.W, before).map((s, i) => s + net.F[i] * value + net.b[i]);
      h = now.map(phi);
      z.push(now);
      y.push(dot(net.C, h));
    }
    return { z, y };
  }

  /** A number a little above a bound that was computed with rounding. */
  const above = (value) => value * (1 + 2 ** -30);

  const padded = (values, count, value) => [...values, ...Array(count).fill(value)];

  /** Theorem 3.1: the added units have the bias -H, and H bounds the states. */
  function exact(rnn, about, M) {
    const r = about.added;
    const H = r ? above((length(rnn.F) * M) / about.gap) : 0;
    const urnn = {
      W: about.U, phi: "relu", F: padded(rnn.F, r, 0), b: padded(rnn.b, r, -H),
      C: padded(rnn.C, r, 0), start: padded(rnn.start, r, 0), offset: padded(rnn.offset, r, 0),
    };
    return { urnn, H, bound: 0 };
  }

  /** tanh, within epsilon: the added units stay near -1, and this constant is taken away. */
  function within(rnn, about, epsilon) {
    const { n, added: r, gap } = about;
    const W3 = about.U.slice(n).map((row) => row.slice(0, n));
    // The added states are within delta of -1; through W2, ||W2|| <= 1, and time, 1 / (1 - ||W||),
    // and C this makes epsilon.  States of tanh are at most 1, so that M does not matter.
    const delta = Math.min(1 / 8, (epsilon * gap) / (length(rnn.C) * Math.sqrt(r)));
    const spread = Math.sqrt(r) * delta;
    const B = Math.log(2 / delta - 1) / 2 + 1 / 64; // tanh(-B) <= -1 + delta, with some room
    const low = W3.map((row) => -(B + spread + row.reduce((sum, x) => sum + Math.abs(x), 0)));
    const urnn = {
      W: about.U, phi: "tanh", F: padded(rnn.F, r, 0), b: [...rnn.b, ...low],
      C: padded(rnn.C, r, 0), start: padded(rnn.start, r, -1), offset: padded(rnn.offset, r, -1),
    };
    return { urnn, bound: epsilon, B, delta };
  }

  /** W_t for W = diag(w): it tends to W as t grows, and its URNN needs one unit more. */
  function nearby(rnn, about, M, t) {
    const w = [rnn.W[0][0], rnn.W[1][1]], s = w.map((x) => Math.sqrt((1 - x) * (1 + x)));
    const entry = (s[0] * s[0]) / t; // of W_t, below the diagonal
    const scale = [s[0], s[1] * t];
    const rho = norm([[w[0], 0], [entry, w[1]]]);
    if (rho >= 1) return { why: "t", entry };
    const row = [-w[1] * s[0], s[1]];
    const H = above((length(rnn.F) * M) / (1 - rho));
    const low = -above(length(row.map((x, j) => x * scale[j]))) * H;
    const urnn = {
      W: [[w[0], 0, s[0]], [s[1] * s[0], w[1], -s[1] * w[0]], [row[0], row[1], w[1] * w[0]]],
      phi: "relu", F: [scale[0] * rnn.F[0], scale[1] * rnn.F[1], 0], b: [0, 0, low],
      C: [rnn.C[0] / scale[0], rnn.C[1] / scale[1], 0], start: [0, 0, 0], offset: [0, 0, 0],
    };
    const left = about.gap - entry;
    const bound = left > 0
      ? above((length(rnn.C) * entry * ((length(rnn.F) * M) / about.gap)) / left) : Infinity;
    return { urnn, H, bound, entry };
  }

  /** The norm of a matrix with two rows. */
  function norm(A) {
    const squares = A.flat().reduce((sum, x) => sum + x * x, 0);
    const det = A[0][0] * A[1][1] - A[0][1] * A[1][0];
    return Math.sqrt((squares + Math.sqrt(Math.max(squares * squares - 4 * det * det, 0))) / 2);
  }

  /** Build what the settings ask for; `why` says why there is no second network. */
  function built(settings, rnn, about) {
    if (!about.contraction) return { why: "expands" };
    if (settings.kind === "fewer") {
      if (about.n === 1) return { why: "one state" };
      if (rnn.W[0][1] !== 0 || rnn.W[1][0] !== 0) return { why: "not diagonal" };
    }
    if (about.added === 0) return exact(rnn, about, settings.M);
    if (about.gap === 0) return { why: "norm 1" };
    if (settings.kind === "tanh") return within(rnn, about, settings.epsilon);
    if (settings.kind === "fewer") return nearby(rnn, about, settings.M, settings.t);
    return exact(rnn, about, settings.M);
  }

  const first = (values, holds) => values.findIndex(holds);

  /** All that the page shows, from its settings {W, kind, M, epsilon, t, x}. */
  function model(settings) {
    const about = describe(settings.W), n = about.n;
    const rnn = given(about.W, settings.kind === "tanh" ? "tanh" : "relu");
    const made = built(settings, rnn, about);
    const one = about.contraction ? run(rnn, settings.x) : null;
    const found = {
      settings, about, rnn, why: null, H: null, bound: null, ...made,
      urnn: made.urnn || null, y: one && one.y, yu: null, gates: null, apart: null,
      passes: first(settings.x, (x) => Math.abs(x) > settings.M), opens: -1,
    };
    if (found.urnn) {
      if (about.added === 0) found.urnn.phi = rnn.phi;
      const other = run(found.urnn, settings.x);
      found.yu = other.y;
      found.gates = other.z.map((z) => z.slice(n));
      found.apart = Math.max(...one.y.map((y, k) => Math.abs(y - other.y[k])));
      if (settings.kind !== "tanh") found.opens = first(found.gates, (z) => z.some((s) => s > 0));
    }
    return found;
  }

  window.urnnWhy.network = { model };
})();
