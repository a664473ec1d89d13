/**
 * Words in the reader's language. English is the source of the keys and of every type, but like the others
 * it is a file beside this one, found by itself and loaded when chosen. Adding a language is adding a file here
 * and one in books/: the words of screens that viewers of a live do not open at first, such as those about money,
 * the threads and the answer queue, loaded with those.
 */
import { untrack } from 'svelte'
import type books from './books/en.json'
import type en from './en.json'

type PluralEnd = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other'
type Stem<K> = K extends `${infer S}.${PluralEnd}` ? S : K
/** `chat.new.one` and `chat.new.other` are asked for as `chat.new`, with `n`. */
export type Key = Stem<keyof typeof en | keyof typeof books>
type Dictionary = Record<string, string>
type Values = Record<string, string | number>

const files = import.meta.glob<Dictionary>('./*.json', { import: 'default' })
const booked = import.meta.glob<Dictionary>('./books/*.json', { import: 'default' })
const CHOICE = 'subspace.locale'

export const locales = Object.keys(files)
  .map((file) => file.slice(2, -5))
  .sort()

class Language {
  current = $state('en')
  #words: Dictionary = $state.raw({})
  /** A screen about money was opened. */
  #booked = false
  #plural = $derived(new Intl.PluralRules(this.current))

  /** Loads and speaks it; an unknown language changes nothing. */
  async choose(locale: string): Promise<void> {
    const load = files[`./${locale}.json`]
    if (!load) return
    const [words, more] = await Promise.all([load(), this.#booked ? booked[`./books/${locale}.json`]!() : {}])
    this.speak(locale, { ...more, ...words })
  }

  /** Learns the words of screens about money too, in this language and in whichever is chosen from now on. */
  async readBooks(): Promise<void> {
    this.#booked = true
    const { current } = this
    const more = await booked[`./books/${current}.json`]!()
    if (current === this.current) this.#words = { ...more, ...this.#words }
  }

  /** Speaks these words, which choose() takes from the language's file. */
  speak(locale: string, words: Dictionary): void {
    this.#words = words
    this.current = locale
    if (globalThis.document) document.documentElement.lang = locale
  }

  say(key: Key, values: Values): string {
    const words = this.#words
    const plural = typeof values.n === 'number' ? words[`${key}.${this.#plural.select(values.n)}`] : undefined
    const text = plural ?? words[key] ?? words[`${key}.other`] ?? key
    return text.replace(/\{(\w+)\}/g, (_, name: string) => this.#show(values[name]))
  }

  has(key: string): key is Key {
    return key in this.#words
  }

  #show(value: string | number | undefined): string {
    return typeof value === 'number' ? new Intl.NumberFormat(this.current).format(value) : (value ?? '')
  }
}

export const language = new Language()

/** A screen, or a part of one, that brings the words of the books along. */
export const withBooks =
  <T>(load: () => Promise<T>): (() => Promise<T>) =>
  async () => {
    const [part] = await Promise.all([load(), untrack(() => language.readBooks())])
    return part
  }

/** The sentence behind a key, in the current language. Numbers in `values` are formatted for it. */
export function t(key: Key, values: Values = {}): string {
  return language.say(key, values)
}

/** The language chosen earlier, in the address (?lang=fr), or the first the browser asks for that we speak. */
export function preferredLocale(): string {
  const asked = new URLSearchParams(location.search).get('lang')
  const wanted = [asked, chosenBefore(), ...navigator.languages.map((l) => l.split('-')[0])]
  return wanted.find((l) => l && locales.includes(l)) ?? 'en'
}

/** Switches now and remembers. */
export async function chooseLocale(locale: string): Promise<void> {
  try {
    localStorage.setItem(CHOICE, locale)
  } catch {
    // A browser may refuse storage; the choice then lasts as long as the page.
  }
  await language.choose(locale)
}

function chosenBefore(): string | null {
  try {
    return localStorage.getItem(CHOICE)
  } catch {
    return null
  }
}

/** The name of a language in itself: "Français". */
export function ownName(locale: string): string {
  const name = new Intl.DisplayNames([locale], { type: 'language' }).of(locale) ?? locale
  return name[0]!.toLocaleUpperCase(locale) + name.slice(1)
}
