// The table in the middle: filtered, sorted, folded, with a column as heat.

import { button, element, widest } from "./dom.js";
import { parse } from "./filter.js";
import { Rows, standingFor } from "./rows.js";
import { change, choose, listen, state, toggled } from "./state.js";

const collator = new Intl.Collator("en", { numeric: true });

export function makeGrid(page, pane, count) {
  const widths = element("colgroup");
  const head = element("tr");
  const body = element("tbody");
  const grid = element(
    "table",
    { role: "treegrid", tabindex: 0, "aria-label": "table" },
    widths,
    element("thead", {}, head),
    body,
  );
  pane.append(grid);
  const spacer = () => element("tr", { role: "presentation" });
  const rows = new Rows(pane, body, spacer(), spacer(), line);
  let table = null;
  let shown = [];
  let current = null; // the row that is marked
  let most = 0;
  let query = parse("", []);

  function line(row, at) {
    const chosen = row === current;
    const made = element("tr", {
      id: chosen ? "row-chosen" : null,
      class: [row.subtotal && "subtotal", row.raised && "raised"].filter(Boolean).join(" "),
      "data-kind": row.kind,
      "aria-level": row.level + 1,
      "aria-rowindex": at + 2,
      "aria-selected": chosen,
      "aria-expanded": row.below && !state.sort ? !state.folded.has(row) : null,
      onclick: () => pick(row),
    });
    made.append(...shown.map((column, i) => cell(row, column, i === 0)));
    return made;
  }

  function cell(row, { key, align }, first) {
    const { text, value } = row.cells[table.index[key]];
    const made = element(first ? "th" : "td", { scope: first ? "row" : null, class: align }, text);
    if (first) {
      made.style.setProperty("--level", state.flat || state.sort ? 0 : row.level);
      made.setAttribute("title", text);
      if (row.below && !state.sort && !state.filter) {
        made.prepend(
          button("", (event) => (event.stopPropagation(), fold(row)), {
            class: "fold",
            tabindex: -1,
            "aria-hidden": true,
          }),
        );
      }
    }
    if (key === "op") {
      made.classList.add("mark");
      made.setAttribute("data-op", row.op);
    }
    if (key === state.heat && typeof value === "number" && most > 0) {
      made.classList.add("heat");
      made.style.setProperty("--part", Math.max(0, value) / most);
    }
    return made;
  }

  const isChosen = (row) =>
    table === page.comparison
      ? row.places.some((place) => place >= 0) && row.places.every((p, i) => p === state.chosen[i])
      : row.places[0] >= 0 && row.places[0] === state.chosen[state.network];

  function pick(row) {
    if (table === page.comparison) change({ chosen: row.places });
    else if (row.places[0] >= 0) choose(page, state.network, row.places[0]);
  }

  function fold(row) {
    change({ folded: toggled(state.folded, row) });
  }

  function rebuild() {
    table =
      state.view === "comparison"
        ? page.comparison
        : page.networks[state.network].tables[state.view];
    shown = keys()
      .map((key) => table.columns[table.index[key]])
      .filter(Boolean);
    head.replaceChildren(...shown.map(heading));
    widths.replaceChildren(
      ...shown.map((column, i) => col(i ? widthOf(column) : nameWidth(column))),
    );
    grid.style.width = `${[...widths.children].reduce((sum, one) => sum + parseFloat(one.style.width), 0)}px`;
    grid.setAttribute("aria-colcount", shown.length);
    update();
  }

  // Those that are chosen, and behind the name what sorts or heats and is none of them.
  function keys() {
    const [first, ...others] = state.shown[state.view] ?? table.shown;
    const asked = new Set([state.sort?.key, state.heat]);
    const more = [...asked].filter((key) => key in table.index && key !== first);
    return [first, ...more.filter((key) => !others.includes(key)), ...others];
  }

  // A column behind the edge is scrolled into sight, and none is cut where the names end.
  function showColumn(key) {
    const at = shown.findIndex((column) => column.key === key);
    if (at < 1) return;
    const lefts = [0];
    for (const { style } of widths.children) lefts.push(lefts.at(-1) + parseFloat(style.width));
    const least = lefts[at + 1] - pane.clientWidth;
    if (pane.scrollLeft >= least && lefts[at] - pane.scrollLeft >= lefts[1]) return;
    pane.scrollLeft = lefts.slice(1, at + 1).find((left) => left - lefts[1] >= least) - lefts[1];
  }

  function col(width) {
    const made = element("col");
    made.style.width = `${Math.ceil(width)}px`;
    return made;
  }

  function widthOf({ key, title }) {
    const texts = table.cells[table.index[key]].map((one) => one.text);
    const width = Math.max(widest(texts, grid), widest([title], grid) + 12);
    return Math.min(width, 460) + (key === "op" ? 18 : 0) + 20;
  }

  // Names are indented by their level.
  function nameWidth({ key, title }) {
    const levels = Map.groupBy(table.rows, (row) => row.level);
    const wanted = [...levels].map(([level, rows]) => {
      const texts = rows.map((row) => row.cells[table.index[key]].text);
      return Math.min(widest(texts, grid), 280) + level * 14;
    });
    return Math.max(widest([title], grid), ...wanted) + 36;
  }

  function heading(column) {
    const sorted = state.sort?.key === column.key;
    return element(
      "th",
      {
        scope: "col",
        class: column.align,
        "aria-sort": sorted ? (state.sort.descending ? "descending" : "ascending") : null,
      },
      button(column.title, () => sortBy(column.key), { tabindex: -1 }),
    );
  }

  function update() {
    query = parse(state.filter, table.columns);
    const found = new Set(query.places(table));
    const taken = (row) => row.main || state.all || query.asks;
    let kept = table.rows.filter((row) => taken(row) && found.has(row.number));
    const matched = kept.filter((row) => !row.subtotal).length;
    if (state.sort || state.flat) kept = kept.filter((row) => !row.subtotal || query.asks);
    else if (query.asks) {
      const outer = new Set(kept);
      for (const row of kept) for (let up = row.outer; up; up = up.outer) outer.add(up);
      kept = table.rows.filter((row) => outer.has(row));
    } else {
      kept = kept.filter((row) => {
        for (let up = row.outer; up; up = up.outer) if (state.folded.has(up)) return false;
        return true;
      });
    }
    if (state.sort) kept = kept.toSorted(compare);
    const of = table.rows.filter((row) => !row.subtotal && (row.main || state.all)).length;
    count.value = query.asks ? `${matched} of ${of} rows` : `${of} rows`;
    if (query.problems.length) count.value += ` · ${query.problems.join("; ")}`;
    const place = table.index[state.heat];
    const numbers = kept.filter((row) => !row.subtotal).map((row) => row.cells[place]?.value);
    most = Math.max(0, ...numbers.filter((value) => typeof value === "number"));
    grid.setAttribute("aria-rowcount", kept.length + 1);
    current = standingFor(table.rows, kept, isChosen);
    rows.show(kept);
    mark();
  }

  // Numbers, then words, then empty cells, in either direction; equal rows as the trace has them.
  function compare(one, other) {
    const [a, b] = [one, other].map((row) => row.cells[table.index[state.sort.key]]);
    const rank = ({ value, text }) => (typeof value === "number" ? 0 : text ? 1 : 2);
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    const order = rank(a) === 0 ? a.value - b.value : collator.compare(a.text, b.text);
    return state.sort.descending ? -order : order;
  }

  function sortBy(key) {
    const column = table.columns[table.index[key]];
    const first = column?.align === "right";
    let sort = null;
    if (column && state.sort?.key !== key) sort = { key, descending: first };
    else if (column && state.sort.descending === first) sort = { key, descending: !first };
    pane.scrollTop = 0;
    change({ sort });
  }

  function mark() {
    current = standingFor(table.rows, rows.items, isChosen);
    rows.redraw();
    const at = rows.items.indexOf(current);
    rows.reveal(at);
    if (at >= 0) grid.setAttribute("aria-activedescendant", "row-chosen");
    else grid.removeAttribute("aria-activedescendant");
  }

  listen(["view", "network", "shown"], rebuild);
  listen(["sort"], () => (rebuild(), showColumn(state.sort?.key)));
  listen(["heat"], () => (rebuild(), showColumn(state.heat)));
  listen(["filter", "all", "flat", "folded"], update);
  listen(["chosen"], mark);
  rebuild();
  return {
    grid,
    sortBy,
    pick,
    fold,
    table: () => table,
    shown: () => shown,
    items: () => rows.items,
    current: () => current,
    foldAll: (folded) =>
      change({ folded: new Set(folded ? table.rows.filter((row) => row.below) : []) }),
  };
}
