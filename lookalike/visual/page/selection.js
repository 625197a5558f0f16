// What is selected, and taking it away: as CSV, as a list, as paths, as folders by a command.
const TRAY = 40;
function renderTray() {
  const rows = [...selected].sort((a, b) => a - b);
  at("tray").hidden = !rows.length && !state.picking;
  at("selected").textContent = rows.length ? `${rows.length.toLocaleString("en")} selected` : "tap photos to select";
  at("tray_thumbs").replaceChildren(...rows.slice(0, TRAY).map(i => el("button", {
    type: "button", class: "small", title: `Unselect ${fileName(i)}`, "aria-label": `Unselect ${fileName(i)}`, onclick: () => pick(i, {ctrlKey: true}),
  }, thumbnail(i, 40, {"aria-hidden": "true"}))), rows.length > TRAY ? `+ ${(rows.length - TRAY).toLocaleString("en")}` : "");
  for (const id of ["move", "split", "take", "clear"]) at(id).disabled = !rows.length;
}
// A reload keeps the selection, of this tab and these photos.
const selectionKey = `lookalike:${DATA.dataset}:selected`, selectionOf = n ? `${n} ${sha256(0)} ${sha256(n - 1)}` : "";
function keepSelection() {
  try {
    sessionStorage.setItem(selectionKey, JSON.stringify({of: selectionOf, rows: [...selected]}));
  } catch { /* no storage, or no room in it: the selection is as good as one that was never made */ }
}
function loadSelection() {
  try {
    const {of, rows} = JSON.parse(sessionStorage.getItem(selectionKey)) || {};
    if (of === selectionOf) rows.forEach(i => selected.add(i));
  } catch { /* see above */ }
}
const chosenRows = () => [...selected].sort((a, b) => a - b);
function download(name, parts, type) {
  const link = el("a", {download: name, href: URL.createObjectURL(new Blob(parts, {type}))});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
// A lone surrogate is a byte that is no UTF-8: it leaves as that byte, so that the path is the file's own.
function bytesOf(text) {
  return new Uint8Array(pieces(text).flatMap(piece => isByte(piece) ? [piece.charCodeAt(0) - 0xdc00] : Array.from(new TextEncoder().encode(piece))));
}
// Each file has a name of its own, as a browser writes a second "a.csv" as "a (1).csv", where no command looks for it.
function fileNamed(what, suffix) {
  const now = new Date(), digits = number => String(number).padStart(2, "0");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(digits).join("");
  const day = `${now.getFullYear()}${digits(now.getMonth() + 1)}${digits(now.getDate())}`;
  return `${DATA.dataset.replace(/[^\w.-]+/g, "_").replace(/^[.-]+/, "")}-${what}-${day}-${time}.${suffix}`;
}
function takeList(separator, rows = chosenRows()) {
  const name = fileNamed("photos", separator === "\0" ? "nul" : "txt");
  download(name, rows.flatMap(i => [bytesOf(DATA.paths[i]), separator]), "application/octet-stream");
  return name;
}
const csvCell = value => /[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
function takeTable() {
  const head = ["path", "cluster", "name", "label", "confidence", ...DATA.products.columns];
  const lines = chosenRows().map(i => [DATA.paths[i], current.label[i], calledOf(groupOf(i)), DATA.labels[photos.label[i]],
                                       confidence(i).toFixed(3), ...(DATA.products.rows[i] || DATA.products.columns.map(() => ""))]);
  download(fileNamed("photos", "csv"), ["\ufeff", ...[head, ...lines].map(line => bytesOf(line.map(csvCell).join(",") + "\r\n"))], "text/csv");
}
function takePaths() {
  const rows = chosenRows();
  copyText(rows.map(i => DATA.paths[i]).join("\n"), `${count(rows.length, "path")} copied.`);
}
async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    showText("Copy from here", "This browser does not let the page copy: press Ctrl + C.", text);
  }
}

// A word of bash: bytes that cannot be typed or seen, such as line breaks, are written as numbers.
function quoted(text) {
  if (/^[\w./~-]+$/.test(text)) return text;
  if (!/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\udc80-\udcff]/u.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  return "$'" + Array.from(bytesOf(text), byte => byte > 31 && byte < 127 && byte !== 39 && byte !== 92 ?
    String.fromCharCode(byte) : "\\x" + HEX[byte]).join("") + "'";
}
function photosFolder() {  // where the photos are on this machine, which only a page opened from disk can know
  const folder = new URL(encoded(DATA.originals) + "/", location.href);
  if (folder.protocol !== "file:") return DATA.originals;
  const bytes = folder.pathname.replace(/\/$/, "").replace(/%([0-9a-f]{2})|[^%]/gi, (all, hex) => hex ? String.fromCharCode(parseInt(hex, 16)) : all);
  return fromBytes(Uint8Array.from(bytes, letter => letter.charCodeAt(0)));
}
function fromBytes(bytes) {
  try {
    return new TextDecoder("utf-8", {fatal: true}).decode(bytes);
  } catch {
    return Array.from(bytes, byte => String.fromCharCode(byte < 128 ? byte : 0xdc00 + byte)).join("");
  }
}
// The commands below copy files: photos in tars are left out, and that is said.
const chosenFiles = () => chosenRows().filter(i => !inTar(i));
function leftOut() {
  const inTars = chosenRows().length - chosenFiles().length;
  return inTars ? ` ${count(inTars, "photo")} in tar files ${inTars === 1 ? "is" : "are"} left out: python 04_cluster.py --cluster.folders copy takes all out of them, a folder a group.` : "";
}
function takeFolder() {
  const file = `~/Downloads/${takeList("\0", chosenFiles())}`;
  const command = `mkdir -p picked && tar -C ${quoted(photosFolder())} --null -T ${file} -cf - | tar -C picked -xf -`;
  showText("Copy the photos into a folder", `A list was downloaded.${leftOut()} Run this where the folder picked/ should be:`, command);
}
// The list holds a folder and a path in turn; a folder is called as the group, without what no folder's name may have.
const folderName = id => id < 0 ? "in no group" : groupName(id).replace(/[/\x00-\x1f\x7f]/g, "_").replace(/^[.-]/, "_").slice(0, 80).trim() || `group ${id}`;
function takeFolders() {
  const name = fileNamed("folders", "nul"), folders = new Map(), owners = new Map();
  for (const id of new Set(chosenFiles().map(i => current.label[i]))) {
    const own = folderName(id), wanted = owners.has(own) ? `${own} (${id})` : own;
    owners.set(own, id);
    folders.set(id, wanted);
  }
  download(name, chosenFiles().flatMap(i => [bytesOf(folders.get(current.label[i])), "\0", bytesOf(DATA.paths[i]), "\0"]), "application/octet-stream");
  const command = `while IFS= read -r -d '' group && IFS= read -r -d '' path; do to="picked/$group/$path"; ` +
    `mkdir -p -- "\${to%/*}" && cp -- ${quoted(photosFolder())}/"$path" "$to"; done < ~/Downloads/${name}`;
  showText("Copy the photos into a folder a group", `A list was downloaded.${leftOut()} Run this in bash where the folder picked/ should be:`, command);
}
