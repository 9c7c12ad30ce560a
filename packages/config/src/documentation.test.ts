import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { affectsResults, configKeys } from './config.ts'
import { labConfigSchema } from './lab-config-schema.ts'
import { settingGroups } from './setting-help.ts'

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')
const SETTINGS = settingGroups().flatMap(({ flags }) => flags)
const OF_LAB = settingGroups(labConfigSchema).flatMap(({ flags }) => flags)

describe('the descriptions of the settings', () => {
  it('are of every setting, and of no other', () => {
    expect(SETTINGS.map(({ key }) => key).sort()).toEqual([...configKeys()].sort())
    expect(OF_LAB.map(({ key }) => key).sort()).toEqual([...configKeys(labConfigSchema)].sort())
  })
})

it('docs/training.md lists every setting as the help does', () => {
  const table = sectionOf(page('training.md'), '## Settings').match(/^\| `.*$/gm)
  expect(table).toEqual(SETTINGS.map(rowOf))
})

it('docs/history.md lists what experiments may set besides', () => {
  const wider = OF_LAB.filter((own) => !SETTINGS.some(({ key, range }) => key === own.key && range === own.range))
  const table = sectionOf(page('history.md'), '## Settings of experiments').match(/^\| `.*$/gm)
  expect(table).toEqual(wider.map(rowOf))
})

function rowOf({ key, default: preset, range, about }: (typeof SETTINGS)[number]): string {
  const mark = affectsResults(key) ? '' : ' *'
  return `| \`${key}\`${mark} | \`${preset}\` | ${range} | ${about} |`
}

function sectionOf(text: string, title: string): string {
  const begin = text.indexOf(title)
  return text.slice(begin, text.indexOf('\n## ', begin))
}
