// What the page was written with: photos 0..n-1, groups by number. Nothing here changes.
const DATA = JSON.parse(document.getElementById("data").textContent);
const n = DATA.paths.length;

function decode(text, Type) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Type(bytes.buffer);
}
const TYPES = {row: Int32Array, found: Int32Array, pred: Int32Array, second: Int32Array, own: Uint16Array, next: Uint16Array, confidence: Uint8Array,
               label: Uint32Array, places: Uint16Array, inside: Int32Array, outside: Int32Array, taken: Float64Array};
const photos = {};
for (const [name, Type] of Object.entries(TYPES)) {
  photos[name] = decode(DATA.arrays[name], Type);
  delete DATA.arrays[name];
}
const digests = decode(DATA.sha256, Uint8Array);
delete DATA.sha256;

const HEX = Array.from({length: 256}, (_, byte) => byte.toString(16).padStart(2, "0"));
function sha256(i) {
  let text = "";
  for (let at = 32 * i; at < 32 * i + 32; at++) text += HEX[digests[at]];
  return text;
}
let rowsBySha = null;
function rowsOf(sha) {  // photos of equal bytes have one sha256
  if (!rowsBySha) {
    rowsBySha = new Map();
    for (let i = 0; i < n; i++) {
      const key = sha256(i), known = rowsBySha.get(key);
      if (known) known.push(i); else rowsBySha.set(key, [i]);
    }
  }
  return rowsBySha.get(sha) || [];
}

const fileName = i => DATA.paths[i].slice(DATA.paths[i].lastIndexOf("/") + 1);
const labelName = code => DATA.labels[code] === "" ? "no label" : DATA.labels[code];
const hasLabels = DATA.labels.some(name => name !== "");
const categoryColumn = DATA.products.columns.indexOf(DATA.products.category);
const categoryOf = i => DATA.products.rows[i]?.[categoryColumn] || "";
const confidence = i => photos.confidence[i] / 255;
const distance = steps => steps === 65535 ? null : steps / 32000;
const count = (number, word, words = `${word}s`) => `${number.toLocaleString("en")} ${number === 1 ? word : words}`;
const fold = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Addresses. A name that is not UTF-8 comes as Python writes it: a byte as a lone surrogate.
const pieces = text => text.split(/([\udc80-\udcff])/u).filter(Boolean);
const isByte = piece => /^[\udc80-\udcff]$/u.test(piece);
const encoded = path => path.split("/").map(part => pieces(part).map(piece =>
  isByte(piece) ? "%" + HEX[piece.charCodeAt(0) - 0xdc00] : encodeURIComponent(piece.toWellFormed())).join("")).join("/");
const address = (folder, path) => encoded(folder) + "/" + encoded(path);
const SERVER = DATA.server || null;  // there where the page comes from one: the row of each photo there
// What lies in a tar, a server alone reaches: without one it has no address, and the prepared photo and its original stand in for each other.
const TARS = {photos: new Set(DATA.tars.photos), images: new Set(DATA.tars.images)};
function liesIn(tars, path) {
  for (let at = tars.size ? path.indexOf("/") : -1; at >= 0; at = path.indexOf("/", at + 1)) if (tars.has(path.slice(0, at))) return true;
  return false;
}
const inTar = i => liesIn(TARS.photos, DATA.paths[i]);
const SHOWN = /\.(jpe?g|png|webp|gif|bmp)$/i;  // formats of photos that browsers show
function preparedAddress(i) {
  const given = DATA.image[i], name = typeof given === "string" ? given : DATA.paths[i] + given[0];
  return liesIn(TARS.images, name) ? "" : address(DATA.images, name);
}
function imageAddress(i) {
  if (SERVER) return `prepared/${SERVER.rows[i]}`;
  return preparedAddress(i) || (!inTar(i) && SHOWN.test(DATA.paths[i]) ? address(DATA.originals, DATA.paths[i]) : "");
}
function originalAddress(i) {
  if (SERVER) return `photo/${SERVER.rows[i]}`;
  return inTar(i) ? preparedAddress(i) : address(DATA.originals, DATA.paths[i]);
}

const copiesOf = new Map();
DATA.copies.forEach(group => group.forEach(i => copiesOf.set(i, group)));

// Elements of the page, whose words are always text.
const at = id => document.getElementById(id);
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") node.textContent = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}
const named = text => el("bdi", {text});
