package api

import "github.com/subspace-live/subspace/internal/domain/access"

// Previews says in which rooms the server looks up the links that people write.
type Previews struct {
	Allowed bool `json:"allowed" doc:"the server lets creators switch it on"`
	Public  bool `json:"public"`
	Space   bool `json:"space" doc:"false to who is not inside"`
}

func (a *API) previews(f access.Facts) Previews {
	if !a.opt.Channels.Previews {
		return Previews{}
	}
	inside := access.Decide(f, access.ReadSpace, a.opt.Now()).Allowed
	return Previews{Allowed: true, Public: f.Previews.Public, Space: f.Previews.Space && inside}
}
