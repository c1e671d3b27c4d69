// The page put together: the panes, the tools above them, the address and the keys.

import { makeCard } from "./card.js";
import { loaded } from "./data.js";
import { button, element } from "./dom.js";
import { makeFigure } from "./figure.js";
import { makeGrid } from "./grid.js";
import { makeKeys } from "./keys.js";
import { change, choose, listen, state } from "./state.js";
import { makeTree } from "./tree.js";

const root = document.documentElement;
const at = (id) => document.getElementById(id);

function prepared(page) {
  for (const network of page.networks) {
    network.at = new Map();
    network.places.forEach(({ spans }, place) => {
      if (spans.length && !network.at.has(spans[0][0])) network.at.set(spans[0][0], place);
    });
    const { layers } = network.tables;
    network.rowOf = new Map(layers.rows.map((row) => [row.places[0], row]));
    network.most = (key) =>
      Math.max(
        ...layers.rows
          .filter((row) => !row.subtotal)
          .map((row) => row.cells[layers.index[key]]?.value)
          .filter((v) => typeof v === "number"),
      );
  }
  state.chosen = page.networks.map(() => 0);
  const stages = page.networks.flatMap(({ places }) =>
    places.filter((place) => place.kind === "stage"),
  );
  const top = page.networks.flatMap(({ tables, places }) =>
    tables.layers.rows.filter((row) => row.below && !row.level).map((row) => places[row.places[0]]),
  );
  state.open = new Set([...stages, ...top].filter(Boolean).map((place) => place.name));
  const { view, everything, columns, where } = page.opened;
  Object.assign(state, { view, all: everything, filter: where });
  state.shown = columns;
}

function panes(page, narrow) {
  const labels = ["tree", "figure", "table", "both", "card"];
  const tabs = labels.map((name) =>
    button(name, () => pane(name), { role: "tab", "data-pane": name, "aria-controls": "panes" }),
  );
  at("tabs").append(...tabs);
  function pane(name) {
    last[narrow.matches] = root.dataset.pane = name;
    const middle = ["figure", "table", "both"].includes(name)
      ? name
      : (root.dataset.middle ?? "both");
    root.dataset.middle = middle;
    for (const tab of tabs) {
      const selected = tab.dataset.pane === (narrow.matches ? name : middle);
      tab.setAttribute("aria-selected", selected);
      tab.setAttribute("tabindex", selected ? 0 : -1);
    }
    change({ chosen: state.chosen }); // what was out of sight is scrolled to what is chosen
  }
  const last = { true: "figure", false: "both" }; // on a narrow page, and on a wide one
  const again = () => pane(last[narrow.matches]);
  narrow.addEventListener("change", again);
  again();
  return pane;
}

function select(label, key, options, chosen, press) {
  const made = element(
    "select",
    { onchange: () => press(made.value), "aria-keyshortcuts": key },
    ...options.map(([value, text]) => element("option", { value }, text)),
  );
  made.value = chosen;
  return [made, element("label", {}, `${label} `, made)];
}

function tools(page, grid) {
  const filter = at("filter");
  filter.value = state.filter;
  filter.addEventListener("input", () => change({ filter: filter.value }));
  const bar = at("tools");
  const views = Object.keys(page.networks[0].tables).map((view) => [view, view]);
  if (page.comparison) views.unshift(["comparison", "comparison"]);
  const [view, viewLabel] = select("view", "v", views, state.view, (value) =>
    change({ view: value, sort: null }),
  );
  const titles = new Map(
    page.networks
      .flatMap(({ tables }) => Object.values(tables))
      .concat(page.comparison ?? [])
      .flatMap((table) => table.columns.map(({ key, title }) => [key, title])),
  );
  const numeric = page.numbers.map((key) => [key, titles.get(key) ?? key]);
  const [heat, heatLabel] = select("heat", "H", [["", "none"], ...numeric], "", (value) =>
    change({ heat: value }),
  );
  const [sort, sortLabel] = select(
    "sort",
    "s",
    [["", "as it runs"], ...titles],
    "",
    (key) => change({ sort: null }) || grid.sortBy(key),
  );
  const all = element("input", {
    type: "checkbox",
    onchange: () => change({ all: all.checked }),
    "aria-keyshortcuts": "a",
  });
  const columns = element(
    "details",
    { class: "columns" },
    element("summary", {}, "columns"),
    element("div"),
  );
  columns.addEventListener(
    "toggle",
    () => columns.open && columns.lastChild.replaceChildren(...ticks(grid)),
  );
  bar.append(viewLabel, sortLabel, heatLabel, element("label", {}, all, " every step"), columns);
  if (page.networks.length > 1) {
    const names = page.networks.map(({ model }, number) => [number, model]);
    const [network, label] = select("tree of", "", names, 0, (value) =>
      change({ network: Number(value) }),
    );
    bar.prepend(label);
    listen(["network"], () => (network.value = state.network));
  }
  listen(["view"], () => (view.value = state.view));
  listen(["heat"], () => (heat.value = state.heat));
  listen(["sort"], () => (sort.value = state.sort?.key ?? ""));
  listen(["all"], () => (all.checked = state.all));
  listen(["filter"], () => filter.value !== state.filter && (filter.value = state.filter));
  all.checked = state.all;
  return { filter, view, heat, sort, columns };
}

function ticks(grid) {
  const table = grid.table();
  const shown = () => grid.shown().map((column) => column.key);
  return table.columns.map(({ key, title }) => {
    const box = element("input", { type: "checkbox" });
    box.checked = shown().includes(key);
    box.addEventListener("change", () => {
      const keys = box.checked ? [...shown(), key] : shown().filter((one) => one !== key);
      change({ shown: { ...state.shown, [state.view]: keys } });
    });
    return element("label", {}, box, ` ${title}`);
  });
}

// The address holds what is chosen: #layer2.0.conv2; of a second network alone, #+layer2.0.conv2.
function address(page) {
  let last = 0;
  const read = () => {
    let written = location.hash.slice(1);
    try {
      written = decodeURIComponent(written);
    } catch {
      // taken as it stands
    }
    for (const [which, name] of [
      [0, written],
      [1, written.replace(/^\+/, "")],
    ]) {
      const place = page.networks[which]?.place.get(name || "network");
      if (place !== undefined) return choose(page, which, place);
    }
  };
  addEventListener("popstate", read);
  listen(["chosen"], () => {
    const which = state.chosen.findIndex((place) => place >= 0);
    if (which < 0) return;
    const name = page.networks[which].places[state.chosen[which]].name;
    const wanted = `#${which ? "+" : ""}${encodeURIComponent(name).replaceAll("%3A", ":")}`;
    if (wanted === location.hash || (name === "network" && !location.hash)) return;
    try {
      history[Date.now() - last < 800 ? "replaceState" : "pushState"](null, "", wanted);
    } catch {
      // a frame without an origin has no address of its own
    }
    last = Date.now();
  });
  if (location.hash) read();
}

async function start() {
  const page = await loaded();
  prepared(page);
  const narrow = matchMedia("screen and (max-width: 56rem)");
  const pane = panes(page, narrow);
  const tree = makeTree(page, at("tree"));
  const grid = makeGrid(page, at("table"), at("count"));
  const figures = page.networks.map((_, which) => {
    const holder = element("div", { class: "figure" });
    at("figures").append(holder);
    return makeFigure(page, holder, which);
  });
  // All at the scale at which the widest fits.
  function fit() {
    const scale = Math.min(...figures.map((figure) => figure.fitting()));
    figures.forEach((figure) => figure.zoomTo(scale));
  }
  const card = makeCard(page, at("card"));
  const controls = tools(page, grid);
  for (const [label, name, press] of [
    ["+", "zoom in", () => figures.forEach((figure) => figure.zoom(1.25))],
    ["−", "zoom out", () => figures.forEach((figure) => figure.zoom(0.8))],
    ["fit", "fit the width", fit],
  ]) {
    at("zoom").append(button(label, press, { "aria-label": name }));
  }
  makeKeys({ page, pane, tree, grid, figures, fit, card, controls, narrow });
  address(page);
  fit();
  // In a notebook the page may run before it has a size.
  const sized = new ResizeObserver(() => {
    if (!figures[0].frame.clientWidth) return;
    sized.disconnect();
    fit();
  });
  if (!figures[0].frame.clientWidth) sized.observe(figures[0].frame);
  root.dataset.ready = "";
}

start();
