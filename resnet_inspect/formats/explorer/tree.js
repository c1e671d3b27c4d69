// The network as a tree, on the left: stages, blocks and every step.

import { button, element } from "./dom.js";
import { Rows, standingFor } from "./rows.js";
import { change, choose, listen, state, toggled } from "./state.js";

export function makeTree(page, pane) {
  const before = element("li", { role: "presentation" });
  const after = element("li", { role: "presentation" });
  const list = element("ul", { role: "tree", tabindex: 0, "aria-label": "network" });
  pane.append(list);
  const rows = new Rows(list, list, before, after, item);
  const table = () => page.networks[state.network].tables.layers;
  let current = null; // the row that is marked
  const isChosen = (row) => row.places[0] === state.chosen[state.network];
  const nameOf = (row) => page.networks[state.network].places[row.places[0]]?.name;

  function item(row, at) {
    const chosen = row === current;
    const opened = state.open.has(nameOf(row));
    const label = row.cells[table().index.path];
    const turn = () => change({ open: toggled(state.open, nameOf(row)) });
    const fold = row.below
      ? button("", (event) => (event.stopPropagation(), turn()), {
          class: "fold",
          tabindex: -1,
          "aria-hidden": true,
        })
      : null;
    // The first click makes the row anew: not every browser takes the second for a double click.
    const press = ({ detail }) => {
      if (detail === 2 && row.below) turn();
      else if (row.places[0] >= 0) choose(page, state.network, row.places[0]);
    };
    const made = element(
      "li",
      {
        role: "treeitem",
        id: chosen ? "tree-chosen" : null,
        "aria-level": row.level + 1,
        "aria-selected": chosen,
        "aria-expanded": row.below ? opened : null,
        "aria-setsize": rows.items.length,
        "aria-posinset": at + 1,
        class: `mark ${row.raised ? "raised" : ""}`,
        "data-op": row.below ? "" : row.op,
        "data-kind": row.kind,
        onclick: press,
      },
      ...[fold].filter(Boolean),
      element("span", { class: "name" }, shortened(label.text, row)),
    );
    made.style.setProperty("--level", row.level);
    return made;
  }

  // Below a block its own path says nothing new.
  function shortened(text, row) {
    const outer = row.outer ? row.outer.cells[table().index.path].text : "";
    return outer && text.startsWith(`${outer}.`) ? text.slice(outer.length + 1) : text || row.kind;
  }

  function update() {
    const kept = [];
    let closed = Infinity;
    for (const row of table().rows) {
      if (row.level > closed || !(row.main || state.all)) continue;
      closed = row.below && !state.open.has(nameOf(row)) ? row.level : Infinity;
      kept.push(row);
    }
    current = standingFor(table().rows, kept, isChosen);
    rows.show(kept);
    mark();
  }

  function mark() {
    current = standingFor(table().rows, rows.items, isChosen);
    rows.redraw();
    rows.reveal(rows.items.indexOf(current));
    if (current) list.setAttribute("aria-activedescendant", "tree-chosen");
    else list.removeAttribute("aria-activedescendant");
  }

  function unfolded() {
    const row = table().rows.find(isChosen);
    let open = state.open;
    for (let outer = row?.outer; outer; outer = outer.outer)
      open = toggled(open, nameOf(outer), true);
    if (open.size !== state.open.size) change({ open });
    else mark();
  }

  listen(["network", "open", "all"], update);
  listen(["chosen"], unfolded);
  update();
  return { list, items: () => rows.items, current: () => current };
}
