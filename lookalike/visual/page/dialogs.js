// Windows that ask or tell one thing.
function openDialog(id) {
  const dialog = at(id);
  if (!dialog.open) dialog.showModal();
  return dialog;
}
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
}
function showText(title, note, text) {
  at("text_title").textContent = title;
  at("text_note").textContent = note;
  at("text_value").value = text;
  at("take_dialog").close();
  openDialog("text_dialog");
  at("text_value").focus();
  at("text_value").select();
}

let naming = null;
function askName(id) {
  naming = id;
  at("name_value").value = calledOf(current.groups.get(id));
  openDialog("name_dialog");
  at("name_value").select();
}
at("name_form").addEventListener("submit", () => {
  if (naming !== null && current.groups.has(naming)) edit.name(naming, at("name_value").value.trim());
  naming = null;
});

let moving = [];
function askGroup(rows) {
  moving = rows;
  at("group_title").textContent = `Move ${count(rows.length, "photo")} to …`;
  at("group_words").value = "";
  fillChoices();
  openDialog("group_dialog");
  at("group_words").focus();
}
function fillChoices() {
  const words = fold(at("group_words").value).trim();
  const likely = new Map();  // second-best groups of the photos come first
  for (const i of moving) if (photos.second[i] >= 0) likely.set(photos.second[i], (likely.get(photos.second[i]) || 0) + 1);
  const own = new Set(moving.map(i => current.label[i]));
  const found = foundGroups().filter(group => !(own.size === 1 && own.has(group.id))).filter(group => fold(groupName(group.id)).includes(words) || (group.label >= 0 && fold(labelName(group.label)).includes(words)));
  found.sort((a, b) => (likely.get(b.id) || 0) - (likely.get(a.id) || 0) || b.size - a.size);
  const choose = id => () => { at("group_dialog").close(); edit.move(moving, id); };
  at("group_choices").replaceChildren(...found.slice(0, 60).map(group => el("button", {type: "button", class: "choice", onclick: choose(group.id)},
    thumbnail(group.exemplar, 40, {"aria-hidden": "true"}), named(groupName(group.id)), el("small", {}, named([count(group.size, "photo"), group.label >= 0 ? labelName(group.label) : ""].filter(Boolean).join(" · "))))),
    el("button", {type: "button", class: "choice", text: "in no group", onclick: choose(-1)}));
}
at("group_words").addEventListener("input", fillChoices);
at("group_form").addEventListener("submit", event => { event.preventDefault(); at("group_choices").firstChild?.click(); });

function showCorrections() {
  const mine = pending.filter(isHere);
  const line = (row, isMine, canUndo = false) => el("li", {}, `${WORDS[row.op] || row.op}${row.name !== undefined ? ` “${row.name}”` : ""}: ${count(row.photos.length ?? row.photos, "photo")} `,
    el("small", {text: row.time.slice(0, 16).replace("T", " ")}), row.exported ? (SERVER ? " saved" : " exported") : "", row.state ? ` ${row.state}` : "",
    isMine && SERVER && others.has(identity(row)) ? " by another browser" : "",
    isMine && SERVER && overruled.has(identity(row)) ? el("b", {text: ` overruled on ${count(overruled.get(identity(row)), "photo")}`}) : "",
    canUndo ? el("button", {type: "button", class: "link", text: "undo", onclick: () => { undo(row); showCorrections(); }}) : "");
  at("mine").replaceChildren(...mine.map(row => line(row, true, mayUndo(row))).reverse());
  at("mine_note").textContent = mine.length ? `${count(mine.length, "correction")} in this browser, not yet in the groups on disk.` : "No correction waits in this browser.";
  at("taken_in").replaceChildren(...DATA.log.map(row => line(row, false)).reverse());
  at("taken_in_note").textContent = DATA.log.length ? `${count(DATA.log.length, "correction")} in the groups on disk:` : "";
  at("of_server").hidden = !SERVER;
  at("of_disk").hidden = Boolean(SERVER);
  if (SERVER && mine.length) at("mine_note").textContent = `${count(mine.length, "correction")} ${saveFault ? "not saved yet" : `saved in edits/${DATA.dataset}.jsonl`}; the scores and pictures do not have them yet.`;
  const flags = `--dataset ${quoted(DATA.dataset)}${DATA.elsewhere}`, file = exportedAs ? `~/Downloads/${exportedAs}` : "FILE";
  at("commands_note").textContent = "Take it in, then score and draw the corrected groups" + (DATA.elsewhere ? ", with your folders in place of …:" : ":");
  at("commands").textContent = `python 04_cluster.py ${flags} --apply-edits ${file}\npython run_all.py ${flags}`;
  openDialog("corrections_dialog");
}
at("export").addEventListener("click", exportCorrections);

function renderCorrections() {
  const mine = pending.filter(isHere).length;
  at("waiting").textContent = mine ? mine.toLocaleString("en") : "";
  at("corrections").setAttribute("aria-label", mine ? `Corrections, ${mine} waiting` : "Corrections");
  at("corrections").classList.toggle("waiting", mine > 0);
  at("refused").hidden = !kept.refused.has("edits");
}
