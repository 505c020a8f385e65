// One line about the word or cell under the pointer, or else about the word pinned last.

function say() {
  const { query, key } = state.at ?? restingAt();
  tell(make("span", saidOf(query, key)), ...measuredLine());
}

function saidOf(query, key) {
  if (query == null && key == null) return ["Point at a word or at a cell."];
  const { looks, seen } = saidOfMost();
  if (query == null) return [...quoted(view.keys[key]), seen, ...strongest(columnOf(key), view.queries)];
  if (!isKnown(query)) return [...quoted(view.queries[query]), " was not worked out"];
  if (key == null) return [...quoted(view.queries[query]), looks, ...strongest(rowOf(query), view.keys)];
  return [...quoted(view.queries[query]), " → ", ...quoted(view.keys[key]), saidOfCell(query, key)];
}

function saidOfMost() {
  if (view.signed) return { looks: " changes most towards ", seen: " changes most for " };
  return { looks: " looks most at ", seen: " is looked at most by " };
}

function saidOfCell(query, key) {
  const weight = weightAt(query, key);
  if (Number.isNaN(weight)) return ": hidden, no weight at all";
  if (view.signed) {
    const [before, now] = [0, state.source].map((source) => asShare(weightsOf(source)[query * view.keys.length + key]));
    return `: difference ${asWeight(weight)}, from ${before} to ${now}`;
  }
  return `: weight ${asWeight(weight)}${scored() ? `, score ${asNumber(scoresOf(query)[key])}` : ""}`;
}

function strongest(weights, names) {
  const most = ranked(weights).slice(0, 3);
  if (!most.length) return ["nothing: all is hidden"];
  return most.flatMap((i, place) => [place ? ", " : "", ...quoted(names[i]), ` ${asWeight(weights[i])}`]);
}
