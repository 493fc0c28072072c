// A record's text with its mentions marked and its relations drawn over the lines.
// No line begins with one of the first, or ends with one of the second.
const CLOSING = [..."，。、；：！？）》」』”’】…,.;:!?)]"], OPENING = [..."（《「『“‘【(["];
const LEVEL = 17, GAP = 5, GUTTER = 7;

/** The text as an element; `draw` puts arcs over it once it stands in the page. */
function drawnText(record) {
  const text = Array.from(record.text);  // offsets are characters, not UTF-16 units
  const marks = [];
  const line = h("div", { class: "words", lang: record.lang === "zh" ? "zh-Hans" : "en" });
  const used = new Set(record.arcs.flatMap(([head, tail]) => [head, tail]));
  let at = 0;
  const closing = (from) => { let to = from; while (CLOSING.includes(text[to])) to += 1; return to; };
  record.marks.forEach(([start, end, type, qid, via, hue, style], i) => {
    const words = text.slice(start, end).join("");
    let opening = start;
    while (opening > at && OPENING.includes(text[opening - 1])) opening -= 1;
    line.append(text.slice(at, opening).join(""));
    const ghost = !type && !via && !used.has(i);
    marks[i] = h("mark", { class: ghost ? "mention bare" : `mention h${hue} s${style}`, title: ghost ? null : markTitle(type, qid, via) },
      h("span", {}, words), type && !ghost ? h("small", {}, type) : null);
    at = Math.min(closing(end), record.marks[i + 1]?.[0] ?? text.length);
    line.append(h("span", { class: "keep" }, text.slice(opening, start).join(""), marks[i], text.slice(end, at).join("")));
  });
  line.append(text.slice(at).join(""));
  const outside = record.arcs.find(([head, tail]) => head === null || tail === null);
  const subject = outside ? h("mark", { class: "mention subject" }, h("span", {}, outside[0] === null ? outside[2] : outside[6])) : null;
  const canvas = svg("svg", { class: "arcs", "aria-hidden": "true" });
  const box = h("div", { class: `drawn${state.labels ? "" : " plain"}${record.arcs.length ? " tied" : ""}` },
    subject ? h("div", { class: "words before" }, subject, h("span", { class: "muted" }, t("subject left out"))) : null, line, canvas);
  return { box, marks, draw: () => drawArcs(box, canvas, marks, subject, record.arcs) };
}

const markTitle = (type, qid, via) => [type, qid, via && t(`via ${via}`)].filter(Boolean).join(" · ");

/** Give each line room for its arcs, then draw them. Measured in the page, so that it fits any width and font. */
function drawArcs(box, canvas, marks, subject, arcs) {
  for (const mark of [...marks, subject]) if (mark) mark.style.marginTop = "";
  canvas.replaceChildren();
  const ends = (i) => (i === null ? subject : marks[i]);
  const drawn = arcs.map((arc, i) => ({ arc, i, head: ends(arc[0]), tail: ends(arc[1]) })).filter(({ head, tail }) => head && tail && head !== tail);
  if (!drawn.length) return;
  const lines = linesOf(box);
  const items = layout(drawn, lines, box);
  for (const line of lines) {
    const levels = 1 + Math.max(-1, ...items.filter((item) => item.line === line).map((item) => item.level));
    for (const mark of line.marks) mark.style.marginTop = `${levels ? levels * LEVEL + 10 : 0}px`;
  }
  const frame = box.getBoundingClientRect();
  canvas.setAttribute("width", frame.width);
  canvas.setAttribute("height", frame.height);
  const top = new Map(lines.map((line) => [line, Math.min(...line.marks.map((mark) => mark.getBoundingClientRect().top)) - frame.top]));
  for (const item of items) item.y = top.get(item.line) - 12 - item.level * LEVEL;
  for (const part of parts(items, top)) canvas.append(part);
}

/** The lines of the text that have marks, from the top. */
function linesOf(box) {
  const frame = box.getBoundingClientRect(), lines = [];
  for (const mark of box.querySelectorAll("mark")) {
    const rect = mark.getBoundingClientRect();
    let line = lines.find((other) => Math.abs(other.middle - (rect.top + rect.bottom) / 2) < rect.height / 2);
    if (!line) lines.push(line = { middle: (rect.top + rect.bottom) / 2, marks: [], of: new Map() });
    line.marks.push(mark);
    line.of.set(mark, { left: rect.left - frame.left, right: rect.right - frame.left, width: rect.width });
  }
  return lines.sort((a, b) => a.middle - b.middle);
}

const pen = document.createElement("canvas").getContext("2d");

function labelWidth(label) {
  pen.font = "11px system-ui, sans-serif";
  return pen.measureText(label).width + 6;
}

/**
 * Where each arc runs. Ends in one line: one bow. Ends in two lines: out to the gutter on the left, down or up, and in
 * again; what leaves one mention shares its way to the gutter, and each tail has its label above it.
 */
function layout(drawn, lines, box) {
  const lineOf = new Map(lines.flatMap((line) => line.marks.map((mark) => [mark, line])));
  const items = [], exits = new Map(), entries = new Map();
  const right = box.getBoundingClientRect().width;
  for (const { arc, i, head, tail } of drawn) {
    const from = lineOf.get(head), to = lineOf.get(tail), label = arc[4], wide = labelWidth(label);
    if (from === to) {
      const a = center(from, head), b = center(from, tail), middle = (a + b) / 2;
      items.push({ kind: "bow", line: from, a, b, label, wide, arcs: [i], low: Math.min(a, b, middle - wide / 2), high: Math.max(a, b, middle + wide / 2), hue: hueOf(head), x: clamp(middle, wide, right) });
      continue;
    }
    if (!exits.has(head)) {
      exits.set(head, { kind: "exit", line: from, a: center(from, head), low: 0, high: center(from, head), arcs: [], hue: hueOf(head), column: exits.size });
      items.push(exits.get(head));
    }
    exits.get(head).arcs.push(i);
    const b = center(to, tail), x = clamp(b, wide, right);
    const known = entries.get(head) ?? [];
    entries.set(head, known);
    let entry = known.find((other) => other.line === to && other.drops.every((drop) => Math.abs(drop.x - x) > (drop.wide + wide) / 2 + GAP));
    if (!entry) {
      entry = { kind: "entry", line: to, drops: [], low: 0, high: 0, arcs: [], hue: hueOf(head), exit: exits.get(head) };
      known.push(entry);
      items.push(entry);
    }
    entry.drops.push({ b, x, label, wide, arc: i });
    entry.high = Math.max(entry.high, b, x + wide / 2);
    entry.arcs.push(i);
  }
  for (const line of lines) stack(items.filter((item) => item.line === line));
  return items;
}

const center = (line, mark) => (line.of.get(mark).left + line.of.get(mark).right) / 2;
const clamp = (x, wide, right) => Math.max(GUTTER * 3 + wide / 2, Math.min(right - wide / 2, x));
const hueOf = (mark) => [...mark.classList].find((name) => /^h\d$/.test(name)) ?? "";

/** Levels, so that nothing in a line crosses a label of another: short ones are nearest to the text. */
function stack(items) {
  const placed = [];
  for (const item of [...items].sort((a, b) => (a.high - a.low) - (b.high - b.low))) {
    item.level = 0;
    while (placed.some((other) => other.level === item.level && item.low < other.high + GAP && other.low < item.high + GAP)) item.level += 1;
    placed.push(item);
  }
}

/** Lines first and labels over them, so that no line is drawn through a label. */
function* parts(items, top) {
  const labels = [];
  const foot = (item) => top.get(item.line) - 1;
  const group = (item, ...children) => svg("g", { class: `arc ${item.hue}`, "data-arcs": ` ${item.arcs.join(" ")} ` }, ...children);
  for (const item of items) {
    const y = item.y, base = foot(item);
    if (item.kind === "bow") {
      const r = Math.min(7, Math.abs(item.b - item.a) / 2), s = Math.sign(item.b - item.a) || 1;
      const path = `M${item.a} ${base}V${y + r}Q${item.a} ${y} ${item.a + s * r} ${y}H${item.b - s * r}Q${item.b} ${y} ${item.b} ${y + r}V${base - 3}`;
      labels.push(group(item, text(item.x, y, item.label)));
      yield group(item, svg("path", { d: path }), arrow(item.b, base));
    } else if (item.kind === "exit") {
      const g = GUTTER * (item.column % 3) + 2;
      const ys = items.filter((other) => other.exit === item).map((other) => other.y);
      const up = Math.min(y, ...ys), down = Math.max(y, ...ys);
      yield group(item, svg("path", { d: `M${item.a} ${base}V${y + 6}Q${item.a} ${y} ${item.a - 6} ${y}H${g}` }), svg("path", { d: `M${g} ${up}V${down}` }));
    } else {
      const g = GUTTER * (item.exit.column % 3) + 2;
      for (const drop of item.drops) {
        const path = `M${g} ${y}H${drop.b - 6}Q${drop.b} ${y} ${drop.b} ${y + 6}V${base - 3}`;
        const one = { ...item, arcs: [drop.arc] };
        labels.push(group(one, text(drop.x, y, drop.label)));
        yield group(one, svg("path", { d: path }), arrow(drop.b, base));
      }
    }
  }
  yield* labels;
}

const arrow = (x, y) => svg("path", { class: "head", d: `M${x - 3} ${y - 6}L${x + 3} ${y - 6}L${x} ${y}Z` });
const text = (x, y, label) => svg("text", { x, y: y + 3.5 }, label);
