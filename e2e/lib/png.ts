/** Pictures to upload, drawn here: what a browser would send, and no file of anybody's. */
import { deflateSync } from 'node:zlib'

type Colour = [red: number, green: number, blue: number, alpha: number]

/** A square whose points, between -1 and 1, have the colours that are asked for; one colour of clay otherwise. */
export function png(side: number, at: (x: number, y: number) => Colour = () => [201, 141, 62, 255]): Buffer {
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind), data])
    const out = Buffer.alloc(body.length + 8)
    out.writeUInt32BE(data.length)
    body.copy(out, 4)
    out.writeUInt32BE(crc(body), body.length + 4)
    return out
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side)
  head.writeUInt32BE(side, 4)
  head.set([8, 6, 0, 0, 0], 8)
  const place = (i: number) => ((i + 0.5) / side) * 2 - 1
  const rows = Array.from({ length: side }, (_, y) => [
    0,
    ...Array.from({ length: side }, (_, x) => at(place(x), place(y))).flat(),
  ])
  const magic = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  const drawn = deflateSync(Buffer.from(rows.flat()))
  return Buffer.concat([magic, chunk('IHDR', head), chunk('IDAT', drawn), chunk('IEND', Buffer.alloc(0))])
}

/** A disc of one colour. */
export const disc = (colour: Colour): Buffer =>
  png(96, (x, y) => (x * x + y * y < 0.8 ? colour : [0, 0, 0, 0]))

function crc(bytes: Buffer): number {
  let c = ~0
  for (const byte of bytes) {
    c ^= byte
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0)
  }
  return ~c >>> 0
}
