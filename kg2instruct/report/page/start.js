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
    Object.assign(state, { query: "", topic: "", relation: "", reason: "", task: "", at: 0 });
    return frame();
  }
  const searching = field?.id === "search" && ["ArrowDown", "ArrowUp"].includes(event.key);
  const act = (!field && KEYS[event.key]) || ((!field || searching) && state.tab === "records" && RECORD_KEYS[event.key]);
  if (act) {
    event.preventDefault();
    act();
  }
});

function follow() {
  const [tab, id] = decodeURIComponent(location.hash.slice(1)).split("/");
  state.tab = tab === "records" && DATA.records.length ? "records" : "overview";
  if (id) state.at = Math.max(0, shown().findIndex((record) => record.id === id));
  frame();
}

window.addEventListener("hashchange", follow);
window.addEventListener("beforeprint", () => detail.redraw?.());
follow();
