package chat

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// The bounds of pictures.
const (
	// PicturesMax is how many one update shows.
	PicturesMax = 4
	// PictureUpload is how many bytes of a picture are read.
	PictureUpload = 12 << 20
	// PictureSide is how wide and high one is kept at most, in pixels.
	PictureSide = 1600
	altMax      = 300
	// looseMax is how many of a thread may wait for their update.
	looseMax = 20
)

// Picture is one that was uploaded.
type Picture struct {
	ID            ident.Picture
	Width, Height int
	Seq           int64 // the message that shows it; zero: none yet
}

// Shown is a picture that an update is written with.
type Shown struct {
	ID  ident.Picture
	Alt string // what it shows, for who does not see it
}

// PictureTx is what pictures need inside one transaction.
type PictureTx interface {
	// LoosePictures counts those of a thread that no message shows.
	LoosePictures(ctx context.Context, at room.Address) (int, error)
	PutPicture(ctx context.Context, at room.Address, p Picture, jpeg []byte, now time.Time) error
	// Pictures returns those of an address by their names.
	Pictures(ctx context.Context, at room.Address, ids []ident.Picture) (map[ident.Picture]Picture, error)
	// ShowPictures has them belong to a message.
	ShowPictures(ctx context.Context, at Place, ids []ident.Picture) error
	// PictureFile returns the JPEG; false when there is none of that name at the address.
	PictureFile(ctx context.Context, at room.Address, id ident.Picture) ([]byte, bool, error)
}

// Redraw makes an uploaded picture harmless, or refuses it.
type Redraw func(ctx context.Context, upload []byte, side int) (jpeg []byte, width, height int, err error)

// Pictures are the creator's, beside the words of updates. Promises: what is kept
// was drawn anew; only who may read a thread sees its pictures, and to everybody
// else there is none; a picture goes with its message.
type Pictures struct {
	Store  PictureStore
	IDs    *ident.Source
	Redraw Redraw
	Now    func() time.Time
}

// PictureStore runs transactions. f may run more than once.
type PictureStore interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Put keeps a picture until an update shows it, for a day. Refusals:
// pictures_elsewhere, too_many_pictures, photo_too_large, what Redraw refuses,
// thread_missing, thread_closed, and those of the gate.
func (p *Pictures) Put(ctx context.Context, by ident.Account, at room.Address, upload []byte) (Picture, error) {
	// Asked before the picture is read, too: that is work.
	if err := p.Store.View(ctx, func(tx Tx) error { return p.mayPut(ctx, tx, by, at) }); err != nil {
		return Picture{}, err
	}
	if len(upload) > PictureUpload {
		return Picture{}, fault.New(fault.Invalid, "photo_too_large", "A picture has at most %d MB.", PictureUpload>>20)
	}
	jpeg, width, height, err := p.Redraw(ctx, upload, PictureSide)
	if err != nil {
		return Picture{}, err
	}
	pic := Picture{ID: ident.Make[ident.Picture](p.IDs), Width: width, Height: height}
	return pic, p.Store.Update(ctx, func(tx Tx) error {
		if err := p.mayPut(ctx, tx, by, at); err != nil {
			return err
		}
		return tx.PutPicture(ctx, at, pic, jpeg, p.Now())
	})
}

func (p *Pictures) mayPut(ctx context.Context, tx Tx, by ident.Account, at room.Address) error {
	facts, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: at.Channel}, access.RunChannel, p.Now())
	if err != nil {
		return err
	}
	threads, err := tx.LockThreads(ctx, []room.Address{at})
	if err != nil {
		return err
	}
	t, ok := threads[at.Thread]
	switch {
	case !ok || t.Channel != at.Channel:
		return room.ThreadMissing()
	case t.Kind != room.UpdateThread:
		return picturesElsewhere()
	}
	if err := open(t, facts); err != nil {
		return err
	}
	n, err := tx.LoosePictures(ctx, at)
	if err == nil && n >= looseMax {
		err = fault.New(fault.Conflict, "too_many_pictures", "Too many pictures wait for their update. Write it first.")
	}
	return err
}

// File returns a picture's JPEG. Whoever may not see it learns nothing of it, not
// even that: to them, and to who is nobody, it is picture_missing, as one that never was.
func (p *Pictures) File(ctx context.Context, by ident.Account, at room.Address, id ident.Picture) (jpeg []byte, err error) {
	err = p.Store.View(ctx, func(tx Tx) error {
		may, err := p.maySee(ctx, tx, by, at, id)
		if err != nil {
			return err
		}
		found := false
		if may {
			jpeg, found, err = tx.PictureFile(ctx, at, id)
		}
		if err == nil && !found {
			err = pictureMissing()
		}
		return err
	})
	return jpeg, err
}

// maySee asks the gate. What no update shows yet nobody but the creator has seen.
func (p *Pictures) maySee(ctx context.Context, tx Tx, by ident.Account, at room.Address, id ident.Picture) (bool, error) {
	who := access.Subject{Account: by, Channel: at.Channel}
	read, err := tx.Facts(ctx, []access.Subject{who})
	if err != nil {
		return false, err
	}
	facts := read[who].Within(access.ScopeOf(ctx))
	threads, err := tx.LockThreads(ctx, []room.Address{at})
	if err != nil {
		return false, err
	}
	t, ok := threads[at.Thread]
	if !ok || !access.Decide(facts.From(t.Level), access.ReadThread, p.Now()).Allowed {
		return false, nil
	}
	pics, err := tx.Pictures(ctx, at, []ident.Picture{id})
	if err != nil || pics[id].Seq != 0 {
		return err == nil, err
	}
	return access.Decide(facts, access.RunChannel, p.Now()).Allowed, nil
}

// shown returns what an update's event says of its pictures.
func shown(p Post, k known) ([]event.Picture, error) {
	if len(p.Pictures) == 0 {
		return nil, nil
	}
	if p.Audience != room.ThreadRoom || k.threads[p.Thread].Kind != room.UpdateThread {
		return nil, picturesElsewhere()
	}
	var out []event.Picture
	seen := map[ident.Picture]bool{}
	for _, s := range p.Pictures {
		pic, ok := k.pictures[s.ID]
		if !ok || pic.Seq != 0 || seen[s.ID] {
			return nil, pictureMissing()
		}
		alt, fine := text.Line(s.Alt)
		if !fine || utf8.RuneCountInString(alt) > altMax {
			return nil, fault.New(fault.Invalid, "alt_invalid", "What a picture shows is said in at most %d printable characters.", altMax)
		}
		seen[s.ID] = true
		out = append(out, event.Picture{ID: pic.ID, Width: pic.Width, Height: pic.Height, Alt: alt})
	}
	return out, nil
}

// picturesFor reads those that the posts of a batch are written with.
func picturesFor(ctx context.Context, tx Tx, posts []*pending) (map[ident.Picture]Picture, error) {
	out := map[ident.Picture]Picture{}
	for _, w := range posts { // hardly any has some
		if len(w.post.Pictures) == 0 || w.post.Thread == "" {
			continue
		}
		var ids []ident.Picture
		for _, s := range w.post.Pictures {
			ids = append(ids, s.ID)
		}
		found, err := tx.Pictures(ctx, w.post.Address, ids)
		if f := fault.Of(err); err != nil && (f == nil || f.Kind != fault.Missing) {
			return nil, err
		}
		for id, p := range found {
			out[id] = p
		}
	}
	return out, nil
}

// showPictures has the pictures of what was just written belong to it.
func showPictures(ctx context.Context, tx Tx, written []*pending) error {
	for _, w := range written {
		var ids []ident.Picture
		for _, s := range w.post.Pictures {
			ids = append(ids, s.ID)
		}
		if len(ids) == 0 {
			continue
		}
		if err := tx.ShowPictures(ctx, Place{w.post.Address, w.receipt.Event.Seq}, ids); err != nil {
			return err
		}
	}
	return nil
}

func pictureMissing() *fault.Fault {
	return fault.New(fault.Missing, "picture_missing", "There is no such picture.")
}

func picturesElsewhere() *fault.Fault {
	return fault.New(fault.Invalid, "pictures_elsewhere", "Pictures are shown with updates, and nowhere else.")
}
