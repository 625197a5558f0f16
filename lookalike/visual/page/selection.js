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
const chosenRows = () => [...selected].sort((a, b) => a - b);
function download(name, parts, type) {
  const link = el("a", {download: name, href: URL.createObjectURL(new Blob(parts, {type}))});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
// A lone surrogate is a byte that is no UTF-8: it leaves as that byte, so that the path is the file's own.
function pathBytes(text) {
  const bytes = [];
  for (const piece of text.split(/([\udc80-\udcff])/u)) {
    if (/^[\udc80-\udcff]$/u.test(piece)) bytes.push(piece.charCodeAt(0) - 0xdc00); else bytes.push(...new TextEncoder().encode(piece));
  }
  return new Uint8Array(bytes);
}
function takeList(separator) {
  const parts = chosenRows().flatMap(i => [pathBytes(DATA.paths[i]), separator]);
  download(separator === "\0" ? "selection.nul" : "selection.txt", parts, "application/octet-stream");
}
const csvCell = value => /[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
function takeTable() {
  const head = ["path", "cluster", "name", "label", "confidence", ...DATA.products.columns];
  const lines = chosenRows().map(i => [DATA.paths[i], current.label[i], groupOf(i).name, DATA.labels[photos.label[i]],
                                       confidence(i).toFixed(3), ...(DATA.products.rows[i] || DATA.products.columns.map(() => ""))]);
  download("selection.csv", ["\ufeff" + [head, ...lines].map(line => line.map(csvCell).join(",") + "\r\n").join("")], "text/csv");
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
const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;
function photosFolder() {
  const folder = new URL(base(DATA.originals) + "/", location.href);
  return folder.protocol === "file:" ? decodeURIComponent(folder.pathname).replace(/\/$/, "") : DATA.originals;
}
function takeFolder() {
  takeList("\0");
  const command = "mkdir -p picked && tar -C " + quoted(photosFolder()) + " --null -T ~/Downloads/selection.nul -cf - | tar -C picked -xf -";
  showText("Copy the photos into a folder", "selection.nul was downloaded. Run this where the folder picked/ should be:", command);
}
