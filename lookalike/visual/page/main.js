// Joins the parts: buttons, keys, theme, tabs of a phone.
const isPhone = () => matchMedia("(max-width: 700px)").matches;
function showTab(name) {
  if (document.body.dataset.tab !== name && name !== "groups") writeAddress(false);
  document.body.dataset.tab = name;
  if (VIEWS.includes(name) && state.view !== name) change({view: name, photo: name === "review" ? -1 : state.photo}, {push: true});
  renderViews();
}
function renderViews() {
  if (isPhone() && document.body.dataset.tab !== "groups") document.body.dataset.tab = state.view;
  document.body.dataset.view = state.view;
  for (const name of VIEWS) {
    at(`view_${name}`).setAttribute("aria-pressed", String(state.view === name));
    at(`pane_${name}`).hidden = state.view !== name;
  }
  for (const tab of document.querySelectorAll("#tabs button")) tab.setAttribute("aria-pressed", String(document.body.dataset.tab === tab.dataset.tab));
  at("head").hidden = at("filters").hidden = state.view === "review";
}
function renderControls() {
  if (at("words").value !== state.words && document.activeElement !== at("words")) at("words").value = state.words;
  for (const [id, key] of [["sort", "sort"], ["order", "order"], ["only", "only"]]) at(id).value = state[key];
  at("label").value = String(state.label);
  at("category").value = state.category;
  if (state.sort === "group" && !alike) at("sort").value = "best";
  at("sort").querySelector("[value=group]").hidden = !alike;
  at("unsure").value = state.unsure;
  at("unsure_value").textContent = state.unsure < 1 ? state.unsure.toFixed(2) : "any";
  at("lasso").setAttribute("aria-pressed", String(state.lasso));
  at("unstack").setAttribute("aria-pressed", String(state.unstacked));
  at("pick").setAttribute("aria-pressed", String(state.picking));
  canvas.classList.toggle("lasso", state.lasso);
}
renderers.push(renderViews, renderControls, renderGroups, renderHead, renderGrid, () => mapView.render(), renderPhoto, renderTray, renderReview, renderCorrections, renderAlike);

const fill = (id, choices) => at(id).append(...choices.map(([value, text]) => el("option", {value, text})));
fill("sort", SORTS);
fill("order", ORDERS);
fill("only", ONLY.filter(([key]) => (key !== "mismatch" || hasLabels) && (key !== "copies" || DATA.copies.length)));
fill("label", [["-1", "all labels"], ...DATA.labels.map((name, code) => [String(code), name || "no label"])]);
at("label").hidden = !hasLabels;
const categories = [...new Set(DATA.paths.map((_, i) => categoryOf(i)).filter(Boolean))].sort((a, b) => a.localeCompare(b, undefined, {numeric: true}));
fill("category", [["", "all categories"], ...categories.map(name => [name, name])]);
at("category").hidden = !categories.length;
// One line below the page, that opens: what is looked for first comes first, the settings of the method last.
function whenWritten() {
  const time = new Date(document.lastModified), digits = number => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${digits(time.getMonth() + 1)}-${digits(time.getDate())} ${digits(time.getHours())}:${digits(time.getMinutes())}`;
}
function fillFacts() {
  const {method = "", scores = "", ...others} = DATA.facts, cut = method.includes(" {") ? method.indexOf(" {") : method.length;
  const rows = {method: method.slice(0, cut), scores, ...others, written: whenWritten(), settings: method.slice(cut).trim()};
  at("facts_line").append(...Object.entries(rows).filter(([, value]) => value).map(([name, value]) => el("span", {}, el("b", {text: `${name} `}), named(value))));
}
fillFacts();

const clicks = {
  view_photos: () => change({view: "photos"}, {push: true}), view_map: () => change({view: "map"}, {push: true}),
  view_review: () => change({view: "review", photo: -1}, {push: true}), corrections: showCorrections, help: () => openDialog("help_dialog"),
  theme: () => setTheme(theme() === "dark" ? "light" : "dark"), fold_left: () => kept.write("folded", document.body.classList.toggle("without_groups")),
  rename: () => askName(state.groups[0]), merge: () => edit.merge(state.groups), lock: () => edit.lock(state.groups[0]),
  confirm: () => edit.confirm(state.groups[0]), unchoose: () => change({groups: []}, {push: true}), close_photo: closePhoto,
  photo_before: () => stepPhoto(-1), photo_after: () => stepPhoto(1), reset: showAll, empty_reset: showAll, toast_undo: () => { at("toast").hidden = true; undo(); },
  lasso: () => change({lasso: !state.lasso}), unstack: () => change({unstacked: !state.unstacked}), whole: () => mapView.whole(),
  pick: () => change({picking: !state.picking}), move: () => askGroup(chosenRows()), split: () => splitSelected(), clear: () => { selected.clear(); change({picking: false}); },
  take: () => openDialog("take_dialog"), take_csv: takeTable, take_txt: () => takeList("\n"), take_nul: () => takeList("\0"),
  take_paths: takePaths, take_folder: takeFolder, take_folders: takeFolders, yes: () => answer("yes"), no: () => answer("no"), skip: () => answer("skip"), back: takeBack,
  drop: selectDropped, undo: () => undo(),
};
for (const [id, act] of Object.entries(clicks)) at(id).addEventListener("click", act);
for (const tab of document.querySelectorAll("#tabs button")) tab.addEventListener("click", () => showTab(tab.dataset.tab));
function showAll() { change({words: "", only: "", label: -1, category: "", unsure: 1}, {push: true}); }
function closePhoto() {
  const i = state.photo, now = Object.fromEntries(Object.keys(START).map(key => [key, state[key]]));
  if (history.state?.opened) {  // back to before it was opened, with what was changed since
    window.addEventListener("popstate", () => change({...now, photo: -1}), {once: true});
    history.back();
  } else change({photo: -1});
  if (state.view === "photos" && placeOf(i) >= 0) focusPhoto(i);
}
function splitSelected() {
  const rows = chosenRows();
  selected.clear();
  edit.split(rows);
}
for (const id of ["sort", "order", "only", "category"]) at(id).addEventListener("change", event => change({[id]: event.target.value}));
at("label").addEventListener("change", event => change({label: Number(event.target.value)}));
at("unsure").addEventListener("input", event => change({unsure: Number(event.target.value)}));
at("size").addEventListener("input", event => { state.size = Number(event.target.value); kept.write("size", state.size); render(); });
let typing = 0;
at("words").addEventListener("input", event => {
  clearTimeout(typing);
  typing = setTimeout(() => { grid.scrollTop = 0; change({words: event.target.value}); }, n > 5000 ? 150 : 30);
});
grid.addEventListener("scroll", () => { if (state.view === "photos") fillGrid(); }, {passive: true});
grid.addEventListener("click", event => {
  const target = event.target.closest(".cell");
  if (target && !pressed) pick(Number(target.dataset.photo), event);
  pressed = false;
});
grid.addEventListener("pointerdown", startPress);
for (const name of ["pointerup", "pointercancel", "pointerleave", "scroll"]) grid.addEventListener(name, stopPress, {passive: true});
grid.addEventListener("contextmenu", event => { if (pressed) event.preventDefault(); });
at("group_list").addEventListener("scroll", fillGroups, {passive: true});
new ResizeObserver(render).observe(at("centre"));
new ResizeObserver(() => fillGroups()).observe(at("group_list"));

// Keys. Those of one letter act where nothing is typed into.
const KEYS = {
  "/": () => at("words").focus(), "?": () => openDialog("help_dialog"), g: clicks.view_photos, v: clicks.view_map, q: clicks.view_review,
  m: () => edit.merge(state.groups), r: () => oneGroup(askName), l: () => oneGroup(edit.lock), c: () => oneGroup(edit.confirm),
  t: () => withPhotos(askGroup), n: () => state.view === "review" ? answer("no") : withPhotos(splitSelected), z: () => state.view === "review" ? takeBack() : undo(),
  1: () => answerOther(0), 2: () => answerOther(1), 3: () => answerOther(2), y: () => state.view === "review" && answer("yes"), s: clicks.pick, u: clicks.unstack,
  x: () => SERVER && compareChosen(),
  f: () => SERVER && withPhotos(rows => findAlike({like: rows})),
};
function oneGroup(act) {
  const id = state.groups.length === 1 ? state.groups[0] : -1;
  if (id < 0) return toast("Choose one group first.");
  act(id);
}
function withPhotos(act) {
  const rows = selected.size ? chosenRows() : state.photo >= 0 ? [state.photo] : [];
  if (!rows.length) return toast("Select photos first: Ctrl + click.");
  rows.forEach(i => selected.add(i));
  act(rows);
}
document.addEventListener("keydown", event => {
  if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
  const typed = event.target.closest("input[type=search], input[type=text], textarea, select");
  if (event.key === "Escape") return escape(event);
  if (typed) {
    if (event.key !== "Enter" || event.target !== at("words")) return;
    event.preventDefault();  // or it would press the photo that now has the focus
    at("words").blur();
    if (SERVER?.texts && isFiltered() && !shown().flat.length) return searchByText();
    if (shown().flat.length && state.view === "photos") focusPhoto(shown().flat[0]);
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") { event.preventDefault(); return state.view === "review" ? undefined : selectAll(); }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); return KEYS.z(); }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.startsWith("Arrow") || (state.view === "map" && "+-=".includes(event.key))) return arrow(event);
  if (event.key === " " && state.view === "review" && !event.target.matches("button:focus-visible")) { event.preventDefault(); return answer("skip"); }
  if (event.key === " " && event.target.closest?.(".cell")) { event.preventDefault(); return pick(Number(event.target.dataset.photo), {ctrlKey: true}); }
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
});
function escape(event) {
  if (event.target === at("words")) { at("words").value = ""; at("words").blur(); return change({words: ""}); }
  if (state.photo >= 0) return closePhoto();
  if (selected.size || state.picking) { selected.clear(); return change({picking: false}); }
  if (state.lasso) return change({lasso: false});
  if (alike) return leaveAlike();
  if (state.groups.length) change({groups: []}, {push: true});
}
function arrow(event) {
  if (event.target.type === "range") return;
  event.preventDefault();
  if (event.target.closest?.(".group")) {
    if (event.key === "ArrowRight") return focusPhoto(shown().flat[0]);
    return moveInGroups({ArrowUp: -1, ArrowDown: 1}[event.key] || 0);
  }
  if (state.view === "map") return mapView.key(event.key);
  if (state.view === "photos") moveInGrid(event.key);
}

const theme = () => document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
function setTheme(name) {
  document.documentElement.dataset.theme = name;
  kept.write("theme", name);
  colours.clear();
  render();
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours.clear(); render(); });
window.addEventListener("popstate", event => {
  if (isPhone() && event.state?.tab) document.body.dataset.tab = event.state.tab;
  readAddress();
  mapView.fromAddress();
});
window.addEventListener("storage", event => { if (event.key === `lookalike:${DATA.dataset}:edits`) loadCorrections(); });
window.addEventListener("beforeunload", event => { if (kept.refused.has("edits") && pending.some(isHere)) event.preventDefault(); });

window.addEventListener("pagehide", keepSelection);

if (kept.read("folded")) document.body.classList.add("without_groups");
const keptTheme = kept.read("theme");
if (keptTheme) document.documentElement.dataset.theme = keptTheme;
state.size = Math.min(320, Math.max(48, Number(kept.read("size")) || (isPhone() ? 88 : 112)));
at("size").value = state.size;
document.body.dataset.tab = isPhone() ? "groups" : "photos";
loadSelection();
loadCorrections();
loadAnswers();
at("drop").hidden = !dropped().length;
readAddress();
mapView.fromAddress();
startServer();
