// Room for the longest that will be said, so that nothing moves under the pointer while it changes.

const LONGEST = 8; // names of a side that are tried

function reserve() {
  const { source } = view;
  found("steps").style.minHeight = "";
  found("does").hidden = !source.does.some((heads) => heads.some(Boolean));
  keep("minHeight", "does", longestOf(source.does.flatMap((heads, layer) => heads.map((_, head) => saidOfHead(layer, head)))));
  keep("minHeight", "settings", page.sources.map(({ settings }) => [settings]));
  keep("height", "readout", longestSaid().map((said) => [make("span", said), ...measuredLine()]));
}

function keep(property, id, contents) {
  found(id).style[property] = `${heightOf(found(id), contents)}px`;
}

// The tallest that an element will be with one of the contents.
function heightOf(element, contents) {
  const ghost = element.cloneNode();
  ghost.removeAttribute("role");
  ghost.style.cssText = `position: absolute; visibility: hidden; height: auto; min-height: 0; width: ${element.clientWidth}px`;
  element.after(ghost);
  const heights = contents.map((content) => {
    ghost.replaceChildren(...content);
    return Math.ceil(ghost.getBoundingClientRect().height);
  });
  ghost.remove();
  return Math.max(0, ...heights);
}

// As long as any line of the readout: made of the longest names and the largest numbers.
function longestSaid() {
  const [queries, keys] = [view.queries, view.keys].map(longest);
  const largest = largestOf(view.weights) * (view.signed ? -1 : 1);
  const three = (names, side) => strongest(side.slice(0, 3).map(() => largest), side.map((i) => names[i]));
  const cells = queries.flatMap((query) => keys.map((key) => saidOf(query, key)));
  return [
    saidOf(null, null), byLength(cells, textOf)[0],
    [...quoted(view.queries[queries[0]]), saidOfMost().looks, ...three(view.keys, keys)],
    [...quoted(view.keys[keys[0]]), saidOfMost().seen, ...three(view.queries, queries)],
  ];
}

const longestOf = (texts) => byLength(new Set(texts), (text) => text).slice(0, LONGEST).map((text) => [text]);
const longest = (names) => byLength([...names.keys()], (i) => names[i]).slice(0, LONGEST);
const byLength = (all, text) => [...all].sort((one, other) => text(other).length - text(one).length);
const textOf = (content) => content.map((each) => each.textContent ?? each).join("");

// The three steps of a short row leave the room of a long one: a page that becomes shorter scrolls by itself.
function keepSteps() {
  found("steps").style.minHeight = `${found("steps").offsetHeight}px`;
}
