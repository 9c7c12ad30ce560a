import { expect, it } from 'vitest'
import { ownBuild } from '../wire/build.ts'
import { createGuests } from './guests.ts'

it('names that nobody works under make room for others, and bans are remembered', async () => {
  const build = await ownBuild()
  const guests = createGuests({ build, family: null }, () => undefined)
  const hello = (name: string) => guests.hello(name, { build, families: [], actors: 1, run: null })
  for (const [name, standing] of [
    ['banned', 'banned'],
    ['working', 'taken'],
  ] as const) {
    hello(name)
    Object.assign(guests.get(name)!, { standing, reason: 'it lied' })
  }
  for (let i = 0; i < 3000; i++) expect(hello(`made-up-${i}`)).toBeNull()
  expect(hello('honest')).toBeNull()
  expect(guests.get('made-up-0')).toBeUndefined()
  expect(guests.get('made-up-2999')?.standing).toBe('new')
  expect(guests.get('working')?.standing).toBe('taken')
  expect(hello('banned')).toBe('it lied')
})
