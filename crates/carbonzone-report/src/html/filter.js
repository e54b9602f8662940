// Filter by class, district and borderline: the same for table, chart and map of the zones. Downloads hold what is shown.
const zoneRows = [...document.querySelectorAll('#zones tbody tr')];
const chosen = {cls: '', district: '', border: false};
let marks = null;
const passes = (cls, district, border) => (!chosen.cls || cls === chosen.cls) && (!chosen.district || district === chosen.district) && (!chosen.border || border);
const shownZone = i => !marks || passes(marks.class[i], marks.district[i], marks.border[i] === 1);
const filtered = () => chosen.cls !== '' || chosen.district !== '' || chosen.border;
function chosenText() {
  const option = id => { const o = $(id) && $(id).selectedOptions[0]; return !o || !o.value ? '' : o.dataset.en ? word(o.dataset.en, o.dataset.zh) : o.textContent; };
  return [option('f-class'), option('f-district'), chosen.border ? word('borderline', '临界') : ''].filter(Boolean).join(' · ');
}
function applyFilter() {
  chosen.cls = $('f-class') ? $('f-class').value : '';
  chosen.district = $('f-district') ? $('f-district').value : '';
  chosen.border = $('f-border') ? $('f-border').checked : false;
  let n = 0;
  for (const r of zoneRows) {
    r.hidden = !passes(r.dataset.class, r.dataset.district, r.dataset.border === '1');
    if (!r.hidden) n++;
  }
  const text = chosenText();
  $('f-state').textContent = filtered() ? `${text}: ${n} / ${zoneRows.length}` : '';
  document.querySelectorAll('#quadrant circle').forEach(c => c.classList.toggle('off', !shownZone(+c.dataset.zone)));
  if (current && drawn) paint();
}
for (const id of ['f-class', 'f-district', 'f-border']) if ($(id)) $(id).onchange = applyFilter;
function nameOptions() {
  document.querySelectorAll('#filter option[data-en]').forEach(o => { o.textContent = word(o.dataset.en, o.dataset.zh); });
  document.querySelectorAll('input[data-en]').forEach(i => { i.placeholder = word(i.dataset.en, i.dataset.zh); });
}

// The table as it is shown: header in the language of the page, numbers as numbers.
function tableData() {
  const text = cell => { const c = cell.cloneNode(true); c.querySelectorAll(show === 'en' ? '.zh,.sep' : show === 'zh' ? '.en,.sep' : '.none').forEach(e => e.remove()); return c.textContent.trim().replace(/\s+/g, ' '); };
  const heads = [...$('zones').tHead.rows[0].cells], numeric = heads.map(h => h.classList.contains('num'));
  const value = (cell, k) => { const v = cell.dataset.sort; return numeric[k] && v !== '' && Number.isFinite(+v) ? +v : numeric[k] && v === '' ? '' : text(cell); };
  const unit = h => text(h).replace(/ ?[(（](10⁴ t|万吨|%)[)）]/g, '');
  const tonnes = /[(（](10⁴ t|万吨)[)）]/, pct = /[(（]%[)）]/;
  const header = ['id', ...heads.map(h => unit(h) + (tonnes.test(text(h)) ? ' (t)' : pct.test(text(h)) ? word(' (ratio)', '（比值）') : ''))];
  const ids = D && D.layers[0].id || [];
  const rows = [...$('zones').tBodies[0].rows].filter(r => !r.hidden);
  return [header, ...rows.map(r => [ids[+r.dataset.zone] || '', ...[...r.cells].map(value)])];
}
function save(blob, name) {
  const a = document.createElement('a');
  a.download = name; a.href = URL.createObjectURL(blob); a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
}
const stem = () => D.name + '_' + D.layers[0].key;
// A text that begins like a formula must not become one in a spreadsheet.
const plain = v => typeof v === 'string' && /^[=+\-@]/.test(v) ? "'" + v : v;
function csv() {
  const cell = v => { const t = String(plain(v)); return /[",\n]/.test(t) ? '"' + t.replace(/"/g, '""') + '"' : t; };
  save(new Blob(['\ufeff' + tableData().map(r => r.map(cell).join(',')).join('\r\n') + '\r\n'], {type: 'text/csv'}), stem() + '.csv');
}

// A workbook without a library: four small parts in a ZIP that is not compressed.
const crcTable = Uint32Array.from({length: 256}, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1; return n; });
const crc32 = bytes => { let c = ~0; for (const b of bytes) c = crcTable[(c ^ b) & 255] ^ c >>> 8; return ~c >>> 0; };
function zipped(parts) {
  const local = [], central = [];
  let at = 0, listed = 0;
  for (const [name, text] of parts) {
    const n = new TextEncoder().encode(name), data = new TextEncoder().encode(text), crc = crc32(data);
    const head = (sign, extra) => {
      const b = new DataView(new ArrayBuffer(extra ? 46 : 30)), k = extra ? 2 : 0;
      b.setUint32(0, sign, true); if (extra) b.setUint16(4, 20, true);
      b.setUint16(4 + k, 20, true); b.setUint16(6 + k, 0x800, true); b.setUint16(12 + k, 33, true);
      b.setUint32(14 + k, crc, true); b.setUint32(18 + k, data.length, true); b.setUint32(22 + k, data.length, true); b.setUint16(26 + k, n.length, true);
      if (extra) b.setUint32(42, at, true);
      return new Uint8Array(b.buffer);
    };
    central.push(head(0x02014b50, true), n); listed += 46 + n.length;
    local.push(head(0x04034b50, false), n, data); at += 30 + n.length + data.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true); end.setUint16(8, parts.length, true); end.setUint16(10, parts.length, true); end.setUint32(12, listed, true); end.setUint32(16, at, true);
  return new Blob([...local, ...central, new Uint8Array(end.buffer)], {type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'});
}
function xlsx() {
  const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', ns = 'http://schemas.openxmlformats.org/', main = ns + 'spreadsheetml/2006/main';
  const cell = v => typeof v === 'number' ? `<c><v>${v}</v></c>` : `<c t="inlineStr"><is><t xml:space="preserve">${esc(v)}</t></is></c>`;
  const notes = [[word('Title', '标题'), pick(D.title)], [word('Source', '数据来源'), D.source], ...(filtered() ? [[word('Filter', '筛选'), chosenText()]] : []), ...(D.label ? [[word('Note', '注意'), pick(D.label)]] : [])];
  const sheet = rows => `${xml}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>${rows.map(r => '<row>' + r.map(cell).join('') + '</row>').join('')}</sheetData></worksheet>`;
  save(zipped([
    ['[Content_Types].xml', `${xml}<Types xmlns="${ns}package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>${[1, 2].map(i => `<Override PartName="/xl/worksheets/sheet${i}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`).join('')}</Types>`],
    ['_rels/.rels', `${xml}<Relationships xmlns="${ns}package/2006/relationships"><Relationship Id="r1" Type="${ns}officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ['xl/workbook.xml', `${xml}<workbook xmlns="${main}" xmlns:r="${ns}officeDocument/2006/relationships"><sheets><sheet name="${esc(pick(D.layers[0].title).slice(0, 31).replace(/[[\]:*?/\\]/g, ' '))}" sheetId="1" r:id="r1"/><sheet name="${word('notes', '说明')}" sheetId="2" r:id="r2"/></sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', `${xml}<Relationships xmlns="${ns}package/2006/relationships">${[1, 2].map(i => `<Relationship Id="r${i}" Type="${ns}officeDocument/2006/relationships/worksheet" Target="worksheets/sheet${i}.xml"/>`).join('')}</Relationships>`],
    ['xl/worksheets/sheet1.xml', sheet(tableData())],
    ['xl/worksheets/sheet2.xml', sheet([['', ''], ...notes])],
  ]), stem() + '.xlsx');
}

// The map with title, legend, source and label of the data.
function mapCanvas() {
  const d = dpr(), pad = 16 * d, wide = 300 * d, line = 20 * d, out = document.createElement('canvas'), g = out.getContext('2d');
  const lines = (text, width) => { const all = []; let row = ''; for (const c of text) { if (g.measureText(row + c).width > width && row) { all.push(row); row = ''; } row += c; } return row ? [...all, row] : all; };
  out.width = cv.width + wide + 3 * pad; g.font = 12 * d + 'px ' + FONT;
  const source = lines(word('Source: ', '数据来源：') + D.source + '; carbonzone', out.width - 2 * pad), top = 2.6 * line + pad;
  out.height = Math.max(cv.height, 420 * d) + top + (source.length + 1) * line;
  g.fillStyle = '#fff'; g.fillRect(0, 0, out.width, out.height); g.fillStyle = '#222';
  g.font = 'bold ' + 19 * d + 'px ' + FONT; g.fillText(pick(style.title), pad, 1.5 * line);
  g.font = 13 * d + 'px ' + FONT; g.fillText([pick(D.title), shownYear()].filter(Boolean).join(' · ') + (filtered() ? ' · ' + chosenText() : ''), pad, 2.5 * line);
  g.drawImage(cv, pad, top); g.strokeStyle = '#444'; g.strokeRect(pad, top, cv.width, cv.height);
  const x = cv.width + 2 * pad;
  let y = top + line;
  g.font = 'bold ' + 14 * d + 'px ' + FONT; for (const t of lines(pick(style.heading), wide)) { g.fillText(t, x, y); y += line; }
  g.font = 12 * d + 'px ' + FONT; if (style.unit.en) { g.fillText(pick(style.unit), x, y); y += line; }
  for (const row of legendRows()) {
    g.drawImage(row.border ? borderSwatch() : swatch(row), x, y - 10 * d, 26 * d, 14 * d); g.strokeStyle = '#666'; if (!row.border) g.strokeRect(x, y - 10 * d, 26 * d, 14 * d);
    for (const t of lines(pick(row.label) + '  (' + row.n.toLocaleString('en') + ')', wide - 34 * d)) { g.fillText(t, x + 34 * d, y); y += line; }
  }
  y += line / 2; g.fillStyle = '#666'; for (const t of lines(pick(style.method), wide)) { g.fillText(t, x, y); y += line; }
  y = out.height - source.length * line; for (const t of source) { g.fillText(t, pad, y); y += line; }
  return out;
}
const mapPicture = () => mapCanvas().toBlob(blob => save(blob, `${D.name}_${style.name}${shownYear() && '_' + shownYear()}.png`));
