// The page of a similarity: the share of each pair as an arc and a cell, with its sign, and the words ranked.

const asTotal = (side, i) => withSign(page.totals[side][i], view.decimals);
const describe = (name, side, i) => `${name}, adds ${asTotal(side, i)}`;
const hueOf = () => undefined; // hues are for signs here
const restOf = asTotal;
const mark = () => {};

// Two words of both texts are a pair, else each has its own.
function isLit(link, ends) {
  const ofEnd = ([side, i]) => hasEnd(link, side, i);
  return new Set(ends.map(([side]) => side)).size > 1 && ends.length === 2 ? ends.every(ofEnd) : ends.some(ofEnd);
}

// The three words of the other text with the largest shares.
function companions(ends) {
  const near = [new Set(), new Set()];
  if (ends.length !== 1) return near;
  const [[side, i]] = ends;
  near[1 - side] = new Set(ranked(weightsAcross(side, i)).slice(0, 3));
  return near;
}

function saidOfEnd(side, i) {
  const most = strongest(weightsAcross(side, i), namesOf(1 - side));
  return [...quoted(namesOf(side)[i]), ` adds ${asTotal(side, i)} of ${page.value}, most with `, ...most];
}

function saidOfTwo(i, j) {
  const share = `: ${asWeight(weightAt(i, j))} of ${page.value}`;
  return [...quoted(view.queries[i]), " · ", ...quoted(view.keys[j]), share];
}

// A row of the lists, as a place in the matrix.
function rowUnder(event) {
  const { query, key } = event.target.closest?.(".part")?.dataset ?? {};
  const place = (i) => (i === undefined ? null : Number(i));
  return query === undefined && key === undefined ? null : { query: place(query), key: place(key) };
}

// Room for the longest number under each word, whichever is there.
function reserveNumbers() {
  const { decimals, units } = page.sources[0];
  const lengths = [...page.totals.flat(), units[0][0]].map((number) => withSign(-number, decimals).length);
  found("rows").style.setProperty("--digits", Math.max(...lengths));
}

function startLists() {
  document.querySelectorAll(".part").forEach((row) => row.style.setProperty("--share", row.dataset.share));
  document.querySelectorAll("#lists ol:not(:has(button))").forEach(reachable);
  if (!page.sources.length) return;
  const lists = found("lists");
  for (const event of ["pointerover", "focusin", "click"]) lists.addEventListener(event, (each) => point(rowUnder(each)));
  for (const event of ["pointerleave", "focusout"]) lists.addEventListener(event, () => point(null));
}

document.body.classList.add("script");
startLists();
if (page.sources.length) {
  reserveNumbers();
  startPair();
}
