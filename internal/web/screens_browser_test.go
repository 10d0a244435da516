package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/web"
	"exoplanetai/internal/xtest"
)

// demo starts the program on its bundled sample archives and gives its interface.
// EXOPLANETAI_PROGRAM names a program that is built already.
func demo(t *testing.T) http.Handler {
	t.Helper()
	program := os.Getenv("EXOPLANETAI_PROGRAM")
	if program == "" {
		program = filepath.Join(t.TempDir(), "exoplanetai")
		build := exec.CommandContext(t.Context(), xtest.Tool(t, "go"), "build", "-o", program, "./cmd/exoplanetai")
		build.Dir = xtest.Root(t)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("the program does not build: %v\n%s", err, out)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	run := exec.CommandContext(t.Context(), program, "demo", "--data", filepath.Join(t.TempDir(), "data"), "--listen", address)
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	run.WaitDelay = 10 * time.Second
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Signal(os.Interrupt); _ = run.Wait() })
	target := &url.URL{Scheme: "http", Host: address}
	for range 600 {
		if r, err := http.Get(target.String() + "/api/v1/data/version/list"); err == nil {
			b, _ := io.ReadAll(r.Body)
			_ = r.Body.Close()
			if bytes.Contains(b, []byte("v1.1.0")) { // the last thing that the demo makes
				return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Header.Del("Origin") }}
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the program does not answer")
	return nil
}

// axe is the checker of WCAG 2.2, as released: npm axe-core@4.14.1.
func axe(t *testing.T) string {
	t.Helper()
	for name, want := range map[string]string{
		"axe.min.js": "sha256:29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
		"LICENSE":    "sha256:af175b9d96ee93c21a036152e1b905b0b95304d4ae8c2c921c7609100ba8df7e",
	} {
		b, err := os.ReadFile(filepath.Join("testdata", "axe", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := exo.DigestOf(b).String(); got != want {
			t.Fatalf("%s is %s, want %s", name, got, want)
		}
	}
	b, _ := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	return string(b)
}

// violations runs the checker on what is shown.
func (b *tab) violations() []string {
	b.t.Helper()
	if !eval[bool](b, `"axe" in window`) {
		eval[bool](b, axe(b.t)+";true")
	}
	return eval[[]string](b, `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] })
		.then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + " at " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " "))))`)
}

// settled is true once a screen has drawn what it asked for.
const settled = `document.querySelector("main").dataset.ready === location.pathname && !document.querySelector(".wait, [aria-busy=true]")`

// tests of the screens: what each must show on the data of the demo.
var screenTests = []struct{ name, path, shows string }{
	{"overview", "/", `document.querySelectorAll(".kpi").length === 4 && [...document.querySelectorAll(".kpi dd:nth-of-type(1)")].every((d) => /\d/.test(d.textContent)) && document.querySelectorAll(".events li").length > 0`},
	{"catalogs", "/catalogs?table=koi&koi_period=1..50&sort=-koi_prad", `document.querySelectorAll(".vt-body [role=row]").length > 5 && document.querySelector(".facets .lg b")`},
	{"targets", "/targets", `document.querySelectorAll(".vt-body [role=row]").length > 5`},
	{"sky", "/sky?circle=290.7,44.5,9", `document.querySelectorAll(".vt-body [role=row]").length > 5`},
	{"query", "/query?lang=conditions&q=from%20candidates%0Acolumns%20candidate%2Cperiod_d%2Cradius_earth", `document.querySelectorAll(".vt-body [role=row]").length > 5 && document.querySelectorAll(".tree summary").length === 5`},
	{"query-plot", "/query?lang=conditions&as=plot&log=xy&x=period_d&y=radius_earth&q=from%20candidates%0Acolumns%20candidate%2Cperiod_d%2Cradius_earth", `document.querySelector("canvas.scatter")?.getAttribute("aria-label")?.includes("points")`},
	{"nothing", "/nothing", `document.querySelector("h1").textContent === "There is no such page"`},
}

func TestThePageOnTheDemo(t *testing.T) {
	api := demo(t)
	everyScreen(t, api)
	t.Run("the overview is there within a second", func(t *testing.T) { overviewIsQuick(t, api) })
	t.Run("people find, filter, choose on the sky, and ask by hand", func(t *testing.T) { mainFlows(t, api) })
}

// everyScreen looks at each screen in both themes and three widths.
func everyScreen(t *testing.T, api http.Handler) {
	for _, width := range []int64{1440, 1024, 390} {
		t.Run(strconv.FormatInt(width, 10)+" pixels wide", func(t *testing.T) {
			b := openTab(t, api, width, 900)
			for _, s := range screenTests {
				b.open(s.path)
				if s.name == "nothing" {
					b.wait(s.shows)
				} else {
					b.wait(settled + " && (" + s.shows + ")")
				}
				if n := eval[int](b, `document.querySelectorAll("h1").length`); n != 1 {
					t.Errorf("%s has %d h1", s.name, n)
				}
				if eval[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
					t.Errorf("%s scrolls sideways", s.name)
				}
				for _, theme := range []string{"light", "dark"} {
					eval[bool](b, fmt.Sprintf(`document.documentElement.dataset.theme = %q; dispatchEvent(new Event("theme")); true`, theme))
					for _, v := range b.violations() {
						t.Errorf("%s, %s: %s", s.name, theme, v)
					}
					b.picture(fmt.Sprintf("%s-%s-%d", s.name, theme, width))
				}
			}
			b.faults = withoutMissingPage(b.faults)
			b.clean()
		})
	}
}

// withoutMissingPage takes away what the browser says of the page that is not there.
func withoutMissingPage(faults []string) []string {
	var list []string
	for _, f := range faults {
		if !strings.HasSuffix(f, "/nothing") {
			list = append(list, f)
		}
	}
	return list
}

func overviewIsQuick(t *testing.T, api http.Handler) {
	b := openTab(t, api, 1440, 900)
	best := 1e9
	for range 3 { // the machine may be busy with something else
		b.open("/")
		b.wait(settled + " && (" + screenTests[0].shows + ")")
		ms := eval[float64](b, `Math.max(...performance.getEntriesByType("resource").map((e) => e.responseEnd), performance.timing.domInteractive - performance.timing.navigationStart)`)
		t.Logf("the last answer was there after %.0f ms", ms)
		best = min(best, ms)
	}
	if best > 1000 {
		t.Errorf("the overview took %.0f ms, want at most 1000", best)
	}
	b.clean()
}

func mainFlows(t *testing.T, api http.Handler) {
	b := openTab(t, api, 1440, 900)
	b.open("/")
	b.wait(settled)

	press(b, "/")
	eval[any](b, `(() => { const q = document.getElementById("q"); q.focus(); q.value = "k2-18"; q.dispatchEvent(new Event("input")); })()`)
	b.wait(`document.querySelector("#hints:not([hidden]) li")`)
	faultless(t, b, "suggestions")
	b.key("ArrowDown")
	b.wait(`document.getElementById(document.getElementById("q").getAttribute("aria-activedescendant"))?.textContent.includes("K2-18")`)
	b.key("Enter")
	b.wait(`location.pathname.startsWith("/targets/EPIC") && document.querySelector("#hints[hidden]")`)

	b.open("/")
	b.wait(settled)
	press(b, "g", "c")
	b.wait(`location.pathname === "/catalogs" && ` + settled)
	all := shownCount(b)
	press(b, "?")
	b.wait(`document.querySelector("dialog[open] h2")?.textContent === "Keys"`)
	faultless(t, b, "the list of keys")
	b.key("Escape")
	b.wait(`!document.querySelector("dialog")`)

	for _, name := range []string{"Columns", "Views", "Export"} {
		eval[any](b, fmt.Sprintf(`[...document.querySelectorAll(".act .btn")].find((x) => x.textContent === %q).click()`, name))
		b.wait(`document.querySelector(".menu")`)
		faultless(t, b, name)
		eval[any](b, `document.querySelector(".menu").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))`)
		b.wait(`!document.querySelector(".menu")`)
	}
	b.wait(`document.querySelector(".facets .lg")`)
	eval[any](b, `[...document.querySelectorAll(".facets .lg")].find((x) => x.textContent.startsWith("CONFIRMED")).click()`)
	b.wait(`new URL(location).searchParams.get("koi_disposition") === "CONFIRMED"`)
	b.wait(settled + fmt.Sprintf(` && %s < %d`, countNow, all))
	if api := eval[int](b, `fetch("/api/v1/catalogs/koi?koi_disposition=CONFIRMED&limit=1").then((r) => r.json()).then((d) => d.total)`); api != shownCount(b) {
		t.Errorf("%d rows are shown, the interface has %d", shownCount(b), api)
	}
	eval[any](b, `[...document.querySelectorAll(".filters .lg")].at(-1).click()`)
	b.wait(settled + fmt.Sprintf(` && %s === %d`, countNow, all))

	eval[any](b, `(() => { const q = document.getElementById("q"); q.value = "19:22:40 +44:30 9d"; q.form.requestSubmit(); })()`)
	b.wait(`new URL(location).searchParams.get("cone") === "19:22:40,+44:30,9d" && ` + settled)
	cone := shownCount(b)
	if cone == 0 {
		t.Error("no candidate in the Kepler field")
	}
	b.open("/sky")
	b.wait(settled)
	eval[any](b, `(() => { const f = document.getElementById("sky-c"); f.value = "290.6667 44.5 9"; f.form.requestSubmit(); })()`)
	b.wait(`document.querySelector("a.btn.pri").href.includes("cone=290.6667%2C44.5%2C9")`)
	eval[any](b, `document.querySelector("a.btn.pri").click()`)
	b.wait(`location.pathname === "/catalogs" && ` + settled)
	if got := shownCount(b); got != cone {
		t.Errorf("the map leads to %d candidates, the search to %d", got, cone)
	}

	b.open("/query")
	b.wait(settled)
	eval[any](b, `(() => { document.getElementById("editor").value = "from koi\nkoi_prad < 2\ncolumns kepoi_name, koi_prad\nsort -koi_prad"; [...document.querySelectorAll(".btn.pri")].find((x) => x.textContent === "Run").click(); })()`)
	b.wait(`document.querySelector(".vt-body [aria-colindex='2']")`)
	if v := eval[float64](b, `Number(document.querySelector(".vt-body [aria-colindex='2']").textContent)`); v >= 2 || v <= 0 {
		t.Errorf("the largest radius below 2 is %v", v)
	}
	eval[any](b, `(() => { document.getElementById("editor").value = "from koi\nwhat is this"; [...document.querySelectorAll(".btn.pri")].find((x) => x.textContent === "Run").click(); })()`)
	b.wait(`document.querySelector("[role=alert]")?.textContent.includes("Line 2")`)
	b.clean()
}

// faultless tells what the checker finds wrong with something that is open.
func faultless(t *testing.T, b *tab, what string) {
	t.Helper()
	for _, v := range b.violations() {
		t.Errorf("%s: %s", what, v)
	}
}

// countNow is the number of rows that a screen says it shows.
const countNow = `Number(document.querySelector(".read b").textContent.replaceAll(",", ""))`

func shownCount(b *tab) int { b.t.Helper(); return eval[int](b, countNow) }

// key presses a key for real, where the focus is.
func (b *tab) key(name string) {
	b.t.Helper()
	eval[any](b, fmt.Sprintf(`(document.querySelector("dialog[open]") || document.activeElement).dispatchEvent(new KeyboardEvent("keydown", { key: %q, bubbles: true, cancelable: true }))`, name))
	if name == "Escape" { // the dialog's own key is not for scripts
		eval[any](b, `document.querySelector("dialog[open]")?.close()`)
	}
}

// press types keys for the page as a whole.
func press(b *tab, keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		eval[any](b, fmt.Sprintf(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: %q, bubbles: true, cancelable: true }))`, k))
	}
}

func TestPureModulesOfTheScreens(t *testing.T) {
	b := openTab(t, newFakeTable(5), 1024, 800)
	b.open("/catalogs?table=koi")
	b.wait(settled)
	base := assetBase(t, web.Handler(web.Options{}))
	for what, expression := range map[string]string{
		"a place goes to the map and back": `import(BASE + "project.js").then(({ aitoff, unaitoff, apart }) => {
			for (let ra = 1; ra < 360; ra += 7.3) for (let dec = -88; dec < 89; dec += 4.7) { const p = unaitoff(...aitoff(ra, dec)); if (!p || apart(ra, dec, ...p) > 1e-6) return false; }
			return unaitoff(3.1, 1.5) === null; })`,
		"the pole of a circle is as far as its edge": `import(BASE + "project.js").then(({ ring, apart }) => ring(350, -60, 20).every(([ra, dec]) => Math.abs(apart(350, -60, ra, dec) - 20) < 1e-9))`,
		"CSV is read as RFC 4180 writes it":          `import(BASE + "csv.js").then(({ parseCsv }) => JSON.stringify(parseCsv('a,b\r\n1,"x, ""y"""\r\n,\r\n3,"l1\nl2"')) === '{"names":["a","b"],"rows":[["1","x, \\"y\\""],["",""],["3","l1\\nl2"]]}')`,
		"circles are read":                           `import(BASE + "app.js").then(({ readCircle: c }) => c("19:20:35 +42:07 r=2m") === "19:20:35,+42:07,2m" && c("290.1, −42.5 0.5") === "290.1,-42.5,0.5" && c("10 20") === "10,20,2m" && c("Kepler-10") === null && c("KIC 6922244") === null)`,
		"conditions are read":                        `import(BASE + "screens/query.js").then(({ readConditions: r }) => { const q = r("from toi\n# why\nTESS mag <= 10\nsort = 3\nsort a, -b\nkoi_x != null"); return q.table === "toi" && JSON.stringify(q.params) === '[["TESS mag","<=10"],["column.sort","3"],["sort","a,-b"],["koi_x","!null"]]' && r("koi_x > 1").problem && r("from koi\nnonsense").problem; })`,
		"uncertainties find their columns":           `import(BASE + "columns.js").then(({ paired }) => { const l = paired(["p", "p_err1", "p_err2", "qerr1", "q", "r", "r err", "s", "s_err_up", "s_err_down", "s_limit"].map((name) => ({ name }))); return l.map((c) => [c.name, c.up, c.down, c.limit].join()).join(" ") === "p,p_err1,p_err2, q,qerr1,qerr1, r,r err,r err, s,s_err_up,s_err_down,s_limit"; })`,
		"numbers read well":                          `import(BASE + "ui.js").then(({ number, count, bytesText, percent }) => number(-1234.5) === "−1,234.5" && number(1e-7) === "1e−7" && number(null) === "–" && count(1234567) === "1,234,567" && bytesText(999_950) === "1.00 MB" && bytesText(0) === "0 B" && percent(0.123) === "12.3 %")`,
		"axes have round numbers":                    `import(BASE + "scatter.js").then(({ ticks }) => ticks(0, 1, 5).join() === "0,0.2,0.4,0.6,0.8,1" && ticks(-3, 7, 4).join() === "0,5")`,
		"names are sought without blanks and dashes": `import(BASE + "stars.js").then(({ matcher }) => { const s = { squeezed: "kepler10;kic11904151;" }; return matcher("Kepler 10")(s) && matcher("kepler-10, KIC 1190")(s) && !matcher("k2")(s); })`,
	} {
		if !eval[bool](b, strings.ReplaceAll(expression, "BASE", fmt.Sprintf("%q", base))+".then(Boolean)") {
			t.Errorf("not so: %s", what)
		}
	}
	b.clean()
}

func TestThemeIsKept(t *testing.T) {
	b := openTab(t, newFakeTable(5), 1024, 800)
	b.open("/catalogs?theme=light")
	b.wait(settled)
	eval[any](b, `document.getElementById("theme").click()`)
	b.open("/catalogs")
	b.wait(settled)
	if got := eval[string](b, `document.documentElement.dataset.theme`); got != "dark" {
		t.Errorf("the theme is %s after dark was chosen", got)
	}
	b.clean()
}
