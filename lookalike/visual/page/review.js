// One question at a time, the most useful first. What is answered is a correction like any other.
const NOTHING = "Nothing to ask. Questions are of photos that may belong to another group, of groups that may show the same, and of near copies.";
const NOTHING_LEFT = "No question is left. Export your answers with the button Corrections, and take them in.";
const ASKED = 6;  // photos that stand for a group
let answers = [], asking = null;

function loadAnswers() { answers = kept.read("answers") || []; }
const groupKey = id => id < 0 ? "none" : sha256(current.groups.get(id).exemplar).slice(0, 12);
function keyOf([kind, first, second]) {
  if (kind === "belongs") return `belongs ${sha256(first).slice(0, 16)}`;
  if (kind === "copies") return `copies ${sha256(DATA.copies[first][0]).slice(0, 16)}`;
  return `same ${[DATA.groups[first], DATA.groups[second]].map((_, k) => sha256(firstOf[k ? second : first]).slice(0, 12)).sort().join(" ")}`;
}
const firstOf = {};
for (let i = n - 1; i >= 0; i--) firstOf[photos.pred[i]] = i;

function isOpen(question) {
  const [kind, first, second] = question;
  if (kind === "belongs") return !current.moved.has(first) && current.groups.has(second) && current.label[first] !== second && !groupOf(first).confirmed;
  if (kind === "same") return current.groups.has(first) && current.groups.has(second);
  return DATA.copies[first]?.length > 1;
}
function nextQuestion() {
  const done = new Set(answers.map(answer => answer.key));
  return DATA.questions.find(question => !done.has(keyOf(question)) && isOpen(question)) || null;
}
function renderReview() {
  if (state.view !== "review") return;
  const open = asking?.second && isOpen(asking.question) ? asking.question : nextQuestion();
  // Of a photo in no group there is only the group to ask for that it may belong to.
  if (!asking || asking.question !== open) asking = open ? {question: open, second: open[0] === "belongs" && current.label[open[1]] < 0} : null;
  const done = new Set(answers.map(answer => answer.key));
  const left = DATA.questions.filter(question => !done.has(keyOf(question)) && isOpen(question)).length, answered = answers.length;
  at("review_bar").max = Math.max(1, answered + left);
  at("review_bar").value = answered;
  at("review_count").textContent = `${count(answered, "answer")}, ${left.toLocaleString("en")} to go`;
  for (const id of ["yes", "no", "skip"]) at(id).disabled = !asking;
  at("back").disabled = !answers.length;
  const body = at("review_body");
  at("review_progress").hidden = at("answers").hidden = !asking && !answers.length;
  if (!asking) return body.replaceChildren(el("p", {class: "note", text: answers.length ? NOTHING_LEFT : NOTHING}));
  body.replaceChildren(...QUESTIONS[asking.question[0]](asking));
}
function panel(title, rows, size = 104) {
  return el("section", {class: "asked"}, el("h3", {}, named(title)), el("div", {class: "thumbs"}, ...rows.map(i => bigThumbnail(i, size))));
}
function bigThumbnail(i, size) {
  const node = thumbnail(i, size);
  const image = el("img", {src: imageAddress(i), alt: "", decoding: "async"});
  image.addEventListener("error", () => image.remove());
  node.append(image);
  return node;
}
const standingFor = (id, except) => current.groups.get(id).members.filter(i => i !== except).slice(0, ASKED);
function words(yes, no) {
  at("yes").lastChild.textContent = yes;
  at("no").lastChild.textContent = no;
}
const QUESTIONS = {
  belongs({question: [, i, other], second}) {
    const id = second ? other : current.label[i];
    words("Yes", "No");
    return [el("h2", {}, second && current.label[i] >= 0 ? "Then does it belong to " : "Does it belong to ", named(groupName(id)), "?"),
            el("div", {class: "question"}, el("section", {class: "asked"}, el("h3", {}, named(fileName(i))), bigThumbnail(i, 260)), panel(groupName(id), standingFor(id, i)))];
  },
  same({question: [, a, b]}) {
    words("Yes, merge", "No");
    return [el("h2", {text: "Do both groups show the same?"}),
            el("div", {class: "question"}, ...[a, b].map(id => panel(`${groupName(id)}, ${count(current.groups.get(id).size, "photo")}`, standingFor(id), 116)))];
  },
  copies({question: [, k]}) {
    const group = DATA.copies[k];
    words("Keep the first", "Keep all");
    return [el("h2", {text: "Which copy to keep?"}), el("div", {class: "thumbs copies"}, ...group.map((i, place) => el("button", {
      type: "button", class: "small", onclick: () => answer("yes", i)}, bigThumbnail(i, 240), el("small", {}, named(`${place ? "" : "first: "}${DATA.paths[i]}`)))))];
  },
};
function answer(said, keep) {
  if (!asking) return;
  const {question, second} = asking, [kind, first, other] = question, key = keyOf(question), before = new Set(pending.map(identity));
  const record = {key, said, kind};
  if (kind === "belongs" && said === "no" && !second) {
    asking = {question, second: true};
    return render();
  }
  if (kind === "belongs" && said === "yes") edit.move([first], second ? other : current.label[first]);
  if (kind === "belongs" && said === "no" && current.label[first] >= 0) edit.move([first], -1);
  if (kind === "same" && said === "yes") edit.merge([first, other]);
  if (kind === "copies" && said === "yes") record.drop = DATA.copies[first].filter(i => i !== (keep ?? DATA.copies[first][0])).map(sha256);
  record.edits = pending.filter(row => !row.with && !before.has(identity(row))).map(identity);
  answers.push(record);
  kept.write("answers", answers);
  asking = null;
  if (record.drop) toast(`${count(dropped().length, "copy", "copies")} marked: the button below selects them.`);
  at("drop").hidden = !dropped().length;
  render();
}
const dropped = () => answers.flatMap(one => one.drop || []).flatMap(rowsOf);
function takeBack() {
  if (asking?.second && current.label[asking.question[1]] >= 0) { asking = null; return render(); }
  const last = answers.pop();
  if (!last) return toast("Nothing to undo.");
  for (const key of last.edits || []) {  // what was said since by other means stays
    const row = pending.find(one => identity(one) === key);
    if (row) undo(row);
  }
  kept.write("answers", answers);
  asking = null;
  render();
}
function selectDropped() {
  dropped().forEach(i => selected.add(i));
  change({view: "photos", only: "copies", groups: []});
}
