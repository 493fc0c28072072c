// The first view: figures, funnel, charts.
const FEW = 10;

function overview() {
  const empty = !DATA.figures.some(([, n]) => n);
  return h("div", { class: "overview" },
    h("dl", { class: "figures" }, DATA.figures.map(([name, n]) => h("div", {}, h("dt", {}, t(`figure ${name}`)), h("dd", {}, number(n))))),
    empty ? h("p", { class: "empty" }, t("nothing made")) : null,
    DATA.problems.length ? problems() : null,
    DATA.funnel.length ? h("section", {}, h("h2", {}, t(DATA.kind === "mix" ? "funnel mix" : "funnel")), h("p", { class: "lead" }, t(DATA.kind === "mix" ? "funnel lead mix" : "funnel lead")),
      h("div", { class: "funnel" }, DATA.funnel.map(funnelGroup))) : null,
    DATA.coverage.length ? h("section", {}, h("h2", {}, t("coverage")), h("div", { class: "shares" }, DATA.coverage.map(share))) : null,
    h("section", {}, h("h2", {}, t("content")), h("div", { class: "columns" }, DATA.charts.map(chart))),
    DATA.lengths.length ? h("section", {}, h("h2", {}, t("lengths")), h("p", { class: "lead" }, t("lengths lead")),
      h("div", { class: "grid" }, DATA.lengths.map(histogram))) : null,
  );
}

function problems() {
  return h("section", { class: "problems" }, h("h2", {}, t("problems")),
    h("ul", {}, DATA.problems.map(([kind, count, examples]) =>
      h("li", {}, h("strong", {}, `${t(kind)}: ${number(count)}`), examples.map((example) => h("code", {}, example))))));
}

function funnelGroup(group) {
  const most = group.steps[0]?.[1] || 1;
  const heading = h("h3", {}, t(`group ${group.name}`));
  const steps = group.steps.map(([name, n], i) => bar(t(`step ${name}`), n, most, {
    note: i ? percent(n, name.startsWith("rows:") ? most : group.steps[i - 1][1]) : "", title: i ? t("share of step before") : "" }));
  const known = new Set(DATA.records.flatMap((record) => record.dropped.map(([reason]) => reason)));
  const lost = group.lost.map(([name, n]) => bar(t(`reason ${name}`) === `reason ${name}` ? name : t(`reason ${name}`), n, most, {
    kind: "lost", note: percent(n, most),
    onclick: group.name === "claims" && known.has(name) ? () => browse({ reason: name }) : null }));
  return h("div", { class: "panel" }, heading, bars(t(`group ${group.name}`), steps),
    lost.length ? [h("h4", {}, t(`lost ${group.name}`)), folded(t(`lost ${group.name}`), lost, 8)] : null);
}

function share([name, part, whole]) {
  return h("div", { class: "share" },
    h("div", { class: "value" }, percent(part, whole)), h("div", { class: "what" }, t(`share ${name}`)),
    h("div", { class: "track", "aria-hidden": "true" }, width(h("i"), part, whole)),
    h("div", { class: "of" }, `${number(part)} / ${number(whole)}`));
}

function chart(chart) {
  const most = chart.items[0][1];
  const lines = chart.items.map(([name, n]) => bar(nameOf(chart.name, name), n, most, {
    note: percent(n, chart.total),
    onclick: ["topic", "relation", "task"].includes(chart.filter) && filterable(chart.filter, name)
      ? () => browse({ [chart.filter]: name }) : null }));
  const title = t(`chart ${chart.name}`);
  return h("div", { class: "panel" },
    h("h3", {}, title, h("span", { class: "total" }, `${number(chart.names)} · ${number(chart.total)} ${t(`unit ${chart.unit}`)}`)),
    folded(title, lines, FEW), chart.names > chart.items.length ? h("p", { class: "more" }, `… ${number(chart.names - chart.items.length)}`) : null);
}

const TOLD = { mentions: "via", tasks: "task", languages: "language", splits: "step rows:" };

function nameOf(chart, name) {
  if (name === "none" || name === "") return t("none");
  const told = TOLD[chart] ? t(`${TOLD[chart]} ${name}`) : name;
  return told.startsWith(`${TOLD[chart]} `) ? name : told;
}

/** A line of a bar chart: what, how much, and on the right what share it is. */
function bar(name, n, most, { kind = "", note = "", title = "", onclick = null } = {}) {
  const label = onclick ? h("button", { type: "button", class: "link", onclick, title: t("show records") }, name) : name;
  return h("tr", { class: kind },
    h("th", { scope: "row" }, label),
    h("td", { class: "bar", "aria-hidden": "true" }, width(h("i"), n, most)),
    h("td", { class: "n" }, number(n)), h("td", { class: "note", title: title || null }, note));
}

function width(element, part, whole) {
  element.style.width = `${Math.max(part ? 0.6 : 0, 100 * part / (whole || 1))}%`;
  return element;
}

function bars(title, lines) {
  const digits = Math.max(5, ...lines.map((line) => line.querySelector(".n").textContent.length));
  const columns = ["what", "bar", "n", "note"].map((name) => h("col", { class: name }));
  columns[2].style.width = `${digits * 0.6 + 1}em`;
  return h("table", { class: "bars", "aria-label": title }, h("colgroup", {}, columns), h("tbody", {}, lines));
}

/** A long chart shows its first lines, and all of them when asked. */
function folded(title, lines, few) {
  if (lines.length <= few + 2) return bars(title, lines);
  const table = bars(title, lines.slice(0, few));
  const button = h("button", { type: "button", class: "link more", "aria-expanded": "false", onclick: () => {
    table.tBodies[0].append(...lines.slice(few));
    button.remove();
  } }, `${t("show all")} ${number(lines.length)}`);
  return h("div", {}, h("div", { class: "scroll" }, table), button);
}

function histogram({ name, bins }) {
  const last = bins[bins.length - 1][0], first = bins[0][0];
  const all = EDGES.filter((edge) => edge >= first && edge <= last);
  const counts = new Map(bins);
  const total = bins.reduce((sum, [, n]) => sum + n, 0), most = Math.max(...bins.map(([, n]) => n));
  let seen = 0, median = first;
  for (const [low, n] of bins) { if (seen * 2 <= total) median = low; seen += n; }
  const step = 100 / all.length;
  const columns = all.map((low, i) => {
    const n = counts.get(low) ?? 0, high = 56 * n / most;
    const next = EDGES[EDGES.indexOf(low) + 1];
    return svg("rect", { x: i * step + 0.4, y: 60 - high, width: Math.max(0.6, step - 0.8), height: high, class: low === median ? "median" : "column" },
      svg("title", {}, `${low}${next ? `–${next - 1}` : "+"}: ${number(n)}`));
  });
  const every = Math.max(1, Math.ceil(all.length / 7));
  const title = t(`chart length of ${name}`);
  const label = `${title}: ${t("median")} ${median}–${(EDGES[EDGES.indexOf(median) + 1] ?? median + 1) - 1}`;
  return h("figure", { class: "panel" },
    h("figcaption", {}, h("h3", {}, title, h("span", { class: "total" }, label.slice(title.length + 2)))),
    svg("svg", { viewBox: "0 0 100 60", preserveAspectRatio: "none", role: "img", "aria-label": label, class: "histogram" }, ...columns),
    h("div", { class: "axis", "aria-hidden": "true" }, all.map((low, i) => h("span", {}, i % every ? "" : number(low)))));
}

const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
const EDGES = [0, 5, ...[10, 100, 1000, 10000].flatMap((scale) => ROUND.map((x) => Math.trunc(x * scale))), 100000];

/** Go to the records that a line of a chart counts. */
function browse(filters) {
  go("records", { ...UNFILTERED, ...filters });
}
