// What the page shows now. Whoever changes it tells all who listen, by name of what changed.

export const state = {
  network: 0, // which of two networks the tree and the tables are of
  chosen: [0], // the number of the place that is chosen in each network; -1 for none
  view: "layers",
  all: false,
  flat: false,
  filter: "",
  sort: null, // { key, descending }
  heat: "",
  shown: {}, // keys of columns by view
  open: new Set(), // names of the places that are unfolded in tree and figure
  folded: new Set(), // rows of the table that are folded
  apart: new Set(), // first blocks of runs that the figure draws one by one
  lesson: false,
};

const listeners = [];

export function listen(names, heard) {
  listeners.push({ names: new Set(names), heard });
}

export function change(changes) {
  Object.assign(state, changes);
  const names = Object.keys(changes);
  for (const { names: wanted, heard } of listeners) {
    if (names.some((name) => wanted.has(name))) heard();
  }
}

export function toggled(set, item, wanted = !set.has(item)) {
  const made = new Set(set);
  if (wanted) made.add(item);
  else made.delete(item);
  return made;
}

// Choose a place of one network, and what stands beside it in the other.
export function choose(page, network, place) {
  const chosen = [-1, -1].slice(0, page.networks.length);
  chosen[network] = place;
  if (page.comparison) {
    const row = page.comparison.rows.find((one) => one.places[network] === place);
    chosen[1 - network] = row ? row.places[1 - network] : place === 0 ? 0 : -1;
  }
  change({ chosen });
}
