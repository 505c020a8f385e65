"use strict";
// The packed numbers of the page, unpacked at their first use: base64 of little-endian unsigned integers, a string a matrix.

const page = JSON.parse(document.getElementById("data").textContent);
const found = (id) => document.getElementById(id);

function unpacked(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new DataView(bytes.buffer);
}

// The codes [n_query * n_key] of a packed matrix.
function codesOf(text, bytes) {
  const view = unpacked(text);
  return Uint16Array.from({ length: view.byteLength / bytes }, (_, i) =>
    bytes === 2 ? view.getUint16(2 * i, true) : view.getUint8(i));
}

const recent = new Map(); // the matrices shown last, by their place in the data

function remembered(name, make) {
  if (!recent.has(name)) {
    if (recent.size >= 64) recent.delete(recent.keys().next().value);
    recent.set(name, make());
  }
  return recent.get(name);
}

// One head's weights [n_query * n_key], NaN where hidden; signed numbers run from -unit to unit.
function headWeights(source, layer, head) {
  return remembered(`${source} ${layer} ${head}`, () => {
    const { units, weights, signed } = page.sources[source];
    const unit = units[layer][head];
    const number = (share) => (signed ? 2 * share - 1 : share) * unit;
    return Float64Array.from(codesOf(weights[layer][head], page.bytes), (code) =>
      code > page.levels ? NaN : number(code / page.levels));
  });
}

// The mean or the maximum over a layer's heads, one more at a time, so that no more than two are in memory.
function combinedWeights(source, layer, how) {
  return remembered(`${source} ${layer} ${how}`, () => {
    const heads = page.sources[source].weights[layer].length;
    const combined = Float64Array.from(headWeights(source, layer, 0));
    for (let head = 1; head < heads; head++) {
      headWeights(source, layer, head).forEach((weight, i) => {
        if (Number.isNaN(weight)) return;
        const before = Number.isNaN(combined[i]) ? 0 : combined[i]; // hidden in one head is a weight of 0 there
        combined[i] = how === "max" ? Math.max(before, weight) : before + weight;
      });
    }
    return how === "max" ? combined : combined.map((sum) => sum / heads);
  });
}

// One query's scores [n_key], NaN where hidden.
function rowOfScores(source, layer, head, query, keys) {
  const codes = remembered(`${source} ${layer} ${head} scores`, () => ({
    codes: codesOf(page.sources[source].scores[layer][head], 2),
    ranges: unpacked(page.sources[source].ranges[layer][head]),
  }));
  const [low, high] = [0, 8].map((byte) => codes.ranges.getFloat64(16 * query + byte, true));
  return Array.from({ length: keys }, (_, key) => {
    const share = codes.codes[query * keys + key] / 65534;
    return share > 1 ? NaN : low * (1 - share) + high * share;
  });
}

// How a head's scores are made, and its additions for places, by key and offset.
function termsOf(source, layer, head) {
  const terms = page.sources[source].terms[layer][head];
  if (terms?.position == null) return { terms, added: () => 0 };
  const floats = remembered(`${source} ${layer} ${head} places`, () => unpacked(terms.position));
  const offsets = floats.byteLength / 4 / view.keys.length;
  const reach = (offsets - 1) / 2;
  const added = (query, key) => {
    const place = Math.min(Math.max(key - query, -reach), reach) + reach;
    return floats.getFloat32(4 * (key * offsets + place), true);
  };
  return { terms, added };
}

// The state of the page; everything drawn follows from it.
const state = {
  source: 0, layer: 0, head: 0, show: "weights", combine: "head", scale: page.scale,
  pins: [], // {query, slot}: the slot is the number, hue and dash of a pinned word
  cursor: 0, // the query whose steps are shown while nothing is pinned
  been: false, // whether somebody moved it
  at: null, // {query, key} under the pointer or the focus, either may be null
};

const view = {}; // the source, weights and words that the switches choose, see look

// The matrix that the switches choose, with its words.
function look() {
  const source = page.sources[state.source];
  const { weights } = source;
  state.layer = Math.min(state.layer, weights.length - 1);
  state.head = Math.min(state.head, weights[0].length - 1);
  view.combined = state.combine !== "head" && weights[0].length > 1;
  view.source = source;
  view.signed = source.signed === true || differs();
  view.queries = namesNow(source);
  view.keys = source.keys ?? view.queries;
  view.weights = shownOf(state.source);
  view.scale = scaleNow();
  view.rowTops = rowTops();
  const unit = view.combined ? Math.max(...source.units[state.layer]) : source.units[state.layer][state.head];
  view.decimals = source.decimals ?? (page.bytes === 2 ? (unit < 0.1 ? 4 : 3) : unit < 0.25 ? 3 : 2); // as many as are right
  state.pins = state.pins.filter((pin) => pin.query < view.queries.length);
  state.cursor = Math.min(state.cursor, view.queries.length - 1);
  state.at = null;
}

const weightAt = (query, key) => view.weights[query * view.keys.length + key];
const isKnown = (query) => view.source.only === null || view.source.only === query;
const scored = () => !view.combined && !reducedBy() && !view.signed && view.source.scores !== null;

function scoresOf(query) {
  return rowOfScores(state.source, state.layer, state.head, query, view.keys.length);
}

const asShare = (weight) => (Number.isNaN(weight) ? "hidden" : weight.toFixed(view.decimals));
const asWeight = (weight) => (view.signed ? withSign(weight, view.decimals) : asShare(weight));

function withSign(number, decimals) {
  if (Number.isNaN(number)) return "hidden";
  const text = Math.abs(number).toFixed(decimals);
  return Number(text) === 0 ? text : `${number < 0 ? "−" : "+"}${text}`;
}

function asNumber(number, places = 3) {
  if (number === null) return "too long to say";
  if (Number.isNaN(number)) return "hidden";
  return Math.abs(number) < 1e6 ? number.toFixed(places) : number.toExponential(places);
}

// The places of the largest numbers first, of differences whatever their sign; hidden ones left out.
function ranked(numbers) {
  const places = [...numbers.keys()].filter((i) => !Number.isNaN(numbers[i]));
  const size = (i) => (view.signed ? Math.abs(numbers[i]) : numbers[i]);
  return places.sort((i, j) => size(j) - size(i) || i - j);
}

const rowOf = (query) => Array.from(view.keys, (_, key) => weightAt(query, key));
const columnOf = (key) => Array.from(view.queries, (_, query) => (isKnown(query) ? weightAt(query, key) : NaN));

// A word of the user's: text and nothing else, in its own direction, of no known language.
function bdi(text) {
  const element = document.createElement("bdi");
  element.lang = "";
  element.textContent = text;
  return element;
}

// A word in a sentence, in quotes.
const quoted = (text) => ["“", bdi(text), "”"];

function make(name, content = [], attributes = {}) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...[content].flat());
  return element;
}
