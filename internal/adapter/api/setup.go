package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/space"
)

// Space is a Sub Space without a look inside, as the caller may know it.
type Space struct {
	Name    string  `json:"name" doc:"empty: it has none of its own"`
	Picture string  `json:"picture" doc:"address of a square PNG that never changes; empty: it has none"`
	Opens   string  `json:"opens" enum:"always,lives" doc:"lives: it is shut between lives"`
	Level   int     `json:"level" doc:"from which level of tier on one enters; 1: every subscriber"`
	Teaser  Teaser  `json:"teaser"`
	Welcome *string `json:"welcome,omitempty" doc:"to those inside"`
}

// Teaser is what of a Sub Space the creator lets those outside know. What they did
// not tick is absent.
type Teaser struct {
	People *TeaserPeople `json:"people,omitempty"`
	Reply  *TeaserReply  `json:"reply,omitempty"`
	Line   *string       `json:"line,omitempty"`
}

// TeaserPeople is about how many are inside.
type TeaserPeople struct {
	AtLeast int `json:"at_least" doc:"rounded down to 0, 5, 10, 20, 50, 100, …, and counted once a minute"`
}

// TeaserReply is how long ago somebody last wrote in the room.
type TeaserReply struct {
	Minutes *int `json:"minutes" doc:"as of the beginning of this minute; null: nobody ever did, or it is gone"`
}

// SpaceSetup is all that the creator set.
type SpaceSetup struct {
	Name       string `json:"name"`
	Picture    string `json:"picture"`
	Welcome    string `json:"welcome"`
	Level      int    `json:"level"`
	Opens      string `json:"opens" enum:"always,lives"`
	TellPeople bool   `json:"tell_people"`
	TellReply  bool   `json:"tell_reply"`
	TellLine   bool   `json:"tell_line"`
	Line       string `json:"line"`
}

func (a *API) setupRoutes() {
	route(a, "GET", "/api/channels/{channel}/space", "get-space", "The Sub Space, without a look inside", 200, a.space)
	route(a, "GET", "/api/channels/{channel}/space/setup", "get-space-setup", "How the Sub Space is set up (creator)", 200, a.spaceSetup)
	route(a, "PATCH", "/api/channels/{channel}/space/setup", "change-space-setup", "Set the Sub Space up (creator)", 200, a.changeSpaceSetup)
	huma.Register(a.huma, huma.Operation{
		OperationID: "put-space-picture", Method: "PUT", Path: "/api/channels/{channel}/space/picture",
		Summary: "Give the Sub Space a picture: PNG, JPEG, GIF or WebP (creator)", DefaultStatus: 200, MaxBodyBytes: space.PictureMax + 1,
	}, a.putSpacePicture)
	route(a, "DELETE", "/api/channels/{channel}/space/picture", "drop-space-picture", "Take the Sub Space's picture away (creator)", 200, a.dropSpacePicture)
	route(a, "GET", "/api/channels/{channel}/space/picture/{picture}", "get-space-picture", "The Sub Space's picture", 200, a.spacePicture)
}

func (a *API) space(ctx context.Context, in *InChannel) (*body[Space], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	f, err := a.opt.Space.Front(ctx, s.Account, c.ID)
	if err != nil {
		return nil, err
	}
	out := Space{Name: f.Name, Picture: spacePictureOf(c.Handle, f.Picture), Opens: opens(f.LivesOnly), Level: f.Level}
	if f.Inside {
		out.Welcome = &f.Welcome
	}
	if out.Teaser.Line = f.Glimpse.Line; f.Glimpse.People {
		out.Teaser.People = &TeaserPeople{space.Roughly(a.opt.Inside(c.ID))}
	}
	if age := f.Glimpse.Reply; age != nil {
		out.Teaser.Reply = &TeaserReply{}
		if !age.Never {
			out.Teaser.Reply.Minutes = &age.Minutes
		}
	}
	return answer(out, nil)
}

func (a *API) spaceSetup(ctx context.Context, in *InChannel) (*body[SpaceSetup], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	setup, err := a.opt.Space.Setup(ctx, s.Account, c.ID)
	return answer(setupOf(c.Handle, setup), err)
}

func (a *API) changeSpaceSetup(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Name       *string `json:"name,omitempty" maxLength:"200"`
		Welcome    *string `json:"welcome,omitempty" maxLength:"4000"`
		Level      *int    `json:"level,omitempty"`
		Opens      *string `json:"opens,omitempty" enum:"always,lives"`
		TellPeople *bool   `json:"tell_people,omitempty" doc:"to those outside: about how many are inside"`
		TellReply  *bool   `json:"tell_reply,omitempty" doc:"how long ago somebody last wrote"`
		TellLine   *bool   `json:"tell_line,omitempty" doc:"the line"`
		Line       *string `json:"line,omitempty" maxLength:"600"`
	}
},
) (*body[SpaceSetup], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	b := in.Body
	change := space.SetupChange{
		Name: b.Name, Welcome: b.Welcome, Level: b.Level, TellPeople: b.TellPeople, TellReply: b.TellReply, TellLine: b.TellLine, Line: b.Line,
	}
	if b.Opens != nil {
		lives := *b.Opens == opens(true)
		change.LivesOnly = &lives
	}
	setup, err := a.opt.Space.ChangeSetup(ctx, s.Account, c.ID, change)
	return answer(setupOf(c.Handle, setup), err)
}

func (a *API) putSpacePicture(ctx context.Context, in *struct {
	InChannel
	RawBody []byte `contentType:"application/octet-stream"`
},
) (*body[SpaceSetup], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	setup, err := a.opt.Space.SetPicture(ctx, s.Account, c.ID, in.RawBody)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return answer(setupOf(c.Handle, setup), nil)
}

func (a *API) dropSpacePicture(ctx context.Context, in *InChannel) (*body[SpaceSetup], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	setup, err := a.opt.Space.DropPicture(ctx, s.Account, c.ID)
	return answer(setupOf(c.Handle, setup), err)
}

func (a *API) spacePicture(ctx context.Context, in *struct {
	InChannel
	Picture string `path:"picture" maxLength:"40"`
},
) (*pictureFile, error) {
	c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	png, err := a.opt.Space.Picture(ctx, c.ID, in.Picture)
	if err != nil {
		return nil, err
	}
	return &pictureFile{"image/png", "public, max-age=31536000, immutable", png}, nil
}

func setupOf(handle string, s space.Setup) SpaceSetup {
	return SpaceSetup{
		Name: s.Name, Picture: spacePictureOf(handle, s.Picture), Welcome: s.Welcome, Level: s.Level, Opens: opens(s.LivesOnly),
		TellPeople: s.Teaser.People, TellReply: s.Teaser.Reply, TellLine: s.Teaser.Line, Line: s.Teaser.Words,
	}
}

func opens(livesOnly bool) string {
	if livesOnly {
		return "lives"
	}
	return "always"
}

func spacePictureOf(handle, picture string) string {
	if picture == "" {
		return ""
	}
	return "/api/channels/" + handle + "/space/picture/" + picture
}
