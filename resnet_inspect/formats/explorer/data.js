// The data of the page: written as JSON, deflated, in base64; unpacked when it is asked for.

async function inflated(id) {
  const packed = atob(document.getElementById(id).textContent.trim());
  const bytes = Uint8Array.from(packed, (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

export async function loaded() {
  const page = await inflated("page-data");
  for (const network of page.networks) {
    for (const [key, table] of Object.entries(network.tables)) {
      network.tables[key] = unpacked(table);
    }
    network.place = new Map(network.places.map((place, number) => [place.name, number]));
  }
  if (page.comparison) page.comparison = unpacked(page.comparison);
  return page;
}

let texts = null;

// Cards and lessons, which nothing needs before something is chosen.
export function cards() {
  texts ??= inflated("page-cards");
  return texts;
}

// A table whose cells are { value, text }; those that are equal are one object.
export function unpacked(packed) {
  const cells = packed.cells.map((column) =>
    column.map((cell) =>
      Array.isArray(cell) ? { value: cell[0], text: cell[1] } : { value: cell, text: cell },
    ),
  );
  const rows = packed.rows.map(([kind, level, flags, op, place, other, ...own], number) => ({
    number,
    kind,
    level,
    subtotal: (flags & 1) > 0,
    raised: (flags & 2) > 0,
    main: (flags & 4) > 0,
    op,
    places: [place, other],
    cells: own.map((cell, column) => cells[column][cell]),
    below: 0,
  }));
  const open = [];
  for (const row of rows) {
    while (open.length && open.at(-1).level >= row.level) open.pop();
    for (const outer of open) outer.below++;
    row.outer = open.at(-1) ?? null;
    open.push(row);
  }
  const columns = packed.columns.map(({ key, header, align }) => ({ key, title: header, align }));
  const index = Object.fromEntries(columns.map(({ key }, place) => [key, place]));
  return { ...packed, cells, rows, columns, index };
}
