/* The controls, and what stands on the screen.  It asks for nothing and keeps nothing. */
(function () {
  "use strict";

  const { algebra, network, draw, panels, words } = window.urnnWhy;
  const TIMES = 48, MOST = 130; // hundredths

  const MATRICES = {
    1: { "w = 0.6": [[60]], "w = 0: no memory": [[0]], "w = \u22120.8": [[-80]], "w = 1": [[100]], "w = 1.2: too large": [[120]] },
    2: {
      "generic": [[30, 60], [-30, 40]], "turns and shrinks": [[50, 40], [-40, 50]], "zero": [[0, 0], [0, 0]],
      "diagonal": [[60, 0], [0, 40]], "nilpotent": [[0, 80], [0, 0]], "rank 1": [[40, 40], [20, 20]],
      "orthogonal": [[60, -80], [80, 60]], "norm exactly 1": [[0, 100], [0, 0]], "too large": [[90, 60], [0, 50]],
    },
  };

  const between = (k, from, to) => k >= from && k < to;
  function noise() {
    let seed = 7;
    return () => {
      seed = (seed * 16807) % 2147483647;
      return (4 * seed) / 2147483647 - 2;
    };
  }
  const SIGNALS = {
    "two pulses": () => (k) => (between(k, 4, 12) ? 2 : between(k, 26, 32) ? -1.5 : 0),
    "wave": () => (k) => 1.9 * Math.sin((2 * Math.PI * k) / 16),
    "steps": () => (k) => [0, 0.5, 1, 1.5, 2, -1, -2, 0][Math.floor(k / 6)],
    "noise": noise,
  };
  function signal(name) {
    const value = SIGNALS[name]();
    return Array.from({ length: TIMES }, (_, k) => Math.round(value(k) * 100) / 100);
  }

  const settings = {
    n: 2, matrices: { 1: [[60]], 2: [[30, 60], [-30, 40]] }, kind: "relu",
    M: 2, epsilon: 0.1, t: 8, x: signal("two pulses"),
  };
  let model = null, chosen = 0;

  const slider = (id, label, min, max, step, more = "") =>
    `<div class="u-slider" id="${id}-row"><label for="${id}">${label}</label>` +
    `<input type="range" id="${id}" min="${min}" max="${max}" step="${step}"${more}>` +
    `<output for="${id}" id="${id}-value"></output></div>`;
  const radio = (name, value, label) =>
    `<label><input type="radio" name="${name}" value="${value}"> ${label}</label>`;
  const choice = (id, label) => `<div class="u-choice"><label for="${id}">${label}</label><select id="${id}"></select></div>`;
  const options = (names, own) =>
    [...names, own].map((name) => `<option value="${name}">${name}</option>`).join("");
  const key = (kind, label) => `<span class="u-key ${kind}" aria-hidden="true"></span>${label}`;

  const FRAME = `
    <section class="u-part" aria-label="W and its norm">
      <h2 id="u-title-1"></h2>
      <div id="u-plane" class="u-plane"></div>
      <fieldset><legend>States of the given network</legend>
        ${radio("u-n", 1, "n = 1")} ${radio("u-n", 2, "n = 2")}</fieldset>
      ${choice("u-example", "Examples of W")}
      <div class="u-entries">
        ${[11, 12, 21, 22].map((ij) => slider(`u-w${ij}`, `W<sub>${ij}</sub>`, -MOST, MOST, 1)).join("")}
      </div>
      <p id="u-norm" role="status"></p>
    </section>
    <section class="u-part" aria-label="The orthogonal matrix U">
      <h2 id="u-title-2"></h2>
      <div id="u-matrix" class="u-matrix"></div>
      <p id="u-corner"></p>
      <fieldset><legend>Activation and question</legend>
        ${radio("u-kind", "relu", "ReLU, equal outputs")}
        ${radio("u-kind", "tanh", "tanh, within \u03b5")}
        ${radio("u-kind", "fewer", "ReLU with n + 1 states, within \u03b5")}</fieldset>
      ${slider("u-M", "M, the bound the URNN was built for", 0.1, 4, 0.05)}
      ${slider("u-epsilon", "\u03b5, how near the outputs must be", 0, 9, 0.25)}
      ${slider("u-t", "t: W<sub>t</sub> tends to W", 0, 14, 1)}
      ${choice("u-signal", "Input")}
    </section>
    <section class="u-part u-run" aria-label="Both networks run">
      <h2 id="u-title-3"></h2>
      <p id="u-reason"></p>
      <p id="u-run" role="status"></p>
      <button type="button" id="u-diagonal" class="md-button">Take n = 2 and a diagonal W</button>
      <figure><figcaption>Input x<sup>k</sup>: draw on it<span class="u-banded">; the band is |x| \u2264 M</span></figcaption>
        <div id="u-input" class="u-draw" tabindex="0" role="slider" aria-label="Input at one time: left and right choose the time, up and down change the value"
          aria-valuemin="${panels.RANGE[0]}" aria-valuemax="${panels.RANGE[1]}"></div></figure>
      <figure id="u-outputs-figure"><figcaption>Outputs y<sup>k</sup>: ${key("u-key-rnn", "given network")} <span id="u-urnn-key">${key("u-key-urnn", "URNN")}</span></figcaption>
        <div id="u-outputs"></div></figure>
      <figure id="u-gates-figure"><figcaption>Preactivations of the added units: ${key("u-key-added-0", "first")}
        <span id="u-second">${key("u-key-added-1", "second")}</span></figcaption><div id="u-gates"></div></figure>
      <figure id="u-apart-figure"><figcaption>Difference of the outputs<span id="u-band-name"></span></figcaption><div id="u-apart"></div></figure>
      <p id="u-trust"></p>
      <p class="u-note"><span id="u-given"></span> All numbers are computed in your browser, in floating point: a picture, and no proof.</p>
    </section>`;

  const part = (id) => document.getElementById(id);
  const W = () => settings.matrices[settings.n];

  function compute() {
    const { kind, M, epsilon, t, x } = settings;
    model = network.model({ W: W(), kind, M, epsilon, t, x });
  }

  /** Set what changed only: a status that is written again is read out again. */
  function say(id, html) {
    if (part(id).dataset.said === html) return;
    part(id).dataset.said = html;
    part(id).innerHTML = html;
  }

  function show() {
    compute();
    showControls();
    showPictures();
    say("u-norm", words.norm(model));
    say("u-corner", words.corner(model));
    say("u-run", words.run(model));
    words.titles(model).forEach((title, i) => say(`u-title-${i + 1}`, title));
    say("u-reason", words.reason(model));
    say("u-trust", words.trust[settings.kind]);
    say("u-given", words.given(model));
  }

  const same = (A, B) => JSON.stringify(A) === JSON.stringify(B);

  function set(id, value, shown) {
    part(id).value = value;
    part(`${id}-value`).textContent = shown;
    part(id).setAttribute("aria-valuetext", shown);
  }

  function showControls() {
    const { n, kind, M, epsilon, t, x } = settings;
    for (const input of part("urnn-why").querySelectorAll("input[type=radio]")) {
      input.checked = input.value === String(input.name === "u-n" ? n : kind);
    }
    const names = Object.keys(MATRICES[n]);
    if (part("u-example").dataset.n !== String(n)) {
      part("u-example").dataset.n = n;
      part("u-example").innerHTML = options(names, "your own");
    }
    part("u-example").value = names.find((name) => same(MATRICES[n][name], W())) || "your own";
    part("u-signal").value = Object.keys(SIGNALS).find((name) => same(signal(name), x)) || "drawn by hand";
    for (const i of [0, 1]) {
      for (const j of [0, 1]) {
        const id = `u-w${i + 1}${j + 1}`;
        part(`${id}-row`).hidden = i >= n || j >= n;
        if (i < n && j < n) set(id, W()[i][j], draw.fixed(W()[i][j] / algebra.UNIT, 2));
      }
    }
    set("u-M", M, draw.fixed(M, 2));
    set("u-epsilon", -Math.log10(epsilon), draw.short(epsilon));
    set("u-t", Math.log2(t), draw.short(t));
    part("u-diagonal").hidden = model.why !== "one state" && model.why !== "not diagonal";
    part("u-M-row").hidden = kind === "tanh";
    part("u-epsilon-row").hidden = kind !== "tanh";
    part("u-t-row").hidden = kind !== "fewer";
  }

  const widthOf = (id) => Math.max(260, Math.floor(part(id).clientWidth));

  function showPictures() {
    const { about, urnn } = model, n = about.n;
    const size = Math.min(340, widthOf("u-plane"));
    part("u-plane").innerHTML = draw.picture(size, size, planeName(), draw.plane(model, size));
    const shown = about.U !== null;
    part("u-matrix").hidden = !shown;
    if (shown) {
      const U = draw.matrix(model, Math.min(460, widthOf("u-matrix")));
      part("u-matrix").innerHTML = draw.picture(U.width, U.height, matrixName(), U.inside);
    }
    part("u-outputs-figure").hidden = model.y === null;
    part("u-urnn-key").hidden = urnn === null;
    const width = widthOf("u-input"), closed = urnn !== null && about.added > 0;
    part("u-input").innerHTML = panels.draw(panels.input(model, width, document.activeElement === part("u-input") ? chosen : -1), "Input over time");
    showValue();
    part("u-outputs").innerHTML = panels.draw(panels.outputs(model, width), words.run(model).replace(/<[^>]*>/g, ""));
    part("u-gates-figure").hidden = !closed;
    part("u-apart-figure").hidden = !closed || settings.kind === "relu";
    part("urnn-why").classList.toggle("u-smooth", settings.kind === "tanh" || about.added === 0);
    if (!closed) return;
    part("u-second").hidden = model.gates[0].length < 2;
    part("u-gates").innerHTML = panels.draw(panels.gates(model, width), "Preactivations of the added units over time");
    part("u-band-name").textContent = settings.kind === "tanh" ? "; the band is \u00b1\u03b5"
      : Number.isFinite(model.bound) ? "; the band is the bound \u2016C\u2016 \u03b7 H / (1 \u2212 \u2016W\u2016 \u2212 \u03b7), \u03b7 = \u2016W\u209c \u2212 W\u2016" : "";
    if (settings.kind !== "relu") part("u-apart").innerHTML = panels.draw(panels.apart(model, width), "Difference of the outputs over time");
  }

  const planeName = () => `The unit circle and its image under W = ${rows(model.about.W)}`;
  const matrixName = () => `U = ${rows((model.urnn || { W: model.about.U }).W)}, with blocks W, W2 above and W3, W4 below`;
  const rows = (A) => `[${A.map((row) => row.map((x) => draw.fixed(x, 2)).join(" ")).join("; ")}]`;

  function showValue() {
    const words = `k = ${chosen}, x = ${draw.fixed(settings.x[chosen], 2)}`;
    part("u-input").setAttribute("aria-valuenow", settings.x[chosen]);
    part("u-input").setAttribute("aria-valuetext", words);
  }

  const clamp = (x, [low, high]) => Math.max(low, Math.min(high, x));

  function listen() {
    const frame = part("urnn-why");
    frame.addEventListener("input", ({ target }) => {
      const id = target.id, value = Number(target.value);
      if (target.name === "u-n") settings.n = value;
      if (target.name === "u-kind") settings.kind = target.value;
      if (/^u-w\d\d$/.test(id)) setEntry(Number(id[3]) - 1, Number(id[4]) - 1, value);
      if (id === "u-M") settings.M = value;
      if (id === "u-epsilon") settings.epsilon = 10 ** -value;
      if (id === "u-t") settings.t = 2 ** value;
      if (id === "u-example" && MATRICES[settings.n][target.value]) settings.matrices[settings.n] = MATRICES[settings.n][target.value];
      if (id === "u-signal" && SIGNALS[target.value]) settings.x = signal(target.value);
      show();
    });
    part("u-diagonal").addEventListener("click", () => change({ W: MATRICES[2].diagonal }));
    listenToPlane(part("u-plane"));
    listenToInput(part("u-input"));
  }

  function setEntry(i, j, value) {
    settings.matrices[settings.n] = W().map((row, a) => row.map((x, b) => (a === i && b === j ? value : x)));
  }

  function place(event, element) {
    const box = element.firstElementChild.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top, box.width, box.height];
  }

  function listenToPlane(plane) {
    let column = null;
    plane.addEventListener("pointerdown", (event) => {
      if (event.target.dataset.column === undefined) return;
      column = Number(event.target.dataset.column);
      plane.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    plane.addEventListener("pointermove", (event) => {
      if (column === null) return;
      const [x, y, size] = place(event, plane), point = draw.fromPlane(size)(x, y);
      for (let i = 0; i < settings.n; i++) {
        setEntry(i, column, Math.round(clamp(point[i] * algebra.UNIT, [-MOST, MOST])));
      }
      show();
    });
    for (const end of ["pointerup", "pointercancel"]) plane.addEventListener(end, () => { column = null; });
  }

  function listenToInput(area) {
    let last = null;
    function drawTo(event) {
      const [x, y, width, height] = place(event, area);
      const k = draw.fromTime(width, TIMES)(x);
      const value = Math.round(clamp(draw.fromValue(height, panels.RANGE)(y), panels.RANGE) * 20) / 20;
      const from = last || [k, value], next = [...settings.x];
      for (let i = Math.min(k, from[0]); i <= Math.max(k, from[0]); i++) {
        const share = k === from[0] ? 1 : (i - from[0]) / (k - from[0]);
        next[i] = Math.round((from[1] + share * (value - from[1])) * 20) / 20;
      }
      last = [k, value];
      chosen = k;
      settings.x = next;
      show();
    }
    area.addEventListener("pointerdown", (event) => {
      area.setPointerCapture(event.pointerId);
      last = null;
      drawTo(event);
    });
    area.addEventListener("pointermove", (event) => { if (area.hasPointerCapture(event.pointerId)) drawTo(event); });
    area.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 }[event.key];
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Home" || event.key === "End") chosen = event.key === "Home" ? 0 : TIMES - 1;
      else if (move) chosen = clamp(chosen + move, [0, TIMES - 1]);
      else if (step) settings.x = settings.x.map((x, k) => (k === chosen ? Math.round(clamp(x + step, panels.RANGE) * 100) / 100 : x));
      else return;
      event.preventDefault();
      show();
    });
    for (const end of ["focus", "blur"]) area.addEventListener(end, showPictures);
  }

  /** For tests, and for who wants the numbers: what is shown, as plain data. */
  function state() {
    const { about, rnn, urnn } = model;
    const net = (one) => one && { W: one.W, F: one.F, b: one.b, C: one.C, start: one.start, offset: one.offset, phi: one.phi };
    return JSON.parse(JSON.stringify({
      ...model, rnn: net(rnn), urnn: net(urnn),
      bound: Number.isFinite(model.bound) ? model.bound : null, about,
    }));
  }

  /** Set any of n, W (hundredths), kind, M, epsilon, t, x. */
  function change(wanted) {
    const { W: entries, ...others } = wanted;
    if (entries) settings.n = entries.length;
    Object.assign(settings, others);
    if (entries) settings.matrices[settings.n] = entries;
    show();
    return state();
  }

  function begin() {
    const frame = part("urnn-why");
    if (!frame) return;
    frame.innerHTML = FRAME;
    frame.classList.add("urnn");
    part("u-signal").innerHTML = options(Object.keys(SIGNALS), "drawn by hand");
    listen();
    show();
    if (window.ResizeObserver) new ResizeObserver(() => window.requestAnimationFrame(showPictures)).observe(frame);
    window.urnnPage = { state, set: change, still: () => panels.still(model) };
  }

  begin();
})();
