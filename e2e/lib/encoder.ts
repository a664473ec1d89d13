/** What OBS would do: a picture and a tone over RTMP, by ffmpeg. */
import { start, type Program } from './process.ts'

export function encode(rtmp: string, key: string, { size = '640x360', rate = 25 } = {}): Program {
  return start('ffmpeg', [
    '-hide_banner', '-loglevel', 'error', '-nostdin', '-re',
    '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`,
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100',
    '-c:v', 'libx264', '-profile:v', 'baseline', '-preset', 'ultrafast', '-tune', 'zerolatency',
    '-pix_fmt', 'yuv420p', '-g', `${2 * rate}`, '-keyint_min', `${2 * rate}`, '-b:v', '500k',
    '-c:a', 'aac', '-b:a', '64k', '-ac', '2',
    '-f', 'flv', `${rtmp}/${key}`,
  ]) // prettier-ignore
}
