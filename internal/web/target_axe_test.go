package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// The page of a star with everything open that can be opened, for WCAG 2.2.
func TestTargetIsAccessible(t *testing.T) {
	b := openTab(t, newFakeStar(6000), 1440, 900)
	for _, width := range []int64{1440, 1024, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			b.t = t
			b.do(chromedp.EmulateViewport(width, 900))
			b.open(star + "?profile=default")
			b.wait(whole)
			b.wait(`document.querySelector(".power .lg") && document.querySelector(".steps, .grid3 .state")`)
			b.picture(fmt.Sprintf("target-%d", width))
			eval[any](b, `[...document.querySelectorAll(".head .btn")].find((x) => x.textContent === "Re-process").click()`)
			b.wait(`document.querySelector(".re details")`)
			eval[any](b, `document.querySelectorAll(".re details").forEach((d) => { d.open = true; });
				[...document.querySelectorAll(".re .btn")].find((x) => x.textContent === "Preview").click();
				document.querySelector('.curve [aria-label="Show as table"]').click()`)
			b.wait(`document.querySelectorAll(".re-plots canvas").length === 2 && !document.querySelector(".wait")`)
			if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("the page is %d pixels too wide", wide)
			}
			for _, theme := range []string{"light", "dark"} {
				eval[any](b, fmt.Sprintf(`document.documentElement.dataset.theme = %q`, theme))
				for _, v := range b.violations() {
					t.Errorf("%s: %s", theme, v)
				}
			}
			b.clean()
		})
	}
}
