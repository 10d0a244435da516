package tables_test

import (
	"encoding/json"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

func TestTheHistoryOfTheColumnsIsTold(t *testing.T) {
	s := open(t)
	tab := tables.New(s)
	if list, err := tab.Schemas(t.Context(), catalog.KOI); err != nil || list == nil || len(list) != 0 {
		t.Errorf("nothing held: %v %v", list, err)
	}
	const rows = "K00001.01,11,CONFIRMED,1.5,100,10,20,10,7.25\nK00002.01,12,CONFIRMED,2.5,101,11,21,20,8.25\nK00003.01,13,CONFIRMED,3.5,102,12,22,30,9.25\n"
	const head = "kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,koi_duration,ra,koi_model_snr,dec\n"
	for i, text := range []string{
		head + rows + "K00004.01,14,CANDIDATE,4.5,103,13,23,40,9.75\n",
		head + rows, // the same columns, other rows
		"kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,koi_duration,ra,koi_snr,dec\n" + rows, // renamed
		"# COLUMN koi_period:   Orbital Period [hours]\n" + "kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,koi_duration,ra,koi_snr,dec\n" + rows,
		"kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,koi_duration,ra,dec,koi_snr\n" + rows, // in another order; unit back
	} {
		table, err := catalog.Parse(catalog.KOI, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		st, err := s.Stage(t.Context())
		if err == nil {
			_, err = st.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
		at := noon.Add(time.Duration(i) * time.Hour)
		_, err = s.Publish(t.Context(), store.Item{Staged: st, Meta: store.Meta{
			Path: exo.Path("raw/nasa/koi_" + exo.Stamp(at) + ".csv"), Kind: store.Table, Table: catalog.KOI, RetrievedAt: at, Origin: exo.Origin{Archive: "folder"},
			Columns: table.Columns, SchemaFingerprint: table.Fingerprint(), Rows: table.Len(),
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := tab.Schemas(t.Context(), catalog.KOI)
	if err != nil || len(list) != 4 {
		t.Fatalf("%v %+v", err, list)
	}
	for i, want := range []string{
		`{"version":"koi_20260102_120000","number":1,"versions":2,"added":[],"removed":[],"renamed":[],"retyped":[],"units":[],"reordered":false}`,
		`{"version":"koi_20260102_140000","number":3,"versions":1,"added":["koi_snr"],"removed":["koi_model_snr"],"renamed":[{"from":"koi_model_snr","to":"koi_snr"}],"retyped":[],"units":[],"reordered":false}`,
		`{"version":"koi_20260102_150000","number":4,"versions":1,"added":[],"removed":[],"renamed":[],"retyped":[],"units":[{"column":"koi_period","from":"days","to":"hours"}],"reordered":false}`,
		`{"version":"koi_20260102_160000","number":5,"versions":1,"added":[],"removed":[],"renamed":[],"retyped":[{"column":"dec","from":"double","to":"int"},{"column":"koi_snr","from":"int","to":"double"}],"units":[{"column":"koi_period","from":"hours","to":"days"}],"reordered":true}`,
	} {
		js, err := json.Marshal(list[i])
		if err != nil {
			t.Fatal(err)
		}
		var got, expect map[string]any
		if err := json.Unmarshal(js, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(want), &expect); err != nil {
			t.Fatal(err)
		}
		for k, v := range expect {
			a, _ := json.Marshal(got[k])
			b, _ := json.Marshal(v)
			if string(a) != string(b) {
				t.Errorf("%d: %s is %s, want %s", i, k, a, b)
			}
		}
		if list[i].Fingerprint == "" || list[i].Columns != 9 {
			t.Errorf("%+v", list[i])
		}
	}
}
