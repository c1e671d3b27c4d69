// What the keys do: those of the explorer in the terminal, as far as a page has what they are of.

import { button, element } from "./dom.js";
import { change, choose, state, toggled } from "./state.js";

export function makeKeys({ page, pane, tree, grid, figures, fit, card, controls, narrow }) {
  const root = document.documentElement;
  const help = document.getElementById("help");
  const status = document.getElementById("count");
  const inTree = () => tree.list.contains(document.activeElement);
  const inFigure = () => figures.findIndex(({ frame }) => frame.contains(document.activeElement));

  function step(by) {
    const which = inFigure();
    if (which >= 0) {
      const places = figures[which]
        .boxes()
        .map((box) => box.place)
        .filter((place) => place >= 0);
      const at = places.indexOf(state.chosen[which]);
      const place = places[clamped(at + by, places.length)];
      if (place !== undefined) choose(page, which, place);
      figures[which]
        .boxes()
        .find((box) => box.place === place)
        ?.group.focus({ preventScroll: true });
      return;
    }
    if (inTree()) {
      const items = tree.items().filter((row) => row.places[0] >= 0);
      const row = items[clamped(items.indexOf(tree.current()) + by, items.length)];
      if (row) choose(page, state.network, row.places[0]);
      return;
    }
    const items = grid.items().filter((row) => row.places.some((place) => place >= 0));
    const row = items[clamped(items.indexOf(grid.current()) + by, items.length)];
    if (row) grid.pick(row);
  }

  const clamped = (at, length) => Math.max(0, Math.min(length - 1, at));

  // Fold or unfold what is chosen, or what it stands in: wanted is true, false or undefined.
  function fold(wanted) {
    if (!inTree() && inFigure() < 0) {
      const row = grid.current();
      if (row?.below && wanted !== !state.folded.has(row)) return grid.fold(row);
      if (row?.outer && wanted === false) grid.pick(row.outer);
      return wanted === true && row?.below ? step(1) : undefined;
    }
    const network = page.networks[state.network];
    let row = network.rowOf.get(state.chosen[state.network]);
    if (row && !row.below && wanted !== true) row = row.outer;
    const name = network.places[row?.places[0]]?.name;
    if (name === undefined) return;
    const open = state.open.has(name);
    if (wanted === true && (open || !row.below)) return step(1);
    if (wanted === false && !open) row = row.outer ?? row;
    else change({ open: toggled(state.open, name) });
    choose(page, state.network, row.places[0]);
  }

  function foldAll(folded) {
    grid.foldAll(folded);
    const places = page.networks.flatMap((network) =>
      network.tables.layers.rows
        .filter((row) => row.below)
        .map((row) => network.places[row.places[0]]?.name),
    );
    change({ open: new Set(folded ? [] : places.filter(Boolean)) });
  }

  function apart() {
    for (const [which, { figure, places }] of page.networks.entries()) {
      for (const item of figure.parts.flatMap((part) => part.items)) {
        const inside = item.blocks?.some((block) =>
          covers(places[block], places[state.chosen[which]]),
        );
        if (inside && item.blocks.length > 1)
          change({ apart: toggled(state.apart, places[item.blocks[0]].name) });
      }
    }
  }

  const covers = (outer, inner) =>
    inner?.spans.some(([a, b]) => outer.spans.some(([c, d]) => c <= a && b <= d));

  function theme() {
    const own = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme ?? own) === "dark" ? "light" : "dark";
  }

  function copy(text, what) {
    navigator.clipboard?.writeText(text).then(
      () => (status.value = `copied ${what}`),
      () => (status.value = "the browser keeps the clipboard closed here"),
    );
  }

  const written = (rows, mark) =>
    rows.map((cells) => `${mark}${cells.join(mark || "\t")}${mark}`).join("\n");
  const cellsOf = (row) => grid.shown().map(({ key }) => row.cells[grid.table().index[key]].text);

  function copyTable() {
    const titles = grid.shown().map((column) => column.title);
    const line = grid.shown().map(({ align }) => (align === "right" ? "--:" : ":--"));
    copy(written([titles, line, ...grid.items().map(cellsOf)], "|"), "the table as Markdown");
  }

  function copyRow() {
    const row = grid.current();
    if (row) copy(written([cellsOf(row)], ""), "the row");
  }

  function focus(name, target) {
    pane(narrow.matches || !["tree", "card"].includes(name) ? shownWith(name) : root.dataset.pane);
    target.focus({ preventScroll: true });
  }

  // On a wide page the figure and the table may both stand there.
  const shownWith = (name) => (!narrow.matches && root.dataset.middle === "both" ? "both" : name);

  function opened(control) {
    control.focus();
    try {
      control.showPicker?.();
    } catch {
      // a browser that opens it only after a click
    }
  }

  function columns() {
    controls.columns.open = !controls.columns.open;
    controls.columns.querySelector("summary").focus();
  }

  function full() {
    if ("full" in root.dataset) delete root.dataset.full;
    else if (inTree()) root.dataset.full = "tree";
    else if (inFigure() >= 0) root.dataset.full = "figure";
    else root.dataset.full = card.body.contains(document.activeElement) ? "card" : "table";
  }

  const zoomed = (factor) => figures.forEach((figure) => figure.zoom(factor));
  const KEYS = [
    ["/", "only rows that match, as you type", () => controls.filter.select()],
    ["Escape", "let go of the filter", () => change({ filter: "" })],
    ["n", "the next row", () => (grid.grid.focus({ preventScroll: true }), step(1))],
    ["N", "the row before it", () => (grid.grid.focus({ preventScroll: true }), step(-1))],
    ["s", "sort by a column", () => opened(controls.sort)],
    ["H", "a column's numbers as heat", () => opened(controls.heat)],
    ["c", "choose the columns", columns],
    ["v", "layers, blocks, stages or modules", () => opened(controls.view)],
    ["a", "norms and activations too", () => change({ all: !state.all })],
    ...(page.comparison
      ? [["z", "only what differs, or all", () => change({ all: !state.all })]]
      : []),
    ["t", "tree or flat list", () => change({ flat: !state.flat })],
    ["x", "identical blocks of the figure once or one by one", apart],
    ["E", "the lesson of what is chosen, or its card", () => change({ lesson: !state.lesson })],
    ["Backspace", "the place visited before", () => history.back()],
    ["1", "the tree", () => focus("tree", tree.list)],
    ["2", "the table", () => focus("table", grid.grid)],
    ["3", "the card", () => focus("card", card.body)],
    ["4", "the figure", () => focus("figure", figures[0].frame)],
    ["f", "one pane over the whole page", full],
    ["j", "down", () => step(1)],
    ["k", "up", () => step(-1)],
    ["g", "the first", () => step(-Infinity)],
    ["G", "the last", () => step(Infinity)],
    [" ", "fold or unfold", () => fold()],
    ["h", "fold or outwards", () => fold(false)],
    ["l", "unfold or inwards", () => fold(true)],
    ["-", "fold all", () => foldAll(true)],
    ["=", "unfold all", () => foldAll(false)],
    ["]", "zoom in", () => zoomed(1.25)],
    ["[", "zoom out", () => zoomed(0.8)],
    ["0", "fit the figure's width", fit],
    ["y", "the row to the clipboard", copyRow],
    ["Y", "the table as Markdown to the clipboard", copyTable],
    ["T", "light or dark", theme],
    ["?", "these keys", () => help.showModal()],
  ];
  const SAME = {
    ArrowDown: "j",
    ArrowUp: "k",
    ArrowLeft: "h",
    ArrowRight: "l",
    Home: "g",
    End: "G",
  };
  const NAMES = {
    " ": "space",
    Backspace: "bksp",
    Escape: "esc",
    j: "j ↓",
    k: "k ↑",
    h: "h ←",
    l: "l →",
  };
  const does = new Map(KEYS.map(([key, , press]) => [key, press]));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const { tagName } = event.target;
    const typing = ["INPUT", "SELECT"].includes(tagName) && event.target.type !== "checkbox";
    if (typing && event.key === "Escape") event.target.blur();
    if (typing && event.key === "Enter" && event.target === controls.filter) {
      event.preventDefault();
      grid.grid.focus({ preventScroll: true });
      return step(0);
    }
    if (typing && event.key !== "Escape") return;
    if ([" ", "Enter"].includes(event.key) && ["BUTTON", "SUMMARY", "A", "INPUT"].includes(tagName))
      return;
    const inCard = card.body.contains(event.target);
    if (inCard && event.key in SAME) return;
    if (event.key === "Enter") {
      event.target.closest?.(".box")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    }
    const moves = ["PageDown", "PageUp"].indexOf(event.key);
    if (moves >= 0 && !inCard) {
      event.preventDefault();
      return step(moves ? -20 : 20);
    }
    const press = does.get(SAME[event.key] ?? event.key);
    if (!press) return;
    event.preventDefault();
    press();
  });

  const keys = KEYS.map(([key, meaning]) =>
    element(
      "div",
      {},
      element("dt", {}, element("kbd", {}, NAMES[key] ?? key)),
      element("dd", {}, meaning),
    ),
  );
  help.append(
    element("h2", {}, "Keys"),
    element("dl", {}, ...keys),
    button("close", () => help.close()),
  );
  document.getElementById("buttons").append(
    button("keys", () => help.showModal(), { "aria-keyshortcuts": "?" }),
    button("light / dark", theme, { "aria-keyshortcuts": "T" }),
  );
}
