// The list of groups: photos in no group on top, then the groups; only the rows in view are in the page.
const GROUP_HEIGHT = 60;
let listed = [], anchorGroup = null, focusedGroup = null;

function renderGroups() {
  const words = fold(state.words).trim();
  listed = orderedGroups();
  if (words) {
    const holding = new Set(shown().sections.flatMap(section => section.group ? [section.group.id] : section.rows.map(i => current.label[i])));
    listed = listed.filter(group => holding.has(group.id) || state.groups.includes(group.id) || fold(groupName(group.id)).includes(words));
  }
  at("group_space").style.height = `${listed.length * GROUP_HEIGHT}px`;
  at("no_group").hidden = listed.length > 0 || !words;
  at("group_count").textContent = count(foundGroups().length, "group");
  fillGroups();
}
function fillGroups() {
  const list = at("group_list"), space = at("group_space");
  const first = Math.max(0, Math.floor(list.scrollTop / GROUP_HEIGHT) - 4);
  const last = Math.min(listed.length, Math.ceil((list.scrollTop + list.clientHeight) / GROUP_HEIGHT) + 4);
  const focused = document.activeElement?.dataset?.group;
  const rows = [];
  for (let place = first; place < last; place++) rows.push(groupRow(listed[place], place));
  space.replaceChildren(...rows);
  if (focused !== undefined) space.querySelector(`[data-group="${focused}"]`)?.focus({preventScroll: true});
}
function groupRow(group, place) {
  const chosen = state.groups.includes(group.id);
  const tab = focusedGroup === null || !listed.some(one => one.id === focusedGroup) ? place === 0 : focusedGroup === group.id;
  const facts = [group.size.toLocaleString("en")];
  if (group.cohesion !== null) facts.push(`cohesion ${group.cohesion.toFixed(2)}`);
  const marks = (group.locked ? " 🔒" : "") + (group.confirmed ? " ✓" : "");
  const row = el("button", {class: "group", type: "button", "data-group": group.id, "aria-pressed": String(chosen), title: [groupName(group.id), ...facts, group.label >= 0 ? `mostly ${labelName(group.label)}` : ""].filter(Boolean).join("\n"),
                            tabindex: tab ? 0 : -1, onclick: event => chooseGroup(group.id, event)},
    thumbnail(group.exemplar, 48, {"aria-hidden": "true"}),
    el("span", {class: "group_words"}, el("span", {class: "group_name"}, el("b", {}, named(groupName(group.id) + marks)), group.label >= 0 ? el("small", {}, named(labelName(group.label))) : ""), el("small", {}, named(facts.join(" · ")))));
  row.style.top = `${place * GROUP_HEIGHT}px`;
  row.style.borderLeftColor = group.colour;
  return row;
}
function chooseGroup(id, event = {}) {
  const wasAlike = alike !== null;
  alike = null;
  focusedGroup = id;
  let groups = [id];
  if (event.ctrlKey || event.metaKey) {
    groups = state.groups.includes(id) ? state.groups.filter(other => other !== id) : [...state.groups, id];
  } else if (event.shiftKey && anchorGroup !== null) {
    const [from, to] = [anchorGroup, id].map(one => listed.findIndex(group => group.id === one)).sort((a, b) => a - b);
    if (from >= 0) groups = listed.slice(from, to + 1).map(group => group.id);
  } else if (!wasAlike && state.groups.length === 1 && state.groups[0] === id) groups = [];
  if (!event.shiftKey) anchorGroup = id;
  grid.scrollTop = 0;
  if (isPhone() && !event.ctrlKey) {
    writeAddress(false);  // the step back leads to the list
    document.body.dataset.tab = state.view === "review" ? "photos" : state.view;
  }
  change({groups, photo: -1, view: state.view === "review" ? "photos" : state.view}, {push: true});
  if (groups.length) mapView.goToGroups(groups);
}
function moveInGroups(step) {
  const place = listed.findIndex(group => group.id === (focusedGroup ?? state.groups[0]));
  const next = listed[Math.max(0, Math.min(listed.length - 1, place + step))];
  if (!next) return;
  focusedGroup = next.id;
  const list = at("group_list"), top = listed.indexOf(next) * GROUP_HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  if (top + GROUP_HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = top + GROUP_HEIGHT - list.clientHeight;
  fillGroups();
  at("group_space").querySelector(`[data-group="${next.id}"]`)?.focus({preventScroll: true});
}

// What stands above the photos: the chosen groups, what can be said of them, and the groups nearest to them.
function renderHead() {
  const groups = state.groups.map(id => current.groups.get(id)), one = groups.length === 1 && groups[0].id >= 0 ? groups[0] : null;
  const photosShown = shown().flat.length;
  const title = alike ? (alike.text ? "Found by what is seen" : "Look-alikes") : groups.length ? groups.map(group => groupName(group.id)).join(" + ") : isFiltered() ? "Found" : "All photos";
  at("head_title").replaceChildren(named(title));
  at("head_count").textContent = count(photosShown, "photo") + (groups.length || isFiltered() ? ` of ${n.toLocaleString("en")}` : "");
  const differ = shown().differ ??= hasLabels ? shown().flat.filter(isMismatch).length : 0;
  at("head_note").textContent = differ ? `${differ.toLocaleString("en")} labelled otherwise` : "";
  at("head_note").title = "Outlined: their true label is not that of most photos of their group";
  for (const [id, field, off, on] of [["lock", "locked", "Lock", "Locked"], ["confirm", "confirmed", "Confirm", "Confirmed"]]) {
    at(id).setAttribute("aria-pressed", String(Boolean(one?.[field])));
    at(id).textContent = one?.[field] ? on : off;
  }
  at("reset").hidden = !isFiltered();
  at("rename").hidden = at("lock").hidden = at("confirm").hidden = !one;
  at("merge").hidden = groups.filter(group => group.id >= 0).length < 2;
  at("unchoose").hidden = !groups.length;
  const near = one ? one.near.filter(id => current.groups.has(id) && id !== one.id).slice(0, 6) : [];
  at("near").hidden = !near.length;
  at("near_groups").replaceChildren(...near.map(id => {
    const chip = el("button", {type: "button", class: "chip", title: "Ctrl + click: choose both", onclick: event => chooseGroup(id, event)},
      thumbnail(current.groups.get(id).exemplar, 28, {"aria-hidden": "true"}), named(groupName(id)));
    chip.style.borderColor = current.groups.get(id).colour;
    return chip;
  }));
  at("empty").hidden = photosShown > 0;
  at("empty_words").textContent = n ? "No photo passes the search and filters." : "There are no photos in this result.";
  at("empty_reset").hidden = !isFiltered();
}
