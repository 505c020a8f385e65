// The page of an alignment: words that share links share a hue, and the links are framed in the matrix.

const linkedWith = (side, i) => linksOf(side, i).map((link) => namesOf(1 - side)[link[1 - side]]);

function describe(name, side, i) {
  const others = linkedWith(side, i);
  return `${name}, ${others.length ? `linked with ${others.join(", ")}` : "without a link"}`;
}

function hueOf(side, i) {
  const group = linksOf(side, i)[0]?.[2];
  return group === undefined ? undefined : group % 6;
}

const restOf = () => "";
const isLit = (link, ends) => ends.some(([side, i]) => hasEnd(link, side, i));

function companions(ends, lit) {
  const links = page.links.filter((_, at) => lit[at]);
  return [0, 1].map((side) => new Set(links.map((link) => link[side])));
}

// The frames of the links: black on bright cells, white on dark ones.
function mark() {
  const canvas = found("cells").querySelector("canvas");
  const pen = canvas.getContext("2d");
  const cell = canvas.width / view.keys.length;
  pen.lineWidth = Math.max(1, cell / 28);
  for (const [i, j] of page.links) {
    pen.strokeStyle = coloursNow().inks[levelOf(i, weightAt(i, j))];
    pen.strokeRect((j + 0.08) * cell, (i + 0.08) * cell, 0.84 * cell, 0.84 * cell);
  }
  [matrix.rows, matrix.columns].forEach((names, side) => names.forEach((name, i) => {
    const hue = hueOf(side, i);
    if (hue !== undefined) name.dataset.hue = hue;
  }));
}

function saidOfEnd(side, i) {
  const others = linkedWith(side, i).flatMap((name, at) => [at ? ", " : "", ...quoted(name)]);
  const linked = others.length ? [" is linked with ", ...others] : [" has no link"];
  const most = strongest(weightsAcross(side, i), namesOf(1 - side));
  return [...quoted(namesOf(side)[i]), ...linked, side ? "; most weight on it from " : "; its weights: ", ...most];
}

function saidOfTwo(i, j) {
  const [similarity, score] = [0, 1].map((head) => rowOfScores(0, 0, head, i, view.keys.length)[j]);
  const is = page.links.some((link) => link[0] === i && link[1] === j) ? "linked" : "no link";
  const numbers = `similarity ${asNumber(similarity)}, score ${asNumber(score)}, weight ${asShare(weightAt(i, j))}`;
  return [...quoted(view.queries[i]), " → ", ...quoted(view.keys[j]), `: ${is}; ${numbers}`];
}

startPair();
