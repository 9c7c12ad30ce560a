import { describe, expect, it } from 'vitest'
import { findSources } from './event-sources.ts'

describe('findSources', () => {
  it.each([
    [
      '.',
      'none.csv',
      'needs files at none.csv, which there are not. Names are relative to the folder that the command is',
    ],
    [
      'events',
      'none.csv',
      "needs files at events/none.csv, which there are not. Names are relative to the description's",
    ],
  ])('tells of files in %s that are not there, and where their names begin', (base, name, message) => {
    expect(() => findSources([name], base)).toThrow(expect.objectContaining({ code: 'PATH_MISSING' }))
    expect(() => findSources([name], base)).toThrow(message)
  })
})
