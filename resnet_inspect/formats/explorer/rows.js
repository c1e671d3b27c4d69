// Long lists of which only the rows in sight are elements: the tree, and the table.

// The row that is chosen, or where it is not shown the one around it that is.
export function standingFor(every, items, isChosen) {
  const shown = new Set(items);
  let row = every.find(isChosen);
  while (row && !shown.has(row)) row = row.outer;
  return row ?? null;
}

export class Rows {
  // frame scrolls; before and after are elements that stand for the rows out of sight.
  constructor(frame, body, before, after, make) {
    Object.assign(this, {
      frame,
      body,
      before,
      after,
      make,
      items: [],
      every: false,
      first: 0,
      end: 0,
    });
    this.height = parseFloat(getComputedStyle(frame).getPropertyValue("--row"));
    frame.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(frame);
    addEventListener("beforeprint", () => ((this.every = true), this.draw()));
    addEventListener("afterprint", () => ((this.every = false), this.draw()));
  }

  show(items) {
    this.items = items;
    this.first = this.end = -1;
    this.draw();
  }

  draw() {
    const { every } = this;
    const margin = 8;
    const top = Math.floor(this.frame.scrollTop / this.height) - margin;
    const most = Math.ceil(this.frame.clientHeight / this.height) + 2 * margin;
    const first = every ? 0 : Math.max(0, Math.min(top, this.items.length - most));
    const end = every ? this.items.length : Math.min(this.items.length, first + most);
    if (first === this.first && end === this.end) return;
    [this.first, this.end] = [first, end];
    const made = this.items.slice(first, end).map((item, i) => this.make(item, first + i));
    this.before.style.height = `${first * this.height}px`;
    this.after.style.height = `${(this.items.length - end) * this.height}px`;
    this.body.replaceChildren(this.before, ...made, this.after);
  }

  redraw() {
    this.first = -1;
    this.draw();
  }

  reveal(at) {
    if (at < 0) return;
    const room = this.frame.clientHeight - this.body.offsetTop - this.height;
    const top = at * this.height;
    const { scrollTop } = this.frame;
    if (top < scrollTop || top > scrollTop + room) {
      const isNext =
        Math.abs(top - (top < scrollTop ? scrollTop : scrollTop + room)) <= this.height;
      this.frame.scrollTop = isNext ? (top < scrollTop ? top : top - room) : top - room / 2;
    }
    this.draw();
  }
}
