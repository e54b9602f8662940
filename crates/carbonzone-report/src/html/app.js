'use strict';
// The offline map: packed geometry, a buffer of unit numbers per pixel, canvas 2D. No library.
(async () => {
const $ = id => document.getElementById(id), root = document.documentElement;
const FONT = '"Noto Sans CJK SC","Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif';
const started = performance.now();
const MANY = 3000;

// Language
let show = root.dataset.show;
const pick = o => !o ? '' : o.en === o.zh ? o.en : show === 'en' ? o.en : show === 'zh' ? o.zh : o.zh + ' ' + o.en;
const word = (en, zh) => pick({en, zh});
const esc = s => String(s).replace(/[&<>"]/g, c => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'}[c]));
function language(to) {
  show = to; root.dataset.show = to; root.lang = to === 'en' ? 'en' : 'zh';
  document.querySelectorAll('.langs button').forEach(b => b.setAttribute('aria-pressed', b.dataset.show === to));
  nameOptions();
  if (filtered()) $('f-state').textContent = chosenText() + $('f-state').textContent.replace(/^.*(?=: )/, '');
  if (current) { controls(); legend(); panel(); paint(); }
}
let current = null, style = null, selected = -1, hovered = -1;
document.querySelectorAll('.langs button').forEach(b => b.onclick = () => language(b.dataset.show));
if (show === 'both') show = (navigator.language || '').startsWith('zh') ? 'zh' : 'en';
let D = null, drawn = null;
/* filter.js */
language(show);

// Sortable tables work without any data.
document.querySelectorAll('table.sortable').forEach(table => {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  heads.forEach((th, col) => th.querySelector('button').onclick = () => {
    const number = th.classList.contains('num');
    const down = th.getAttribute('aria-sort') === 'none' ? number : th.getAttribute('aria-sort') === 'ascending';
    heads.forEach(h => h.setAttribute('aria-sort', 'none'));
    th.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const key = tr => tr.cells[col].dataset.sort, sign = down ? -1 : 1;
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === '' || y === '') return (x === '') - (y === '');
      return sign * (number ? x - y : x.localeCompare(y, 'zh'));
    });
    rows.forEach(r => body.appendChild(r));
  });
});

// How sure: by kind and by name.
const sureRows = [...document.querySelectorAll('#sure-table tbody tr')];
let sureKind = '';
function filterSure() {
  const q = $('sure-find').value.trim().toLowerCase();
  let n = 0;
  for (const r of sureRows) {
    r.hidden = sureKind !== '' && r.dataset.sure !== sureKind || q !== '' && !r.cells[0].textContent.toLowerCase().includes(q);
    if (!r.hidden) n++;
  }
  document.querySelectorAll('#sure-bar button').forEach(b => b.setAttribute('aria-pressed', b.dataset.sure === sureKind));
  $('sure-table').classList.toggle('filtered', sureKind !== '' || q !== '');
  $('sure-n').textContent = n + ' / ' + sureRows.length;
}
if ($('sure-bar')) {
  document.querySelectorAll('#sure-bar button').forEach(b => b.onclick = () => { sureKind = b.dataset.sure; filterSure(); });
  $('sure-find').oninput = filterSure;
}

// Words of the glossary: the first of each in a section says what it means and leads to it.
const byWord = new Map(), inLanguage = (e, lang) => (e.querySelector('.' + lang) || e).textContent;
document.querySelectorAll('.terms > div').forEach(e => {
  const [dt, dd] = e.children, t = {key: e.id, en: inLanguage(dd, 'en'), zh: inLanguage(dd, 'zh')};
  [inLanguage(dt, 'en'), inLanguage(dt, 'zh'), ...e.dataset.also.split('|')].filter(Boolean).forEach(w => byWord.set(w.toLowerCase(), t));
});
const quoted = [...byWord.keys()].sort((a, b) => b.length - a.length).map(w => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
const latin = w => /^[\x00-\x7f]/.test(w), found = new RegExp('(?<![A-Za-z_])(?:' + quoted.filter(latin).join('|') + ')(?![A-Za-z_])|' + quoted.filter(w => !latin(w)).join('|'), 'gi');
function gloss(root) {
  const seen = new Set(), walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), nodes = [];
  for (let n = walk.nextNode(), left = 4000; n && left > 0; n = walk.nextNode(), left--) nodes.push(n);
  for (const n of nodes) {
    const at = n.parentElement.closest('a,button,summary,script,style,code,option,select,abbr,svg,h1,.terms');
    if (at || !n.nodeValue.trim()) continue;
    const text = n.nodeValue, parts = [];
    let from = 0;
    for (const m of text.matchAll(found)) {
      const t = byWord.get(m[0].toLowerCase()), zh = !latin(m[0]), key = t.key + zh;
      if (seen.has(key)) continue;
      seen.add(key);
      const a = document.createElement('abbr'), link = document.createElement('a');
      a.className = 'g'; a.title = zh ? t.zh : t.en; link.href = '#' + t.key; link.textContent = m[0]; a.append(link);
      parts.push(text.slice(from, m.index), a); from = m.index + m[0].length;
    }
    if (parts.length) { parts.push(text.slice(from)); n.replaceWith(...parts); }
  }
}
document.querySelectorAll('main > section, main > .statements, main > .two > section').forEach(gloss);

// Figures grow on a click.
document.querySelectorAll('.pic').forEach(b => b.onclick = () => {
  const wide = b.closest('figure').classList.toggle('wide');
  b.setAttribute('aria-expanded', wide); b.scrollIntoView({block: 'nearest'});
});

// A print shows everything, and the figures where the screen has its map.
const figures = $('figures'), place = document.createComment('figures');
addEventListener('beforeprint', () => {
  document.querySelectorAll('details').forEach(d => { d.dataset.was = d.open; d.open = !d.classList.contains('appendix'); });
  document.querySelectorAll('figure img').forEach(i => { i.loading = 'eager'; });
  if (figures && !place.parentNode) { figures.before(place); $('table').before(figures); }
  if (drawn) printState();
});
addEventListener('afterprint', () => {
  document.querySelectorAll('details').forEach(d => { d.open = d.dataset.was === 'true'; });
  if (place.parentNode) place.replaceWith(figures);
  document.querySelectorAll('.now').forEach(e => e.remove());
});

if (typeof DecompressionStream === 'undefined') { $('map').hidden = true; return; }
D = JSON.parse($('data').textContent);

// Unpacking
async function inflate(b64) {
  const bytes = Uint8Array.from(atob(b64), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
const inflated = async b => new TextDecoder().decode(await inflate(b)), lines = async b => (await inflated(b)).split('\n');
async function unpack(L) {
  if (L.xy) return L;
  if (L.cells) {
    const name = k => 'c' + k % L.cells.cols + '_r' + Math.floor(k / L.cells.cols);
    return Object.assign(L, {xy: [], id: new Proxy({}, {get: (_, k) => name(+k)})});
  }
  const g = await inflate(L.geom), n = L.n;
  let p = 0, x = 0, y = 0, k = 0, r = 0;
  const whole = () => { let v = 0, m = 1, b; do { b = g[p++]; v += (b & 127) * m; m *= 128; } while (b > 127); return v; };
  const signed = v => v % 2 ? -(v + 1) / 2 : v / 2;
  // Where the last ring that met a vertex came from: an edge that neighbours share is written once.
  const cameFrom = new Map(), spot = (x, y) => x * 16777216 + y;
  let xy = new Int32Array(Math.max(1024, g.length)), ring = new Uint32Array(n * 2 + 16);
  const start = new Uint32Array(n + 1), box = new Float64Array(n * 4);
  const grow = (a, need) => { if (need <= a.length) return a; const t = new a.constructor(Math.max(need, a.length * 2)); t.set(a); return t; };
  for (let i = 0; i < n; i++) {
    start[i] = r;
    let ax = Infinity, ay = Infinity, bx = -Infinity, by = -Infinity;
    for (let q = whole(); q > 0; q--) {
      const m = whole(), first = k;
      ring = grow(ring, r + 2); ring[r++] = k / 2;
      xy = grow(xy, k + 2 * m);
      for (let j = 0; j < m; j++) {
        const dx = whole();
        if (dx) { x += signed(dx - 1); y += signed(whole()); } else { const from = cameFrom.get(spot(x, y)); x = xy[from]; y = xy[from + 1]; }
        xy[k++] = x; xy[k++] = y;
        if (x < ax) ax = x; if (x > bx) bx = x; if (y < ay) ay = y; if (y > by) by = y;
      }
      for (let j = first; j < k; j += 2) cameFrom.set(spot(xy[j], xy[j + 1]), j > first ? j - 2 : k - 2);
    }
    box.set([ax, ay, bx, by], i * 4);
  }
  start[n] = r; ring = grow(ring, r + 1); ring[r] = k / 2;
  Object.assign(L, {xy: xy.subarray(0, k), ring, start, box});
  L.id = await lines(L.ids);
  if (L.names) L.name = await lines(L.names);
  if (L.namesEn) L.nameEn = await lines(L.namesEn);
  if (L.kinds) L.kind = await inflate(L.kinds.codes);
  return L;
}
// Numbers and classes are those of the year of the slider; the classes are the same cuts in every year.
const several = () => D.years.length > 1;
let yearAt = D.years.length - 1;
const lastYear = () => yearAt === D.years.length - 1;
// The first bytes of all numbers, then the second and so on.
async function floats(packed) {
  const planes = await inflate(packed), n = planes.length / 4, bytes = new Uint8Array(4 * n);
  for (let i = 0; i < n; i++) for (let b = 0; b < 4; b++) bytes[4 * i + b] = planes[b * n + i];
  return new Float32Array(bytes.buffer);
}
// Fields of parcels that are not in the page, because they follow from others.
const FOLLOWING = {
  gross_t: [() => D.sectors.map(s => s.key + '_t'), v => v.reduce((a, b) => a + b)],
  net_t: [() => ['gross_t', 'sink_t'], ([gross, sink]) => gross - sink],
  net_t_ha: [() => ['net_t', 'area_m2'], ([net, m2]) => net / (m2 / 1e4)],
};
async function worked(L, f) {
  if (L.key !== 'parcels' || !FOLLOWING[f]) return null;
  const [from, rule] = FOLLOWING[f], columns = await Promise.all(from().map(p => column(L, p)));
  return columns.includes(null) ? null : Float32Array.from({length: L.n}, (_, i) => rule(columns.map(c => c[i])));
}
const column = async (L, f) => {
  const packed = (L.years[yearAt] || L.columns)[f], key = L.years.length ? f + '@' + yearAt : f;
  L.col = L.col || {};
  return L.col[key] = L.col[key] || (packed ? await floats(packed) : await worked(L, f));
};
const classes = async S => {
  const at = S.years.length ? yearAt : 0;
  S.all = S.all || [];
  return S.cls = S.all[at] = S.all[at] || await inflate(S.years[at] || S.classes);
};

// View: device pixel = ox + x * sc, oy - y * sc, in quanta.
const cv = $('cv'), cx = cv.getContext('2d'), base = document.createElement('canvas');
let sc = 1, ox = 0, oy = 0, ID = new Int32Array(0), zones = null, pending = 0, sharp = 0;
const dpr = () => Math.min(2, window.devicePixelRatio || 1);
function resize() {
  const w = Math.round(cv.clientWidth * dpr()), h = Math.round(cv.clientHeight * dpr());
  if (!w || !h || (cv.width === w && cv.height === h)) return false;
  cv.width = w; cv.height = h; return true;
}
function fit(b = [0, 0, D.w, D.h], part = .95) {
  sc = Math.min(cv.width / Math.max(1, b[2] - b[0]), cv.height / Math.max(1, b[3] - b[1])) * part;
  ox = cv.width / 2 - (b[0] + b[2]) / 2 * sc; oy = cv.height / 2 + (b[1] + b[3]) / 2 * sc;
}
// Even-odd scanline fill of unit numbers at pixel centres: colours, borders and picking come from this buffer.
function raster(L, w, h) {
  if (ID.length !== w * h) ID = new Int32Array(w * h);
  ID.fill(-1);
  if (L.cells) { cellNumbers(L.cells, w, h); return; }
  let xs = new Float64Array(4096);
  const {xy, ring, start, box} = L;
  for (let i = 0; i < L.n; i++) {
    const b = i * 4, ax = ox + box[b] * sc, bx = ox + box[b + 2] * sc, ay = oy - box[b + 3] * sc, by = oy - box[b + 1] * sc;
    if (!(ax <= w && bx >= 0 && ay <= h && by >= 0)) continue;
    if (bx - ax < 1.2 && by - ay < 1.2) {
      const X = (ax + bx) / 2 | 0, Y = (ay + by) / 2 | 0;
      if (X >= 0 && Y >= 0 && X < w && Y < h) ID[Y * w + X] = i;
      continue;
    }
    const top = Math.max(0, Math.ceil(ay - .5)), end = Math.min(h - 1, Math.floor(by - .5));
    for (let y = top; y <= end; y++) {
      const Y = (oy - (y + .5)) / sc;
      let c = 0;
      for (let r = start[i]; r < start[i + 1]; r++) {
        const s = ring[r], e = ring[r + 1];
        if (c + e - s > xs.length) { const t = new Float64Array(xs.length * 2 + e - s); t.set(xs); xs = t; }
        for (let j = s, k = e - 1; j < e; k = j++) {
          const yj = xy[2 * j + 1], yk = xy[2 * k + 1];
          if ((yj > Y) !== (yk > Y)) xs[c++] = ox + (xy[2 * j] + (Y - yj) * (xy[2 * k] - xy[2 * j]) / (yk - yj)) * sc;
        }
      }
      if (c > 2) xs.subarray(0, c).sort(); else if (c === 2 && xs[0] > xs[1]) { const t = xs[0]; xs[0] = xs[1]; xs[1] = t; }
      for (let q = 0; q + 1 < c; q += 2) {
        const from = Math.max(0, Math.ceil(xs[q] - .5)), to = Math.min(w, Math.ceil(xs[q + 1] - .5));
        if (to > from) ID.fill(i, y * w + from, y * w + to);
      }
    }
  }
}
// Cells are a plain grid: those without a value stay blank.
function cellNumbers(c, w, h) {
  const cols = Int32Array.from({length: w}, (_, x) => Math.floor(((x + .5 - ox) / sc - c.x) / c.size));
  for (let y = 0; y < h; y++) {
    const row = Math.floor((c.y - (oy - (y + .5)) / sc) / c.size);
    if (row < 0 || row >= c.rows) continue;
    for (let x = 0; x < w; x++) {
      const i = row * c.cols + cols[x];
      if (cols[x] >= 0 && cols[x] < c.cols && style.cls[i] !== 255) ID[y * w + x] = i;
    }
  }
}
const rgba = (hex, k = 1) => { const v = parseInt(hex.slice(1), 16); return (255 << 24 | (v & 255) * k << 16 | (v >> 8 & 255) * k << 8 | (v >> 16) * k) >>> 0; };
const ink = (hatch, x, y) => hatch === 'rising' ? (x + y) % 9 < 1 : hatch === 'falling' ? (x - y + 90000) % 9 < 1 : hatch === 'horizontal' ? y % 7 < 1 : hatch === 'cross' ? y % 8 < 1 || x % 8 < 1 : hatch === 'dots' ? x % 7 < 2 && y % 7 < 2 : false;
function colour() {
  const w = cv.width, h = cv.height, rows = [...style.rows, {color: '#d9d9d9', hatch: 'cross'}], none = rows.length - 1;
  const pale = current.key === 'zones' && filtered(), P = rgba('#ededed'), off = pale ? Uint8Array.from({length: current.n}, (_, i) => shownZone(i) ? 0 : 1) : null;
  const A = rows.map(r => rgba(r.color)), B = rows.map(r => rgba(r.color, .72)), H = rows.map(r => r.hatch), any = H.some(x => x !== 'none');
  base.width = w; base.height = h;
  const c = base.getContext('2d'), im = c.createImageData(w, h), U = new Uint32Array(im.data.buffer), cls = style.cls;
  const edge = current.key !== 'zones' && Math.sqrt(D.w * D.h / current.n) * sc > 7;
  for (let p = 0; p < U.length; p++) {
    const i = ID[p];
    if (i < 0) continue;
    if (off && off[i]) { U[p] = P; continue; }
    const k = cls[i] === 255 ? none : cls[i];
    const dark = edge && (ID[p + 1] !== i || ID[p + w] !== i) || any && H[k] !== 'none' && ink(H[k], p % w, p / w | 0);
    U[p] = (dark ? B : A)[k];
  }
  c.putImageData(im, 0, 0);
  drawn = {sc, ox, oy, layer: current, style};
}
function path(L, i) {
  if (L.cells) {
    const c = L.cells, x = ox + (c.x + i % c.cols * c.size) * sc, y = oy - (c.y - Math.floor(i / c.cols) * c.size) * sc;
    cx.rect(x, y, c.size * sc, c.size * sc); return;
  }
  const {xy, ring, start} = L;
  for (let r = start[i]; r < start[i + 1]; r++) {
    const s = ring[r], e = ring[r + 1];
    cx.moveTo(ox + xy[2 * s] * sc, oy - xy[2 * s + 1] * sc);
    for (let j = s + 1; j < e; j++) cx.lineTo(ox + xy[2 * j] * sc, oy - xy[2 * j + 1] * sc);
    cx.closePath();
  }
}
// Everything above the colours: outlines, names, selection, scale bar, north arrow.
function overlay() {
  const w = cv.width, h = cv.height, d = dpr();
  cx.lineJoin = 'round';
  // Of many small zones the outlines would cover the colours.
  if (zones && (zones.n <= MANY || Math.sqrt(D.w * D.h / zones.n) * sc > 12 * d)) {
    cx.beginPath();
    for (let i = 0; i < zones.n; i++) if (inView(i)) path(zones, i);
    cx.strokeStyle = '#333'; cx.lineWidth = .8 * d; cx.stroke();
    names(d);
  }
  if (marksBorder()) {
    cx.beginPath();
    for (let i = 0; i < zones.n; i++) if (marks.border[i] === 1 && inView(i) && shownZone(i)) path(zones, i);
    cx.setLineDash([6 * d, 4 * d]); cx.strokeStyle = '#000'; cx.lineWidth = 2.2 * d; cx.stroke(); cx.setLineDash([]);
  }
  for (const [i, width, colour] of [[hovered, 2, '#000'], [selected, 3.5, '#000'], [selected, 1.5, '#ffb000']]) {
    if (i < 0) continue;
    cx.beginPath(); path(current, i); cx.strokeStyle = colour; cx.lineWidth = width * d; cx.stroke();
  }
  const metres = D.q / sc, target = metres * 150 * d, ten = 10 ** Math.floor(Math.log10(target)), nice = [5, 2, 1].map(k => k * ten).find(k => k <= target), len = nice / metres;
  const x = 14 * d, y = h - 16 * d;
  cx.fillStyle = '#ffffffd0'; cx.fillRect(x - 6 * d, y - 20 * d, len + 54 * d, 30 * d);
  cx.fillStyle = '#222'; cx.fillRect(x, y, len / 2, 5 * d); cx.strokeStyle = '#222'; cx.lineWidth = d; cx.strokeRect(x, y, len, 5 * d);
  cx.font = 12 * d + 'px ' + FONT; cx.textAlign = 'left'; cx.fillText('0', x, y - 5 * d);
  cx.textAlign = 'center'; cx.fillText(nice >= 1000 ? nice / 1000 + ' km' : nice + ' m', x + len, y - 5 * d);
  const nx = w - 26 * d;
  cx.beginPath(); cx.moveTo(nx, 24 * d); cx.lineTo(nx + 8 * d, 50 * d); cx.lineTo(nx, 44 * d); cx.lineTo(nx - 8 * d, 50 * d); cx.fill();
  cx.font = 'bold ' + 12 * d + 'px ' + FONT; cx.fillText('N', nx, 19 * d);
  if (D.label) {
    cx.font = 'bold ' + 12 * d + 'px ' + FONT; cx.textAlign = 'right'; cx.lineWidth = 3 * d; cx.strokeStyle = '#fff'; cx.fillStyle = '#b2182b';
    const text = word(D.label.en, D.label.zh); cx.strokeText(text, w - 10 * d, h - 10 * d); cx.fillText(text, w - 10 * d, h - 10 * d);
  }
  if (document.activeElement === cv && cv.matches(':focus-visible')) {
    cx.strokeStyle = '#000'; cx.lineWidth = d; cx.beginPath();
    cx.moveTo(w / 2 - 9 * d, h / 2); cx.lineTo(w / 2 + 9 * d, h / 2); cx.moveTo(w / 2, h / 2 - 9 * d); cx.lineTo(w / 2, h / 2 + 9 * d); cx.stroke();
  }
}
// The mark is that of the classes: other maps do not carry it.
const marksBorder = () => current.key === 'zones' && (style.field === 'zone_of_mean' || lastYear()) && marks && marks.any && (style.field === 'zone' || style.field === 'zone_of_mean' || style.field === 'zone_confidence');
const inView = i => { const b = zones.box, k = i * 4; return ox + b[k] * sc < cv.width && ox + b[k + 2] * sc > 0 && oy - b[k + 3] * sc < cv.height && oy - b[k + 1] * sc > 0; };
const label = (L, i) => L.name ? (show === 'en' && L.nameEn && L.nameEn[i] || L.name[i]) : L.id[i] || '#' + (i + 1);
function names(d) {
  const size = 12 * d, taken = [];
  cx.font = size + 'px ' + FONT; cx.textAlign = 'center'; cx.lineWidth = 3 * d; cx.strokeStyle = '#ffffffd8'; cx.fillStyle = '#222';
  const order = zones.order = zones.order || [...Array(zones.n).keys()].sort((a, b) => area(b) - area(a));
  for (const i of order) {
    const p = zones.points[i], x = ox + p[0] * sc, y = oy - p[1] * sc;
    if (x < 0 || y < 0 || x > cv.width || y > cv.height) continue;
    const t = label(zones, i), w = cx.measureText(t).width / 2 + 2 * d, b = [x - w, y - size * .7, x + w, y + size * .5];
    if (taken.some(t => b[0] < t[2] && b[2] > t[0] && b[1] < t[3] && b[3] > t[1])) continue;
    taken.push(b); cx.strokeText(t, x, y + size * .3); cx.fillText(t, x, y + size * .3);
  }
}
const area = i => { const b = zones.box, k = i * 4; return (b[k + 2] - b[k]) * (b[k + 3] - b[k + 1]); };
// Draws what is at hand at once; the exact picture follows when the view rests.
function paint(exact = true) {
  cancelAnimationFrame(pending); clearTimeout(sharp);
  if (exact || !drawn || drawn.layer !== current) {
    pending = requestAnimationFrame(() => { raster(current, cv.width, cv.height); colour(); compose(); });
  } else {
    pending = requestAnimationFrame(compose);
    sharp = setTimeout(() => paint(true), 120);
  }
}
function compose() {
  cx.setTransform(1, 0, 0, 1, 0, 0); cx.fillStyle = '#fff'; cx.fillRect(0, 0, cv.width, cv.height);
  const k = sc / drawn.sc;
  cx.imageSmoothingEnabled = false;
  cx.drawImage(base, ox - drawn.ox * k, oy - drawn.oy * k, base.width * k, base.height * k);
  overlay();
  if (!window.__carbonzone) window.__carbonzone = {usable_ms: Math.round(performance.now() - started)};
  root.dataset.ready = '1';
}
const overlayOnly = () => { cancelAnimationFrame(pending); pending = requestAnimationFrame(compose); };

// Controls
function controls() {
  $('layers').innerHTML = D.layers.map(L => `<button type="button" data-layer="${L.key}" aria-pressed="${L === current}">${esc(pick(L.title))}</button>`).join('');
  $('layers').querySelectorAll('button').forEach(b => b.onclick = () => choose(b.dataset.layer));
  $('variable').innerHTML = current.styles.map((s, i) => `<option value="${i}"${s === style ? ' selected' : ''}>${esc(pick(s.heading))}${s.unit.en ? ' (' + esc(pick(s.unit)) + ')' : ''}</option>`).join('');
  $('names').innerHTML = D.layers[0].name && D.layers[0].n <= MANY ? D.layers[0].name.map((n, i) => `<option value="${esc(n)}">${esc(D.layers[0].nameEn ? D.layers[0].nameEn[i] : D.layers[0].id[i])}</option>`).join('') : '';
}
async function choose(key, field) {
  const L = D.layers.find(l => l.key === key) || D.layers[0];
  const S = L.styles.find(s => s.field === field) || L.styles.find(s => s.field === 'zone_of_mean') || L.styles.find(s => s.field === 'zone') || L.styles.find(s => style && s.field === style.field) || L.styles[0];
  await unpack(L); await classes(S);
  if (L !== current) { selected = -1; hovered = -1; }
  current = L; style = S;
  controls(); legend(); await panel(); paint();
  try { history.replaceState(null, '', '#layer=' + L.key + '&field=' + S.field + (several() ? '&year=' + D.years[yearAt] : '')); } catch { /* some readers forbid it */ }
}
// What the map shows is of this year; classes by the mean over the years are of none.
const shownYear = () => several() && !style.field.includes('_of_mean') ? String(D.years[yearAt]) : '';
async function year(at) {
  yearAt = at; $('year').value = at; $('year-of').textContent = D.years[at];
  await choose(current.key, style.field);
}
if ($('year')) $('year').oninput = e => year(+e.target.value);
$('variable').onchange = e => choose(current.key, current.styles[e.target.value].field);
function swatch(row) {
  const c = document.createElement('canvas'); c.width = 26; c.height = 14;
  const g = c.getContext('2d'), im = g.createImageData(26, 14), U = new Uint32Array(im.data.buffer), a = rgba(row.color), b = rgba(row.color, .62);
  for (let p = 0; p < U.length; p++) U[p] = ink(row.hatch, p % 26, p / 26 | 0) ? b : a;
  g.putImageData(im, 0, 0); c.setAttribute('aria-hidden', 'true'); return c;
}
function legendRows() {
  const n = new Uint32Array(256);
  for (const k of style.cls) n[k]++;
  const rows = style.rows.map((row, k) => ({...row, n: n[k]}));
  if (n[255] && !current.cells) rows.push({color: '#d9d9d9', hatch: 'cross', label: {en: 'no data', zh: '无数据'}, n: n[255]});
  if (marksBorder()) rows.push({border: true, label: D.borderline, n: marks.any});
  return rows;
}
function borderSwatch() {
  const c = document.createElement('canvas'); c.width = 52; c.height = 28; c.style.cssText = 'width:26px;height:14px;border:0';
  const g = c.getContext('2d'); g.setLineDash([9, 6]); g.lineWidth = 4; g.strokeRect(3, 3, 46, 22); c.setAttribute('aria-hidden', 'true'); return c;
}
function legend() {
  const box = $('legend');
  box.innerHTML = `<h3>${esc(pick(style.heading))}</h3><p class="u">${esc([pick(style.unit), shownYear()].filter(Boolean).join(' · '))}</p><ul></ul><p class="m">${esc(pick(style.method))}</p>`;
  for (const row of legendRows()) {
    const li = document.createElement('li');
    li.append(row.border ? borderSwatch() : swatch(row)); li.insertAdjacentHTML('beforeend', `<span>${esc(pick(row.label))}</span><span>${row.n.toLocaleString('en')}${Number.isInteger(row.likeliest) && !several() ? ` (${row.likeliest})` : ''}</span>`);
    box.querySelector('ul').append(li);
  }
}
const fmt = v => !Number.isFinite(v) ? '–' : v === 0 ? '0' : Math.abs(v) >= 1000 ? Math.round(v).toLocaleString('en') : (+v.toPrecision(4)).toString();
// One unit for a list: that of its largest amount.
const tonnes = (v, most) => most >= 1e6 ? fmt(v / 1e4) + (show === 'en' ? ' ×10⁴ t' : ' 万吨') : fmt(v) + ' t';
async function panel() {
  const box = $('panel'), L = current, i = selected;
  document.querySelectorAll('tr.sel,circle.sel,path.sel').forEach(e => e.classList.remove('sel'));
  if (i < 0) { box.innerHTML = `<p class="hint">${esc(word('Click a unit for its sectors.', '点击单元查看分部门构成。'))}</p>`; return; }
  if (L.cells) {
    const row = style.rows[style.cls[i]];
    box.innerHTML = `<h3>${esc(L.id[i])}</h3><p class="hint">${esc([pick(L.unit), shownYear()].filter(Boolean).join(' · '))}</p><p>${esc(pick(style.heading))}: ${esc(row ? pick(row.label) + ' ' + pick(style.unit) : '–')}</p>`;
    return;
  }
  const get = async f => { const c = await column(L, f); return c ? c[i] : NaN; };
  const gross = await get('gross_t'), sink = await get('sink_t'), net = await get('net_t'), m2 = await get('area_m2');
  const parts = [];
  for (const s of D.sectors) parts.push([pick(s.label), await get(s.key + '_t'), s.color]);
  parts.push([word('Sink', '碳汇'), sink, D.sinkColor]);
  const most = Math.max(...parts.map(p => p[1] || 0), 1e-12), largest = Math.max(most, gross || 0, Math.abs(net) || 0);
  const kind = L.kind && L.kind[i] !== 255 ? pick(L.kinds.labels[L.kind[i]]) : '';
  let html = `<h3>${esc(label(L, i))}</h3><p class="hint">${esc([pick(L.unit), L.id[i], L.years.length ? D.years[yearAt] : '', kind, Number.isFinite(m2) ? fmt(m2 / 1e6) + ' km²' : ''].filter(Boolean).join(' · '))}</p>`;
  html += `<table><tbody>` + parts.map(([n, v, c]) => `<tr><th scope="row">${esc(n)}</th><td class="b"><div style="width:${Math.max(0, 100 * (v || 0) / most)}%;background:${c}"></div></td><td class="num">${tonnes(v, largest)}</td></tr>`).join('') + `<tr><th scope="row">${esc(word('Gross', '总排放'))}</th><td></td><td class="num">${tonnes(gross, largest)}</td></tr><tr><th scope="row">${esc(word('Net', '净排放'))}</th><td></td><td class="num">${tonnes(net, largest)}</td></tr></tbody></table>`;
  if (L.key === 'zones') {
    // Stories are those of the last year.
    const s = (lastYear() || !several()) && stories[i] || await bare(L, i);
    const h = s.headline;
    if (h) html += `<p><i style="background:${esc(h.color)}"></i><b>${esc(pick(h.class))}</b> ${esc(pick(h.basis))}</p>`;
    html += `<p><i style="background:${esc(s.color)}"></i><b>${esc(pick(s.class))}</b>${h ? ' ' + esc(h.year) : ''}${s.borderline ? ' <b class="edge">' + esc(word('borderline', '临界')) + '</b>' : ''}</p>`;
    if (s.edge && s.edge.en) html += `<p class="because">${esc(pick(s.edge))}</p>`;
    if (s.sure) {
      html += `<p><b class="sure ${esc(s.sure.safety)}">${esc(pick(s.sure.label))}</b>${h ? ' ' + esc(pick(h.class)) : ''}</p>`;
      if (s.sure.others.length) html += `<p class="hint">${esc(word('Else', '其他可能'))}: ${s.sure.others.map(o => esc(pick(o))).join(', ')}</p>`;
      html += `<p class="hint">${esc(word('What could change it', '可能改变分区的因素'))}: ${esc(pick(s.sure.change))}</p>`;
    }
    for (const on of s.hinges || []) html += `<p class="because">${esc(pick(on))}</p>`;
    if (s.gdp_derived) html += `<p class="because">${esc(pick(D.gdpDerived))}</p>`;
    if (s.measures && s.measures.length) html += `<p class="hint">${esc(word('What its own numbers call for', '由其自身数值得出的措施'))}${s.sure && s.sure.safety !== 'safe' ? '. ' + esc(word('These numbers are as unsure as its class: look at the place before acting', '这些数值的不确定性与其分区相当：行动前须实地核查')) : ''}</p><ul>${s.measures.map(a => `<li>${esc(pick(D.measures[a.measure].text))} <span class="because">${esc(word('Because: ', '依据：') + pick(a.because) + word('. Source: ', '。来源：') + pick(D.measures[a.measure].source))}</span></li>`).join('')}</ul>`;
    const advice = D.advice[h ? h.class_key : s.class_key];
    if (advice) html += `<p class="hint">${esc(word('What the source of the zoning says of its class (the same for all units of it)', '分区方案来源对该类分区的表述（同类单元相同）'))}</p><p>${esc(pick(advice.says))}</p><ul>${advice.measures.map(m => `<li>${esc(pick(m))}</li>`).join('')}</ul><p class="because">${esc(word('Source: ', '来源：') + pick(advice.source))}</p>`;
    if (s.paid && s.paid.length) html += `<p class="hint">${esc(word('Compensation', '碳补偿'))}</p>` + s.paid.map(p => `<div>${esc(pick(p))}</div>`).join('') + `<p class="because">${esc(pick(D.paid))}</p>`;
    if (s.plans) html += s.plans.map(planTable).join('');
    html += s.margins.map(g => `<div>${esc(pick(g.short))} ${esc(g.value)} <small>(${esc(word('threshold', '阈值'))} ${esc(g.threshold)}: ${esc(g.percent)})</small></div>`).join('');
    if (s.parcels.length) html += `<p class="hint">${esc(word('Largest parcels', '主要地块'))}</p>` + s.parcels.map(p => `<div>${esc(pick(p.label))} ${esc(pick(p.amount))} <small>${esc(p.share)}</small></div>`).join('');
    if (s.changes.length) html += `<p class="hint">${esc(word('Another class at', '以下变化会改变分区'))}</p>` + s.changes.map(c => `<div>${esc(pick(c.label))} → ${esc(pick(c.class))}</div>`).join('');
    document.querySelectorAll(`tr[data-zone="${i}"],circle[data-zone="${i}"],path[data-zone="${i}"]`).forEach(e => e.classList.add('sel'));
  }
  box.innerHTML = html;
  gloss(box);
  if (L.key === 'zones') {
    const b = document.createElement('button');
    b.type = 'button'; b.id = 'sheet'; b.textContent = word('Print as a fact sheet', '打印说明页');
    b.onclick = () => sheet(i, html);
    box.append(b);
  }
}
// A unit under a plan: numbers before and after, classes, what makes the change.
function planTable(p) {
  const head = D.plans[p.plan], cell = t => `<td class="num">${esc(t)}</td>`;
  const rows = p.rows.map((r, k) => `<tr><th scope="row">${esc(pick(head.rows[k]))}</th>${r.map(cell).join('')}</tr>`).join('');
  return `<p class="hint">${esc(word('Under the plan', '规划情景'))}: ${esc(pick(head.title))}</p><div>${esc(pick(p.line))}</div><table class="plan"><thead><tr><th></th><th class="num">${esc(word('now', '现状'))}</th><th class="num">${esc(word('plan', '规划'))}</th><th class="num">${esc(word('change', '变化'))}</th></tr></thead><tbody>${rows}<tr><th scope="row">${esc(word('Class', '分区'))}</th><td>${esc(pick(p.class[0]))}</td><td colspan="2">${esc(pick(p.class[1]))}</td></tr></tbody></table><p class="because">${esc(pick(p.why))} ${esc(pick(head.assumes))}</p>`;
}
// A print has the map as it stands on the screen, and the unit that is chosen with its numbers.
function printState() {
  const now = document.createElement('section');
  now.className = 'printonly now';
  now.innerHTML = `<h2>${esc(word('As on the screen', '屏幕所示'))}</h2>`;
  now.append(mapCanvas());
  if (selected >= 0) now.insertAdjacentHTML('beforeend', '<div class="cols">' + $('panel').innerHTML + '</div>');
  $('map').before(now);
}
// One unit alone on a page: its panel, and its row of the table with the headings.
function sheet(i, html) {
  const table = $('zones'), row = table.querySelector(`tr[data-zone="${i}"]`), page = document.createElement('main');
  const cells = row ? [...row.cells].map((c, k) => `<tr><th scope="row">${esc(table.tHead.rows[0].cells[k].innerText)}</th><td>${esc(c.innerText)}</td></tr>`).join('') : '';
  page.id = 'onepage';
  page.innerHTML = `<p>${esc(document.title)}${D.label ? ' · <b>' + esc(pick(D.label)) + '</b>' : ''}</p>${html}<table>${cells}</table><p class="hint">${esc(word('A share of city totals, not a measurement. More on one page per unit: carbonzone sheets.', '为全市总量的分摊，并非实测。更完整的单页：carbonzone sheets。'))}</p>`;
  document.body.append(page); document.body.classList.add('onesheet');
  const done = () => { page.remove(); document.body.classList.remove('onesheet'); };
  addEventListener('afterprint', done, {once: true});
  print();
}
// Of many zones only the largest have a story: the others have their class.
async function bare(L, i) {
  const S = L.styles.find(s => s.field === 'zone'), row = S && S.rows[(await classes(S))[i]];
  return {class: row ? row.label : {en: '–', zh: '–'}, color: row ? row.color : '#d9d9d9', margins: [], parcels: [], changes: []};
}
async function select(i, zoom) {
  selected = i; await panel();
  if (zoom && i >= 0) { const b = current.box.subarray(i * 4, i * 4 + 4); fit(b, .4); paint(); } else overlayOnly();
}
async function zone(i) { if (current.key !== 'zones') await choose('zones'); await select(i, true); }

// Search: all with exactly this name or id, else all that begin with it, else all that hold it.
function search(text) {
  const Z = D.layers[0], q = text.trim().toLowerCase();
  if (!q) return [];
  const of = i => [Z.name ? Z.name[i] : '', Z.nameEn ? Z.nameEn[i] : '', Z.id[i]];
  for (const test of [s => s === q, s => s.startsWith(q), s => s.includes(q)]) {
    const found = [];
    for (let i = 0; i < Z.n; i++) if (of(i).some(s => test(s.toLowerCase()))) found.push(i);
    if (found.length) return found;
  }
  return [];
}
// One hit is shown; of several the user chooses; none is said.
function find() {
  const text = $('search').value, found = search(text), box = $('hits'), Z = D.layers[0], most = 12;
  box.innerHTML = '';
  if (found.length === 1) { zone(found[0]); return; }
  if (!text.trim()) return;
  if (!found.length) { box.textContent = word('nothing of that name', '没有匹配的单元'); return; }
  box.textContent = word(found.length + ' match: ', found.length + ' 个匹配：');
  for (const i of found.slice(0, most)) {
    const b = document.createElement('button');
    b.type = 'button'; b.textContent = label(Z, i) + ' ' + Z.id[i]; b.onclick = () => zone(i); box.append(b);
  }
  if (found.length > most) box.append('…');
}
$('search').onchange = find;
$('search').onkeydown = e => { if (e.key === 'Enter') find(); };
document.querySelectorAll('#zones tbody tr,#sure-table tbody tr,#quadrant circle').forEach(e => e.onclick = () => { zone(+e.dataset.zone); $('map').scrollIntoView({block: 'nearest'}); });
$('png').onclick = mapPicture; $('csv').onclick = csv; $('xlsx').onclick = xlsx;

// Pointer and keys
const at = e => { const r = cv.getBoundingClientRect(), d = dpr(); return [(e.clientX - r.left) * d, (e.clientY - r.top) * d]; };
const unitAt = ([x, y]) => { x |= 0; y |= 0; return x < 0 || y < 0 || x >= cv.width || y >= cv.height ? -1 : ID[y * cv.width + x] ?? -1; };
function zoom(k, [x, y] = [cv.width / 2, cv.height / 2]) { ox = x - (x - ox) * k; oy = y - (y - oy) * k; sc *= k; paint(false); }
// One finger scrolls the page (touch-action: pan-y), two move and enlarge the map.
const fingers = new Map();
let moved = 0, spread = 0, middle = null;
cv.onpointerdown = e => { cv.setPointerCapture(e.pointerId); fingers.set(e.pointerId, at(e)); moved = 0; spread = 0; middle = null; };
cv.onpointermove = e => {
  const p = at(e), was = fingers.get(e.pointerId);
  if (!was) { hover(p, e); return; }
  fingers.set(e.pointerId, p);
  if (fingers.size === 1 && e.pointerType === 'touch') moved += Math.abs(p[0] - was[0]) + Math.abs(p[1] - was[1]);
  else if (fingers.size === 1) { ox += p[0] - was[0]; oy += p[1] - was[1]; moved += Math.abs(p[0] - was[0]) + Math.abs(p[1] - was[1]); if (moved > 3) { $('tip').hidden = true; paint(false); } }
  else { const [a, b] = [...fingers.values()], s = Math.hypot(a[0] - b[0], a[1] - b[1]); const m = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    if (middle) { ox += m[0] - middle[0]; oy += m[1] - middle[1]; }
    if (spread) zoom(s / spread, m); else paint(false);
    spread = s; middle = m; moved = 99; }
};
cv.onpointerup = e => { fingers.delete(e.pointerId); spread = 0; middle = null; if (moved <= (e.pointerType === 'touch' ? 12 : 3)) select(unitAt(at(e))); };
cv.onpointercancel = e => fingers.delete(e.pointerId);
cv.onpointerleave = () => { $('tip').hidden = true; if (hovered >= 0) { hovered = -1; overlayOnly(); } };
async function hover(p, e) {
  if (!drawn || drawn.sc !== sc) return;
  const i = unitAt(p), tip = $('tip');
  if (i !== hovered) { hovered = i; overlayOnly(); }
  if (i < 0) { tip.hidden = true; return; }
  const col = await column(current, style.field), k = style.cls[i], row = style.rows[k];
  const value = col ? fmt(col[i] * style.factor) + ' ' + pick(style.unit) : row ? pick(row.label) : word('no data', '无数据');
  tip.innerHTML = `<b>${esc(label(current, i))}</b><br>${esc(pick(style.heading))}: ${esc(value)}`;
  tip.hidden = false;
  const r = cv.getBoundingClientRect(), x = e.clientX - r.left, y = e.clientY - r.top;
  tip.style.left = Math.min(x + 14, r.width - tip.offsetWidth - 4) + 'px'; tip.style.top = Math.min(y + 14, r.height - tip.offsetHeight - 4) + 'px';
}
cv.addEventListener('wheel', e => { e.preventDefault(); zoom(Math.exp(-e.deltaY * (e.deltaMode ? .05 : .0016)), at(e)); }, {passive: false});
cv.ondblclick = e => zoom(2, at(e));
cv.onkeydown = e => {
  const step = 60 * dpr();
  const act = {ArrowLeft: () => { ox += step; }, ArrowRight: () => { ox -= step; }, ArrowUp: () => { oy += step; }, ArrowDown: () => { oy -= step; }, '+': () => zoom(1.4), '=': () => zoom(1.4), '-': () => zoom(1 / 1.4), '0': () => fit(), Enter: () => select(unitAt([cv.width / 2, cv.height / 2])), Escape: () => select(-1)}[e.key];
  if (!act) return;
  e.preventDefault(); act(); if (e.key !== 'Enter' && e.key !== 'Escape') paint(false);
};
cv.onfocus = cv.onblur = () => drawn && overlayOnly();
$('zin').onclick = () => zoom(1.5); $('zout').onclick = () => zoom(1 / 1.5); $('fit').onclick = () => { fit(); paint(); };
new ResizeObserver(() => { if (current && resize()) { fit(); paint(); } }).observe(cv);

// Start: the zones first, because they are small.
const stories = JSON.parse(await inflated(D.stories));
resize(); zones = await unpack(D.layers[0]); fit();
marks = {class: await lines(D.marks.class), district: await lines(D.marks.district), border: await inflate(D.marks.borderline)};
marks.any = marks.border.reduce((n, b) => n + (b === 1), 0);
if (filtered()) applyFilter();
const wish = new URLSearchParams(location.hash.slice(1)), wished = D.years.indexOf(+wish.get('year'));
if (wished >= 0 && $('year')) { yearAt = wished; $('year').value = wished; $('year-of').textContent = D.years[wished]; }
await choose(wish.get('layer') || 'zones', wish.get('field'));
for (const L of D.layers) setTimeout(() => unpack(L), 300);
})().catch(e => { document.documentElement.dataset.failed = String(e); throw e; });
