// The filter language of the explorers: what `views/tables/filter` says in Python, said again here.
// Both are held to one table of cases, tests/filter_cases.json.

const SHORT_NAMES = {
  k: "kernel_size",
  s: "stride",
  p: "padding",
  d: "dilation",
  g: "groups",
  in: "input_shape",
  out: "output_shape",
  param: "parameters",
  memory: "activation_bytes_distinct",
  rf: "receptive_field",
  name: "path",
  type: "class_name",
};
const WORDS_OVER = ["path", "op", "class_name", "kernel_size", "input_shape", "output_shape"];
const SHAPES = new Set(["input_shape", "output_shape"]);
const ON_ONE_SIDE = /(?<![^\s!-])only\s+(left|right)(?!\S)/gi;
const SAME = { "≥": ">=", "≤": "<=", "==": "=", "≠": "!=" };
const YES = { yes: true, true: true, on: true, no: false, false: false, off: false };
const COMPARE = {
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};
const UNITS = { "": 1, "%": 0.01, b: 1, s: 1, ms: 1e-3, us: 1e-6, μs: 1e-6, ns: 1e-9 };
[..."kmgtpe"].forEach((prefix, power) => {
  for (const tail of ["", "b"]) UNITS[prefix + tail] = 1000 ** (power + 1);
  for (const tail of ["i", "ib"]) UNITS[prefix + tail] = 1024 ** (power + 1);
});

// The query that a line of text stands for: { terms, problems, words, places(table) }.
export function parse(text, columns) {
  const keys = new Set(columns.map((column) => column.key));
  const names = namesOf([...columns, ...ofBothSides(columns, keys)]);
  if (keys.has("change")) text = text.replace(ON_ONE_SIDE, 'change:"only $1"');
  const terms = [];
  const problems = new Set();
  const words = new Set();
  for (const part of partsOf(text, names)) {
    const { bind, problem, word } = termOf(part, names);
    if (bind) terms.push(part.negated ? (table) => negated(bind(table)) : bind);
    if (problem) problems.add(problem);
    if (word && !part.negated) words.add(word);
  }
  return {
    asks: terms.length > 0,
    problems: [...problems],
    words: [...words],
    places(table) {
      const tests = terms.map((bind) => bind(table));
      return [...table.rows.keys()].filter((at) => tests.every((test) => test(table.rows[at])));
    },
  };
}

const negated = (test) => (row) => !test(row);

// -- names ---------------------------------------------------------------------------------------

const bare = (name) => casefolded(name.replace(/[\s_-]+/g, ""));

function namesOf(columns) {
  const keys = new Map();
  const spelled = [];
  const add = (name, key) => {
    if (!keys.has(bare(name))) keys.set(bare(name), key);
    if (keys.get(bare(name)) === key) spelled.push(name);
  };
  for (const { key } of columns) add(key, key);
  for (const { key, title } of columns) add(title, key);
  for (const [short, key] of Object.entries(SHORT_NAMES)) {
    if (columns.some((column) => column.key === key)) add(short, key);
  }
  const titles = columns.map((column) => column.title).filter((title) => title.includes(" "));
  titles.sort((a, b) => b.length - a.length);
  return { key: (name) => keys.get(bare(name)), spelled, titles };
}

// A name without its side for the columns that there are once for each side.
function* ofBothSides(columns, keys) {
  for (const { key, title } of columns) {
    const both = key.replace(/^left_/, "");
    if (both !== key && keys.has(`right_${both}`) && !keys.has(both))
      yield { key: both, title: title.replace(/^left /, "") };
  }
}

// Where a column stands in a table, and in one of two networks both of its sides.
const placesOf = (key, table) =>
  [key, `left_${key}`, `right_${key}`].filter((k) => k in table.index).map((k) => table.index[k]);

function unknownName(spelled, names) {
  const known = new Map([...names.spelled].reverse().map((name) => [bare(name), name]));
  let best = null;
  for (const name of known.keys()) {
    const score = ratio(name, bare(spelled));
    if (score >= 0.5 && (!best || score > best.score || (score === best.score && name > best.name)))
      best = { score, name };
  }
  return `no column '${spelled}'${best ? `: did you mean ${known.get(best.name)}?` : ""}`;
}

// Twice the letters that two words share, block by longest block, over those of both.
function ratio(a, b) {
  const matched = (alo, ahi, blo, bhi) => {
    let [at, bt, size] = [alo, blo, 0];
    for (let i = alo; i < ahi; i++) {
      for (let j = blo; j < bhi; j++) {
        let k = 0;
        while (i + k < ahi && j + k < bhi && a[i + k] === b[j + k]) k++;
        if (k > size) [at, bt, size] = [i, j, k];
      }
    }
    if (!size) return 0;
    return matched(alo, at, blo, bt) + size + matched(at + size, ahi, bt + size, bhi);
  };
  const whole = a.length + b.length;
  return whole ? (2 * matched(0, a.length, 0, b.length)) / whole : 1;
}

// -- grammar -------------------------------------------------------------------------------------

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

function* partsOf(text, names) {
  const titles = names.titles.map((title) => literal(title).replace(/ /g, "\\s+"));
  const key = [...titles, '[^\\s"!=<>≥≤≠:]+'].join("|");
  const pattern = new RegExp(
    '\\s*(?<not>[-!])?(?:"(?<quoted>[^"]*)"?' +
      `|(?<key>${key})(?<gap>\\s*)(?<sign>:|[<>!]=|==?|[<>≥≤≠])(?<after>\\s*)` +
      '(?<value>"[^"]*"?|\\S*)|(?<word>\\S+))',
    "iuy",
  );
  const whole = text.trimEnd();
  let at = 0;
  while (at < whole.length) {
    pattern.lastIndex = at;
    const found = pattern.exec(whole)?.groups;
    if (!found) return; // a lone sign of negation that nothing follows
    const start = at;
    at = pattern.lastIndex;
    const negated = found.not !== undefined;
    if (found.quoted !== undefined) yield { negated, word: found.quoted, quoted: true };
    else if (found.key === undefined) yield { negated, word: found.word };
    else {
      const lead = whole.slice(start).match(/^\s*/)[0].length + (negated ? 1 : 0);
      const keyEnd = start + lead + found.key.length;
      const known = names.key(found.key) !== undefined;
      if (found.gap && !(known && found.sign !== ":")) {
        yield { negated, word: found.key };
        at = keyEnd;
        continue;
      }
      let value = found.value;
      if (found.after && (!known || found.sign === ":")) {
        value = "";
        at = keyEnd + found.gap.length + found.sign.length;
      }
      const valueQuoted = value.startsWith('"');
      yield {
        negated,
        word: found.key + found.sign + value,
        key: found.key,
        sign: SAME[found.sign] ?? found.sign,
        value: valueQuoted ? value.replace(/^"+|"+$/g, "") : value,
        valueQuoted,
      };
    }
  }
}

// -- terms ---------------------------------------------------------------------------------------

function termOf(part, names) {
  if (!part.sign) {
    const word = folded(part.word);
    if (!word || ((word === "-" || word === "!") && !part.quoted)) return {};
    return { bind: wordTerm(word, !part.quoted), word };
  }
  const key = names.key(part.key);
  if (key === undefined) return unknownTerm(part, names);
  if (!part.value && !part.valueQuoted) return { bind: columnTerm(key, isThere) };
  if (!(part.sign in COMPARE)) {
    return { bind: columnTerm(key, equality(key, part), key === "kind" ? kindOfOp(part) : null) };
  }
  const bound = numberIn(folded(part.value));
  if (bound !== null) return { bind: columnTerm(key, comparison(key, COMPARE[part.sign], bound)) };
  const halfTyped = ["-", "+", "."].includes(folded(part.value));
  const problem = `${part.key}${part.sign} needs a number, not '${part.value}'`;
  return { bind: columnTerm(key, isThere), problem: halfTyped ? "" : problem };
}

// A name that no column has: a typing error, or part of a path such as layer1.0:add.
function unknownTerm(part, names) {
  const word = folded(part.word);
  if (!/^[\p{L}\p{Nl}\p{No}_]+(?:[-_][\p{L}\p{Nl}\p{No}_]+)*$/u.test(part.key))
    return { bind: wordTerm(word, true), word };
  const problem = unknownName(part.key, names);
  return part.sign === ":" || part.sign === "="
    ? { bind: wordTerm(word, true), problem, word }
    : { problem };
}

function columnTerm(key, test, other = null) {
  return (table) => {
    const places = placesOf(key, table);
    return (row) => places.some((place) => test(row.cells[place])) || (places.length > 0 && other?.(row));
  };
}

function wordTerm(word, glob) {
  const pattern = wholeNumbers(word);
  const path = glob ? globTest(word) : null;
  return (table) => {
    if (pattern) return (row) => pattern.test(textOf(table, row));
    const places = path ? placesOf("path", table) : [];
    const hasPath = ({ text, value }) =>
      path(folded(text)) || (typeof value === "string" && path(folded(value)));
    return (row) =>
      textOf(table, row).includes(word) || places.some((place) => hasPath(row.cells[place]));
  };
}

// Path, op, class, kernel and shapes of a row, folded, a line each.
function textOf(table, row) {
  row.searched ??= folded(
    WORDS_OVER.flatMap((key) => placesOf(key, table))
      .map((place) => row.cells[place].text)
      .join("\n"),
  );
  return row.searched;
}

// -- cells ---------------------------------------------------------------------------------------

const isThere = (cell) => cell.value !== null || cell.text !== "";

function kindOfOp(part) {
  const wanted = folded(part.value);
  if (part.sign === "!=") return () => false;
  return part.sign === "=" ? (row) => row.op === wanted : (row) => row.op.includes(wanted);
}

function equality(key, part) {
  const wanted = folded(part.value);
  const tight = squeezed(part.value);
  const number = numberIn(wanted);
  const sizes = sizesIn(wanted);
  const exact = part.sign !== ":";
  const whole = wholeNumbers(wanted);
  const glob = part.valueQuoted || exact ? null : globTest(wanted);
  const inText = (text) => {
    if (exact) return text === wanted;
    return (whole ? whole.test(text) : text.includes(wanted)) || (glob !== null && glob(text));
  };
  const test = ({ value, text }) => {
    if (typeof value === "boolean") return value === YES[wanted];
    if (typeof value === "string") return inText(folded(text)) || inText(folded(value));
    if (typeof value === "number") return value === number || squeezed(text) === tight;
    if (Array.isArray(value) && value.length) {
      const flat = flatNumbers(value);
      if (flat === null) return inText(folded(text));
      if (sizes && hasSizes(flat, sizes, wanted.endsWith("x"), SHAPES.has(key))) return true;
      return (glob !== null && glob(folded(text))) || squeezed(text) === tight;
    }
    return text !== "" && squeezed(text) === tight;
  };
  return part.sign === "!=" ? (cell) => isThere(cell) && !test(cell) : test;
}

function comparison(key, compare, bound) {
  const elements = SHAPES.has(key);
  return ({ value }) => {
    if (Array.isArray(value)) {
      const flat = flatNumbers(value);
      if (!flat?.length) return elements && flat !== null && compare(1, bound);
      return compare(elements ? flat.reduce((a, b) => a * b, 1) : Math.max(...flat), bound);
    }
    if (typeof value === "string") return value === "all" && compare(Infinity, bound);
    return typeof value === "number" && compare(value, bound);
  };
}

// The numbers in a cell such as 7×7 or 0+1×0+1; null if it holds anything else.
function flatNumbers(value) {
  const flat = value.flat();
  return flat.every((item) => typeof item === "number") ? flat : null;
}

// Whether a cell has these sizes: a run of a shape's, all of a window's, or one for all.
function hasSizes(flat, sizes, openEnd, inside) {
  const from = (start) => sizes.every((size, i) => flat[start + i] === size);
  if (inside) return flat.some((_, start) => start + sizes.length <= flat.length && from(start));
  if (openEnd) return from(0);
  if (sizes.length === 1) return flat.every((number) => number === sizes[0]);
  return flat.length === sizes.length && from(0);
}

// -- spelling ------------------------------------------------------------------------------------

// As Python folds case: letters that only differ in use are one.
const casefolded = (text) => text.toLowerCase().replaceAll("µ", "μ").replaceAll("ß", "ss");

const folded = (text) => casefolded(text.replaceAll("×", "x"));

const squeezed = (text) => folded(text).replace(/[ ,]/g, "");

function numberIn(text) {
  const found = /^([-+]?(?:\d[\d,_]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?) ?([a-zμ]*|%)$/.exec(text);
  if (!found || !Object.hasOwn(UNITS, found[2]) || /__|_$|_\./.test(found[1].replaceAll(",", "")))
    return null;
  return Number(found[1].replace(/[,_]/g, "")) * UNITS[found[2]];
}

// 2x2 as numbers; an x at the end, which more will follow, is let go.
function sizesIn(text) {
  const numbers = text.replace(/x$/, "").split("x").map(numberIn);
  return numbers.includes(null) ? null : numbers;
}

// A search for sizes that begin and end with whole numbers: 28x28, not in 128x28.
function wholeNumbers(word) {
  if (!/^\d+(?:x\d+)*x?$/.test(word)) return null;
  return new RegExp(`(?<!\\d)${word}${word.endsWith("x") ? "" : "(?!\\d)"}`);
}

// A test of whole folded texts, if the pattern has a wildcard: * ? [seq] [!seq].
function globTest(pattern) {
  if (!/[*?[]/.test(pattern)) return null;
  const source = pattern.replace(
    /\*+|\?|\[(!?)([^\]][^\]]*|\][^\]]*)\]|[^]/gu,
    (found, not, set) => {
      if (found[0] === "*") return "[^]*?";
      if (found === "?") return "[^]";
      if (set === undefined) return literal(found);
      return `[${not ? "^" : ""}${set.replace(/[\\[\]^&~|]/g, "\\$&")}]`;
    },
  );
  try {
    const made = new RegExp(`^(?:${source})$`, "u");
    return (text) => made.test(text);
  } catch {
    return null;
  }
}
