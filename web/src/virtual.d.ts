/** Made by vite.emoji.ts: for each language of the screens its emoji, loaded when asked for. */
declare module 'virtual:emoji' {
  const packed: Record<string, () => Promise<{ default: string }>>
  export default packed
}
