// Package clip is the demonstration's moving picture: a potter at the wheel,
// eight seconds that loop without a seam.
//
// Owns: pottery.flv and the image it was made from (scripts/make-demo-clip).
// Promises: 540x960, 30 pictures a second, a keyframe every two seconds, no
// B-frames, AAC at 48 kHz. Does not do: reading or sending it.
package clip

import _ "embed" // for the clip

//go:embed pottery.flv
var pottery []byte

// Pottery returns the clip as an FLV file. Do not change the bytes.
func Pottery() []byte { return pottery }
