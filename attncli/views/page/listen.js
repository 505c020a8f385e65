// Pointer and keyboard.

function cellUnder(event) {
  const box = found("cells").getBoundingClientRect();
  const inside = (length, count) => Math.min(Math.max(Math.floor(length / matrix.cell), 0), count - 1);
  const { top, left, n, m } = shownPart();
  return { query: top + inside(event.clientY - box.top, n), key: left + inside(event.clientX - box.left, m) };
}

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function moveCross(event) {
  const { query, key } = state.at?.query != null && state.at.key != null ? state.at : { query: state.cursor, key: 0 };
  const [n, m] = [view.queries.length, view.keys.length];
  if (event.key === "Enter" || event.key === " ") pinRow(query);
  else if (event.key === "Home") point({ query, key: 0 });
  else if (event.key === "End") point({ query, key: m - 1 });
  else if (event.key in MOVES) {
    const [down, right] = MOVES[event.key];
    point({ query: Math.min(Math.max(query + down, 0), n - 1), key: Math.min(Math.max(key + right, 0), m - 1) });
  } else return;
  event.preventDefault();
  keepInSight();
}

// Scroll to the element that the keyboard moves to.
function keepInSight() {
  if (matrix.part) slideTo(state.at);
  const scroll = found("matrix").querySelector(".scroll");
  const left = ((state.at?.key ?? 0) - shownPart().left) * matrix.cell;
  const beyond = left + 2 * matrix.cell > scroll.scrollLeft + scroll.clientWidth / 2;
  if (left < scroll.scrollLeft || beyond) scroll.scrollLeft = left - scroll.clientWidth / 3;
}

function wordOf(event) {
  const button = event.target.closest?.(".word");
  return button && { query: null, key: null, [button.dataset.side]: Number(button.dataset.index) };
}

function moveWord(event) {
  const at = wordOf(event);
  if (!at || !(event.key in MOVES || event.key === "Home" || event.key === "End")) return;
  const [down, right] = MOVES[event.key] ?? [0, 0];
  const side = right ? (right > 0 ? words.keys : words.queries) : at.query === null ? words.keys : words.queries;
  const place = { Home: 0, End: side.length - 1 }[event.key] ?? (at.query ?? at.key) + down;
  event.preventDefault();
  side[Math.min(Math.max(place, 0), side.length - 1)].button.focus();
}

function focusWord(event) {
  const at = wordOf(event);
  if (!at) return;
  if (at.query !== null && at.query !== state.cursor) {
    state.cursor = at.query;
    state.been = true;
    moveTab();
    if (!state.pins.length) drawSteps();
  }
  point(at);
}

function listenToCells(cells) {
  cells.addEventListener("pointermove", (event) => point(cellUnder(event)));
  cells.addEventListener("pointerleave", () => point(null));
  cells.addEventListener("focus", () => {
    if (cells.matches(":focus-visible")) point(state.at ?? { query: state.cursor, key: 0 });
  });
  cells.addEventListener("blur", () => point(null));
  cells.addEventListener("click", (event) => {
    pinRow(cellUnder(event).query);
    point(cellUnder(event));
  });
  cells.addEventListener("keydown", moveCross);
}

function listen() {
  const [list, cells] = [found("words"), found("cells")];
  list.addEventListener("pointerover", (event) => point(wordOf(event) ?? null));
  list.addEventListener("pointerleave", () => point(null));
  list.addEventListener("focusin", focusWord);
  list.addEventListener("focusout", () => point(null));
  list.addEventListener("keydown", moveWord);
  list.addEventListener("click", (event) => {
    const at = wordOf(event);
    if (!at) return;
    if (at.query !== null) togglePin(at.query);
    point(at); // a finger has left it by now
  });
  listenToCells(cells);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.pins.length) togglePin(lastPin().query);
  });
  for (const id of ["source", "show", "layer", "head", "combine", "scale"]) {
    found(id).addEventListener("change", ({ target }) => {
      state[id] = Number.isNaN(Number(target.value)) ? target.value : Number(target.value);
      keepApart(id);
      redraw();
    });
  }
  found("outline").addEventListener("change", drawEffects);
  found("all").addEventListener("toggle", drawTable);
  window.addEventListener("resize", fit);
  window.addEventListener("beforeprint", () => { found("all").open ||= view.keys.length <= 20; });
}
