import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { affectsResults, configKeys } from './config.ts'
import { settingGroups } from './setting-help.ts'

const PAGE = readFileSync(new URL('../../../docs/training.md', import.meta.url), 'utf8')
const SETTINGS = settingGroups().flatMap(({ flags }) => flags)

describe('the descriptions of the settings', () => {
  it('are of every setting, and of no other', () => {
    expect(SETTINGS.map(({ key }) => key).sort()).toEqual([...configKeys()].sort())
  })
})

describe('docs/training.md', () => {
  it('lists every setting as the help does', () => {
    const rows = SETTINGS.map(({ key, default: preset, range, about }) => {
      const mark = affectsResults(key) ? '' : ' *'
      return `| \`${key}\`${mark} | \`${preset}\` | ${range} | ${about} |`
    })
    const table = PAGE.slice(PAGE.indexOf('## Settings'), PAGE.indexOf('## Recurrent teams')).match(/^\| `.*$/gm)
    expect(table).toEqual(rows)
  })
})
