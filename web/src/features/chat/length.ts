/** As many characters as the server takes, of a message and of a question. */
export const TEXT_MAX = 500

/** From here on the writer sees how much room is left. */
export const COUNTED_FROM = 400

/** The characters of a text as the server counts them: an emoji is one. */
export const lengthOf = (text: string): number => [...text.trim()].length

export const isTooLong = (text: string): boolean => lengthOf(text) > TEXT_MAX
