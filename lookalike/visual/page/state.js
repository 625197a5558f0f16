// What is looked at, and the address that says it, so that a link or a reload shows the same.
const VIEWS = ["photos", "map", "review"];
const START = {view: "photos", groups: [], words: "", label: -1, category: "", only: "", unsure: 1, sort: "best", order: "size",
               photo: -1, map: ""};
const state = {...START, size: 112, lasso: false, unstacked: false, picking: false};
const selected = new Set();
const renderers = [];
let queued = false;

function change(part = {}, {push = false} = {}) {
  Object.assign(state, part);
  writeAddress(push);
  render();
}
function render() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    for (const renderer of renderers) renderer();
  });
}

function writeAddress(push) {
  const words = new URLSearchParams();
  if (state.view !== START.view) words.set("view", state.view);
  if (state.groups.length) words.set("group", state.groups.map(id => id < 0 ? "none" : id).join(","));
  for (const key of ["words", "category", "only", "sort", "order", "map"]) if (state[key] !== START[key]) words.set(key, state[key]);
  if (state.unsure < 1) words.set("unsure", state.unsure);
  if (state.label >= 0) words.set("label", DATA.labels[state.label]);
  if (state.photo >= 0) words.set("photo", sha256(state.photo).slice(0, 16));
  const hash = words.size ? "#" + words : "#";
  const same = hash === (location.hash || "#");
  if (same && history.state?.tab === document.body.dataset.tab) return;
  try {
    if (push && !same) history.pushState({tab: document.body.dataset.tab, opened: push === "photo"}, "", hash);
    else history.replaceState({...history.state, tab: document.body.dataset.tab}, "", hash);
  } catch { /* a browser that counts changes of the address takes the next one */ }
}
function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const known = (key, values) => values.includes(words.get(key)) ? words.get(key) : START[key];
  const groups = (words.get("group") || "").split(",").filter(Boolean).map(id => id === "none" ? -1 : Number(id));
  const head = words.get("photo");
  Object.assign(state, START, {
    view: known("view", VIEWS), sort: known("sort", SORTS.map(([key]) => key)),
    order: known("order", ORDERS.map(([key]) => key)), only: known("only", ONLY.map(([key]) => key)),
    groups: groups.filter(id => current.groups.has(id)), words: words.get("words") || "", category: words.get("category") || "", map: words.get("map") || "",
    label: words.has("label") ? DATA.labels.indexOf(words.get("label")) : -1,
    unsure: Math.min(1, Math.max(0, Number(words.get("unsure") || 1))) || 1, photo: head ? photoOf(head) : -1,
  });
  render();
}
function photoOf(head) {
  for (let i = 0; i < n; i++) if (sha256(i).startsWith(head)) return i;
  return -1;
}

// What the browser keeps of this dataset between visits; a browser may refuse, and then says so once.
const kept = {
  refused: new Set(),  // what could not be written
  read(name) {
    try {
      return JSON.parse(localStorage.getItem(`lookalike:${DATA.dataset}:${name}`));
    } catch {
      return null;
    }
  },
  write(name, value) {
    try {
      localStorage.setItem(`lookalike:${DATA.dataset}:${name}`, JSON.stringify(value));
      this.refused.delete(name);
    } catch {
      this.refused.add(name);
    }
    return !this.refused.has(name);
  },
};

let toastTimer = 0;
function toast(text, {canUndo = false} = {}) {
  at("toast_words").textContent = text;
  at("toast_undo").hidden = !canUndo;
  at("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { at("toast").hidden = true; }, canUndo ? 7000 : 4000);
}
