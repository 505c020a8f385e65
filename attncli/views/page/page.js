// The switches and the pins: at each change the numbers are looked up and everything is drawn again.

const HOW = { head: "one head", mean: "mean of the layer's heads", max: "largest of the layer's heads" };

function fill(id, options, chosen, shown = options.length > 1) {
  const select = found(id);
  select.replaceChildren(...options.map(([value, text]) => make("option", text, { value })));
  select.value = chosen;
  select.parentElement.hidden = !shown;
}

function buildSwitches() {
  const { layers, heads, weights } = view.source;
  const several = weights[0].length > 1;
  found("source").parentElement.firstChild.textContent = `${page.switch} `;
  fill("source", page.sources.map(({ name }, i) => [i, name]), state.source);
  buildShow();
  fill("layer", weights.map((_, i) => [i, layers[i]]), state.layer);
  fill("combine", Object.entries(HOW), state.combine, several);
  const named = weights[0].map((_, i) => [i, doesOf(i) ? `${heads[i]} · ${doesOf(i)}` : heads[i]]);
  fill("head", named, state.head, several && !view.combined);
  fill("scale", scaleNames(), state.scale);
}

const doesOf = (head) => (view.source.does[state.layer] ?? [])[head] ?? "";

function whatIsShown() {
  const { combined, layers, heads } = view.source;
  if (combined) return combined;
  return `layer ${layers[state.layer]}, ${view.combined ? HOW[state.combine] : `head ${heads[state.head]}`}`;
}

function whatItDoes() {
  return view.combined || !doesOf(state.head) ? "" : saidOfHead(state.layer, state.head);
}

function saidOfHead(layer, head) {
  const { layers, heads, does, means } = view.source;
  const which = layers.length > 1 ? `Layer ${layers[layer]}, head` : "Head";
  return `${which} ${heads[head]}: ${does[layer][head]}. ${means[layer][head]}`;
}

function redraw() {
  look();
  found("sentence").textContent = view.source.sentence;
  found("sentence").classList.toggle("long", view.source.sentence.length > 140);
  const [called, memory] = view.source.memory;
  found("memory").replaceChildren(...(memory ? [called, bdi(memory)] : []));
  found("settings").textContent = view.source.settings;
  view.least = leastDrawn();
  buildSwitches();
  buildFilters();
  found("does").textContent = whatItDoes();
  drawMeasures();
  drawEffects();
  drawHeads();
  buildWords();
  reachable(found("sentence"));
  keepPart();
  buildMatrix();
  reserve();
  pinned();
  drawTable();
}

// After the window has changed.
function fit() {
  fitMatrix();
  reachable(found("sentence"));
  reserve();
  keepSteps();
}

function pinned() {
  drawPins();
  namePins();
  drawChips();
  drawSteps();
  keepSteps();
  highlight();
  writeAddress();
}

function highlight() {
  drawWords();
  drawCross();
  drawDimensions();
  say();
}

let waiting = false;

// Many moves of the pointer between two frames are one drawing.
function point(at) {
  state.at = at;
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    highlight();
  });
}

function togglePin(query) {
  if (!isKnown(query)) return;
  const there = state.pins.findIndex((pin) => pin.query === query);
  if (there >= 0) state.pins.splice(there, 1);
  else state.pins.push({ query, slot: freeSlot() });
  state.cursor = query;
  state.been = true;
  moveTab();
  pinned();
}

function pinRow(query) {
  togglePin(query);
  scrollToWord(query);
}

function freeSlot() {
  let slot = 0;
  while (state.pins.some((pin) => pin.slot === slot)) slot++;
  return slot;
}

function drawChips() {
  const chips = state.pins.map(({ query, slot }) => {
    const name = [make("span", slot + 1, { class: "badge" }), bdi(view.queries[query]), " ×"];
    const label = `Unpin ${view.queries[query]}`;
    const chip = make("button", name, { type: "button", class: "chip", "data-hue": slot % 6, "aria-label": label });
    chip.addEventListener("click", ({ detail }) => {
      togglePin(query);
      words.queries[query].button.focus({ preventScroll: detail > 0 }); // the chip is gone; a pointer stays where it is
    });
    return chip;
  });
  found("pins").replaceChildren(...(chips.length ? ["Pinned", ...chips] : ["No word is pinned."]));
  found("pins").scrollLeft = found("pins").scrollWidth;
}

// The first of the words that see the most keys: under a causal mask the last word.
function widest() {
  const seen = view.queries.map((_, query) => ranked(rowOf(query)).length);
  return seen.indexOf(Math.max(...seen));
}

function start() {
  document.body.classList.add("script");
  found("all").open = false;
  found("all").hidden = Math.max(page.sources[0].queries.length, (page.sources[0].keys ?? []).length) > MOST_ROWS;
  const { pinned: word } = page.sources[0];
  if (word !== null) state.pins.push({ query: word, slot: 0 });
  Object.assign(state, page.opens);
  look();
  startAddress();
  look();
  state.cursor = word ?? (runs() ? decided() : widest());
  startHeads();
  showWay();
  listenToText();
  listenToTake();
  listenToZoom();
  listenToFilters();
  redraw();
  listen();
}

start();
