// The words in two columns with lines between them: those that look on the left, those looked at on the right.

const FAINTEST = 0.005; // of the scale; a thinner line is not drawn
const MOST_LINES = 400;
const SAID_OF_WORDS = "Point at a word to see its weights; click on the left to pin it. Arrow keys move, Enter pins, " +
  "Escape unpins.";
const SVG = "http://www.w3.org/2000/svg";
const words = { queries: [], keys: [], lines: [], row: 28 };

function buildWords() {
  const longest = Math.max(view.queries.length, view.keys.length);
  words.row = longest > 24 ? 26 : longest > 10 ? 30 : 48; // px; 2 of them between the words
  const lists = [["queries", "query"], ["keys", "key"]];
  const made = runs() ? buildRunning() : lists.map(([list, side]) => wordList(found(list), view[list], side));
  [words.queries, words.keys] = made;
  const views = found("views");
  views.style.setProperty("--row", `${words.row}px`);
  views.style.setProperty("--rows", longest);
  views.classList.toggle("long", longest > 14);
  views.classList.toggle("huge", runs());
  if (runs()) views.prepend(found("words"));
  found("running").hidden = !runs();
  found("words").querySelector(".scroll").hidden = runs();
  found("lines").setAttribute("viewBox", `0 0 100 ${longest * words.row}`);
  found("words-title").textContent = runs() ? "Text" : "Words";
  found("words-hint").textContent = runs() ? SAID_OF_TEXT : SAID_OF_WORDS;
  found("drawn").textContent = howDrawn();
  moveTab();
}

function howDrawn() {
  if (!view.signed) return "";
  const { baseline } = page.compared;
  return runs() ? `Orange: more than ${baseline}; blue and underlined: less.` : `Solid: more than ${baseline}; dashed: less.`;
}

function wordList(list, names, side) {
  const made = names.map((name, i) => wordButton(name, i, side));
  list.replaceChildren(...made.map(({ button }) => make("li", button)));
  return made;
}

function wordButton(name, i, side) {
  const badge = make("span", [], { class: "badge" });
  const number = make("span", [], { class: "number" });
  const button = make("button", side === "query" ? [badge, number, bdi(name)] : [bdi(name), number], {
    type: "button", class: "word", title: name, tabindex: "-1", "data-side": side, "data-index": i,
  });
  if (side === "query" && !isKnown(i)) button.setAttribute("aria-disabled", "true");
  return { button, badge, number };
}

// One word in each view can be reached by Tab, the arrow keys go on from it.
function moveTab() {
  words.queries.forEach(({ button }, i) => { button.tabIndex = i === state.cursor ? 0 : -1; });
}

// Who looks with which weight, drawn as lines and written beside the words.
function drawWords() {
  if (runs()) return drawRunning();
  const at = state.at ?? {};
  const key = at.query == null ? at.key : null;
  const query = at.query ?? (key == null ? lastPin()?.query : null);
  drawLines(lines(at.query, key));
  number(words.keys, query == null || !isKnown(query) ? null : rowOf(query), () => query);
  number(words.queries, key == null ? null : columnOf(key), (i) => i);
  words.queries.forEach(({ button }, i) => button.classList.toggle("at", i === at.query));
  words.keys.forEach(({ button }, i) => button.classList.toggle("at", i === at.key));
}

function drawPins() {
  const slots = new Map(state.pins.map((pin) => [pin.query, pin.slot]));
  words.queries.forEach(({ button, badge }, i) => {
    const slot = slots.get(i);
    button.setAttribute("aria-pressed", slot !== undefined);
    button.dataset.hue = slot === undefined ? "" : slot % 6;
    badge.textContent = slot === undefined ? "" : slot + 1;
  });
}

function number(buttons, weights, queryOf) {
  buttons.forEach(({ button, number }, i) => {
    const text = weights === null ? "" : asWeight(weights[i]);
    if (number.textContent !== text) number.textContent = text;
    button.style.setProperty("--share", weights === null ? 0 : Math.abs(shareOf(queryOf(i), weights[i])));
  });
}

// The lines to draw: those under the pointer, those of the pinned words, or else those of every word.
function lines(query, key) {
  if (query == null && key == null && !state.pins.length) return cut(ofAll());
  const pinned = state.pins.flatMap((pin) => ofQuery(pin.query, `hue${pin.slot % 6}`));
  const faded = query != null || key != null ? pinned.map((line) => ({ ...line, kind: `${line.kind} faded` })) : pinned;
  if (query != null) return cut([...faded.filter((line) => line.query !== query), ...ofQuery(query, hueOf(query))]);
  return cut(key != null ? [...faded, ...columnOf(key).map((weight, i) => ({ query: i, key, weight, kind: "now" }))] : faded);
}

function hueOf(query) {
  const pin = state.pins.find((each) => each.query === query);
  return pin ? `hue${pin.slot % 6}` : "now";
}

function ofQuery(query, kind) {
  return isKnown(query) ? rowOf(query).map((weight, key) => ({ query, key, weight, kind })) : [];
}

function ofAll() {
  return view.queries.flatMap((_, query) => ofQuery(query, "all"));
}

function cut(all) {
  const sized = all.map((line) => ({ ...line, share: shareOf(line.query, line.weight) }));
  const seen = sized.filter(({ share }) => Math.abs(share) >= FAINTEST);
  if (seen.length <= MOST_LINES) return seen;
  return seen.sort((one, other) => Math.abs(other.share) - Math.abs(one.share)).slice(0, MOST_LINES);
}

// Paths are used again, since making elements is slow.
function drawLines(all) {
  const svg = found("lines");
  while (words.lines.length < all.length) words.lines.push(svg.appendChild(document.createElementNS(SVG, "path")));
  words.lines.forEach((path, i) => {
    const line = all[i];
    if (!line) {
      path.setAttribute("class", "none");
      return;
    }
    const [from, to] = [line.query, line.key].map((place) => (place + 0.5) * words.row);
    const share = Math.abs(line.share);
    path.setAttribute("d", `M0 ${from}C45 ${from} 55 ${to} 100 ${to}`);
    path.setAttribute("class", view.signed ? `${line.kind} ${line.share > 0 ? "more" : "less"}` : line.kind);
    path.setAttribute("stroke-width", (0.6 + Math.min(6.4, 0.2 * words.row) * share).toFixed(2));
    path.setAttribute("stroke-opacity", (0.15 + 0.85 * share).toFixed(2));
  });
}

// Scroll the list of words to a word pinned in the matrix.
function scrollToWord(query) {
  if (runs()) return scrollInText(words.queries[query]);
  const scroll = found("words").querySelector(".scroll");
  const top = query * words.row;
  if (top < scroll.scrollTop || top > scroll.scrollTop + scroll.clientHeight - 2 * words.row) {
    scroll.scrollTop = top - scroll.clientHeight / 2;
  }
}

const lastPin = () => state.pins.at(-1);
