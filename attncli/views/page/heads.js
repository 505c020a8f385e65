// All heads as small pictures, a row a layer: chosen by click or arrow keys, filtered by kind, in several orders.

const FEW = 8; // heads of one layer that stand in a row with their kinds below, without orders and filters
const thumbs = { all: [], rows: [], shown: "", few: false }; // the heads, the grid's rows, and the numbers drawn

const SINK = "first/special";
const FRAMES = [
  ["content", "related words"], ["previous token", "neighbour to the left"], ["next token", "neighbour to the right"],
  ["same token", "words before"], ["broad", "words after"], [SINK, "mixed"],
]; // kinds by their frame, see heads.css

// Each by what is known of a head: its name, the number to sort by, and how it is written.
const ORDERS = {
  layer: { said: "layer and head", of: () => 0, write: () => "" },
  kind: { said: "kind", of: ({ kind }) => (kind ? frameOf(kind) : NaN), write: () => "" },
  entropy: { said: "entropy, lowest first", of: ({ bits }) => bits, write: ({ bits }) => bits.toFixed(2) },
  divergence: { said: "divergence, largest first", of: ({ apart }) => -apart, write: ({ apart }) => apart.toFixed(3) },
  effect: { said: "effect, largest first", of: ({ effect }) => -Math.abs(effect), write: ({ effect }) => inSigns(effect) },
};

function startHeads() {
  const { heads } = page.sources[0];
  const grid = found("grid");
  if (!grid) return; // of a page with one head
  thumbs.rows = [...grid.children];
  thumbs.all = [...grid.querySelectorAll(".head")].map((button, i) => ({
    button, place: i, layer: Math.floor(i / heads.length), head: i % heads.length,
  }));
  thumbs.few = page.sources[0].layers.length === 1 && thumbs.all.length <= FEW;
  found("heads").classList.toggle("few", thumbs.few);
  found("views").style.setProperty("--across", heads.length);
  found("views").classList.add("with-heads");
  listenToHeads(grid);
}

const thumbAt = (element) => thumbs.all.find(({ button }) => button === element?.closest?.(".head"));
const frameOf = (kind) => FRAMES.findIndex((names) => names.includes(kind));

// What is known of a head of the source that is shown; NaN is not known.
function knownOf({ layer, head }) {
  const { kinds, bits } = view.source.known;
  const apart = page.compared?.measured === null ? page.compared.measures[state.source || 1][layer][head][1] : NaN;
  return { kind: kinds[layer]?.[head] ?? "", bits: bits[layer][head], apart, effect: page.effects?.effects[layer][head] ?? NaN };
}

// After a switch: the one that is chosen, and all of them anew if the numbers are others.
function drawHeads() {
  if (!thumbs.all.length) return;
  const shown = `${state.source} ${differs()}`;
  if (thumbs.shown !== shown) renewHeads(shown);
  thumbs.all.forEach(({ button, layer, head }) => {
    button.setAttribute("aria-checked", !view.combined && layer === state.layer && head === state.head);
  });
  reachHeads();
}

// By Tab the one that is chosen, or the first there is where a filter leaves it out.
function reachHeads() {
  const there = inOrder().filter((each) => !isLeftOut(each));
  const chosen = there.find(({ layer, head }) => layer === state.layer && head === state.head) ?? there[0];
  thumbs.all.forEach((each) => { each.button.tabIndex = each === chosen ? 0 : -1; });
}

function renewHeads(shown) {
  thumbs.shown = shown;
  thumbs.all.forEach((each) => {
    Object.assign(each, knownOf(each));
    each.button.setAttribute("aria-label", nameOfHead(each));
    each.button.dataset.frame = each.kind ? frameOf(each.kind) : "";
  });
  drawAnew();
  buildKinds();
  buildOrders();
}

function nameOfHead({ layer, head, kind, bits, apart, effect }) {
  const { layers, heads } = view.source;
  const facts = [`Layer ${layers[layer]}, head ${heads[head]}`, ...(kind ? [kind] : []), `entropy ${bits.toFixed(2)} bits`];
  if (!Number.isNaN(apart)) facts.push(`divergence ${apart.toFixed(3)} bits`);
  if (!Number.isNaN(effect)) facts.push(`effect ${inSigns(effect)}`);
  return facts.join(", ");
}

// The kinds that there are: what the frames mean, and a filter.
function buildKinds() {
  const pressed = pressedKinds();
  const there = [...new Set(thumbs.all.map(({ kind }) => kind))].filter(Boolean);
  const kinds = there.sort((one, other) => frameOf(one) - frameOf(other));
  const chips = kinds.map((kind) => {
    const count = thumbs.all.filter((each) => each.kind === kind).length;
    return make("button", [make("span", [], { class: "swatch" }), `${kind} ${count}`], {
      type: "button", class: "kind", "data-kind": kind, "data-frame": frameOf(kind), "aria-pressed": pressed.includes(kind),
    });
  });
  found("kinds").replaceChildren(...chips);
  found("kinds").hidden = !chips.length;
  filterHeads();
}

const pressedKinds = () => [...found("kinds").querySelectorAll("[aria-pressed=true]")].map(({ dataset }) => dataset.kind);
const isLeftOut = ({ kind }, kinds = pressedKinds()) => kinds.length > 0 && !kinds.includes(kind);

// In the grid others leave their places empty; in another order they leave no gap.
function filterHeads() {
  const kinds = pressedKinds();
  thumbs.all.forEach((each) => each.button.classList.toggle("other", isLeftOut(each, kinds)));
}

function buildOrders() {
  const known = Object.entries(ORDERS).filter(([, { of }]) => thumbs.all.some((each) => !Number.isNaN(of(each))));
  const chosen = known.some(([name]) => name === found("order").value) ? found("order").value : "layer";
  fill("order", known.map(([name, { said }]) => [name, said]), chosen);
  orderHeads();
}

// The heads in the chosen order; those without its number are last.
function inOrder() {
  const { of } = ORDERS[found("order").value];
  const size = (each) => (Number.isNaN(of(each)) ? Infinity : of(each));
  return [...thumbs.all].sort((one, other) => (size(one) === size(other) ? one.place - other.place : size(one) - size(other)));
}

function orderHeads() {
  const order = found("order").value;
  const { of, write } = ORDERS[order];
  const { layers, heads } = view.source;
  const sorted = order !== "layer" || thumbs.few;
  thumbs.all.forEach((each) => {
    const [name, number] = [`${layers[each.layer]}.${heads[each.head]}`, Number.isNaN(of(each)) ? "–" : write(each)];
    const said = thumbs.few ? [make("b", `head ${heads[each.head]}`), each.kind] : [make("b", name), number];
    each.button.lastChild.replaceChildren(...said);
  });
  found("grid").classList.toggle("sorted", sorted);
  found("grid").replaceChildren(...(sorted ? inOrder().map(({ button }) => button) : thumbs.rows));
}

function chooseHead({ layer, head, button }) {
  Object.assign(state, { layer, head, combine: "head" });
  redraw();
  button.focus({ preventScroll: true });
}

// By arrow keys: in the grid to the head beside, above or below, in another order to the one before or after.
function headBeside(each, key) {
  const [down, right] = MOVES[key];
  if (found("grid").classList.contains("sorted")) {
    const shown = inOrder().filter((other) => !isLeftOut(other));
    return shown[shown.indexOf(each) + down + right];
  }
  const of = (steps) =>
    thumbs.all.find(({ layer, head }) => layer === each.layer + steps * down && head === each.head + steps * right);
  for (let steps = 1; of(steps); steps++) if (!isLeftOut(of(steps))) return of(steps);
  return undefined;
}

function moveHead(event) {
  const each = thumbAt(event.target);
  if (!each || !(event.key in MOVES)) return;
  event.preventDefault();
  const next = headBeside(each, event.key);
  if (next) chooseHead(next);
}

function listenToHeads(grid) {
  grid.addEventListener("click", ({ target }) => {
    const each = thumbAt(target);
    if (each && !isLeftOut(each)) chooseHead(each);
  });
  grid.addEventListener("keydown", moveHead);
  found("kinds").addEventListener("click", ({ target }) => {
    const chip = target.closest(".kind");
    if (!chip) return;
    chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
    filterHeads();
    reachHeads();
  });
  found("order").addEventListener("change", () => {
    orderHeads();
    reachHeads();
  });
  listenToPictures(grid);
}
