/** How loud the microphone is, from 0 to 1, as a meter shows it. */
export class Level {
  value = $state(0)

  /** Listens to a track until the returned undo is called. */
  follow(track: MediaStreamTrack): () => void {
    const context = new AudioContext()
    const meter = context.createAnalyser()
    meter.fftSize = 4096 // all that was said between two looks
    const source = context.createMediaStreamSource(new MediaStream([track]))
    source.connect(meter)
    const samples = new Float32Array(meter.fftSize)
    const clock = setInterval(() => {
      // A page that was not touched yet has its sound machine asleep.
      if (context.state === 'suspended') void context.resume().catch(() => {})
      meter.getFloatTimeDomainData(samples)
      // It rises at once and falls slowly, so that an eye can follow.
      this.value = Math.max(loudness(samples), this.value - FALL)
    }, 80)
    return () => {
      clearInterval(clock)
      source.disconnect()
      void context.close()
      this.value = 0
    }
  }
}

/** How much a meter falls between two looks. */
const FALL = 0.06

/** The range that a meter shows, in decibels below the loudest there is. */
const QUIET = -60

/** Ears hear decibels: half of the meter is a normal voice. */
export function loudness(samples: Float32Array): number {
  let sum = 0
  for (const s of samples) sum += s * s
  const decibels = 10 * Math.log10(sum / samples.length || 1e-9)
  return Math.min(1, Math.max(0, 1 - decibels / QUIET))
}
