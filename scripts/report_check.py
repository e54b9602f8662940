#!/usr/bin/env python3
"""Drive report.html in a real headless Chromium with the network off.

  report_check.py RUN_DIR [--out DIR] [--browser PATH] [--axe axe.min.js]

Fails (exit 1) on: a console error, a network request, no first picture within 3 s, an empty map, a legend that is
not that of the style model, sorting, searching, layer and language switch or keyboard that do not work, a unit panel
without sectors, a print without figures, without the map of the screen or on more than 12 pages, years without the
same classes, a screen of 390 or 320 pixels from which anything stands out, a page above 8 MB. Exit 2: no browser, or usage.
Standard library only: it speaks the DevTools protocol over a pipe.
"""
import argparse, base64, json, os, pathlib, re, select, shutil, subprocess, sys, tempfile, time

LIMIT_BYTES, LIMIT_MS, LIMIT_PAGES = 8_000_000, 3000, 12
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"]


class Browser:
    """A headless browser and one page in it."""

    def __init__(self, path):
        self.home = tempfile.mkdtemp(prefix="report_check_")
        read_us, write_them = os.pipe()
        read_them, write_us = os.pipe()
        for fd in (read_them, write_them):
            os.set_inheritable(fd, True)
        args = [path, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--user-data-dir=" + self.home, "--window-size=1360,1000", "about:blank"]

        def wire():
            os.dup2(read_them, 13), os.dup2(write_them, 14)
            os.dup2(13, 3), os.dup2(14, 4)
        self.proc = subprocess.Popen(args, preexec_fn=wire, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read_them), os.close(write_them)
        self.rd, self.wr, self.buf, self.n, self.events, self.session = read_us, write_us, b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def message(self, seconds):
        end = time.time() + seconds
        while b"\0" not in self.buf:
            left = end - time.time()
            if left <= 0 or not select.select([self.rd], [], [], left)[0]:
                return None
            chunk = os.read(self.rd, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser ended")
            self.buf += chunk
        raw, self.buf = self.buf.split(b"\0", 1)
        return json.loads(raw)

    def call(self, method, **params):
        self.n += 1
        mine = self.n
        msg = {"id": mine, "method": method, "params": params}
        if self.session:
            msg["sessionId"] = self.session
        data = json.dumps(msg).encode() + b"\0"
        while data:
            data = data[os.write(self.wr, data):]
        while True:
            m = self.message(60)
            if m is None:
                raise RuntimeError("no answer to " + method)
            if m.get("id") == mine:
                if "error" in m:
                    raise RuntimeError("%s: %s" % (method, m["error"].get("message")))
                return m.get("result", {})
            if "method" in m:
                self.events.append(m)

    def wait(self, seconds):
        end = time.time() + seconds
        while time.time() < end:
            m = self.message(end - time.time())
            if m and "method" in m:
                self.events.append(m)

    def js(self, expression):
        r = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in r:
            d = r["exceptionDetails"]
            raise RuntimeError("page: %s" % d.get("exception", {}).get("description", d.get("text")))
        return r["result"].get("value")

    def until(self, expression, seconds, what):
        end = time.time() + seconds
        while time.time() < end:
            if self.js(expression):
                return
            self.wait(0.05)
        raise RuntimeError("waited %g s for %s" % (seconds, what))

    def key(self, key, code=None, text=None):
        base = {"key": key, "code": code or key}
        codes = {"Enter": 13, "Tab": 9, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Escape": 27}
        if key in codes:
            base["windowsVirtualKeyCode"] = codes[key]
        if key == "Enter":
            text = "\r"
        self.call("Input.dispatchKeyEvent", type="keyDown", **base, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **base)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x, y):
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except RuntimeError:
            pass
        try:
            self.proc.wait(10)
        except subprocess.TimeoutExpired:
            self.proc.kill()
        shutil.rmtree(self.home, ignore_errors=True)


class Check:
    def __init__(self):
        self.fails, self.done = [], 0

    def that(self, ok, what):
        self.done += 1
        print("  [%s] %s" % (" ok " if ok else "FAIL", what))
        if not ok:
            self.fails.append(what)


# Colours of the canvas, sampled: more than two means a picture.
COLOURS = """(() => { const c = document.getElementById('cv'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, s = new Set();
for (let i = 0; i < d.length; i += 4 * 97) s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return s.size; })()"""
CANVAS = "(() => { const r = document.getElementById('cv').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()"


def run(b, page, out, check):
    url = page.resolve().as_uri()
    for domain in ("Page", "Runtime", "Log", "Network"):
        b.call(domain + ".enable")
    b.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
    b.call("Emulation.setDeviceMetricsOverride", width=1360, height=1000, deviceScaleFactor=1, mobile=False)
    b.call("Page.navigate", url=url)
    b.until("document.documentElement && document.documentElement.dataset.ready === '1'", 30, "the first picture")
    stats = b.js("window.__carbonzone")
    size = page.stat().st_size
    check.that(size <= LIMIT_BYTES, "page of %.2f MB (limit %d)" % (size / 1e6, LIMIT_BYTES / 1e6))
    check.that(stats["usable_ms"] <= LIMIT_MS, "first picture after %d ms (limit %d)" % (stats["usable_ms"], LIMIT_MS))

    def shot(name):
        if out:
            data = b.call("Page.captureScreenshot", format="png")["data"]
            (out / (name + ".png")).write_bytes(base64.b64decode(data))

    def settle():
        b.wait(0.5)
        b.js("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))")

    data = b.js("JSON.parse(document.getElementById('data').textContent).layers.map(l => ({key: l.key, n: l.n, title: l.title, "
                "styles: l.styles.map(s => ({field: s.field, heading: s.heading, rows: s.rows.map(r => [r.label, r.n]), noData: s.noData}))}))")
    check.that(bool(data) and data[0]["key"] == "zones", "layers: " + ", ".join("%s (%d)" % (l["key"], l["n"]) for l in data))
    for lang in ("zh", "en"):
        b.js("document.querySelector('.langs [data-show=%s]').click()" % lang)
        settle()
        heading = b.js("document.querySelector('#legend h3').textContent")
        want = [s["heading"][lang] for s in data[0]["styles"]]
        check.that(heading in want, "legend heading in %s: %s" % (lang, heading))
        unit = {"zh": "万吨", "en": "×10⁴ t"}[lang]
        check.that(unit in b.js("document.querySelector('.facts').innerText"), "amounts in %s" % unit)
        notes = b.js("[...document.querySelectorAll('.statements li')].map(n => n.innerText)")
        cjk = [any("\u4e00" <= c <= "\u9fff" for c in n) for n in notes]
        check.that(all(cjk) if lang == "zh" else not any(cjk), "%d notes in %s" % (len(notes), lang))
    for layer in data:
        b.js("document.querySelector('#layers [data-layer=%s]').click()" % layer["key"])
        b.until("document.querySelector('#layers [data-layer=%s]').getAttribute('aria-pressed') === 'true'" % layer["key"], 20, layer["key"])
        settle()
        # The mark of borderline zones is no class: its swatch has no edge.
        seen = b.js("[...document.querySelectorAll('#legend li')].filter(l => l.children[0].style.borderWidth !== '0px').map(l => [l.children[1].textContent, +l.children[2].textContent.replace(/,/g, '').split(' (')[0]])")
        # In brackets: the same units by the class that most draws give.
        likeliest = b.js("[...document.querySelectorAll('#legend li')].map(l => / \\((\\d+)\\)/.exec(l.children[2].textContent)).filter(Boolean).map(m => +m[1])")
        heading = b.js("document.querySelector('#legend h3').textContent")
        style = next((s for s in layer["styles"] if s["heading"]["en"] == heading), None)
        rows = [[r[0]["en"], r[1]] for r in style["rows"]] + ([["no data", style["noData"]]] if style["noData"] else [])
        check.that(seen == rows, "%s: %d legend rows as in the style model" % (layer["key"], len(rows)))
        check.that(sum(r[1] for r in seen) == layer["n"], "%s: every unit is in a class (%d)" % (layer["key"], layer["n"]))
        check.that(not likeliest or sum(likeliest) == layer["n"], "%s: units by likeliest class %s" % (layer["key"], likeliest))
        check.that(b.js(COLOURS) > 2, "%s: the map is drawn" % layer["key"])
        for i in range(len(layer["styles"])):
            b.js("(() => { const v = document.getElementById('variable'); v.value = %d; v.onchange({target: v}); })()" % i)
            b.wait(0.05)
        settle()
        check.that(b.js(COLOURS) > 2, "%s: %d indicators, the last one is drawn" % (layer["key"], len(layer["styles"])))
        b.js("document.getElementById('map').scrollIntoView()")
        settle()
        shot("layer_" + layer["key"])
        x, y, w, h = b.js(CANVAS)
        b.click(x + w * 0.5, y + h * 0.45)
        b.wait(0.3)
        amounts = b.js("[...document.querySelectorAll('#panel td.num')].map(t => t.textContent)")
        check.that(not any("NaN" in a for a in amounts), "%s: %d amounts of a unit" % (layer["key"], len(amounts)))

    # Table
    rows = b.js("document.querySelectorAll('#zones tbody tr').length")
    check.that(rows == data[0]["n"], "table of %d zones" % rows)
    heads = b.js("[...document.querySelectorAll('#zones th')].map(t => t.classList.contains('num'))")
    for col, number in enumerate(heads):
        b.js("document.querySelectorAll('#zones th button')[%d].click()" % col)
        keys = b.js("[...document.querySelectorAll('#zones tbody tr')].map(r => r.cells[%d].dataset.sort)" % col)
        known = [k for k in keys if k != ""]
        ok = known == sorted(known, key=float, reverse=True) if number else len(known) == len(keys) or keys[len(known):] == [""] * (len(keys) - len(known))
        check.that(ok and keys[:len(known)] == known, "column %d sorts%s" % (col, ", NULL last" if len(known) < len(keys) else ""))
    b.js("document.querySelectorAll('#zones th button')[0].click()")

    # Search: the last zone by its name, typed like a user.
    b.js("document.getElementById('map').scrollIntoView()")
    name = b.js("document.querySelector('#zones tbody tr:last-child').cells[0].dataset.sort")
    b.js("(() => { const s = document.getElementById('search'); s.value = ''; s.focus(); })()")
    b.call("Input.insertText", text=name)
    b.key("Enter")
    b.until("document.querySelector('#panel h3') !== null", 5, "the panel after a search")
    settle()
    where = b.js("[document.querySelector('tr.sel') && document.querySelector('tr.sel').cells[0].dataset.sort, document.querySelectorAll('#panel table tr').length]")
    check.that(where[0] == name and where[1] >= 3, "search finds %s; panel with %d rows" % (name, where[1]))
    shot("search")

    # Pointer: hover shows a tip, a click selects, the wheel zooms, dragging moves.
    b.js("document.getElementById('fit').click()")
    settle()
    x, y, w, h = b.js(CANVAS)
    spot = None
    for fx in (0.5, 0.45, 0.55, 0.4, 0.6):
        for fy in (0.5, 0.4, 0.6, 0.3):
            b.mouse("mouseMoved", x + w * fx, y + h * fy)
            b.wait(0.15)
            if not b.js("document.getElementById('tip').hidden"):
                spot = (x + w * fx, y + h * fy)
                break
        if spot:
            break
    check.that(spot is not None, "hovering shows a value: %s" % (b.js("document.getElementById('tip').textContent") if spot else "-"))
    if spot:
        b.js("document.getElementById('panel').innerHTML = ''")
        b.click(*spot)
        b.until("document.querySelector('#panel h3') !== null", 5, "the panel after a click")
        check.that(True, "a click selects " + b.js("document.querySelector('#panel h3').textContent"))
    bar = "document.getElementById('cv').toDataURL().length"
    before = b.js(bar)
    b.mouse("mouseWheel", x + w / 2, y + h / 2, deltaX=0, deltaY=-600)
    settle()
    check.that(b.js(bar) != before, "the wheel zooms")
    before = b.js("document.getElementById('cv').toDataURL()")
    b.mouse("mousePressed", x + w / 2, y + h / 2, button="left", clickCount=1)
    b.mouse("mouseMoved", x + w / 2 + 90, y + h / 2 + 40, button="left", buttons=1)
    b.mouse("mouseReleased", x + w / 2 + 90, y + h / 2 + 40, button="left", clickCount=1)
    settle()
    check.that(b.js("document.getElementById('cv').toDataURL()") != before, "dragging moves the map")

    # Keyboard only: from the top of the page to the map, then move, zoom, select.
    b.js("document.querySelector('.skip').focus(); window.scrollTo(0, 0)")
    reached = []
    for _ in range(60):
        b.key("Tab")
        reached.append(b.js("document.activeElement.id || document.activeElement.dataset.layer || document.activeElement.dataset.show || document.activeElement.tagName"))
        if reached[-1] == "cv":
            break
    check.that(reached[-1] == "cv" and "zones" in reached and "search" in reached, "Tab reaches layers, search and map (%d steps)" % len(reached))
    b.key("0", text="0")
    settle()
    for key in ("ArrowLeft", "ArrowUp", "+"):
        before = b.js("document.getElementById('cv').toDataURL()")
        b.key(key, text=key if len(key) == 1 else None)
        settle()
        check.that(b.js("document.getElementById('cv').toDataURL()") != before, "key %s changes the view" % key)
    b.js("document.getElementById('panel').innerHTML = ''")
    b.key("0", text="0")
    settle()
    if b.js("(() => 1)()"):
        b.key("Enter")
        settle()
        check.that(b.js("document.getElementById('panel').textContent.length > 0"), "Enter selects the unit in the middle")

    # The rest of the page
    for part, least in (("figure img", 3), ("#quadrant circle", 0), (".findings li, #find-h", 1), (".hash, #prov-h", 1)):
        n = b.js("document.querySelectorAll(%s).length" % json.dumps(part))
        check.that(n >= least, "%s: %d" % (part, n))
    b.js("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    b.until("[...document.querySelectorAll('figure img')].every(i => i.complete)", 20, "the figures")
    broken = b.js("[...document.querySelectorAll('figure img')].filter(i => !i.naturalWidth).length")
    check.that(broken == 0, "all figures load")
    b.js("window.scrollTo(0, 0)")
    shot("top")
    if out:
        b.call("Emulation.setDeviceMetricsOverride", width=1360, height=b.js("document.documentElement.scrollHeight"), deviceScaleFactor=1, mobile=False)
        b.wait(0.5)
        shot("whole")
    for width in (390, 320):
        b.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        settle()
        wide = b.js("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        check.that(wide <= 0, "%d pixels wide: nothing stands out (%d)" % (width, wide))
        if width == 390:
            shot("narrow")
    b.call("Emulation.setDeviceMetricsOverride", width=1360, height=1000, deviceScaleFactor=1, mobile=False)
    settle()
    years = b.js("(() => { const y = document.getElementById('year'); return y ? +y.max + 1 : 1; })()")
    if years > 1:
        b.js("document.querySelector('#layers [data-layer=zones]').click()")
        settle()
        rows = "[...document.querySelectorAll('#legend li')].filter(l => l.children[0].style.borderWidth !== '0px').map(l => l.children[1].textContent).join('|')"
        sums = "[...document.querySelectorAll('#legend li')].filter(l => l.children[0].style.borderWidth !== '0px').reduce((n, l) => n + +l.children[2].textContent.replace(/,/g, '').split(' (')[0], 0)"
        field = b.js("[...document.querySelectorAll('#variable option')].findIndex(o => /emission|排放/i.test(o.textContent))")
        b.js("(() => { const v = document.getElementById('variable'); v.value = %d; v.onchange({target: v}); })()" % field)
        settle()
        last, before = b.js(rows), b.js("document.getElementById('cv').toDataURL()")
        b.js("(() => { const y = document.getElementById('year'); y.value = 0; y.oninput({target: y}); })()")
        settle()
        check.that(b.js(rows) == last, "the first of %d years has the classes of the last" % years)
        check.that(b.js("document.getElementById('cv').toDataURL()") != before, "its map is another")
        check.that(b.js(sums) == data[0]["n"], "every unit of the first year is in a class")
        first = b.js("document.querySelector('#year-of').textContent")
        check.that(first in b.js("document.querySelector('#legend .u').textContent"), "the legend names the year " + first)
    b.js("document.querySelector('#zones tbody tr').click()")
    b.until("document.querySelector('#panel h3') !== null", 5, "the panel of the first zone")
    b.js("dispatchEvent(new Event('beforeprint'))")
    chosen = b.js("document.querySelector('#panel h3').textContent")
    now = b.js("(() => { const n = document.querySelector('.now'); return n ? [n.querySelector('canvas').width, n.textContent] : [0, '']; })()")
    check.that(now[0] > 300 and chosen in now[1], "a print has the map of the screen and " + chosen)
    b.js("dispatchEvent(new Event('afterprint'))")
    pdf = base64.b64decode(b.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"])
    if out:
        (out / "report.pdf").write_bytes(pdf)
    check.that(pdf[:5] == b"%PDF-" and len(pdf) > 50_000, "prints to a PDF of %.1f MB" % (len(pdf) / 1e6))
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    check.that(0 < pages <= LIMIT_PAGES, "on %d pages (limit %d)" % (pages, LIMIT_PAGES))

    requests = [e["params"]["request"]["url"] for e in b.events if e["method"] == "Network.requestWillBeSent"]
    outside = [u[:120] for u in requests if not u.startswith(("data:", "blob:")) and u.split("#")[0] != url]
    check.that(not outside, "no network request" + (": " + ", ".join(outside) if outside else ""))
    errors = [e["params"]["exceptionDetails"].get("text", "") + " " + str(e["params"]["exceptionDetails"].get("exception", {}).get("description", ""))
              for e in b.events if e["method"] == "Runtime.exceptionThrown"]
    errors += [e["params"]["entry"]["text"] for e in b.events if e["method"] == "Log.entryAdded" and e["params"]["entry"]["level"] == "error"]
    errors += [str(e["params"]["args"][:1]) for e in b.events if e["method"] == "Runtime.consoleAPICalled" and e["params"]["type"] in ("error", "assert")]
    check.that(not errors, "no console error" + (": " + "; ".join(errors)[:400] if errors else ""))


def accessible(b, axe, check):
    b.js(axe + ";1")
    found = json.loads(b.js("axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map("
                            "v => ({id: v.id, impact: v.impact, html: v.nodes.map(n => n.html.slice(0, 120))}))))"))
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    for v in grave:
        print("       %s (%s): %s" % (v["id"], v["impact"], "; ".join(v["html"][:3])))
    check.that(not grave, "axe: %d faults, %d of them serious or critical" % (len(found), len(grave)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("run_dir")
    p.add_argument("--out", help="folder for screenshots and the PDF")
    p.add_argument("--browser")
    p.add_argument("--axe", help="axe.min.js (axe-core): accessibility faults that are serious or critical fail")
    a = p.parse_args()
    page = pathlib.Path(a.run_dir)
    page = page / "report.html" if page.is_dir() else page
    if not page.is_file():
        print("report_check: no %s" % page, file=sys.stderr)
        sys.exit(2)
    browser = a.browser or next((shutil.which(n) for n in BROWSERS if shutil.which(n)), None)
    if not browser:
        print("report_check: no Chromium found\nhint: apt-get install --no-install-recommends chromium", file=sys.stderr)
        sys.exit(2)
    out = pathlib.Path(a.out) if a.out else None
    if out:
        out.mkdir(parents=True, exist_ok=True)
    check, b = Check(), Browser(browser)
    try:
        run(b, page, out, check)
        if a.axe:
            accessible(b, pathlib.Path(a.axe).read_text(encoding="utf-8"), check)
    except RuntimeError as e:
        check.that(False, str(e))
    finally:
        b.close()
    print("report_check: %s (%d checks, %d failures)" % ("OK" if not check.fails else "FAILED", check.done, len(check.fails)))
    sys.exit(1 if check.fails else 0)


if __name__ == "__main__":
    main()
