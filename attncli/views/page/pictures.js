// The small pictures of the heads: drawn when they are seen, a few a frame, and larger beside the pointer.

const POOLED = 64; // pixels of a side at most, and no more than are shown; each the largest of the cells that it stands for
const ENLARGED = 288;
const SLICE = 12; // ms of drawing in a frame
const pictures = { most: 1, waiting: [], drawn: 0, seen: null, large: null };

function listenToPictures(grid) {
  pictures.seen = new IntersectionObserver((entries) => {
    entries.filter(({ isIntersecting }) => isIntersecting).forEach(({ target }) => drawSoon(target));
  }, { rootMargin: "100px" });
  grid.addEventListener("pointerover", ({ target, pointerType }) => { if (pointerType === "mouse") enlarge(thumbAt(target)); });
  grid.addEventListener("pointerleave", () => enlarge(null));
  grid.addEventListener("keydown", ({ key }) => { if (key === "Escape") enlarge(null); });
  document.addEventListener("scroll", putLarge, { capture: true, passive: true });
  window.addEventListener("resize", drawAnew);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAnew);
  window.addEventListener("beforeprint", () => thumbs.all.forEach(drawPicture));
}

// The scale is one for all of them.
function drawAnew() {
  pictures.most = (differs() ? page.compared.most : Math.max(...view.source.units.flat())) || 1;
  const numbers = differs() ? "difference" : "weight";
  found("heads-scale").textContent = `Colours go with the square root, up to the largest ${numbers} of all heads.`;
  enlarge(null);
  pictures.waiting = [];
  thumbs.all.forEach(({ button }) => {
    pictures.seen.unobserve(button);
    pictures.seen.observe(button);
  });
}

function drawSoon(button) {
  pictures.seen.unobserve(button);
  if (!pictures.waiting.length) requestAnimationFrame(drawSome);
  pictures.waiting.push(thumbAt(button));
}

function drawSome() {
  const end = performance.now() + SLICE;
  do drawPicture(pictures.waiting.shift()); while (pictures.waiting.length && performance.now() < end);
  if (pictures.waiting.length) requestAnimationFrame(drawSome);
}

function drawPicture(each) {
  if (!each) return;
  const canvas = each.button.querySelector("canvas");
  drawSmall(canvas, each, Math.min(POOLED, Math.round(canvas.clientWidth * window.devicePixelRatio) || POOLED));
  pictures.drawn++;
}

// A head's numbers on a canvas with a pixel a cell, or of more cells than `most` a side the largest of several.
function drawSmall(canvas, { layer, head }, most) {
  const [n, m] = [view.queries.length, view.keys.length];
  [canvas.width, canvas.height] = [Math.min(m, most), Math.min(n, most)];
  canvas.classList.toggle("coarse", Math.max(n, m) <= 24);
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(canvas.width, canvas.height);
  const { papers } = coloursNow();
  pooled(numbersOf(layer, head), n, m, canvas.height, canvas.width).forEach((number, i) => {
    if (Number.isNaN(number)) return; // hidden
    const share = Math.sign(number) * Math.sqrt(Math.min(1, Math.abs(number) / pictures.most));
    const [red, green, blue] = papers[Math.round((view.signed ? (share + 1) / 2 : share) * 255)];
    image.data[4 * i] = red;
    image.data[4 * i + 1] = green;
    image.data[4 * i + 2] = blue;
    image.data[4 * i + 3] = 255;
  });
  pen.putImageData(image, 0, 0);
}

// One head's weights or differences [n_query * n_key], NaN where hidden; kept by nobody, for there are many.
function numbersOf(layer, head) {
  const numbers = quickWeights(state.source, layer, head);
  if (!differs()) return numbers;
  const base = quickWeights(0, layer, head);
  return numbers.map((number, i) => (Number.isNaN(number) ? -base[i] : number - (Number.isNaN(base[i]) ? 0 : base[i])));
}

function quickWeights(source, layer, head) {
  const { units, weights } = page.sources[source];
  const { bytes: size, levels } = page;
  const [bytes, scale] = [letterCodes(weights[layer][head]), units[layer][head] / levels];
  const numbers = new Float32Array(bytes.length / size);
  for (let i = 0; i < numbers.length; i++) {
    const code = size === 2 ? bytes[2 * i] | (bytes[2 * i + 1] << 8) : bytes[i];
    numbers[i] = code > levels ? NaN : code * scale;
  }
  return numbers;
}

function letterCodes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

// Numbers [n * m] as [rows * columns]: of each block the one that is largest, whatever its sign; NaN where all is hidden.
function pooled(numbers, n, m, rows, columns) {
  if (rows === n && columns === m) return numbers;
  const largest = new Float32Array(rows * columns).fill(NaN);
  const column = Uint16Array.from({ length: m }, (_, key) => Math.floor((key * columns) / m));
  for (let query = 0, i = 0; query < n; query++) {
    const row = Math.floor((query * rows) / n) * columns;
    for (let key = 0; key < m; key++, i++) {
      const place = row + column[key];
      const size = Math.abs(numbers[i]);
      if (size <= Math.abs(largest[place]) || size !== size) continue; // the second is NaN
      largest[place] = numbers[i];
    }
  }
  return largest;
}

// A larger picture beside the head under the pointer; it covers, and moves nothing.
function enlarge(each) {
  const large = found("enlarged");
  large.classList.toggle("shown", Boolean(each));
  pictures.large = each;
  if (!each) return;
  drawSmall(large.querySelector("canvas"), each, ENLARGED);
  large.querySelector("p").textContent = each.button.getAttribute("aria-label");
  putLarge();
}

function putLarge() {
  if (!pictures.large) return;
  const large = found("enlarged");
  const [box, all, size] = [pictures.large.button, found("heads"), large].map((each) => each.getBoundingClientRect());
  const [wide, high] = [document.documentElement.clientWidth, window.innerHeight];
  const [beside, below] = [all.right + 8, box.bottom + 12];
  const fits = beside + size.width <= wide; // else it is below or above, where it does not cover the heads beside
  const left = fits ? beside : box.left;
  const top = fits ? box.top : below + size.height <= high ? below : box.top - 12 - size.height;
  large.style.left = `${Math.max(4, Math.min(left, wide - size.width - 4))}px`;
  large.style.top = `${Math.max(4, Math.min(top, high - size.height - 4))}px`;
}
