"use strict";
// Shows one answer at a time and collects points and comments. Every text of a learner's is set as text, never as HTML.

const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const storageKey = `workbook-review-${data.run}`;
const entries = data.answers.map((answer) => ({ ...answer.given })); // what the boxes hold, one for each answer
let saved = entries.map((entry) => ({ ...entry }));
let shown = []; // numbers of the answers in the list
let current = -1;

// Points and comments ------------------------------------------------------------------------------------------------

const same = (one, two) => one.points === two.points && one.comment === two.comment;
const isEmpty = (entry) => entry.points === "" && entry.comment === "";
const isOpen = (number) => entries[number].points === "" || problemOf(number) !== "";

function problemOf(number) {
  const points = entries[number].points.replace(",", ".");
  const most = data.answers[number].most;
  if (points === "") return "";
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(points)) return "Write points as a number, for example 1.5.";
  return Number(points) > most ? `This exercise has at most ${most}.` : "";
}

function keepDrafts() {
  const drafts = {};
  data.answers.forEach((answer, number) => {
    if (!same(entries[number], answer.given)) {
      drafts[`${answer.label}\n${answer.exercise}`] = { ...entries[number], from: answer.given };
    }
  });
  try {
    localStorage.setItem(storageKey, JSON.stringify(drafts));
  } catch { /* a browser without storage: the warning on leaving the page remains */ }
}

function restoreDrafts() {
  let drafts = {};
  try {
    drafts = JSON.parse(localStorage.getItem(storageKey) || "{}");
  } catch { /* nothing to restore */ }
  data.answers.forEach((answer, number) => {
    const draft = drafts[`${answer.label}\n${answer.exercise}`];
    if (draft && same(draft.from, answer.given)) { // else the table was changed elsewhere since, and wins
      entries[number] = { points: draft.points, comment: draft.comment };
    }
  });
}

// The table ----------------------------------------------------------------------------------------------------------

const cell = (text) => (/[",\r\n;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const line = (cells) => `${cells.map(cell).join(",")}\r\n`;

function table() {
  const rows = data.others.map(line);
  data.answers.forEach((answer, number) => {
    const entry = entries[number];
    if (!isEmpty(entry) || !same(entry, answer.given)) { // an empty row takes back what the table held
      rows.push(line([answer.label, answer.row, entry.points, entry.comment, String(answer.most)]));
    }
  });
  return `\ufeff${line(data.head)}${rows.join("")}`;
}

function save() {
  const bad = entries.findIndex((entry, number) => problemOf(number) !== "");
  if (bad >= 0) {
    show(bad);
    at("points").focus();
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv;charset=utf-8" }));
  link.download = "review.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  saved = entries.map((entry) => ({ ...entry }));
  renderProgress();
}

// What is on the page ------------------------------------------------------------------------------------------------

function fits(number) {
  const answer = data.answers[number];
  const which = at("which").value;
  const word = at("find").value.trim().toLowerCase();
  if (which === "open" && !isOpen(number) && number !== current) return false;
  if (which === "mine" && isEmpty(entries[number])) return false;
  if (at("exercise").value && answer.exercise !== at("exercise").value) return false;
  const texts = [answer.student, answer.answer, answer.detail, answer.mistake, entries[number].comment];
  return word === "" || texts.some((text) => text.toLowerCase().includes(word));
}

function renderList() {
  shown = data.answers.map((_, number) => number).filter(fits);
  const items = shown.map((number) => {
    const answer = data.answers[number];
    const item = document.createElement("li");
    const button = document.createElement("button");
    const where = document.createElement("small");
    button.type = "button";
    button.dataset.number = number;
    button.append(Object.assign(document.createElement("bdi"), { textContent: answer.student }));
    where.textContent = `${answer.exercise} · ${answer.outcome}`;
    button.append(where);
    button.addEventListener("click", () => show(number));
    item.append(button);
    return item;
  });
  at("list").replaceChildren(...items);
  if (!shown.includes(current)) show(shown.length ? shown[0] : -1);
  else markCurrent();
  renderProgress();
}

function markCurrent() {
  for (const button of at("list").querySelectorAll("button")) {
    const number = Number(button.dataset.number);
    button.classList.toggle("marked", !isOpen(number));
    if (number === current) {
      button.setAttribute("aria-current", "true");
      button.scrollIntoView({ block: "nearest" });
    } else {
      button.removeAttribute("aria-current");
    }
  }
}

function renderProgress() {
  const waiting = data.answers.filter((answer, number) => answer.points === null && isOpen(number)).length;
  const marked = entries.filter((entry, number) => !isOpen(number)).length;
  const unsaved = entries.filter((entry, number) => !same(entry, saved[number])).length;
  const words = [`${waiting} still ${waiting === 1 ? "waits" : "wait"} for points`, `${marked} with points by you`];
  if (unsaved) words.push(`${unsaved} not saved`);
  at("progress").textContent = words.join(" · ");
}

function fill(id, text, frame = id) {
  at(id).textContent = text;
  at(frame).hidden = text === "";
}

function show(number) {
  current = number;
  at("answer").hidden = number < 0;
  at("nothing").hidden = number >= 0;
  markCurrent();
  if (number < 0) return;
  const answer = data.answers[number];
  at("title").textContent = `${answer.exercise} ${answer.title}`;
  at("student").textContent = answer.student;
  at("outcome").textContent = answer.outcome;
  at("outcome").className = `outcome ${answer.css}`;
  at("automatic").textContent = answer.points === null
    ? `waits for your points, at most ${answer.most}` : `the grader gave ${answer.points} of ${answer.most}`;
  fill("words", answer.answer);
  fill("detail", answer.detail);
  const notes = answer.mistake ? [`Mistake: ${answer.mistake}`, ...answer.notes] : answer.notes;
  at("notes").replaceChildren(...notes.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  at("saw").hidden = answer.detail === "" && notes.length === 0;
  fill("feedback", answer.feedback, "reads");
  at("most").textContent = answer.most;
  at("points").value = entries[number].points;
  at("comment").value = entries[number].comment;
  renderProblem();
  renderReusable();
}

function renderProblem() {
  const problem = problemOf(current);
  at("problem").textContent = problem;
  at("points").setAttribute("aria-invalid", String(problem !== ""));
}

function reusable() {
  const counts = new Map();
  const exercise = data.answers[current].exercise;
  entries.forEach((entry, number) => { // those of the same exercise come first
    const weight = data.answers[number].exercise === exercise ? 1000 : 1;
    if (entry.comment && number !== current) counts.set(entry.comment, (counts.get(entry.comment) || 0) + weight);
  });
  return [...counts].sort((one, two) => two[1] - one[1]).slice(0, 9).map(([text]) => text);
}

function renderReusable() {
  const comments = reusable();
  at("again").hidden = comments.length === 0;
  at("reusable").replaceChildren(...comments.map((text) => {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    button.addEventListener("click", () => reuse(text));
    item.append(button);
    return item;
  }));
}

// What a person does -------------------------------------------------------------------------------------------------

function enter(change) {
  Object.assign(entries[current], change);
  at("points").value = entries[current].points;
  if (at("comment").value !== entries[current].comment) at("comment").value = entries[current].comment;
  renderProblem();
  markCurrent();
  renderProgress();
  keepDrafts();
}

function reuse(text) {
  const before = entries[current].comment;
  if (!before.split("\n").includes(text)) enter({ comment: before === "" ? text : `${before}\n${text}` });
}

function step(by) {
  const place = shown.indexOf(current) + by;
  if (place >= 0 && place < shown.length) {
    show(shown[place]);
    at("answer").focus({ preventScroll: true });
  }
}

function nextOpen() {
  const place = shown.indexOf(current);
  const order = [...shown.slice(place + 1), ...shown.slice(0, Math.max(place, 0))];
  const number = order.find(isOpen);
  if (number !== undefined) {
    show(number);
    at("points").focus();
    at("points").select();
  }
}

const full = () => enter({ points: String(data.answers[current].most) });
const KEYS = {
  j: () => step(1), n: () => step(1), k: () => step(-1), p: () => step(-1), u: nextOpen, f: full,
  c: () => at("comment").focus(), s: save, "/": () => at("find").focus(), "?": () => { at("keys").open = !at("keys").open; },
};

function onKey(event) {
  const inBox = event.target.matches("input, textarea, select");
  const digit = /^Digit([0-9])$/.exec(event.code);
  const isCommand = event.ctrlKey || event.metaKey;
  let action = null;
  if (isCommand && event.key === "Enter") action = nextOpen;
  else if (isCommand && event.key.toLowerCase() === "s") action = save;
  else if (isCommand) return;
  else if (event.altKey && digit) {
    const text = current < 0 ? undefined : reusable()[Number(digit[1]) - 1];
    action = () => text !== undefined && reuse(text);
  } else if (event.key === "Escape" && inBox) action = () => at("answer").focus();
  else if (inBox || event.altKey) return;
  else if (/^[0-9]$/.test(event.key)) action = () => enter({ points: event.key });
  else action = KEYS[event.key] || null;
  if (action === null || (current < 0 && ![save, KEYS["/"], KEYS["?"]].includes(action))) return;
  event.preventDefault();
  action();
}

at("points").addEventListener("input", () => enter({ points: at("points").value.trim() }));
at("comment").addEventListener("input", () => enter({ comment: at("comment").value }));
at("full").addEventListener("click", full);
at("none").addEventListener("click", () => enter({ points: "0" }));
at("clear").addEventListener("click", () => enter({ points: "", comment: "" }));
at("previous").addEventListener("click", () => step(-1));
at("next").addEventListener("click", () => step(1));
at("form").addEventListener("submit", (event) => { event.preventDefault(); nextOpen(); });
at("save").addEventListener("click", save);
for (const id of ["which", "exercise"]) at(id).addEventListener("change", renderList);
at("find").addEventListener("input", renderList);
document.addEventListener("keydown", onKey);
addEventListener("beforeunload", (event) => {
  if (entries.some((entry, number) => !same(entry, saved[number]))) event.preventDefault();
});

for (const name of data.exercises) at("exercise").append(new Option(name, name));
restoreDrafts();
renderList();
