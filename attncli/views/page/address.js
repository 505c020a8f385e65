// The state of the page in its address, `#layer=1&head=7&pin=6`: a link, or a reload, shows the same again.

const SETTLED = 150; // ms after a change
const address = { usual: {}, timer: 0 };

// What is kept: how it is read from text, undefined where that is no such thing, and how it is written.
const KEPT = {
  source: choice("source", () => page.sources.map((_, i) => [i, i])),
  show: choice("show", () => [["weights", "weights"], ["difference", "difference"]]),
  layer: choice("layer", () => page.sources[0].layers.map((number, i) => [number, i])),
  heads: choice("combine", () => Object.keys(HOW).map((each) => [each, each])),
  head: choice("head", () => page.sources[0].heads.map((number, i) => [number, i])),
  colours: choice("scale", () => scaleNames().map(([name]) => [name, name])),
  direction: choice("way", () => [["looks", "looks"], ["seen", "seen"]]),
  hide: { read: filtersOf, write: () => state.hide },
  strongest: {
    read: (text) => (/^[1-9]\d?$/.test(text) ? { strongest: Number(text) } : undefined),
    write: () => String(state.strongest),
  },
  zoom: { read: (text) => { matrix.part = partOf(text); }, write: () => partWritten(matrix.part) },
  pin: {
    read: (text) => ({ pins: placesOf(text).map((query, slot) => ({ query, slot })) }),
    write: () => state.pins.map(({ query }) => query).join(","),
  },
};

const placesOf = (text) => text.split(",").filter(Boolean).map(Number).filter(isQuery);

// Of places the known ones, each once.
function isQuery(i, at, all) {
  return Number.isInteger(i) && i >= 0 && i < view.queries.length && isKnown(i) && all.indexOf(i) === at;
}

function choice(name, values) {
  return {
    read: (text) => {
      const there = values().find(([written]) => String(written) === text);
      return there && { [name]: there[1] };
    },
    write: () => String(values().find(([, value]) => value === state[name])?.[0] ?? ""),
  };
}

const writtenNow = () => Object.fromEntries(Object.entries(KEPT).map(([name, { write }]) => [name, write()]));

// What an address says; names and values that the page does not know say nothing.
function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  for (const [name, text] of said) if (Object.hasOwn(KEPT, name)) Object.assign(state, KEPT[name].read(text));
  keepApart();
}

// Layer and head always, where there are several; the rest where it is not as the page opened.
function addressNow() {
  const [now, { layers, heads, combined }] = [writtenNow(), page.sources[0]];
  const always = { layer: !combined && layers.length > 1, head: !combined && !view.combined && heads.length > 1 };
  return Object.entries(now)
    .filter(([name, text]) => always[name] ?? text !== address.usual[name])
    .map(([name, text]) => `${name}=${encodeURIComponent(text).replaceAll("%2C", ",")}`).join("&");
}

function writeAddress() {
  clearTimeout(address.timer);
  address.timer = setTimeout(() => {
    try {
      history.replaceState(null, "", `#${addressNow()}`);
    } catch {
      // a page inside another one may have no address of its own
    }
  }, SETTLED);
}

function startAddress() {
  address.usual = writtenNow();
  readAddress();
  window.addEventListener("hashchange", () => {
    state.pins = [];
    matrix.part = null;
    readAddress();
    redraw();
    showWay();
  });
}
