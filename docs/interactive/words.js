/* What the page says about a model: short sentences, each true of what is on the screen. */
(function () {
  "use strict";

  const { orthogonality, length, apply } = window.urnnWhy.algebra;
  const { fixed, short } = window.urnnWhy.draw;

  const pair = (v) => `(${v.map((x) => fixed(x, 2)).join(", ")})`;

  /** Is W a contraction, and how one sees it. */
  function norm({ about }) {
    const { n, W, N, norm: size, added, defect, determinant } = about;
    if (!about.contraction) {
      if (n === 1) {
        return "<b>No dilation.</b> The line over w misses the circle: no w\u2083 makes (w, w\u2083) a vector of length 1.";
      }
      return `<b>No dilation.</b> The vector v = ${pair(about.top)} has length 1, and W v has length ` +
        `${fixed(length(apply(W, about.top)), 3)}. A corner of an orthogonal matrix makes no vector longer.`;
    }
    const shown = n === 1
      ? `In whole numbers: 100\u00b2 \u2212 ${Math.abs(N[0][0])}\u00b2 = ${defect[0][0]} \u2265 0.`
      : `In whole numbers: 100\u00b2\u00a0(I\u00a0\u2212\u00a0W\u1d40W) has diagonal ${defect[0][0]}, ${defect[1][1]} \u2265 0 and determinant ${determinant} \u2265 0.`;
    const rank = added === n ? "" : added === 0
      ? " W is orthogonal already." : " The determinant is 0: only one row is missing.";
    return `<b>\u2016W\u2016 = ${fixed(size, 3)} \u2264 1.</b> ${shown}${rank}`;
  }

  /** Why U is there. */
  function corner(model) {
    const { about, urnn, settings } = model, fewer = urnn && model.entry !== undefined;
    if (!about.contraction) return "W is no corner of an orthogonal matrix.";
    const rounding = `Largest error of U\u1d40U = I here, from rounding: ${short(orthogonality(urnn ? urnn.W : about.U))}.`;
    if (about.added === 0) return `Nothing is missing: U = W. ${rounding}`;
    if (fewer) {
      return `W\u209c is W with the small entry ${short(model.entry)} = (1 \u2212 w\u2081\u00b2) / t below the diagonal. ` +
        `Rescaled, it is W\u2032, and I \u2212 W\u2032\u1d40W\u2032 has rank 1: one row W\u2083 is enough. ${rounding}`;
    }
    if (settings.kind === "fewer") return `This U has n + r = ${about.n + about.added} states. ${rounding}`;
    const column = about.n === 1 ? "The column [W; W\u2083] has length 1" : "The columns of [W; W\u2083] are orthonormal";
    return `W\u2083\u1d40W\u2083 = I \u2212 W\u1d40W is what W lacks. ${column}; ` +
      `complete the basis, and that is U. ${rounding}`;
  }

  const REFUSALS = {
    expands: "W is not contractive: the theorems here are about W that makes no vector longer.",
    "norm 1": "\u2016W\u2016 = 1. U is there, but \u2016W\u2016 gives no bound of the states, so no bias that keeps the added units closed. Make W a little smaller.",
    "one state": "For n = 1 there is nothing to save: n + 1 = 2n. Take n = 2.",
    "not diagonal": "W is not diagonal. Then 2n \u2212 1 = 3 states have equal outputs, with no \u03b5 (theorem 2n-1, PROVED by Coq). This picture is about diagonal W.",
    t: "t is too small: \u2016W\u209c\u2016 \u2265 1, so that nothing here bounds its states. Make t larger.",
  };

  /** Why the added units do not matter, or hardly. */
  function reason(model) {
    const { settings, H, delta } = model;
    if (model.why || model.about.added === 0) return "";
    if (settings.kind === "tanh") {
      return `No unit is silent under tanh, but far to the left tanh is nearly \u22121. The added units get biases so low that they stay within \u03b4 = \u03b5\u00a0(1\u00a0\u2212\u00a0\u2016W\u2016)\u00a0/\u00a0(\u2016C\u2016\u00a0\u221ar) = ${short(delta)} of \u22121. ` +
        "W\u2082 times this constant is taken away; what they leave over is forgotten, since \u2016W\u2016 &lt; 1.";
    }
    if (settings.kind === "fewer") {
      return `The added unit gets a bias that keeps it at 0, for the network with W\u209c. That network is not the given one, but near it: the larger t, the nearer, and the lower the bias.`;
    }
    return `The added units get the bias \u2212H, where H = M\u00a0/\u00a0(1\u00a0\u2212\u00a0\u2016W\u2016) = ${fixed(H, 2)} bounds \u2016h\u2016. ` +
      "Rows of W\u2083 have length at most 1, so W\u2083h \u2212 H \u2264 0: ReLU makes the added units 0, and the first n units do not notice them.";
  }

  /** What the two networks do with this input. */
  function run(model) {
    const { settings, about, opens, passes, apart } = model;
    if (model.why) return REFUSALS[model.why];
    const far = `largest difference of the outputs: <b>${short(apart)}</b>`;
    if (about.added === 0) return `No unit is added: the network is a URNN itself, ${far}.`;
    if (settings.kind === "tanh") return `\u03b5 = ${short(model.bound)}; ${far}.`;
    const late = passes < 0 ? "" : `|x| passes M at k = ${passes}`;
    if (opens >= 0) return `${capital(late)}, <b>a gate opens at k = ${opens}</b>, and nothing is promised any more: ${far}.`;
    const closed = settings.kind === "fewer"
      ? `The gate stays closed; ${far}${Number.isFinite(model.bound) ? `, and at most ${short(model.bound)} for every input in the band` : "; for this t no bound follows from the norms"}.`
      : `The gates stay closed; ${far}.`;
    return late ? `${capital(late)}, where nothing is promised. ${closed}` : closed;
  }

  /** The rest of the given network. */
  function given({ rnn }) {
    const one = rnn.F.length === 1;
    return `Here F = ${one ? "1" : `(${rnn.F.map((f) => fixed(f, 1)).join(", ")})\u1d40`}, C = ` +
      `${one ? "1" : `(${rnn.C.map((c) => fixed(c, 0)).join(", ")})`}, b = 0, and h starts at 0.`;
  }

  const capital = (words) => words[0].toUpperCase() + words.slice(1);

  const COQ = '<a href="formal.html">PROVED by Coq</a>';

  /** The three headings. */
  function titles(model) {
    const { about, settings, why } = model;
    const one = about.n === 1;
    if (!about.contraction) {
      return [one ? "1. No point of the circle lies over w" : "1. W leaves the circle",
        "2. So it is no corner of an orthogonal U", "3. So no second network is built here"];
    }
    return [
      one ? "1. A point of the circle lies over w" : "1. W keeps the circle inside the circle",
      about.added === 0 ? "2. It is orthogonal itself" : "2. So it is a corner of an orthogonal U",
      about.added === 0 ? "3. No unit is added" : why === "norm 1" ? "3. The added units need a bound of the states"
        : settings.kind === "tanh" ? "3. Under tanh the added units are nearly constant"
          : settings.kind === "fewer" ? "3. One unit more is nearly enough"
            : model.opens < 0 ? "3. And the added units keep silent" : "3. Until the input passes M",
    ];
  }

  /** Whose word it is, for all sizes. */
  const trust = {
    relu: `For every n, every contractive W and all inputs with \u2016x\u1d4f\u2016 \u2264 M: Theorem 3.1, ${COQ}.`,
    tanh: `At most 2n states for every contractive W and every \u03b5 &gt; 0: theorem epsilon, ${COQ} for tanh. Equal outputs are another matter: some tanh networks have no URNN of any size (Theorem 3.3, ${COQ}).`,
    fewer: `n + 1 states for every \u03b5 &gt; 0 if W is diagonal and contractive: theorem 2n-not-robust, ${COQ}. For equal outputs W = 0 may need all 2n (Theorem 3.2, ${COQ}).`,
  };

  window.urnnWhy.words = { norm, corner, reason, run, given, titles, trust };
})();
