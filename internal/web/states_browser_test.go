package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const wantColumns = "columns=kepoi_name%2Ckepid%2Ckoi_disposition%2Ckoi_period%2Ckoi_depth%2Ckoi_comment"

func TestTenThousandRowsScrollAndFilterWithoutAPause(t *testing.T) {
	b := openTab(t, newFakeTable(10_000), 1440, 900)
	b.open("/catalogs?table=koi&" + wantColumns)
	b.wait(settled + ` && document.querySelector(".facets .lg")`)
	worst := 1e9
	for range 4 { // the machine may be busy with something else
		ms := eval[float64](b, `new Promise(async (done) => {
			const v = document.querySelector(".vt"), input = document.querySelector('[aria-label="Filter koi_period"]'), frame = () => new Promise(requestAnimationFrame);
			let most = 0, last = await frame(), on = true;
			const watch = (async () => { while (on) { const now = await frame(); most = Math.max(most, now - last); last = now; } })();
			for (let i = 0; i < 90; i++) { v.scrollTop = i < 45 ? i * 70 : (i * 27_137) % v.scrollHeight; await frame(); }
			for (const words of [">", ">4", ">40", ">400"]) { input.value = words; input.dispatchEvent(new Event("input", { bubbles: true })); await new Promise((r) => setTimeout(r, 60)); }
			while (document.querySelector(".read b").textContent !== "9,599") await new Promise((r) => setTimeout(r, 10));
			input.value = ""; input.dispatchEvent(new Event("input", { bubbles: true }));
			while (document.querySelector(".read b").textContent !== "10,000") await new Promise((r) => setTimeout(r, 10));
			on = false; await watch; done(most);
		})`)
		t.Logf("longest time between two frames: %.0f ms", ms)
		if worst = min(worst, ms); worst <= 100 {
			break
		}
	}
	if worst > 100 {
		t.Errorf("the table stood still for %.0f ms, want at most 100", worst)
	}
	if n := eval[int](b, `document.querySelectorAll(".vt-body .vt-row").length`); n > 80 {
		t.Errorf("%d rows are in the document", n)
	}
	b.clean()
}

func TestTheTableShowsTheRightRowsAndObeysKeys(t *testing.T) {
	api := newFakeTable(10_000)
	b := openTab(t, api, 1440, 900)
	b.open("/catalogs?table=koi&" + wantColumns)
	b.wait(settled)
	b.wait(`document.querySelector(".vt-body [data-i='3'] [aria-colindex='6']")`)
	if got := eval[string](b, `document.querySelector(".vt-body [data-i='3']").innerText.replace(/\s+/g, " ").trim()`); !strings.HasPrefix(got, "K00003.01 1003 CONFIRMED 3 +0.25 −0.13 – <img") {
		t.Errorf("row 3 reads %q", got)
	}
	if eval[bool](b, `Boolean(document.querySelector("main img")) || document.title === "harmed"`) {
		t.Error("a text of the catalog became markup")
	}
	grid := func(key string) {
		eval[any](b, fmt.Sprintf(`(() => { const v = document.querySelector(".vt"); v.focus(); v.dispatchEvent(new KeyboardEvent("keydown", { key: %q, bubbles: true, cancelable: true })); })()`, key))
	}
	grid("End")
	b.wait(`document.querySelector(".vt-body [data-i='9999'] a")?.textContent === "K09999.01"`)
	if got := eval[string](b, `document.querySelector(".vt-body [data-i='9999']").getAttribute("aria-rowindex")`); got != "10002" {
		t.Errorf("the last row is row %s for screen readers, want 10002, after two of the head", got)
	}
	b.wait(`document.getElementById(document.querySelector(".vt").getAttribute("aria-activedescendant"))?.textContent.startsWith("K09999.01")`)
	grid("Home")
	grid("ArrowRight")
	grid("ArrowRight")
	grid("ArrowRight")
	grid("s")
	grid("s")
	b.wait(`new URL(location).searchParams.get("sort") === "-koi_period" && document.querySelector(".vt-body [data-i='0'] a")?.textContent === "K09999.01"`)
	if got := eval[string](b, `document.querySelector('[role=columnheader][aria-colindex="4"]').getAttribute("aria-sort")`); got != "descending" {
		t.Errorf("the head says %q", got)
	}
	for _, want := range []string{"sort=-koi_period", "version=koi_1"} {
		if !strings.Contains(api.asked(), want) {
			t.Errorf("no request has %s", want)
		}
	}
	eval[any](b, `[...document.querySelectorAll(".act .btn")].find((x) => x.textContent === "Export").click()`)
	b.wait(`document.querySelector(".menu a")`)
	if got := eval[string](b, `document.querySelector(".menu a").getAttribute("href")`); !strings.Contains(got, "koi_period_err1") || !strings.Contains(got, "sort=-koi_period") || !strings.Contains(got, "format=csv") {
		t.Errorf("the export is %s", got)
	}
	b.clean()
}

func TestStatesAreDrawn(t *testing.T) {
	api := newFakeTable(50)
	b := openTab(t, api, 1024, 800)
	api.set(func() { api.problem = http.StatusInternalServerError })
	b.open("/catalogs?table=koi&" + wantColumns)
	b.wait(`document.querySelector("[role=alert] code")?.textContent === "abc123"`)
	if said := eval[string](b, `document.querySelector(".vt-place").innerText`); !strings.Contains(said, "the table is on fire <img") || !strings.Contains(said, "call the brigade") {
		t.Errorf("the error reads %q", said)
	}
	faultless(t, b, "error")
	b.picture("error-1024")
	api.set(func() { api.problem = 0 })
	eval[any](b, `[...document.querySelectorAll(".vt-place .btn")].find((x) => x.textContent === "Retry").click()`)
	b.wait(`document.querySelectorAll(".vt-body .vt-row").length > 5`)

	eval[any](b, `(() => { const i = document.querySelector('[aria-label="Filter koi_period"]'); i.value = ">99"; i.dispatchEvent(new Event("change")); })()`)
	b.wait(`document.querySelector(".none")?.textContent.includes("No row meets all conditions")`)
	faultless(t, b, "no match")
	b.picture("no-match-1024")
	eval[any](b, `document.querySelector(".none .btn").click()`)
	b.wait(`document.querySelectorAll(".vt-body .vt-row").length > 5 && !document.querySelector(".none")`)

	api.set(func() { api.problem = http.StatusBadRequest })
	b.open("/catalogs?table=koi&koi_depth=abc&" + wantColumns)
	b.wait(`document.querySelector('[aria-label="Filter koi_depth"]')?.getAttribute("aria-invalid") === "true" && document.querySelector(".wrong [role=alert]")`)
	faultless(t, b, "a mistake in a filter")
	api.set(func() { api.problem = 0 })
	eval[any](b, `document.querySelector('.filters [aria-label^="Take away"]').click()`)
	b.wait(`document.querySelectorAll(".vt-body .vt-row").length > 5 && !document.querySelector(".wrong .state") && !document.querySelector("[aria-invalid=true]")`)

	api.set(func() { api.gone = true })
	eval[any](b, `(() => { const i = document.querySelector('[aria-label="Filter koi_period"]'); i.value = ">9"; i.dispatchEvent(new Event("change")); })()`)
	b.wait(`document.getElementById("line").textContent === "Reconnecting" && document.querySelector(".wrong").textContent.includes("does not answer")`)
	b.picture("offline-1024")
	api.set(func() { api.gone = false })
	b.wait(`document.getElementById("line").textContent === "" && document.querySelector(".read b").textContent === "40" && !document.querySelector(".wrong .state")`)
	b.open("/catalogs?table=toi")
	b.wait(`document.querySelector(".vt-place")?.textContent.includes("There is no TOI table yet")`)
	b.picture("empty-1024")
}

func TestALockedServerAsksWhoIsThere(t *testing.T) {
	api := newFakeTable(20)
	api.set(func() { api.locked = true })
	b := openTab(t, api, 1024, 800)
	b.open("/catalogs?table=koi&" + wantColumns)
	b.wait(`document.querySelectorAll("dialog[open] input").length === 2`)
	faultless(t, b, "sign-in")
	b.picture("sign-in-1024")
	try := func(password string) {
		eval[any](b, fmt.Sprintf(`(() => { document.getElementById("si-n").value = "ada"; document.getElementById("si-p").value = %q; document.querySelector("dialog form [type=submit]").click(); })()`, password))
	}
	try("wrong")
	b.wait(`document.querySelector("dialog [role=alert]").textContent === "the name or the password is wrong"`)
	try("countess")
	b.wait(`!document.querySelector("dialog") && document.querySelectorAll(".vt-body .vt-row").length > 5`)
	b.wait(`document.getElementById("me").textContent === "AD"`)
	if got := eval[string](b, `new Promise((done) => {
		URL.createObjectURL = (blob) => { blob.text().then((s) => done(s.split("\r\n")[0])); return "#"; };
		[...document.querySelectorAll(".act .btn")].find((x) => x.textContent === "Export").click();
		document.querySelector(".menu a").click();
	})`); got != "koi_disposition" {
		t.Errorf("an export by who is signed in begins with %q", got)
	}
	if eval[bool](b, `JSON.stringify(localStorage).includes("let-me-in") || document.cookie !== ""`) {
		t.Error("the token is kept longer than the tab")
	}
}
