// What all parts of the page share: data, words, elements, state.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const DATA = read("data");
const WORDS = read("words");

const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a file may have no storage */ } };

const UNFILTERED = { query: "", topic: "", relation: "", reason: "", task: "", at: 0 };
const state = {
  lang: stored("kg2instruct-lang") || (DATA.facts.lang === "zh" ? "zh" : "en"),
  theme: stored("kg2instruct-theme") || "auto",
  tab: "overview",
  labels: true,
  ...UNFILTERED,
};

/** What the page says for a name, in the reader's language; names that it does not know are shown as they are. */
function t(name) {
  const found = WORDS[name];
  if (found) return found[state.lang] ?? found.en;
  return name;
}

const number = (n) => n.toLocaleString("en-US");

function percent(part, whole) {
  if (!whole) return "–";
  const share = 100 * part / whole;
  if (share > 0 && share < 0.1) return "<0.1%";
  return `${share.toFixed(share < 10 ? 1 : 0)}%`;
}

/** An element; attributes that begin with `on` are listeners, children are text or elements, never markup. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

const find = (selector) => document.querySelector(selector);

function frame() {
  const facts = DATA.facts, focused = document.activeElement;
  document.documentElement.lang = state.lang === "zh" ? "zh-Hans" : "en";
  document.documentElement.dataset.theme = state.theme;
  const tabs = [["overview", "overview"], ["records", DATA.kind === "mix" ? "rows" : "records"]];
  find("#app").replaceChildren(
    h("a", { class: "skip", href: "#main", onclick: (e) => { e.preventDefault(); find("#main").focus(); } }, t("to the content")),
    h("header", { class: "top" },
      h("div", { class: "name" }, h("h1", {}, t(`report of ${DATA.kind}`)), h("p", { class: "facts" }, factLine(facts))),
      h("nav", { "aria-label": t("views") }, tabs.map(([id, name]) =>
        h("a", { id: `to-${id}`, href: `#${id}`, "aria-current": state.tab === id ? "page" : null }, t(`tab ${name}`),
          id === "records" ? h("span", { class: "count" }, number(DATA.records.length)) : null))),
      h("div", { class: "tools" },
        h("button", { id: "lang", type: "button", onclick: toggleLang, lang: state.lang === "zh" ? "en" : "zh-Hans" },
          state.lang === "zh" ? "English" : "中文"),
        h("button", { id: "theme", type: "button", onclick: toggleTheme, title: t("theme key") }, t(`theme ${state.theme}`)),
        h("button", { type: "button", onclick: help, title: t("help key"), "aria-label": t("keyboard") }, "?"))),
    h("main", { id: "main", tabindex: "-1" }, state.tab === "records" ? records() : overview()),
    h("footer", {}, h("p", {}, t(DATA.kind === "mix" ? "footer mix" : "footer"))),
  );
  if (state.tab === "records") choose(state.at);
  if (focused && focused !== document.body) refocus(focused.id);
}

/** Who uses the keyboard goes on from where the focus was, or else from the content. */
function refocus(id) {
  (find(`#${id || "main"}`) ?? find("#main")).focus({ preventScroll: true });
}

function factLine(facts) {
  const told = [
    facts.langs?.map((lang) => t(`language ${lang}`)).join(" + "),
    facts.inputs?.join(", "),
    facts.seed === undefined ? null : `${t("seed")} ${facts.seed}`,
    `kg2instruct ${facts.version}`,
  ];
  return told.filter(Boolean).join("  ·  ");
}

function toggleLang() {
  state.lang = state.lang === "zh" ? "en" : "zh";
  store("kg2instruct-lang", state.lang);
  frame();
}

function toggleTheme() {
  state.theme = { auto: "light", light: "dark", dark: "auto" }[state.theme] ?? "auto";
  store("kg2instruct-theme", state.theme);
  frame();
}

function help() {
  const keys = [
    ["1 2", "key views"], ["↑ ↓  j k", "key move"], ["/", "key search"], ["Esc", "key clear"],
    ["t", "key labels"], ["l", "key language"], ["d", "key theme"], ["?", "key help"],
  ];
  const dialog = h("dialog", { class: "help", "aria-labelledby": "help-title" },
    h("h2", { id: "help-title" }, t("keyboard")),
    h("dl", {}, keys.flatMap(([key, name]) => [h("dt", {}, key.split(" ").filter(Boolean).map((k) => h("kbd", {}, k))), h("dd", {}, t(name))])),
    h("form", { method: "dialog" }, h("button", { class: "primary", autofocus: true }, t("close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

const addressOf = (record) => `#records/${encodeURIComponent(record.id)}`;

/** Show a view; the address says which one, so that a record can be linked to. */
function go(tab, changes = {}) {
  Object.assign(state, changes, { tab });
  history.replaceState(null, "", tab === "records" && shown()[state.at] ? addressOf(shown()[state.at]) : `#${tab}`);
  frame();
  window.scrollTo(0, 0);
}
