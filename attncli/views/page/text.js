// More words than lines are drawn of, as running text, shaded by the weights of one of them, and the ten largest beside it.
//
// That word is the one pinned last: pointing at another then tells their weight. While none is pinned it is the one under
// the pointer. The direction says whose weights: those of the keys that it looks at, or of the queries that look at it.

const TOP = 10;
const SAID_OF_TEXT = "Point at a word to see its weights. Click to pin it: the text keeps its shades, and a word you point " +
  "at tells its weight. Arrow keys move, Enter pins, Escape unpins.";
const LETTERS = /^[\p{L}\p{M}\p{N}]/u; // a piece of a word, and no full stop behind one
const running = { key: 0 }; // the key that the text is shaded by, of two texts
state.way = "looks"; // or "seen"

const runs = () => view.source.text != null;
const isOneText = () => view.source.keys === null;
const sides = () => (state.way === "looks" ? ["query", "key"] : ["key", "query"]); // of the word, and of those shaded

// The words of both sides, which of one text are the same elements.
function buildRunning() {
  const { queries, keys } = view.source.text;
  found("text-keys").hidden = keys === null;
  const own = runningWords(found("text-queries"), queries, "query");
  const both = [own, keys === null ? own : runningWords(found("text-keys"), keys, "key")];
  both[1][0].button.tabIndex = 0;
  found("top-ten").replaceChildren(...Array.from({ length: TOP }, topLine));
  reachable(found("text").parentElement);
  return both;
}

function runningWords(place, { parts, rest, way }, side) {
  const made = parts.map(([gap, text], i) => runningWord(text, i, side, gap === "" && i > 0 && LETTERS.test(text)));
  place.dir = way;
  place.replaceChildren(...made.flatMap(({ button }, i) => [parts[i][0], button]), rest);
  return made;
}

function runningWord(text, i, side, joined) {
  const badge = make("span", [], { class: "badge", "aria-hidden": "true" });
  const button = make("span", [text, badge], {
    role: "button", class: joined ? "word joined" : "word", tabindex: "-1", "data-index": i, "data-text": side,
  });
  if (side === "query" && !isKnown(i)) button.setAttribute("aria-disabled", "true");
  return { button, badge };
}

function topLine() {
  return make("li", make("button", [bdi(""), make("span", [], { class: "number" })], { type: "button", class: "top" }));
}

// A query that looks decidedly at another word, to begin with.
function decided() {
  const special = new Set(view.source.special[0]);
  const keys = new Set(view.source.special[isOneText() ? 0 : 1]);
  const most = view.queries.map((_, query) => (special.has(query) || !isKnown(query) ? 0 :
    rowOf(query).reduce((best, weight, key) => (weight > best && key !== query && !keys.has(key) ? weight : best), 0)));
  return most.indexOf(Math.max(...most));
}

// The word whose weights shade the text.
function shadingWord() {
  const [side] = sides();
  if (isOneText()) return lastPin()?.query ?? state.at?.[side] ?? state.cursor;
  return state.at?.[side] ?? (side === "query" ? lastPin()?.query ?? state.cursor : running.key);
}

// A place in the matrix for what a pointer or a key meets in the text or in the list.
function metInText(target) {
  const [side, other] = sides();
  const { dataset } = target.closest(".word, .top") ?? {};
  if (!dataset) return null;
  const i = Number(dataset.index);
  if (!dataset.text) return { [side]: shadingWord(), [other]: i };
  if (isOneText()) return lastPin() ? { [side]: lastPin().query, [other]: i } : { [side]: i, [other]: null };
  return dataset.text === side ? { [side]: i, [other]: null } : { [side]: shadingWord(), [other]: i };
}

// At rest the line above is about the pinned word, in the direction of the text.
function restingAt() {
  const query = lastPin()?.query;
  return runs() && isOneText() && state.way === "seen" ? { key: query } : { query };
}

function drawRunning() {
  const i = shadingWord();
  const [looks, known] = [state.way === "looks", state.way === "seen" || isKnown(i)];
  const numbers = !known ? [] : looks ? rowOf(i) : columnOf(i);
  words.queries.forEach(({ button }) => button.style.removeProperty("--share"));
  (looks ? words.keys : words.queries).forEach(({ button }, at) => shade(button, looks ? i : at, numbers[at]));
  for (const { button } of [...words.queries, ...words.keys]) button.classList.remove("at", "shading");
  (looks ? words.queries : words.keys)[i].button.classList.add("shading");
  words.queries[state.at?.query]?.button.classList.add("at");
  words.keys[state.at?.key]?.button.classList.add("at");
  drawTop(i, numbers);
}

function shade(button, query, weight) {
  const share = weight === undefined ? 0 : shareOf(query, weight);
  button.style.setProperty("--share", Math.abs(share).toFixed(3));
  button.classList.toggle("less", share < 0);
  button.classList.toggle("veiled", Number.isNaN(weight));
}

function drawTop(i, numbers) {
  const looks = state.way === "looks";
  const { looks: at, seen } = saidOfMost();
  found("top-title").replaceChildren(...quoted((looks ? view.queries : view.keys)[i]), (looks ? at : seen).trimEnd());
  const places = ranked(numbers).slice(0, TOP);
  [...found("top-ten").children].forEach((line, rank) => {
    const place = places[rank];
    const button = line.firstChild;
    line.classList.toggle("none", place === undefined);
    if (place === undefined) return;
    button.dataset.index = place;
    button.firstChild.textContent = (looks ? view.keys : view.queries)[place];
    button.lastChild.textContent = asWeight(numbers[place]);
    button.style.setProperty("--share", Math.abs(shareOf(looks ? i : place, numbers[place])).toFixed(3));
  });
}

// Scroll the text, and not the page, to a word.
function scrollInText({ button }) {
  const scroll = found("text").parentElement;
  const [word, box] = [button.getBoundingClientRect(), scroll.getBoundingClientRect()];
  if (word.top < box.top || word.bottom > box.bottom) scroll.scrollTop += word.top - box.top - box.height / 2;
}

function moveInText(event) {
  const word = event.target.closest(".word");
  if (!word || !(event.key in MOVES || ["Home", "End", "Enter", " "].includes(event.key))) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Enter" || event.key === " ") return word.click();
  const list = word.dataset.text === "query" ? words.queries : words.keys;
  const next = besideInText(list, Number(word.dataset.index), event.key).button;
  list.forEach(({ button }) => { button.tabIndex = button === next ? 0 : -1; });
  next.focus({ preventScroll: true });
  scrollInText({ button: next });
}

function besideInText(list, i, key) {
  const [down, right] = MOVES[key] ?? [0, 0];
  const way = list[i].button.parentElement.dir === "rtl" ? -right : right;
  if (down) return inNextLine(list, i, down);
  return list[{ Home: 0, End: list.length - 1 }[key] ?? Math.min(Math.max(i + way, 0), list.length - 1)];
}

// The nearest word of the line above or below.
function inNextLine(list, i, down) {
  const boxes = list.map(({ button }) => button.getBoundingClientRect());
  const middle = ({ left, width }) => left + width / 2;
  const beyond = [...list.keys()].filter((at) => down * (boxes[at].top - boxes[i].top) > boxes[i].height / 2);
  const rank = (at) => 1e4 * Math.abs(boxes[at].top - boxes[i].top) + Math.abs(middle(boxes[at]) - middle(boxes[i]));
  return list[beyond.reduce((best, at) => (best === i || rank(at) < rank(best) ? at : best), i)];
}

function focusInText({ target }) {
  const word = target.closest(".word");
  if (word && word.dataset.text === "query" && Number(word.dataset.index) !== state.cursor) {
    state.cursor = Number(word.dataset.index);
    state.been = true;
    if (!state.pins.length) drawSteps();
  }
  if (word && word.dataset.text === "key") running.key = Number(word.dataset.index);
  point(metInText(target));
}

function clickInText({ target }) {
  const met = target.closest(".word, .top");
  if (!met) return;
  const i = Number(met.dataset.index);
  if (met.dataset.text === "query") togglePin(i);
  else if (met.dataset.text === "key") running.key = i;
  else scrollInText((state.way === "looks" ? words.keys : words.queries)[i]);
  point(metInText(target));
}

function turnText(way) {
  state.way = way;
  showWay();
  highlight();
  writeAddress();
}

function showWay() {
  for (const button of document.querySelectorAll(".way")) {
    button.setAttribute("aria-pressed", button.dataset.way === state.way);
  }
}

// Before the listeners of the list of words, which know nothing of running text.
function listenToText() {
  const box = found("running");
  const hears = (name, heard) => box.addEventListener(name, (event) => { event.stopPropagation(); heard(event); });
  hears("pointerover", ({ target }) => point(metInText(target)));
  hears("focusin", focusInText);
  hears("click", clickInText);
  box.addEventListener("keydown", moveInText);
  for (const button of box.querySelectorAll(".way")) button.addEventListener("click", () => turnText(button.dataset.way));
}
