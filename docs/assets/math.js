// Formulas in Markdown pages, in notebooks and in their outputs; displays that are too wide break.
(() => {
  const PARTS = /^\s*\\begin\{(aligned|gathered|align\*?|split)\}([\s\S]*)\\end\{\1\}\s*$/;

  // Cut a formula at separators that stand outside of all brackets and environments.
  function cut(tex, separator) {
    const found = [""];
    let depth = 0;
    const token = /\\begin\{[^}]*\}|\\end\{[^}]*\}|\\left\b|\\right\b|\\\\(?:\[[^\]]*\])?|\\[a-zA-Z]+|\\.|[\s\S]/g;
    for (const [t] of tex.matchAll(token)) {
      if (t === "{" || t.startsWith("\\begin") || t === "\\left") depth += 1;
      if (t === "}" || t.startsWith("\\end") || t === "\\right") depth -= 1;
      if (depth === 0 && separator.test(t)) found.push("");
      else found[found.length - 1] += t;
    }
    return found.map((part) => part.trim()).filter((part) => part !== "");
  }

  // The lines of a formula, and in each the parts between wide spaces.
  function parts(tex) {
    const inside = tex.match(PARTS);
    const lines = inside ? cut(inside[2], /^\\\\/) : [tex];
    return lines.map((line) =>
      cut(cut(line, /^&$/).join(" "), /^\\q?quad$/)
    );
  }

  function set(display, tex) {
    katex.render(tex, display.parentElement.insertBefore(document.createElement("span"), display), {
      displayMode: true, throwOnError: false, strict: "ignore",
    });
    const made = display.previousSibling;
    display.replaceWith(made.firstElementChild);
    const now = made.nextSibling;
    made.remove();
    return now;
  }

  const fits = (e) => e.scrollWidth <= e.clientWidth + 1;

  function fit(display) {
    if (display.clientWidth === 0) return; // folded
    const tex = display.dataset.tex || display.querySelector("annotation").textContent;
    const join = (group) =>
      parts(tex).map((line) => line.map(group).join("\\allowbreak\\quad ")).join("\\\\ ");
    const forms = [() => tex, () => join((part) => `{${part}}`), () => join((part) => part)];
    let now = display;
    now.style.fontSize = "";
    for (const [i, form] of forms.entries()) {
      if (i > 0 || now.classList.contains("breaks")) now = set(now, form());
      now.dataset.tex = tex;
      now.classList.toggle("breaks", i > 0);
      if (fits(now)) return;
    }
    now = set(now, tex); // nothing breaks: smaller, as far as it is legible; else it scrolls
    now.dataset.tex = tex;
    now.style.fontSize = `${Math.max(0.7, now.clientWidth / now.scrollWidth)}em`;
  }

  // A comma after a formula stays on its line.
  function hold(formula) {
    let box = formula.parentElement;
    while (!box.nextSibling && box.parentElement.matches("span")) box = box.parentElement;
    const after = box.nextSibling;
    const mark = after && after.nodeType === Node.TEXT_NODE && after.data.match(/^[,.;:)]+/);
    const last = [...formula.querySelectorAll(":scope > .katex-html > .katex-base")].pop();
    if (!mark || !last) return;
    last.append(mark[0]);
    after.data = after.data.slice(mark[0].length);
  }

  const fitAll = (root) => {
    for (const display of [...root.querySelectorAll(".katex-display")]) fit(display);
  };

  document.addEventListener("DOMContentLoaded", () => {
    // What a cell of a notebook shows stands on a line of its own, however it is written.
    for (const output of document.querySelectorAll(".jp-RenderedLatex")) {
      const written = output.textContent.trim().match(/^\$\\displaystyle([^$]*)\$$/);
      if (written) output.textContent = `$$${written[1]}$$`;
    }
    renderMathInElement(document.body, {
      delimiters: [
        { left: "$$", right: "$$", display: true },
        { left: "\\[", right: "\\]", display: true },
        { left: "\\(", right: "\\)", display: false },
        { left: "$", right: "$", display: false },
      ],
      ignoredTags: ["script", "noscript", "style", "textarea", "pre", "code"],
      throwOnError: false,
      strict: "error",
    });
    for (const formula of document.querySelectorAll("span > .katex")) {
      if (!formula.closest(".katex-display")) hold(formula);
    }
    fitAll(document);
    document.fonts.ready.then(() => fitAll(document));
    document.addEventListener("toggle", (event) => fitAll(event.target), true);
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      if (window.innerWidth !== width) fitAll(document);
      width = window.innerWidth;
    });
  });
})();
