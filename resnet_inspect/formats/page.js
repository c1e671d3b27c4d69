// Sorting, filtering and folding. Without this script the page is the same table, at rest.

// Its own page among several: in a notebook there may be other tables, and other pages.
const pages = Array.from(document.querySelectorAll(".resnet-inspect-page"));
const page = pages.find((one) => !("live" in one.dataset));
page.dataset.live = "";
const table = page.querySelector("table");
const body = table.tBodies[0];
const headings = Array.from(table.tHead.rows[0].cells);
const tools = page.querySelector(".tools");
const { filter, fold, unfold } = Object.fromEntries(
  Array.from(tools.querySelectorAll("[name]"), (element) => [element.name, element]),
);
const count = tools.querySelector("output");
const collator = new Intl.Collator("en", { numeric: true });

// People type 3x3 where the table writes 3×3.
const searchable = (text) => text.toLowerCase().replaceAll("×", "x");

const rows = Array.from(body.rows, (element) => ({
  element,
  level: Number(element.dataset.level),
  subtotal: "subtotal" in element.dataset,
  // Cells on lines of their own, so that no word matches across two of them.
  text: searchable(Array.from(element.cells, (cell) => cell.textContent).join("\n")),
  folded: false,
}));
rows.forEach((row, place) => {
  const end = rows.findIndex((other, i) => i > place && other.level <= row.level);
  row.below = rows.slice(place + 1, end < 0 ? rows.length : end);
});
const sections = rows.filter((row) => row.below.length > 0);

let sorted = null; // { column, descending }, or null for the order of the trace

function update() {
  const words = searchable(filter.value).split(/\s+/).filter(Boolean);
  const searching = words.length > 0;
  for (const row of rows) row.matches = words.every((word) => row.text.includes(word));
  for (const row of rows) {
    // A subtotal among sorted rows would stand far from what it sums up.
    row.shown = row.subtotal
      ? !sorted && (row.matches || row.below.some((other) => other.matches))
      : row.matches;
  }
  // Folds rest meanwhile: what is searched for must not stay hidden in one.
  const folding = !sorted && !searching;
  for (const row of sections) {
    if (folding && row.folded) for (const other of row.below) other.shown = false;
    row.toggle.disabled = !folding;
    row.toggle.setAttribute("aria-expanded", String(!(folding && row.folded)));
  }
  fold.disabled = !folding || sections.every((row) => row.folded);
  unfold.disabled = !folding || !sections.some((row) => row.folded);
  for (const row of rows) row.element.hidden = !row.shown;
  count.value = counted(searching);
}

function counted(searching) {
  const all = rows.filter((row) => !row.subtotal && row.element.dataset.kind !== "rest");
  const total = `${all.length} ${all.length === 1 ? "row" : "rows"}`;
  if (!searching) return total;
  const found = `${all.filter((row) => row.matches).length} of ${total}`;
  const named = sorted ? 0 : rows.filter((row) => row.subtotal && row.matches).length;
  return named ? `${found}, ${named} ${named === 1 ? "section" : "sections"}` : found;
}

// Numbers, then words, then empty cells, in either direction; equal rows in the order of the trace.
function compare(one, other) {
  const [a, b] = [one, other].map((row) => row.element.cells[sorted.column]);
  const rank = (cell) => ("value" in cell.dataset ? 0 : cell.textContent ? 1 : 2);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const order =
    rank(a) === 0
      ? Number(a.dataset.value) - Number(b.dataset.value)
      : collator.compare(a.textContent, b.textContent);
  return sorted.descending ? -order : order;
}

// The first click shows the largest numbers, or words from A; the second the reverse; the third
// goes back to the trace.
function sortBy(column) {
  const first = headings[column].classList.contains("right");
  if (sorted?.column !== column) sorted = { column, descending: first };
  else if (sorted.descending === first) sorted = { column, descending: !first };
  else sorted = null;
  headings.forEach((heading, i) => {
    if (sorted?.column !== i) heading.removeAttribute("aria-sort");
    else heading.setAttribute("aria-sort", sorted.descending ? "descending" : "ascending");
  });
  table.toggleAttribute("data-sorted", sorted !== null);
  const order = sorted ? rows.toSorted(compare) : rows;
  body.append(...order.map((row) => row.element));
  table.parentElement.scrollTop = 0;
  update();
}

function foldAll(folded) {
  for (const row of sections) row.folded = folded;
  update();
}

function button(label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  return made;
}

headings.forEach((heading, column) => {
  const sorter = button(heading.textContent);
  sorter.addEventListener("click", () => sortBy(column));
  heading.replaceChildren(sorter);
});
for (const row of sections) {
  const name = row.element.cells[0];
  row.toggle = button("");
  row.toggle.setAttribute("aria-label", `rows of ${name.textContent}`);
  row.toggle.addEventListener("click", () => {
    row.folded = !row.folded;
    update();
  });
  name.prepend(row.toggle);
}
// Columns keep the width that all rows need: they must not jump while one types or folds.
const widths = headings.map((heading) => heading.getBoundingClientRect().width);
headings.forEach((heading, i) => (heading.style.minWidth = `${widths[i]}px`));

fold.addEventListener("click", () => foldAll(true));
unfold.addEventListener("click", () => foldAll(false));
filter.addEventListener("input", update);
const keys = page.parentElement === document.body ? document : page;
keys.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && document.activeElement !== filter) {
    event.preventDefault();
    filter.select();
  } else if (event.key === "Escape") {
    if (!filter.value) filter.blur();
    filter.value = "";
    update();
  }
});
fold.parentElement.hidden = sections.length === 0;
tools.hidden = false;
update();
