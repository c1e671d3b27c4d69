// The figure in the middle: pieces that Python laid out, stacked along the main path.

import { drawn, element } from "./dom.js";
import { lineOf, rectangleOf, wordsOf } from "./shapes.js";
import { change, choose, listen, state, toggled } from "./state.js";

const PAD = 14;
const ACTIONS = 110; // room at the right for what folds a piece

export function makeFigure(page, pane, which) {
  const network = page.networks[which];
  const { figure } = network;
  const inner = drawn("g");
  const title = `figure of ${network.model}`;
  const picture = drawn("svg", { role: "group", "aria-label": title }, inner);
  const frame = element(
    "div",
    { class: "canvas", tabindex: 0, role: "region", "aria-label": title },
    picture,
  );
  pane.append(
    ...[figure.remark && element("p", { class: "remark" }, figure.remark), frame].filter(Boolean),
  );
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
        pieces.push({ segment: part.closed, fold: [stage.name] });
      } else {
        for (const item of part.items)
          pieces.push(...(item.blocks ? runOf(item, stage?.name) : [{ segment: item }]));
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
        drawn("rect", {
          class: "frame stage-frame",
          x,
          y: top,
          width: x2 - x,
          height: y + PAD - top,
          rx: 12,
        }),
      );
      before.append(toggle([stage.name], x - 8, top + 14, "end", stage.name));
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
      const open = apart
        ? state.open.has(name)
        : blocks.some((b) => state.open.has(network.places[b].name));
      return {
        segment: (open && opened) || closed,
        fold: opened && (apart ? [name] : blocks.map((b) => network.places[b].name)),
        times: blocks.length > 1 && !k ? { first, apart, count: blocks.length } : null,
        from: blocks[0],
        as: block,
        stage,
        alike: apart ? null : blocks,
      };
    });
  }

  function segment({
    segment: { shapes, nodes, height, right, top },
    y,
    fold,
    times,
    from,
    as,
    stage,
    alike,
  }) {
    const group = drawn("g", { transform: `translate(0 ${y})` });
    const made = {};
    const [was, is] = [network.places[from]?.name, network.places[as]?.name];
    const offset = from === undefined ? 0 : startOf(as) - startOf(from);
    const copy = was !== is;
    for (const [kind, ...shape] of shapes) {
      if (kind === "line") group.append(lineOf(shape));
      else if (kind === "box") {
        const node = shape[6];
        const drawing = rectangleOf(shape);
        if (node !== null)
          made[node] = box(shape, drawing, nodes[node], { was, is, offset, alike, from });
        group.append(node === null ? drawing : made[node]);
      } else {
        const shown = times?.apart || copy ? renamed(shape[2], was, is, stage) : shape[2];
        (made[shape[7]] ?? group).append(wordsOf(shape, shown));
      }
    }
    const at = Math.max(right, 60);
    let line = top + 12;
    if (times) {
      const label = times.apart ? `×${times.count} together` : `×${times.count} one by one`;
      group.append(
        action(label, at + 22, line, () => change({ apart: toggled(state.apart, times.first) })),
      );
      line += 18;
    }
    if (fold) group.append(toggle(fold, at + 22, line));
    return group;
  }

  const startOf = (place) => network.places[place].spans[0][0];

  // A text of the first of identical blocks as that of another; its frame has its name in the stage.
  function renamed(text, was, is, stage) {
    const plain = text.replace(/^×\d+$/, "").replace(/ ×\d+$/, "");
    const within = (name) => (name.startsWith(`${stage}.`) ? name.slice(stage.length + 1) : name);
    return plain === within(was) ? within(is) : plain.replace(was, () => is);
  }

  function box(
    [x, y, width, height, , , , tip],
    drawing,
    [place, spans],
    { was, is, offset, alike, from },
  ) {
    const target =
      offset && place >= 0
        ? (network.at.get(network.places[place].spans[0][0] + offset) ?? place)
        : place;
    const name = network.places[target]?.name ?? "";
    const said = was === is ? tip : tip.replaceAll(was, () => is);
    const group = drawn(
      "g",
      {
        class: "box",
        role: "button",
        tabindex: -1,
        "aria-label": said || name,
        onclick: () => target >= 0 && choose(page, which, target),
      },
      drawn("title", {}, said),
      drawing,
    );
    const row = state.heat ? network.rowOf.get(target) : null;
    const value = row?.cells[network.tables.layers.index[state.heat]]?.value;
    if (typeof value === "number" && value > 0) {
      const long = (width - 8) * Math.min(1, value / network.most(state.heat));
      group.append(
        drawn("rect", {
          class: "heat",
          x: x + 4,
          y: y + height - 5,
          width: long,
          height: 3,
        }),
      );
    }
    boxes.push({
      group,
      place: target,
      alike,
      from,
      spans: spans.map(([a, b]) => [a + offset, b + offset]),
    });
    return group;
  }

  function action(label, x, y, press, anchor = "start", attributes = {}) {
    return drawn(
      "g",
      {
        class: "action",
        role: "button",
        tabindex: 0,
        "aria-label": label,
        onclick: press,
        onkeydown: (event) => {
          if (![" ", "Enter"].includes(event.key)) return;
          event.stopPropagation();
          event.preventDefault();
          press();
        },
        ...attributes,
      },
      drawn("text", { x, y, "text-anchor": anchor, "font-size": 11 }, label),
    );
  }

  // Folds what has these names, or unfolds the first of them.
  function toggle(names, x, y, anchor = "start", label = null) {
    const open = names.some((name) => state.open.has(name));
    const press = () => {
      const closed = new Set([...state.open].filter((name) => !names.includes(name)));
      change({ open: open ? closed : toggled(state.open, names[0], true) });
    };
    const said = label ?? (open ? "fold" : "unfold");
    return action(`${open ? "▾" : "▸"} ${said}`, x, y, press, anchor, {
      "aria-label": label ?? `${said} ${names[0]}`,
      "aria-expanded": open,
    });
  }

  // -- what is chosen ----------------------------------------------------------------------------

  function mark(scroll = false) {
    const place = network.places[state.chosen[which]];
    let nearest = null;
    for (const one of boxes) {
      const spans =
        place && one.alike ? place.spans.map((span) => drawnOf(span, one)) : place?.spans;
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

  frame.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const view = frame.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 200), event.clientX - view.left, event.clientY - view.top);
    },
    { passive: false },
  );
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
  // In a notebook the page may run before it has a size.
  const sized = new ResizeObserver(() => {
    if (!frame.clientWidth) return;
    sized.disconnect();
    if (extent[0] > frame.clientWidth) fit();
  });
  sized.observe(frame);
  return { frame, zoom, fit, boxes: () => boxes, reveal: () => mark(true) };
}
