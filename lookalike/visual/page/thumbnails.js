// Thumbnails come in sheets: inside the page, or files beside it that are loaded when a photo of theirs is looked at.
const addresses = new Map();
function sheetAddress(sheet) {
  const source = DATA.sheets[sheet];
  if (!source.startsWith("data:")) return source;
  if (!addresses.has(sheet)) {
    const bytes = decode(source.slice(source.indexOf(",") + 1), Uint8Array);
    addresses.set(sheet, URL.createObjectURL(new Blob([bytes], {type: "image/webp"})));
    DATA.sheets[sheet] = "data:";  // the blob holds it now
  }
  return addresses.get(sheet);
}
const sheetOf = i => Math.floor(i / DATA.per_sheet);
const columnOf = i => i % DATA.per_sheet % DATA.columns;
const lineOf = i => Math.floor(i % DATA.per_sheet / DATA.columns);

const EDGE = 1;  // pixels of a thumbnail's edge that are not shown: compression lets its neighbour shine through
const cut = DATA.side - 2 * EDGE;

function setThumbnail(node, i, pixels) {
  const scale = pixels / cut, place = number => `-${(number * DATA.side + EDGE) * scale}px`;
  node.style.backgroundImage = `url("${sheetAddress(sheetOf(i))}")`;
  node.style.backgroundSize = `${DATA.columns * DATA.side * scale}px auto`;
  node.style.backgroundPosition = `${place(columnOf(i))} ${place(lineOf(i))}`;
}
function thumbnail(i, pixels, attributes = {}) {
  const node = el("span", {class: "thumb", role: "img", "aria-label": fileName(i), ...attributes});
  node.style.width = node.style.height = `${pixels}px`;
  setThumbnail(node, i, pixels);
  return node;
}

// Decoded sheets for the map; of many, those looked at last stay.
const DECODED = 40;
const decoded = new Map();
function sheetImage(sheet, whenLoaded) {
  let image = decoded.get(sheet);
  if (image) {
    decoded.delete(sheet);
    decoded.set(sheet, image);
  } else {
    image = new Image();
    image.decoding = "async";
    image.onload = whenLoaded;
    image.src = sheetAddress(sheet);
    decoded.set(sheet, image);
    if (decoded.size > DECODED) decoded.delete(decoded.keys().next().value);
  }
  return image.complete && image.naturalWidth ? image : null;
}
