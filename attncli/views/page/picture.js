// The matrix as a picture of its own: a list of rectangles, lines and texts, which is written as SVG or drawn on a canvas.

const MOST_RECTS = 2000; // cells; more are one image
const MOST_LETTERS = 24; // of a name
const PRINTED = PALETTE.printed; // on white, whatever the scheme of the page

function pictureOf() {
  const { rows, columns } = shownPlaces();
  const most = Math.max(rows.length, columns.length);
  const cell = most <= 20 ? 38 : most <= 40 ? 22 : most <= MOST_NAMED ? 14 : Math.max(2, Math.floor(1400 / most));
  const size = most <= MOST_NAMED ? Math.min(13, Math.round(cell * 0.75)) : 0;
  const room = (places, names) => (size ? Math.max(...places.map((i) => widthOf(shortened(names[i]), size))) + 12 : 8);
  const [left, top] = [Math.ceil(room(rows, view.queries)) + 8, Math.ceil(room(columns, view.keys)) + 48];
  const items = [...titled(left), ...cellsOf(rows, columns, left, top, cell)];
  if (size) items.push(...namesAt(rows, columns, left, top, cell, size));
  const bottom = top + rows.length * cell;
  items.push(...legendAt(left, bottom + 20));
  return { width: Math.max(left + columns.length * cell, ...items.map(rightOf)) + 12, height: bottom + 52, items };
}

const rightOf = ({ text, x, size, anchor, turn }) =>
  (text && anchor === "start" && !turn ? Math.ceil(x + widthOf(text, size)) : 0);

// The places of the rows and columns that are shown.
function shownPlaces() {
  const { top, left, n, m } = shownPart();
  return { rows: Array.from({ length: n }, (_, i) => top + i), columns: Array.from({ length: m }, (_, i) => left + i) };
}

const shortened = (name) => ([...name].length > MOST_LETTERS ? `${[...name].slice(0, MOST_LETTERS - 1).join("")}…` : name);

function widthOf(text, size) {
  const pen = make("canvas").getContext("2d");
  pen.font = `${size}px sans-serif`;
  return pen.measureText(text).width;
}

const textAt = (text, x, y, size, fill = PRINTED.ink, anchor = "start", turn = 0) =>
  ({ text, x, y, size, fill, anchor, turn });

function titled(left) {
  const words = [view.source.sentence, view.source.memory[1]].filter(Boolean).join(" / ");
  const cut = [...words].length > 90 ? `${[...words].slice(0, 89).join("")}…` : words;
  return [textAt(cut, left, 18, 14), textAt(`${whatIsShown()} · ${view.source.settings}`, left, 36, 11, PRINTED.dim)];
}

function cellsOf(rows, columns, left, top, cell) {
  const box = [left, top, columns.length * cell, rows.length * cell];
  if (rows.length * columns.length > MOST_RECTS) return [{ image: imageOfPart(rows, columns), box }];
  const items = rows.flatMap((query, i) => columns.flatMap((key, j) =>
    cellAt(query, key, left + j * cell, top + i * cell, cell)));
  return [...items, { box, stroke: PRINTED.edge }];
}

function cellAt(query, key, x, y, cell) {
  const weight = weightAt(query, key);
  if (Number.isNaN(weight) || !isKnown(query)) return [{ line: [x, y + cell, x + cell, y], stroke: PRINTED.edge }];
  const level = levelOf(query, weight);
  const { papers, inks } = coloursOnPaper();
  const [fill, ink] = [`rgb(${papers[level].join(", ")})`, inks[level]];
  const rect = { box: [x, y, cell, cell], fill };
  if (cell < 34) return [rect];
  return [rect, textAt(inCell(weight), x + cell / 2, y + cell / 2 + 4, 12, ink, "middle")];
}

function imageOfPart(rows, columns) {
  const canvas = make("canvas", [], { width: columns.length, height: rows.length });
  canvas.getContext("2d").drawImage(imageOf(view.queries.length, view.keys.length, coloursOnPaper()), -columns[0], -rows[0]);
  return canvas;
}

function namesAt(rows, columns, left, top, cell, size) {
  const middle = (i) => (i + 0.5) * cell + size * 0.35;
  return [
    ...rows.map((query, i) => textAt(shortened(view.queries[query]), left - 6, top + middle(i), size, PRINTED.ink, "end")),
    ...columns.map((key, j) => textAt(shortened(view.keys[key]), left + middle(j), top - 6, size, PRINTED.ink, "start", -90)),
  ];
}

function legendAt(left, y) {
  const { papers } = coloursOnPaper();
  const bar = Array.from({ length: 64 }, (_, i) => ({
    box: [left + 2 * i, y, 2, 10], fill: `rgb(${papers[Math.round((i / 63) * 255)].join(", ")})`,
  }));
  const ends = `${found("least").textContent} … ${found("most").textContent}`;
  return [...bar, textAt(ends, left + 136, y + 10, 11, PRINTED.dim)];
}

// Made in a document of its own, which loads nothing.
function asSvg({ width, height, items }) {
  const svg = document.implementation.createDocument(SVG, "svg");
  const add = (name, attributes, text = "") => {
    const element = svg.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    svg.documentElement.append(element);
  };
  svg.documentElement.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.documentElement.setAttribute("width", width);
  svg.documentElement.setAttribute("height", height);
  svg.documentElement.setAttribute("font-family", "sans-serif");
  svg.documentElement.setAttribute("shape-rendering", "crispEdges"); // no seams between cells
  add("rect", { width, height, fill: PRINTED.paper });
  for (const { box, fill = "none", stroke = "none", line, image, text, x, y, size, anchor, turn } of items) {
    const at = (names, places) => Object.fromEntries(names.map((name, i) => [name, places[i]]));
    const placed = box && at(["x", "y", "width", "height"], box);
    const turned = turn ? { transform: `rotate(${turn} ${x} ${y})` } : {};
    if (image) add("image", { ...placed, href: image.toDataURL(), preserveAspectRatio: "none", "image-rendering": "pixelated" });
    else if (box) add("rect", { ...placed, fill, stroke });
    else if (line) add("line", { ...at(["x1", "y1", "x2", "y2"], line), stroke });
    else add("text", { x, y, fill, "font-size": size, "text-anchor": anchor, ...turned }, text);
  }
  return new XMLSerializer().serializeToString(svg);
}

function onCanvas({ width, height, items }, sharp = 2) {
  const canvas = make("canvas", [], { width: width * sharp, height: height * sharp });
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  pen.fillStyle = PRINTED.paper;
  pen.fillRect(0, 0, width, height);
  for (const item of items) drawItem(pen, item);
  return canvas;
}

function drawItem(pen, { box, fill, stroke, line, image, text, x, y, size, anchor, turn }) {
  [pen.fillStyle, pen.strokeStyle, pen.imageSmoothingEnabled] = [fill ?? "transparent", stroke ?? "transparent", false];
  if (image) pen.drawImage(image, ...box);
  else if (box) {
    pen.fillRect(...box);
    pen.strokeRect(...box);
  } else if (line) {
    pen.beginPath();
    pen.moveTo(line[0], line[1]);
    pen.lineTo(line[2], line[3]);
    pen.stroke();
  } else {
    pen.save();
    pen.translate(x, y);
    pen.rotate((turn * Math.PI) / 180);
    pen.font = `${size}px sans-serif`;
    pen.textAlign = anchor === "middle" ? "center" : anchor;
    pen.fillText(text, 0, 0);
    pen.restore();
  }
}
