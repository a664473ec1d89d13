/** The words on the screen, taken from the files the screens take them from. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { repository } from './place.ts'

export type Locale = 'en' | 'fr'

const files = new Map<Locale, Record<string, string>>()

function words(locale: Locale): Record<string, string> {
  let found = files.get(locale)
  if (!found) {
    const read = (file: string) =>
      JSON.parse(readFileSync(resolve(repository, 'web/src/i18n', file), 'utf8')) as Record<string, string>
    found = { ...read(`${locale}.json`), ...read(`books/${locale}.json`) }
    files.set(locale, found)
  }
  return found
}

/** The sentence behind a key; an unknown key is a mistake of the journey. */
export function t(key: string, values: Record<string, string> = {}, locale: Locale = 'en'): string {
  const text = words(locale)[key]
  if (text === undefined) throw new Error(`no words for ${key} in ${locale}`)
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

/** The same as a pattern: what stands in braces may be anything. */
export function like(key: string, locale: Locale = 'en'): RegExp {
  const text = words(locale)[key]
  if (text === undefined) throw new Error(`no words for ${key} in ${locale}`)
  const parts = text.split(/\{\w+\}/)
  return new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+'))
}
