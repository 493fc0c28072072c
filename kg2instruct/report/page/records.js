// The second view: a list of records that fit the filters, and one of them in full.
function shown() {
  const query = state.query.trim().toLowerCase();
  const key = [query, state.topic, state.relation, state.reason, state.task].join("\n");
  if (shown.key !== key) {
    shown.key = key;
    shown.found = DATA.records.filter((record) => fits(record, query));
  }
  return shown.found;
}

function fits(record, query) {
  if (state.topic && (record.topic ?? "none") !== state.topic) return false;
  if (state.relation && !record.arcs.some((arc) => arc[4] === state.relation)) return false;
  if (state.reason && !record.dropped.some(([reason]) => reason === state.reason)) return false;
  if (state.task && !record.rows.some((row) => row[2] === state.task)) return false;
  if (!query) return true;
  const texts = [record.id, record.text, record.page?.[0] ?? "", ...record.arcs.map((arc) => arc[4])];
  if (DATA.kind === "mix") texts.push(...record.rows[0].slice(5));
  return texts.some((text) => text.toLowerCase().includes(query));
}

const VALUES = {
  topic: (record) => [record.topic ?? "none"],
  relation: (record) => record.arcs.map((arc) => arc[4]),
  reason: (record) => record.dropped.map(([reason]) => reason),
  task: (record) => record.rows.map((row) => row[2]),
};

/** What a filter can be set to, with how many records it leaves, the most first. */
function values(filter) {
  values.known ??= {};
  if (!values.known[filter]) {
    const counts = new Map();
    for (const record of DATA.records) for (const value of new Set(VALUES[filter](record))) counts.set(value, (counts.get(value) ?? 0) + 1);
    values.known[filter] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }
  return values.known[filter];
}

const filterable = (filter, value) => values(filter).some(([name]) => name === value);

function records() {
  const filters = ["topic", "relation", "reason", "task"].filter((filter) => values(filter).length > (filter === "reason" ? 0 : 1));
  return h("div", { class: "records" },
    h("h2", { class: "unseen" }, t("tab records")),
    h("p", { class: "lead" }, t(DATA.kind === "mix" ? "sample lead mix" : "sample lead")),
    h("form", { class: "filters", role: "search", onsubmit: (e) => e.preventDefault() },
      h("label", {}, h("span", {}, t("search")),
        h("input", { id: "search", type: "search", value: state.query, placeholder: t(DATA.kind === "mix" ? "search hint mix" : "search hint"), autocomplete: "off",
          oninput: (e) => filter("query", e.target.value) })),
      filters.map((name) => h("label", {}, h("span", {}, t(`filter ${name}`)),
        h("select", { id: `filter-${name}`, onchange: (e) => filter(name, e.target.value) },
          h("option", { value: "" }, t("all")),
          values(name).map(([value, n]) => h("option", { value, selected: state[name] === value }, `${valueName(name, value)} (${n})`)))))),
    h("div", { class: "split" },
      h("div", { class: "list" }, h("p", { id: "found", role: "status" }), h("ol", { id: "list", "aria-label": t("tab records") })),
      h("article", { id: "record", "aria-live": "off" })));
}

function valueName(filter, value) {
  if (value === "none") return t("none");
  const name = { reason: `reason ${value}`, task: `task ${value}` }[filter];
  return name && t(name) !== name ? t(name) : value;
}

function filter(name, value) {
  state[name] = value;
  state.at = 0;
  showRecord();
}

/** Choose the record at a place of the list. */
function choose(at) {
  state.at = Math.max(0, Math.min(shown().length - 1, at));
  showRecord();
  const list = find("#list"), item = list.children[state.at];
  if (!item) return;
  // Only the list scrolls, not the page.
  const above = item.offsetTop - list.offsetTop - list.scrollTop, below = above + item.offsetHeight - list.clientHeight;
  if (above < 0) list.scrollTop += above;
  else if (below > 0) list.scrollTop += below;
}

function showRecord() {
  const found = shown();
  state.at = Math.min(state.at, Math.max(0, found.length - 1));
  find("#found").textContent = `${number(found.length)} / ${number(DATA.records.length)}`;
  const list = find("#list");
  if (list.key !== shown.key + state.lang) {
    list.key = shown.key + state.lang;
    list.replaceChildren(...found.map((record, i) => h("li", {}, entry(record, i))));
  }
  list.querySelector("[aria-current]")?.removeAttribute("aria-current");
  list.children[state.at]?.firstChild.setAttribute("aria-current", "true");
  const record = found[state.at];
  const article = find("#record");
  if (!record) return article.replaceChildren(h("p", { class: "empty" }, t("nothing found")));
  history.replaceState(null, "", addressOf(record));
  detail(article, record);
}

function entry(record, i) {
  const title = record.page?.[0] ?? record.id;
  return h("button", { type: "button", onclick: () => choose(i), "data-id": record.id },
    h("strong", {}, title),
    h("span", { class: "snippet" }, Array.from(record.text).slice(0, 70).join("")),
    DATA.kind === "mix" ? h("span", { class: "tags" }, `${record.rows[0][2]} · ${record.source}`)
      : h("span", { class: "tags" }, `${t("relations")} ${record.arcs.length}${record.dropped.length ? ` · ${t("dropped short")} ${record.dropped.length}` : ""}`));
}

function detail(article, record) {
  const drawn = record.marks.length || record.arcs.length ? drawnText(record) : null;
  article.replaceChildren(
    h("header", {}, h("h3", {}, record.page?.[0] ?? record.id), h("p", { class: "facts" }, origin(record))),
    drawn ? drawn.box : DATA.kind === "mix" ? "" : h("div", { class: "words", lang: record.lang === "zh" ? "zh-Hans" : "en" }, record.text),
    drawn && !state.labels ? legend(record) : "",
    record.arcs.length ? section(t("relations"), record.arcs.length, triples(record)) : "",
    record.dropped.length ? section(t("dropped"), record.dropped.length, droppedTable(record)) : "",
    record.rows.length ? section(t("rows"), record.rows.length + record["more rows"], rowCards(record)) : "");
  if (!drawn) return;
  drawn.draw();
  detail.watch?.disconnect();
  let width = drawn.box.clientWidth;
  detail.watch = new ResizeObserver(() => {
    if (drawn.box.clientWidth !== width) { width = drawn.box.clientWidth; drawn.draw(); }
  });
  detail.watch.observe(drawn.box);
  detail.redraw = drawn.draw;
  detail.marks = drawn.marks;
}

const section = (title, n, content) => h("section", {}, h("h4", {}, title, h("span", { class: "total" }, number(n))), content);

function origin(record) {
  const told = record.page ? [h("code", {}, record.id)] : [record.source, t(`language ${record.lang}`)].filter(Boolean);
  if (record.topic) told.push(record.topic);
  if (record.page) {
    const [, , revision, part] = record.page;
    if (part) told.push(part);
    told.push(h("a", { href: `https://${record.lang}.wikipedia.org/w/index.php?oldid=${revision}`, rel: "noreferrer" }, t("revision")));
  }
  return told.flatMap((piece, i) => (i ? ["  ·  ", piece] : [piece]));
}

function legend(record) {
  const kinds = new Map(record.marks.filter(([, , type]) => type).map(([, , type, , , hue, style]) => [type, `h${hue} s${style}`]));
  return h("p", { class: "legend" }, [...kinds].map(([type, look]) => h("mark", { class: `mention ${look}` }, h("span", {}, type))));
}

const wikidata = (id, words) => (/^[QP]\d+$/.test(id ?? "")
  ? h("a", { href: `https://www.wikidata.org/wiki/${id[0] === "P" ? "Property:" : ""}${id}`, rel: "noreferrer", title: id }, words ?? id) : words ?? id ?? "");

const table = (title, heads, lines) => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
  h("table", { class: "plain" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, t(head))))), h("tbody", {}, lines)));

/** The relations as a table; pointing at a line shows its arc. */
function triples(record) {
  return table(t("relations"), ["head", "relation", "tail", "value"], record.arcs.map((arc, i) => {
    const [head, tail, subject, headQid, relation, property, object, tailQid, value] = arc;
    return h("tr", { onmouseenter: () => point(i, [head, tail]), onmouseleave: () => point(null) },
      h("td", {}, wikidata(headQid, subject), head === null ? h("em", { class: "tag" }, t("left out")) : null),
      h("td", {}, relation, property ? [" ", h("small", {}, wikidata(property))] : null),
      h("td", {}, wikidata(tailQid, object), tail === null ? h("em", { class: "tag" }, t("left out")) : head === tail ? h("em", { class: "tag" }, t("same name")) : null),
      h("td", {}, h("small", {}, value ?? tailQid ?? "")));
  }));
}

/** Show one arc among the others, and which names are the ends of a claim. */
function point(i, ends = []) {
  detail.marks?.forEach((mark, number) => mark.classList.toggle("end", ends.includes(number)));
  for (const arc of document.querySelectorAll(".arc")) {
    arc.classList.toggle("on", i !== null && arc.dataset.arcs.includes(` ${i} `));
    arc.classList.toggle("off", i !== null && !arc.dataset.arcs.includes(` ${i} `));
  }
}

function droppedTable(record) {
  const chosen = (reason) => state.reason === reason;
  const lines = [...record.dropped].sort((a, b) => chosen(b[0]) - chosen(a[0]));
  return table(t("dropped"), ["rule", "head", "relation", "tail", "seen"], lines.map(([reason, seen, head, tail, subject, headQid, relation, property, object, tailQid]) =>
    h("tr", { class: chosen(reason) ? "chosen" : null, onmouseenter: () => point(null, [head, tail]), onmouseleave: () => point(null) },
      h("td", {}, h("span", { class: "rule" }, valueName("reason", reason))),
      h("td", {}, wikidata(headQid, subject)),
      h("td", {}, relation, " ", h("small", {}, wikidata(property))),
      h("td", {}, wikidata(tailQid, object)),
      h("td", { class: "seen" }, h("small", {}, seen ?? "")))));
}

function rowCards(record) {
  const cards = record.rows.map(([id, split, task, format, template, instruction, input, output], i) => {
    const whole = (told) => told.replace("\0", () => record.text);
    const field = (name, told) => (told ? [h("dt", {}, t(`field ${name}`)), h("dd", { lang: record.lang === "zh" ? "zh-Hans" : "en" }, whole(told))] : []);
    return h("details", { class: "row", open: i === 0 || null },
      h("summary", {}, h("strong", {}, valueName("task", task)), h("span", {}, [format, split, template].filter(Boolean).join(" · ")), h("code", {}, id)),
      h("dl", {}, field("instruction", instruction), field("input", input), field("output", output)));
  });
  return h("div", { class: "rows" }, cards, record["more rows"] ? h("p", { class: "muted" }, `+ ${number(record["more rows"])}`) : null);
}
