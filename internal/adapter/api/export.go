package api

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/account"
)

// exportVersion is the form of the document. A chapter or a field may be added to
// it; another meaning gets another number.
const exportVersion = 1

func (a *API) exportRoutes() {
	asked(a, "GET", "/api/account/export", "export-account", "Everything that is kept of me, as one JSON document", a.export)
}

// export streams the document a page of records at a time: nobody's is too long,
// and the database is not held while it travels.
func (a *API) export(ctx context.Context, s account.Session, _ *none) (*huma.StreamResponse, error) {
	if err := a.opt.Accounts.MayExport(s); err != nil {
		return nil, err
	}
	d := document{archive: a.opt.Archive, session: s, made: a.opt.Now()}
	if err := d.read(ctx); err != nil { // while it can still be answered with a refusal
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		c.SetHeader("Content-Disposition", `attachment; filename="subspace-`+d.made.UTC().Format(time.DateOnly)+`.json"`)
		d.out = bufio.NewWriter(c.BodyWriter())
		if err := d.write(ctx); err != nil {
			if ctx.Err() == nil {
				a.opt.Log.Error("export broke off", "err", err)
			}
			panic(http.ErrAbortHandler) // a document that ends early must not look whole
		}
	}}, nil
}

// document is everything that is kept of a person, on its way to them.
type document struct {
	archive account.Archive
	session account.Session
	made    time.Time
	out     *bufio.Writer

	chapter int // the one that records are of
	at      account.Bookmark
	records []account.Record
}

// read goes on to the next records.
func (d *document) read(ctx context.Context) (err error) {
	d.records, d.at, err = d.archive.Read(ctx, d.session.Account.ID, d.archive.Chapters()[d.chapter], d.at)
	return err
}

func (d *document) write(ctx context.Context) error {
	d.raw(`{"subspace_export":` + strconv.Itoa(exportVersion) + `,"made_at":`)
	d.value(d.made)
	for i, name := range d.archive.Chapters() {
		d.raw(",\n")
		d.value(name)
		d.raw(`:[`)
		if i != d.chapter {
			d.chapter, d.at = i, account.Bookmark{}
			if err := d.read(ctx); err != nil {
				return err
			}
		}
		if err := d.list(ctx); err != nil {
			return err
		}
		d.raw(`]`)
	}
	d.raw(",\n\"complete\":true}\n")
	return d.out.Flush()
}

// list writes the records of a chapter, of which the first have been read.
func (d *document) list(ctx context.Context) error {
	for first := true; len(d.records) > 0; {
		for _, r := range d.records {
			if !first {
				d.raw(`,`)
			}
			first = false
			d.record(r)
		}
		if err := d.out.Flush(); err != nil {
			return err
		}
		if err := d.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *document) record(r account.Record) {
	d.raw("\n{")
	for i, f := range r {
		if i > 0 {
			d.raw(`,`)
		}
		d.value(f.Name)
		d.raw(`:`)
		d.value(f.Value)
	}
	d.raw(`}`)
}

// raw and value leave errors to Flush, which repeats the first.
func (d *document) raw(s string) { _, _ = d.out.WriteString(s) }

func (d *document) value(v any) {
	if t, ok := v.(time.Time); ok {
		v = MomentOf(t)
	}
	b, err := json.Marshal(v)
	if err != nil {
		b = []byte(`null`)
	}
	_, _ = d.out.Write(b)
}
