// What a server adds: corrections are saved at once, groups made anew, and look-alikes found of any photo.
const PAGE = 20;  // photos found at a time
let saveFault = "", saving = Promise.resolve();
let alike = null;  // what is searched: {like, unlike, text, upload, name, rows, scores, usual, more, version, busy}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. What you say is kept in this browser.");
  }
  const told = await answer.json().catch(() => ({error: `The server answered ${answer.status}.`}));
  if (!answer.ok) throw new Error(told.error || `The server answered ${answer.status}.`);
  return told;
}

// Rows that the server has are in the log: an undo of them is a row, as of rows that were exported.
function saveCorrections() {
  saving = saving.then(async () => {
    const rows = pending.filter(row => isHere(row) && !row.exported);
    if (!rows.length) return;
    try {
      const body = JSON.stringify(rows.map(({exported, ...row}) => row));
      const {digests} = await ask("api/edits", {method: "POST", headers: {"Content-Type": "application/json"}, body});
      const byRow = new Map(rows.map((row, place) => [identity(row), digests[place]]));
      for (const row of pending) if (byRow.has(identity(row))) row.exported = byRow.get(identity(row));
      kept.write("edits", pending);
      saveFault = "";
    } catch (error) {
      if (saveFault !== error.message) toast(error.message);
      saveFault = error.message;
    }
    render();
    if (at("corrections_dialog").open) showCorrections();
  });
}

// What other browsers say while this page is open comes in; where it overrules what was said here, that is told.
const HEAR_EVERY = 4000;  // milliseconds
const others = new Set(kept.read("others") || []), overruled = new Map();  // rows of others; of here, by how many photos
let heard = 0;
async function hearOthers() {
  try {
    const {rows, end} = await ask(`api/edits?after=${heard}`);
    heard = end;
    takeFromOthers(rows);
  } catch { /* the next correction that is saved tells that the server is gone */ }
}
function takeFromOthers(rows) {
  const known = new Set([...pending.map(identity), ...droppedRows]);
  const fresh = rows.filter(row => isRow(row) && isHere(row) && !isTakenIn(row) && !known.has(identity(row)));
  if (!fresh.length) return;
  const label = current.label, names = new Map([...current.groups].map(([id, group]) => [id, group.name]));
  const mine = pending.filter(row => !others.has(identity(row)));
  for (const {digest, ...row} of fresh) {
    pending.push({...row, exported: digest});
    others.add(identity(row));
  }
  gatherRows(pending);
  kept.write("edits", pending);
  kept.write("others", pending.map(identity).filter(key => others.has(key)));
  regroup();
  const lost = new Set();
  for (const row of mine) {
    const gone = row.photos.flatMap(rowsOf).filter(i => current.label[i] !== label[i] || (row.op === "name" && groupOf(i).name !== names.get(label[i])));
    if (gone.length) overruled.set(identity(row), gone.length);
    gone.forEach(i => lost.add(i));
  }
  const told = `${count(fresh.length, "correction")} came from another browser.`;
  toast(lost.size ? `${told} ${count(lost.size, "photo")} of yours changed by it: what was said last counts.` : told);
  if (at("corrections_dialog").open) showCorrections();
}

async function work(path) {
  await saving;
  try {
    showJob(await ask(path, {method: "POST"}));
    watchJob();
  } catch (error) {
    at("job_note").textContent = error.message;
  }
}
async function watchJob() {
  try {
    const job = await ask("api/job");
    showJob(job);
    if (!job.done) setTimeout(watchJob, 700);
  } catch (error) {
    at("job_note").textContent = error.message;
    setTimeout(watchJob, 3000);
  }
}
function showJob({name, done, error, lines, changed}) {
  for (const id of ["regroup", "refresh"]) at(id).disabled = !done;
  at("job_lines").hidden = !lines.length;
  at("job_lines").textContent = lines.slice(-8).join("\n");
  at("reload").hidden = !done || Boolean(error);
  const found = Object.entries(changed).map(([what, number]) => `${what}: ${number.toLocaleString("en")}`).join(", ");
  at("job_note").textContent = error ? error : done ? `Done. ${found}` : `${name} is at work …`;
}

// Look-alikes: of photos of this set, of one that is brought, or of a part of one.
let placeByRow = null;
function placesOf(hits) {
  placeByRow ||= new Map(SERVER.rows.map((row, place) => [row, place]));
  return hits.map(hit => ({...hit, place: placeByRow.get(hit.row)})).filter(hit => hit.place !== undefined);
}
function findAlike(wanted) {
  const back = alike ? alike.back : state.groups;
  alike = {like: [], unlike: [], text: "", upload: null, crop: "", name: "", ...wanted, rows: [], scores: new Map(), folded: 0, asked: 0, more: true,
           usual: wanted.text ? 0 : usualCosine(), version: Math.random(), busy: false};
  alike.back = back;
  selected.clear();
  change({view: "photos", photo: -1, groups: []});
  grid.scrollTop = 0;
  return searchOn();
}
async function searchOn() {
  const now = alike;
  if (!now || now.busy || !now.more) return;
  now.busy = true;
  at("alike").setAttribute("aria-busy", "true");
  render();
  const words = new URLSearchParams({first: now.asked, count: PAGE, min_score: at("least").value > 0 ? at("least").value : -1});
  if (at("rerank").checked) words.set("rerank", "true");
  if (now.text) words.set("text", now.text);
  const matrix = now.text ? SERVER.texts : at("matrix").hidden ? "" : at("matrix").value;
  if (matrix) words.set("features", matrix);
  for (const side of ["like", "unlike"]) if (now[side].length) words.set(side, now[side].map(i => SERVER.rows[i]).join(","));
  if (now.crop) words.set("crop", now.crop);
  try {
    const found = await ask(`api/search?${words}`, now.upload ? {method: "POST", headers: {"Content-Type": now.upload.type || "image/jpeg"}, body: now.upload} : {});
    for (const hit of placesOf(found.hits)) {
      now.rows.push(hit.place);
      now.scores.set(hit.place, hit.score);
      now.folded += hit.copies.length;
    }
    now.asked += PAGE;
    now.more = found.more;
    now.fault = "";
  } catch (error) {
    now.more = false;
    now.fault = error.message;
  }
  now.busy = false;
  now.version = Math.random();
  render();
}
const again = () => alike && findAlike({like: alike.like, unlike: alike.unlike, text: alike.text, upload: alike.upload, crop: alike.crop, name: alike.name});
function leaveAlike() {
  const groups = alike.back.filter(id => current.groups.has(id));
  alike = null;
  change({photo: -1, groups});
}
function usualCosine() {  // of two photos of one group, in the middle of all groups
  const found = foundGroups().map(group => group.cohesion).filter(value => value !== null).sort((a, b) => a - b);
  return found.length ? found[found.length >> 1] : 0;
}
function sectionsOfAlike(pass) {
  const rows = alike.rows.filter(pass);
  if (state.sort === "group") return [...Map.groupBy(rows, i => current.label[i])].map(([id, members]) => ({group: current.groups.get(id), rows: members, line: -1}));
  const isByLikeness = state.sort === "best" || state.sort === "likeness";
  return rows.length ? [{group: null, rows: isByLikeness ? rows : sorted(rows), line: -1}] : [];
}
function renderAlike() {
  at("by_photo").hidden = at("similar").hidden = !SERVER;
  at("by_text").hidden = !SERVER?.texts;
  at("unlike").hidden = !alike || !SERVER;
  at("compare").hidden = !SERVER || selected.size !== 2;
  at("alike").hidden = !alike || state.view !== "photos";
  if (!alike) return;
  const shownAs = (list, side) => list.map(i => el("button", {type: "button", class: "small", title: `Leave ${fileName(i)} out`, "aria-label": `Leave ${fileName(i)} out`,
    onclick: () => findAlike({...alike, [side]: alike[side].filter(other => other !== i)})}, thumbnail(i, 28, {"aria-hidden": "true"})));
  at("alike_like").replaceChildren(...(alike.name ? [named(alike.name)] : []), ...shownAs(alike.like, "like"));
  at("alike_unlike").replaceChildren(...shownAs(alike.unlike, "unlike"));
  at("alike_not").hidden = !alike.unlike.length;
  at("matrix").disabled = at("rerank").disabled = Boolean(alike.text);  // a text has no details, and vectors of one network
  at("least_value").textContent = at("least").value > 0 ? Number(at("least").value).toFixed(2) : "any";
  const words = alike.busy ? "searching …" : alike.fault || (!alike.like.length && !alike.upload && !alike.text ? "Select photos to search with." : alike.rows.length ? `${count(alike.rows.length, "photo")}${alike.folded ? `, ${count(alike.folded, "near copy", "near copies")} folded` : ""}` : "No photo is that alike.");
  at("alike_note").textContent = words;
  at("more").hidden = !alike.more || alike.busy;
  at("alike").setAttribute("aria-busy", String(alike.busy));
}

// What is to be seen, in words: cosines of texts and photos are lower than those of photos, so none counts as weak.
function searchByText() {
  const text = at("words").value.trim();
  if (!SERVER?.texts) return;
  if (!text) { at("words").focus(); return toast("Write in the search box what is to be seen."); }
  at("words").value = "";
  change({words: ""});
  findAlike({text, name: `“${text}”`});
}

// A photo that is brought: chosen, pasted or dropped.
function searchByFile(file) {
  if (!SERVER || !file) return;
  if (!file.type.startsWith("image/")) return toast(`This is no photo: ${file.name}`);
  findAlike({upload: file, name: file.name || "the pasted photo"});
}
async function searchByPart(i, crop) {
  const answer = await fetch(imageAddress(i));
  findAlike({upload: await answer.blob(), crop: crop.join(","), name: `a part of ${fileName(i)}`});
}
// A box drawn on the large photo, in the pixels of the prepared one.
function startCrop(i) {
  const frame = at("large_frame"), image = at("large");
  if (!image?.naturalWidth) return toast("The photo is not there to draw on.");
  frame.classList.add("cropping");
  toast("Draw a box on the photo.");
  frame.addEventListener("pointerdown", event => {
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
    const box = el("div", {id: "crop"}), outer = frame.getBoundingClientRect(), from = [event.clientX, event.clientY];
    frame.append(box);
    const draw = to => {
      const left = Math.min(from[0], to[0]) - outer.left, top = Math.min(from[1], to[1]) - outer.top;
      Object.assign(box.style, {left: `${left}px`, top: `${top}px`, width: `${Math.abs(to[0] - from[0])}px`, height: `${Math.abs(to[1] - from[1])}px`});
    };
    const move = next => draw([next.clientX, next.clientY]);
    frame.addEventListener("pointermove", move);
    frame.addEventListener("pointerup", last => {
      frame.removeEventListener("pointermove", move);
      frame.classList.remove("cropping");
      const inner = image.getBoundingClientRect(), scale = image.naturalWidth / inner.width;
      const part = [Math.min(from[0], last.clientX) - inner.left, Math.min(from[1], last.clientY) - inner.top, Math.abs(last.clientX - from[0]), Math.abs(last.clientY - from[1])];
      box.remove();
      if (part[2] < 8 || part[3] < 8) return toast("That box is too small.");
      searchByPart(i, part.map(value => Math.round(value * scale)));
    }, {once: true});
  }, {once: true});
}

function startServer() {
  if (!SERVER) return document.querySelectorAll(".served").forEach(node => node.remove());
  startCompare();
  const acts = {
    regroup: () => work("api/regroup"), refresh: () => work("refresh"), reload: () => location.reload(), more: searchOn, leave: leaveAlike,
    by_photo: () => at("upload").click(), by_text: searchByText, similar: () => findAlike({like: chosenRows()}),
    unlike: () => findAlike({...alike, unlike: [...new Set([...alike.unlike, ...chosenRows()])]}),
  };
  for (const [id, act] of Object.entries(acts)) at(id).addEventListener("click", act);
  at("upload").addEventListener("change", () => { searchByFile(at("upload").files[0]); at("upload").value = ""; });
  for (const id of ["least", "rerank", "matrix"]) at(id).addEventListener("change", again);
  document.addEventListener("paste", event => searchByFile([...event.clipboardData.files][0]));
  document.addEventListener("dragover", event => { event.preventDefault(); document.body.classList.add("dropping"); });
  document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
  document.addEventListener("drop", event => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    searchByFile([...event.dataTransfer.files][0]);
  });
  at("matrix").hidden = SERVER.matrices.length < 2;
  at("matrix").append(...SERVER.matrices.map(name => el("option", {value: name, text: name})));
  at("words").placeholder = SERVER.texts ? "Search names, labels, groups, or what is seen" : "Search names, labels, groups, products";
  hearOthers();
  setInterval(() => document.hidden || hearOthers(), HEAR_EVERY);
  saveCorrections();  // what could not be saved before
}
