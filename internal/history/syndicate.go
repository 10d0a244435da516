package history

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

const publisher = "ExoplanetAI"

// The elements of RFC 4287, section 4, as far as they are used.
type atomFeed struct {
	XMLName   xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang      string      `xml:"xml:lang,attr"`
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Updated   string      `xml:"updated"`
	Author    atomPerson  `xml:"author"`
	Generator string      `xml:"generator"`
	Links     []atomLink  `xml:"link"`
	Entries   []atomEntry `xml:"entry"`
}

type atomPerson struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Updated    string         `xml:"updated"`
	Published  string         `xml:"published"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary"`
}

// id names the feed, whatever address it is read at.
func (f Feed) id() string {
	parts := []string{"feed", string(f.Table)}
	for _, k := range f.Kinds {
		parts = append(parts, string(k))
	}
	return tagURI(parts...)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0) // the element must be there, and nothing has happened
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// details says where an item comes from, for those who read only the feed.
func (i FeedItem) details() string {
	from := "the first version held"
	if i.From != "" {
		from = "since " + i.From
	}
	return i.Event.Text + ". From " + i.State.ID + ", " + from + "."
}

// Atom writes the feed as RFC 4287 has it: XML 1.0 in UTF-8. Texts of catalogs
// stand as text, never as markup.
func (f Feed) Atom() ([]byte, error) {
	doc := atomFeed{
		Lang: "en", ID: f.id(), Title: f.Title, Updated: stamp(f.Updated), Author: atomPerson{publisher}, Generator: publisher,
		Links: []atomLink{{"self", "application/atom+xml", f.self("atom")}, {"alternate", "text/html", f.Base + "/"}, {"alternate", "application/feed+json", f.self("json")}},
	}
	for _, i := range f.Items {
		doc.Entries = append(doc.Entries, atomEntry{
			ID: i.ID, Title: i.Event.Text, Updated: stamp(i.At), Published: stamp(i.At),
			Links:      []atomLink{{"alternate", "application/json", i.link(f.Base)}},
			Categories: []atomCategory{{string(i.Table)}, {string(i.Event.Kind)}},
			Summary:    i.details(),
		})
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	w := xml.NewEncoder(&b)
	w.Indent("", " ")
	if err := w.Encode(doc); err != nil {
		return nil, exo.E("history.Atom", exo.Internal, nil, err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// The members of JSON Feed 1.1, as far as they are used.
type jsonFeed struct {
	Version     string       `json:"version"`
	Title       string       `json:"title"`
	HomePageURL string       `json:"home_page_url,omitempty"`
	FeedURL     string       `json:"feed_url,omitempty"`
	Language    string       `json:"language"`
	Authors     []jsonAuthor `json:"authors"`
	Items       []jsonItem   `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonItem struct {
	ID            string    `json:"id"`
	URL           string    `json:"url"`
	Title         string    `json:"title"`
	ContentText   string    `json:"content_text"`
	DatePublished string    `json:"date_published"`
	Tags          []string  `json:"tags"`
	Extension     jsonEvent `json:"_exoplanetai"`
}

// jsonEvent is the event for programs.
type jsonEvent struct {
	Table catalog.Type  `json:"table"`
	State State         `json:"state"`
	From  string        `json:"from,omitempty"`
	Event catalog.Event `json:"event"`
}

// JSON writes the feed as JSON Feed 1.1 has it. The event itself stands in the
// extension _exoplanetai.
func (f Feed) JSON() ([]byte, error) {
	doc := jsonFeed{Version: "https://jsonfeed.org/version/1.1", Title: f.Title, Language: "en", Authors: []jsonAuthor{{publisher}}, Items: []jsonItem{}}
	if strings.Contains(f.Base, "://") {
		doc.HomePageURL, doc.FeedURL = f.Base+"/", f.self("json")
	}
	for _, i := range f.Items {
		doc.Items = append(doc.Items, jsonItem{
			ID: i.ID, URL: i.link(f.Base), Title: i.Event.Text, ContentText: i.details(), DatePublished: stamp(i.At),
			Tags: []string{string(i.Table), string(i.Event.Kind)}, Extension: jsonEvent{i.Table, i.State, i.From, i.Event},
		})
	}
	text, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, exo.E("history.JSON", exo.Internal, nil, err)
	}
	return append(text, '\n'), nil
}
