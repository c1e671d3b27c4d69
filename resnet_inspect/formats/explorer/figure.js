// The figure in the middle: pieces that Python laid out, stacked along the main path.

import { drawn, element } from "./dom.js";
import { change, choose, listen, state, toggled } from "./state.js";

const PAD = 14;
const ACTIONS = 110; // room at the right for what folds a piece

export function makeFigure(page, pane, which) {
  const network = page.networks[which];
  const { figure } = network;
  const inner = drawn("g");
  const title = `figure of ${network.model}`;
  const picture = drawn("svg", { role: "group", "aria-label": title }, inner);
  const frame = element("div", { class: "canvas", tabindex: 0, role: "region", "aria-label": title }, picture);
  pane.append(...[figure.remark && element("p", { class: "remark" }, figure.remark), frame].filter(Boolean));
  let scale = 1;
  let extent = [0, 0];
  let boxes = []; // { group, place, spans }

  // -- drawing -----------------------------------------------------------------------------------

  function build() {
    boxes = [];
    const behind = drawn("g");
    const before = drawn("g");
    let [y, left, right] = [PAD, -60, 60];
    const reach = (piece) => {
      left = Math.min(left, piece.left);
      right = Math.max(right, piece.right + ACTIONS);
    };
    for (const part of figure.parts) {
      const start = y;
      const pieces = [];
      const stage = network.places[part.stage];
      if (part.closed && !state.open.has(stage.name)) {
        pieces.push({ segment: part.closed, fold: [stage.name, "unfold", part.stage] });
      } else {
        for (const item of part.items) pieces.push(...(item.blocks ? runOf(item, stage?.name) : [{ segment: item }]));
      }
      for (const piece of pieces) {
        piece.y = y;
        before.append(segment(piece));
        reach(piece.segment);
        y += piece.segment.height;
      }
      if (!part.closed || !state.open.has(stage.name)) continue;
      const [x, x2] = [
        Math.min(...pieces.map((piece) => piece.segment.left)) - PAD,
        Math.max(...pieces.map((piece) => piece.segment.right)) + PAD,
      ];
      const top = start + pieces[0].segment.top - PAD;
      behind.append(
        drawn("rect", { class: "frame stage-frame", x, y: top, width: x2 - x, height: y + PAD - top, rx: 12 }),
      );
      before.append(toggle(stage.name, x - 8, top + 14, `▾ ${stage.name}`, "end", part.stage));
      left = Math.min(left, x - 24 - 7 * stage.name.length);
      right = Math.max(right, x2);
    }
    extent = [right - left + 2 * PAD, y + 2 * PAD];
    inner.replaceChildren(behind, before);
    inner.setAttribute("transform", `translate(${PAD - left} 0)`);
    resize();
    mark();
  }

  // Identical blocks: the first one stands for all, unless they are drawn one by one.
  function runOf({ blocks, closed, opened }, stage) {
    const first = network.places[blocks[0]].name;
    const apart = blocks.length > 1 && state.apart.has(first);
    return (apart ? blocks : blocks.slice(0, 1)).map((block, k) => {
      const { name } = network.places[block];
      const open = apart ? state.open.has(name) : blocks.some((b) => state.open.has(network.places[b].name));
      return {
        segment: (open && opened) || closed,
        fold: opened && [name, open ? "fold" : "unfold", block],
        times: blocks.length > 1 && !k ? { first, apart, count: blocks.length } : null,
        from: blocks[0],
        as: block,
        stage,
        alike: apart ? null : blocks,
      };
    });
  }

  function segment({ segment: { shapes, nodes, height, right, top }, y, fold, times, from, as, stage, alike }) {
    const group = drawn("g", { transform: `translate(0 ${y})` });
    const made = {};
    const [was, is] = [network.places[from]?.name, network.places[as]?.name];
    const offset = from === undefined ? 0 : startOf(as) - startOf(from);
    for (const [kind, ...shape] of shapes) {
      if (kind === "line") {
        const [way, point, role] = shape;
        group.append(
          drawn("path", { d: way, class: `way ${role}` }),
          drawn("path", { d: point, class: `point ${role}` }),
        );
      } else if (kind === "box") {
        const [x, yy, width, tall, role, radius, node, tip] = shape;
        const rect = { x, y: yy, width, height: tall, rx: radius };
        if (node === null) group.append(drawn("rect", { ...rect, class: `frame ${role}` }));
        else group.append((made[node] = box(rect, role, tip, nodes[node], { was, is, offset, alike, from })));
      } else {
        const [x, yy, text, role, size, anchor, bold, node] = shape;
        const shown = times?.apart || (was && as !== from) ? renamed(text, was, is, stage) : text;
        const words = drawn("text", { x, y: yy, class: role, "font-size": size, "text-anchor": anchor,
          "font-weight": bold ? 600 : null }, shown); // prettier-ignore
        (node === null ? group : made[node]).append(words);
      }
    }
    const at = Math.max(right, 60);
    let line = top + 12;
    if (times) {
      const label = times.apart ? `×${times.count} together` : `×${times.count} one by one`;
      group.append(action(label, at + 22, line, () => change({ apart: toggled(state.apart, times.first) })));
      line += 18;
    }
    if (fold) group.append(toggle(fold[0], at + 22, line, fold[1] === "fold" ? "▾ fold" : "▸ unfold", "start", fold[2]));
    return group;
  }

  const startOf = (place) => network.places[place].spans[0][0];

  // A text of the first of identical blocks as that of another; its frame has its name in the stage.
  function renamed(text, was, is, stage) {
    const plain = text.replace(/^×\d+$/, "").replace(/ ×\d+$/, "");
    const within = (name) => (name.startsWith(`${stage}.`) ? name.slice(stage.length + 1) : name);
    return plain === within(was) ? within(is) : plain.replace(was, is);
  }

  function box(rect, role, tip, [place, spans], { was, is, offset, alike, from }) {
    const target = offset && place >= 0 ? network.at.get(network.places[place].spans[0][0] + offset) ?? place : place;
    const name = network.places[target]?.name ?? "";
    const group = drawn(
      "g",
      {
        class: "box",
        role: "button",
        tabindex: -1,
        "aria-label": was && was !== is ? tip.replaceAll(was, is) || name : tip || name,
        onclick: () => target >= 0 && choose(page, which, target),
      },
      drawn("title", {}, was && was !== is ? tip.replaceAll(was, is) : tip),
      drawn("rect", { ...rect, class: role }),
    );
    const row = state.heat ? network.rowOf.get(target) : null;
    const value = row?.cells[network.tables.layers.index[state.heat]]?.value;
    if (typeof value === "number" && value > 0) {
      const width = (rect.width - 8) * Math.min(1, value / network.most(state.heat));
      group.append(drawn("rect", { class: "heat", x: rect.x + 4, y: rect.y + rect.height - 5, width, height: 3 }));
    }
    boxes.push({ group, place: target, alike, from, rect,
      spans: spans.map(([a, b]) => [a + offset, b + offset]) }); // prettier-ignore
    return group;
  }

  function action(label, x, y, press, anchor = "start", attributes = {}) {
    return drawn(
      "g",
      { class: "action", role: "button", tabindex: 0, "aria-label": label, onclick: press,
        onkeydown: (event) => [" ", "Enter"].includes(event.key) && (event.stopPropagation(), event.preventDefault(), press()),
        ...attributes }, // prettier-ignore
      drawn("text", { x, y, "text-anchor": anchor, "font-size": 11 }, label),
    );
  }

  function toggle(name, x, y, label, anchor, place) {
    const press = () => change({ open: toggled(state.open, name) });
    const words = label.includes(name) ? label : `${label} ${name}`;
    return action(label, x, y, press, anchor, {
      "aria-label": words.replace(/[▾▸] /, ""),
      "aria-expanded": state.open.has(name),
    });
  }

  // -- what is chosen ----------------------------------------------------------------------------

  function mark(scroll = false) {
    const place = network.places[state.chosen[which]];
    let nearest = null;
    for (const one of boxes) {
      const spans = place && one.alike ? place.spans.map((span) => drawnOf(span, one)) : place?.spans;
      const inside = spans?.some(([a, b]) => one.spans.some(([c, d]) => a <= d && c <= b));
      const chosen = Boolean(inside && state.chosen[which] !== 0);
      one.group.classList.toggle("chosen", chosen);
      one.group.setAttribute("aria-pressed", chosen);
      one.group.setAttribute("tabindex", -1);
      if (chosen) nearest ??= one;
    }
    (nearest ?? boxes[0])?.group.setAttribute("tabindex", 0);
    if (scroll && nearest) reveal(nearest);
  }

  // A run of calls in a block that is not drawn, as that in the first block like it.
  function drawnOf([a, b], { alike, from }) {
    for (const block of alike) {
      const [first, last] = network.places[block].spans[0];
      if (first <= a && b <= last) return [a - first + startOf(from), b - first + startOf(from)];
    }
    return [a, b];
  }

  function reveal({ group }) {
    const [box, view] = [group.getBoundingClientRect(), frame.getBoundingClientRect()];
    if (!view.height) return;
    if (box.top < view.top || box.bottom > view.bottom)
      frame.scrollTop += (box.top + box.bottom - view.top - view.bottom) / 2;
    if (box.left < view.left || box.right > view.right)
      frame.scrollLeft += (box.left + box.right - view.left - view.right) / 2;
  }

  // -- zoom and pan ------------------------------------------------------------------------------

  function resize() {
    picture.setAttribute("viewBox", `0 0 ${extent[0]} ${extent[1]}`);
    picture.setAttribute("width", extent[0] * scale);
    picture.setAttribute("height", extent[1] * scale);
  }

  function zoom(factor, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
    const wanted = Math.min(4, Math.max(0.05, scale * factor));
    const [dx, dy] = [frame.scrollLeft + x, frame.scrollTop + y];
    [factor, scale] = [wanted / scale, wanted];
    resize();
    frame.scrollTo(dx * factor - x, dy * factor - y);
  }

  function fit() {
    zoom(Math.min(1, (frame.clientWidth - 8) / extent[0]) / scale);
  }

  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const view = frame.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 200), event.clientX - view.left, event.clientY - view.top);
  }, { passive: false }); // prettier-ignore
  let held = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0)
      held = [event.clientX + frame.scrollLeft, event.clientY + frame.scrollTop];
  });
  addEventListener("pointermove", (event) => {
    if (held) frame.scrollTo(held[0] - event.clientX, held[1] - event.clientY);
  });
  addEventListener("pointerup", () => (held = null));

  listen(["open", "apart", "heat"], build);
  listen(["chosen"], () => mark(true));
  build();
  if (extent[0] > frame.clientWidth) fit();
  return { frame, zoom, fit, boxes: () => boxes, reveal: () => mark(true) };
}
