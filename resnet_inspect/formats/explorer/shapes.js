// Shapes that Python laid out, as elements of a drawing.

import { drawn } from "./dom.js";

export function lineOf([way, head, role]) {
  const line = drawn("path", { d: way, class: `way ${role}` });
  return head ? drawn("g", {}, line, drawn("path", { d: head, class: `point ${role}` })) : line;
}

export function rectangleOf([x, y, width, height, role, rx]) {
  return drawn("rect", { x, y, width, height, rx, class: role });
}

export function wordsOf([x, y, text, role, size, anchor, bold], shown = text) {
  const weight = bold ? 600 : null;
  return drawn(
    "text",
    { x, y, class: role, "font-size": size, "text-anchor": anchor, "font-weight": weight },
    shown,
  );
}

const MAKES = { line: lineOf, box: rectangleOf, words: wordsOf };

export function pictureOf({ title, description, width, height, shapes }) {
  return drawn(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}: ${description}` },
    ...shapes.map(([kind, ...shape]) => MAKES[kind](shape)),
  );
}
