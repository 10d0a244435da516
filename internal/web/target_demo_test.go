package web_test

import (
	"strings"
	"testing"
	"time"
)

// On the program itself: look at a star, process it in the other profile, keep
// that, check it, and find all of it told on the page.
func TestStarOfTheDemo(t *testing.T) {
	b := openTab(t, demo(t), 1440, 900)
	b.open("/targets")
	for range 600 { // the demo answers before it has processed all stars
		if eval[bool](b, `fetch("/api/v1/targets/KIC%2011904151").then((r) => r.json()).then((t) => (t.files ?? []).filter((f) => f.kind === "processed").length === 8)`) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.mu.Lock()
	b.faults = nil // of the time when it was not ready
	b.mu.Unlock()
	b.open("/targets/KIC%2011904151?theme=light")
	b.wait(whole)
	b.wait(`document.querySelectorAll(".steps li").length > 3`)
	b.picture("demo-star-light")
	for what, expression := range map[string]string{
		"points are counted":     `/of [\d,]{5,}/.test(document.querySelector(".kpi").textContent)`,
		"the fold has a depth":   `/\d ± \d+ ppm/.test(document.querySelector(".fold dl").textContent)`,
		"sizes of files":         `/\d\u2009(kB|MB)/.test(document.querySelector(".files tbody").textContent)`,
		"transits of catalogs":   `document.querySelector(".legend").textContent.includes("Transits")`,
		"the row of the catalog": `document.querySelectorAll(".span2 tbody tr").length > 3`,
	} {
		b.wait(expression)
		t.Log(what)
	}
	// all points as CSV are those that are drawn
	if same := eval[bool](b, `(async () => {
		const card = document.querySelector(".curve").curve, s = card.plot.s, url = location.origin + "/api/v1/lightcurves/KIC%2011904151?format=csv&profile=transit&decimate=1000000";
		const rows = (await (await fetch(url)).text()).trim().split("\r\n"), names = rows[0].split(","), time = names.indexOf("time"), flux = names.indexOf("flux"), flag = names.indexOf("flag");
		if (rows.length - 1 !== s.length) return false;
		return rows.slice(1).every((row, i) => {
			const c = row.split(",");
			return Number(c[time]) === s.time[i] && Number(c[flag]) === s.flag[i] && (c[flux] === "" ? s.why[i] !== 0 : s.why[i] === 0 && Math.abs(Number(c[flux]) - s.rel[i]) < 1e-6);
		});
	})()`); !same {
		t.Error("the points that are drawn are not those of the CSV")
	}
	eval[any](b, `document.querySelector(".curve").curve.o.choose({ profile: "default", params: "" })`)
	b.wait(`document.querySelector(".curve .curve-notes").textContent.includes("use profile transit")`)
	b.wait(`!document.querySelector(".curve[aria-busy]")`)
	click := func(words string) {
		b.wait(`[...document.querySelectorAll("button")].some((x) => x.textContent === "` + words + `" && x.offsetParent)`)
		eval[any](b, `[...document.querySelectorAll("button")].find((x) => x.textContent === "`+words+`" && x.offsetParent).click()`)
	}
	click("Re-process")
	b.wait(`document.querySelectorAll(".re .p").length > 30`)
	eval[any](b, `{ const i = document.getElementById("p-sigma_clip_sigma"); i.value = "4"; i.dispatchEvent(new Event("input")); }`)
	click("transit")
	click("Preview")
	b.wait(`document.querySelectorAll(".re-plots canvas").length === 2`)
	b.picture("demo-star-reprocess")
	click("Keep it")
	b.wait(`new URL(location).searchParams.get("params")?.includes("sigma_clip_sigma")`)
	b.wait(`document.querySelector(".curve .curve-notes").textContent.includes("parameters of your own")`)
	b.wait(`[...document.querySelectorAll(".card")].find((c) => c.textContent.startsWith("Jobs")).textContent.includes("Process light curves")`)
	click("Validate now")
	b.wait(`document.querySelectorAll(".bars li").length > 3`)
	b.picture("demo-star-kept")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		if !strings.Contains(f, "/periodogram") { // a program without that route says 404
			t.Error(f)
		}
	}
}
