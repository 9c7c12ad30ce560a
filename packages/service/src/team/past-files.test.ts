import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHAIN_BEGIN } from '@vigil/agreement'
import { expect, it, onTestFinished } from 'vitest'
import type { KeptPast } from '../decider.ts'
import { readPast, writePast } from './past-files.ts'

it('a past that cannot be read is refused by its name, and without it an agent begins with the first batch', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-past-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const bundle = 'ab'.repeat(32)
  const path = join(folder, `past-7-20-${CHAIN_BEGIN}-${bundle.slice(0, 16)}.state`)
  writeFileSync(path, `{"version":2,"bundle":"${bundle}"}\n`)
  await expect(readPast(folder, () => bundle)).rejects.toMatchObject({
    code: 'STATE_INVALID',
    message: `${path} is no past that this version can read. Move it away: the agent is given the events before it again.`,
  })
  rmSync(path)
  expect(await readPast(folder, () => bundle)).toMatchObject({ place: { batch: 0, firstRow: 0 }, past: null })
})

const bundle = 'ab'.repeat(32)
const placeAt = (batch: number) => ({ batch, firstRow: 16 * batch, previous: CHAIN_BEGIN })
const nameAt = (batch: number) => `past-${batch}-${16 * batch}-${CHAIN_BEGIN}-${bundle.slice(0, 16)}.state`

/** A past of two streams. */
function pastOf(...states: number[]): KeptPast {
  return {
    ...{ latest: 7, history: { tokens: ['a'], kinds: [{ keys: ['h1'], words: Int32Array.of(1, 2) }] }, rules: null },
    streams: { keys: ['h1', 'h2'], states: Float32Array.from(states) },
  }
}

it('a past takes the place of those before it, and of what a process has left of one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-past-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  await writePast(folder, bundle, placeAt(7), pastOf(1, 2))
  for (const name of [`${nameAt(8)}.123456`, `${nameAt(9)}.7`, `${nameAt(9)}.old`, 'agent.log.5'])
    writeFileSync(join(folder, name), 'half')
  await writePast(folder, bundle, placeAt(8), pastOf(3, 4))
  expect(readdirSync(folder).sort()).toEqual(['agent.log.5', nameAt(8), `${nameAt(9)}.old`])
  expect(await readPast(folder, () => bundle)).toEqual({ place: placeAt(8), past: pastOf(3, 4) })
})

it('a past is what was known when it began to be written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-past-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const past = pastOf(1, 2)
  const written = writePast(folder, bundle, placeAt(1), past)
  past.streams.states.fill(9)
  past.history!.kinds[0].words.fill(9)
  await written
  expect((await readPast(folder, () => bundle)).past).toEqual(pastOf(1, 2))
})
