import { expect, it } from 'vitest'
import { unreadable } from './event-files.ts'

it.each([
  ['EACCES', 'permission is denied (EACCES). Check its permissions.'],
  ['EPERM', 'the operation is not permitted (EPERM). Check its permissions.'],
  // Not every command that reads has actors.
  ['EMFILE', 'this process may not open more files (EMFILE). Raise the limit (ulimit -n).'],
  ['ELOOP', 'its links point to each other (ELOOP). Name a path without them.'],
])('data that cannot be read for %s are refused with what helps', (code, words) => {
  const cause = Object.assign(new Error('refused'), { code })
  expect(unreadable('events.csv', cause).message).toBe(`Data path: needs to be readable, received events.csv: ${words}`)
})
