package picture

import (
	"bytes"
	"encoding/binary"
)

// orientation returns how the camera was held, as a JPEG's Exif says; 1, upright,
// when it does not say. That is all that is ever read of it.
func orientation(kind string, upload []byte) int {
	if kind != "image/jpeg" {
		return 1
	}
	for b := upload[2:]; len(b) > 4 && b[0] == 0xff && b[1] != 0xda; {
		size := int(binary.BigEndian.Uint16(b[2:]))
		if size < 2 || size+2 > len(b) {
			break
		}
		if body, is := bytes.CutPrefix(b[4:2+size], []byte("Exif\x00\x00")); is && b[1] == 0xe1 {
			return orientationIn(body)
		}
		b = b[2+size:]
	}
	return 1
}

// orientationIn reads the first directory of a TIFF.
func orientationIn(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(tiff[:2]) == "MM" {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	n, entries := int(order.Uint16(tiff[at:])), tiff[at+2:]
	for ; n > 0 && len(entries) >= 12; n, entries = n-1, entries[12:] {
		if order.Uint16(entries) == 0x0112 {
			return int(order.Uint16(entries[8:]))
		}
	}
	return 1
}
