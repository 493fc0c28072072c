// Keys, the address, and the first frame.
const KEYS = {
  1: () => go("overview"),
  2: () => go("records"),
  l: toggleLang,
  d: toggleTheme,
  "?": help,
  "/": () => { if (state.tab !== "records") go("records"); find("#search").focus(); find("#search").select(); },
};
const RECORD_KEYS = {
  ArrowDown: () => choose(state.at + 1),
  ArrowUp: () => choose(state.at - 1),
  j: () => choose(state.at + 1),
  k: () => choose(state.at - 1),
  Home: () => choose(0),
  End: () => choose(Infinity),
  t: () => { state.labels = !state.labels; showRecord(); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
  const field = event.target.closest?.("input, select, textarea");
  if (event.key === "Escape" && state.tab === "records") {
    field?.blur();
    Object.assign(state, UNFILTERED);
    return frame();
  }
  const searching = field?.id === "search" && ["ArrowDown", "ArrowUp"].includes(event.key);
  const act = (!field && KEYS[event.key]) || ((!field || searching) && state.tab === "records" && RECORD_KEYS[event.key]);
  if (act) {
    event.preventDefault();
    act();
  }
});

/** What the address says; a record that is not in the sample is searched for, so that no other is taken for it. */
function follow() {
  const [tab, ...rest] = decoded(location.hash.slice(1)).split("/"), id = rest.join("/");
  state.tab = tab === "records" && DATA.records.length ? "records" : "overview";
  const named = () => shown().findIndex((record) => record.id === id);
  if (id && named() < 0) Object.assign(state, UNFILTERED);
  if (id && named() < 0) state.query = id;
  if (id) state.at = Math.max(0, named());
  frame();
}

function decoded(address) {
  try { return decodeURIComponent(address); } catch { return address; }
}

window.addEventListener("hashchange", follow);
window.addEventListener("beforeprint", () => detail.redraw?.());
follow();
